"""How many members the law gives a body, from the population of its entity. `None`: the law gives no number.

Source: LOREG 179.1 (councils) and 204.1 (provinces), LRBRL 23.1 (boards). What a decree of the electoral board or the
statutes say goes before what is reckoned here.
"""

from typing import Final

from orchestrator.council.members import BodyKind, Entity, EntityKind

_COUNCILLORS: Final = (
    (100, 3),
    (250, 5),
    (1_000, 7),
    (2_000, 9),
    (5_000, 11),
    (10_000, 13),
    (20_000, 17),
    (50_000, 21),
    (100_000, 25),
)
_DEPUTIES: Final = ((500_000, 25), (1_000_000, 27), (3_500_000, 31))


def councillors(population: int) -> int:
    """LOREG 179.1. Above 100 000 residents one more for every 100 000 or fraction, and one more if that is even."""
    for most, number in _COUNCILLORS:
        if population <= most:
            return number
    number = 25 - (100_000 - population) // 100_000
    return number + (number % 2 == 0)


def deputies(population: int) -> int:
    """LOREG 204.1."""
    return next((number for most, number in _DEPUTIES if population <= most), 51)


def board(legal_number: int) -> int:
    """The mayor and at most a third of the council (LRBRL 23.1)."""
    return 1 + legal_number // 3


def legal_number(entity: Entity, kind: BodyKind) -> int | None:
    """The number of members of a body of that kind, as far as it follows from the population."""
    if entity.population is None:
        return None
    match entity.kind, kind:
        case EntityKind.MUNICIPALITY, BodyKind.PLENARY:
            return councillors(entity.population)
        case EntityKind.MUNICIPALITY, BodyKind.GOVERNMENT_BOARD:
            return board(councillors(entity.population))
        case EntityKind.PROVINCE, BodyKind.PLENARY:
            return deputies(entity.population)
        case EntityKind.PROVINCE, BodyKind.GOVERNMENT_BOARD:
            return board(deputies(entity.population))
        case _:
            return None
