"""Whether a list of members can be a body's: nobody is in it twice, and no chair has two holders."""

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum

from orchestrator.council.members import Member, Office


class Discord(StrEnum):
    """What is wrong between the members of a list."""

    ID_TWICE = "id_twice"
    OFFICE_TWICE = "office_twice"
    DEPUTY_TWICE = "deputy_twice"
    NOBODY = "nobody"
    ENDS_BEFORE = "ends_before"


def discords(members: Sequence[Member]) -> Iterator[tuple[int, str, Discord]]:
    """Each with the position of the member (from 0) and the name of the field. A chair may have holders whose
    mandates follow each other."""
    listed = list(enumerate(members))
    ids = [member.id for member in members]
    seats = {member.id for member in members if member.is_counted}
    yield from ((n, "id", Discord.ID_TWICE) for n, member in listed if member.id in ids[:n])
    for office in (Office.PRESIDENT, Office.SECRETARY):
        rivals = _rivals((n, member) for n, member in listed if member.office is office)
        yield from ((n, "office", Discord.OFFICE_TWICE) for n in rivals)
    for place in sorted({member.deputises for member in members if member.deputises}):
        rivals = _rivals((n, member) for n, member in listed if member.deputises == place)
        yield from ((n, "deputises", Discord.DEPUTY_TWICE) for n in rivals)
    for n, member in listed:
        others = seats - {member.id}
        if member.stands_for and member.stands_for not in others:
            yield n, "stands_for", Discord.NOBODY
        if member.represented_by and member.represented_by not in others:
            yield n, "represented_by", Discord.NOBODY
        if member.mandate_from and member.mandate_until and member.mandate_until < member.mandate_from:
            yield n, "mandate_until", Discord.ENDS_BEFORE


def _rivals(holders: Iterable[tuple[int, Member]]) -> Iterator[int]:
    """Positions of those who hold the same thing on the same day as one before them."""
    before: list[Member] = []
    for n, member in holders:
        if any(_begins_in_time(member, other) and _begins_in_time(other, member) for other in before):
            yield n
        before.append(member)


def _begins_in_time(one: Member, other: Member) -> bool:
    return one.mandate_from is None or other.mandate_until is None or one.mandate_from <= other.mandate_until
