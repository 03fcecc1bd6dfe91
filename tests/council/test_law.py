"""The table of the law, row by row: whom a rule is for, what it asks, and where it says so.

Each row names its source; the numbers are those that law books and the table of the reference print.
"""

from dataclasses import dataclass, replace
from datetime import date

import pytest

from orchestrator.council.members import BodyId, BodyKind, Entity, EntityId, EntityKind, Office, Regime
from orchestrator.council.rules import DEFERRALS, QUORUM_RULES, NeedsOwnRule, NoSuchRule, choose_rule, rule_named
from orchestrator.council.rules.loreg import board, councillors, deputies, legal_number
from orchestrator.council.rules.shape import (
    Basis,
    Certainty,
    Circumstances,
    Figures,
    Hold,
    Occasion,
    QuorumRule,
    Regulation,
    SmallCouncil,
    Source,
    Switches,
)

BY_DEFAULT, STATE = Switches(), Switches(figures=Figures.STATE)
P_AND_S = (Office.PRESIDENT, Office.SECRETARY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row of the table: for whom, and what is asked of so many members."""

    rule: str
    source: str
    kind: BodyKind = BodyKind.PLENARY
    entity: EntityKind = EntityKind.MUNICIPALITY
    regime: Regime = Regime.COMMON
    population: int | None = None
    occasion: Occasion = Occasion.REGULAR
    calls: tuple[int, ...] = (1, 2)
    switches: Switches = BY_DEFAULT
    basis: Basis = Basis.LEGAL_NUMBER
    needed: tuple[tuple[int, int], ...]
    hold: Hold = Hold.CONTINUOUS
    certainty: Certainty = Certainty.VERIFIED

    def where(self, call: int) -> Circumstances:
        entity = Entity(id=EntityId("e"), name="E", kind=self.entity, regime=self.regime, population=self.population)
        return Circumstances(
            entity=entity,
            body=BodyId("b"),
            kind=self.kind,
            call=call,
            day=date(2026, 3, 26),
            occasion=self.occasion,
        )


A_THIRD = ((3, 3), (5, 3), (7, 3), (9, 3), (11, 4), (13, 5), (17, 6), (21, 7), (25, 9), (27, 9), (41, 14))
A_THIRD_OF_FEW = ((4, 2), (5, 2), (6, 2), (8, 3), (9, 3))
MORE_THAN_HALF = ((4, 3), (5, 3), (6, 4), (8, 5), (9, 5))
A_THIRD_BUT_THREE = ((4, 3), (5, 3), (6, 3), (8, 3), (9, 3), (12, 4))
AT_LEAST_HALF = ((4, 2), (5, 3), (6, 3), (9, 5))

COMMITTEES = (BodyKind.INFORMATION_COMMITTEE, BodyKind.ACCOUNTS_COMMITTEE, BodyKind.SPECIAL_COMMITTEE)

TABLE = (
    Row(rule="PLE-1", source="LRBRL 46.2.c", calls=(1,), needed=A_THIRD),
    Row(rule="PLE-2", source="ROF 90.2", calls=(2,), needed=A_THIRD),
    Row(rule="PLE-100", source="LRBRL 46.2.c", population=100, needed=((3, 3),)),
    Row(
        rule="PLE-100-2",
        source="LRBRL 46.2.c",
        population=64,
        switches=Switches(small_council=SmallCouncil.TWO),
        needed=((3, 2),),
        certainty=Certainty.CONTESTED,
    ),
    Row(rule="PLE-X", source="LRBRL 46.2.c", regime=Regime.LARGE, needed=A_THIRD),
    Row(
        rule="COM-X",
        source="LRBRL 122.4",
        kind=BodyKind.INFORMATION_COMMITTEE,
        regime=Regime.LARGE,
        calls=(1,),
        basis=Basis.MEMBERS,
        needed=A_THIRD_BUT_THREE,
    ),
    Row(
        rule="JGL-CAT",
        source="TRLMRLC 112.2",
        kind=BodyKind.GOVERNMENT_BOARD,
        needed=A_THIRD_OF_FEW,
        certainty=Certainty.CONTESTED,
    ),
    Row(
        rule="JGL-ROF-1",
        source="ROF 113.1.c",
        kind=BodyKind.GOVERNMENT_BOARD,
        calls=(1,),
        switches=STATE,
        basis=Basis.MEMBERS,
        needed=MORE_THAN_HALF,
    ),
    Row(
        rule="JGL-ROF-2",
        source="ROF 113.1.c",
        kind=BodyKind.GOVERNMENT_BOARD,
        calls=(2,),
        switches=STATE,
        basis=Basis.MEMBERS,
        needed=A_THIRD_BUT_THREE,
    ),
    Row(
        rule="JGL-X",
        source="LRBRL 126.2",
        kind=BodyKind.GOVERNMENT_BOARD,
        regime=Regime.LARGE,
        calls=(1,),
        basis=Basis.MEMBERS,
        needed=MORE_THAN_HALF,
    ),
    *(Row(rule="CI-CAT", source="TRLMRLC 112.2", kind=kind, needed=A_THIRD_OF_FEW) for kind in COMMITTEES),
    *(
        Row(
            rule="CI-ROF-1",
            source="ROF 135.1",
            kind=kind,
            calls=(1,),
            switches=STATE,
            basis=Basis.MEMBERS,
            needed=MORE_THAN_HALF,
        )
        for kind in COMMITTEES
    ),
    Row(
        rule="CI-ROF-2",
        source="ROF 135.1",
        kind=BodyKind.INFORMATION_COMMITTEE,
        calls=(2,),
        switches=STATE,
        basis=Basis.MEMBERS,
        needed=((2, 2), (3, 3), (7, 3), (21, 3)),
    ),
    Row(
        rule="CONST-1",
        source="LOREG 195.4",
        occasion=Occasion.CONSTITUTIVE,
        calls=(1,),
        basis=Basis.ELECTED,
        needed=((11, 6), (13, 7), (25, 13)),
        hold=Hold.AT_CONSTITUTION,
    ),
    Row(
        rule="CONST-2",
        source="LOREG 195.4",
        occasion=Occasion.CONSTITUTIVE,
        calls=(2,),
        basis=Basis.ELECTED,
        needed=((11, 1), (13, 1), (25, 1)),
        hold=Hold.AT_CONSTITUTION,
    ),
    Row(rule="CENS", source="LOREG 197.1", occasion=Occasion.CENSURE, calls=(1,), needed=A_THIRD),
    Row(rule="CONF", source="LOREG 197 bis", occasion=Occasion.CONFIDENCE, calls=(1,), needed=A_THIRD),
    Row(
        rule="AV",
        source="ROF 111.3",
        kind=BodyKind.ASSEMBLY,
        regime=Regime.OPEN_COUNCIL,
        basis=Basis.RESIDENTS,
        needed=((6, 3), (60, 20), (61, 21)),
    ),
    Row(
        rule="EMD",
        source="TRLMRLC 83.2",
        kind=BodyKind.RESIDENTS_BOARD,
        entity=EntityKind.DECENTRALISED,
        basis=Basis.MEMBERS,
        needed=((3, 3), (5, 3), (13, 5)),
    ),
    Row(
        rule="EATIM-1",
        source="ROF 143",
        kind=BodyKind.RESIDENTS_BOARD,
        entity=EntityKind.DECENTRALISED,
        calls=(1,),
        switches=STATE,
        basis=Basis.MEMBERS,
        needed=MORE_THAN_HALF,
    ),
    Row(
        rule="EATIM-2",
        source="ROF 143",
        kind=BodyKind.RESIDENTS_BOARD,
        entity=EntityKind.DECENTRALISED,
        calls=(2,),
        switches=STATE,
        basis=Basis.MEMBERS,
        needed=A_THIRD_BUT_THREE,
    ),
    Row(
        rule="MANC",
        source="ROF 140",
        kind=BodyKind.ASSEMBLY,
        entity=EntityKind.MANCOMUNITAT,
        basis=Basis.STATUTORY,
        needed=A_THIRD,
    ),
    Row(rule="DIP", source="LRBRL 46.2.c", entity=EntityKind.PROVINCE, needed=((25, 9), (27, 9), (31, 11), (51, 17))),
    Row(
        rule="CC",
        source="DL 4/2003 with LRBRL 46.2.c",
        entity=EntityKind.COUNTY,
        needed=A_THIRD,
        certainty=Certainty.CONTESTED,
    ),
    Row(
        rule="AMB",
        source="Llei 31/2010 with LRBRL 46.2.c",
        entity=EntityKind.METROPOLITAN,
        basis=Basis.MEMBERS,
        needed=((90, 30), (91, 31)),
        certainty=Certainty.CONTESTED,
    ),
    Row(
        rule="ADM-CAT-1",
        source="Llei 26/2010 17.4",
        kind=BodyKind.ADMINISTRATIVE,
        calls=(1,),
        basis=Basis.MEMBERS,
        needed=AT_LEAST_HALF,
    ),
    Row(
        rule="ADM-CAT-2",
        source="Llei 26/2010 17.6",
        kind=BodyKind.OTHER,
        calls=(2,),
        basis=Basis.MEMBERS,
        needed=A_THIRD_BUT_THREE,
    ),
    Row(
        rule="ADM-CAT-1",
        source="Llei 26/2010 17.4",
        kind=BodyKind.CONSORTIUM_BOARD,
        entity=EntityKind.CONSORTIUM,
        calls=(1,),
        basis=Basis.MEMBERS,
        needed=AT_LEAST_HALF,
    ),
    Row(
        rule="ADM-ES",
        source="Ley 40/2015 17.2",
        kind=BodyKind.ADMINISTRATIVE,
        calls=(1,),
        switches=STATE,
        basis=Basis.MEMBERS,
        needed=AT_LEAST_HALF,
    ),
)


@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.rule} {row.source} {row.kind}")
def test_row_of_the_table(row: Row) -> None:
    for call in row.calls:
        rule = choose_rule(row.where(call), Regulation(switches=row.switches))
        assert (rule.id, rule.citation, rule.certainty) == (row.rule, row.source, row.certainty)
        assert (rule.basis, rule.hold, rule.offices) == (row.basis, row.hold, P_AND_S)
        assert tuple((base, rule.needed(base)) for base, _ in row.needed) == row.needed


def test_every_rule_has_its_row() -> None:
    assert {row.rule for row in TABLE} == {rule.id for rule in QUORUM_RULES}


@pytest.mark.parametrize(
    ("kind", "entity", "deferral"),
    [
        (BodyKind.COUNCIL_OF_MAYORS, EntityKind.COUNTY, "CALC"),  # DL 4/2003 19.4
        (BodyKind.PLENARY, EntityKind.CONSORTIUM, "CONS"),  # TRLMRLC 271
        (BodyKind.DISTRICT_BOARD, EntityKind.MUNICIPALITY, "DIST"),  # ROF 139, TRLMRLC 113
    ],
)
def test_where_the_law_gives_no_figures_it_says_whose_do(kind: BodyKind, entity: EntityKind, deferral: str) -> None:
    with pytest.raises(NeedsOwnRule) as needs:
        choose_rule(Row(rule="", source="", kind=kind, entity=entity, needed=()).where(1), Regulation())
    assert needs.value.deferral is not None
    assert needs.value.deferral.id == deferral
    assert {d.id for d in DEFERRALS} == {"CALC", "CONS", "DIST"}


def test_a_large_towns_board_and_commissions_have_the_second_call_of_its_regulation_only() -> None:
    for kind in (BodyKind.GOVERNMENT_BOARD, *COMMITTEES):
        with pytest.raises(NeedsOwnRule):
            choose_rule(Row(rule="", source="", kind=kind, regime=Regime.LARGE, needed=()).where(2), Regulation())


@pytest.mark.parametrize("number", [11, 13, 17, 21, 25])
def test_the_two_rules_for_boards_differ_in_every_size_trlmrlc_112_2_rof_113(number: int) -> None:
    seats = board(number)
    assert rule_named("JGL-CAT").needed(seats) != rule_named("JGL-ROF-1").needed(seats)


def test_the_hold_that_is_disputed_is_the_entitys_to_read_and_lasts_by_default() -> None:
    board_row = Row(rule="", source="", kind=BodyKind.GOVERNMENT_BOARD, needed=())
    by_the_letter = replace(STATE, open_hold=Hold.AT_CONSTITUTION)
    for switches, hold in ((STATE, Hold.CONTINUOUS), (by_the_letter, Hold.AT_CONSTITUTION)):
        assert choose_rule(board_row.where(1), Regulation(switches=switches)).hold is hold


def test_a_rule_is_chosen_by_name_also_where_another_would_fit() -> None:
    where = Row(rule="", source="", kind=BodyKind.GOVERNMENT_BOARD, needed=()).where(1)
    assert choose_rule(where, Regulation(), "JGL-ROF-1").id == "JGL-ROF-1"
    with pytest.raises(NoSuchRule):
        choose_rule(where, Regulation(), "PLE-9")


def test_a_rule_holds_on_its_days_only() -> None:
    own = own_rule(valid_from=date(2026, 1, 1), valid_until=date(2026, 6, 30))
    where = Row(rule="", source="", needed=()).where(1)
    for day, rule in ((date(2025, 12, 31), "PLE-1"), (date(2026, 6, 30), "ROM-1"), (date(2026, 7, 1), "PLE-1")):
        assert choose_rule(replace(where, day=day), Regulation(rules=(own,))).id == rule


def test_an_own_rule_goes_before_the_laws_and_one_for_the_very_body_before_one_for_its_kind() -> None:
    where = Row(rule="", source="", needed=()).where(1)
    general, special = own_rule(), own_rule(id="ROM-2", bodies=frozenset({BodyId("b")}))
    elsewhere = own_rule(id="ROM-3", bodies=frozenset({BodyId("c")}))
    assert choose_rule(where, Regulation(rules=(general, special, elsewhere))).id == "ROM-2"
    assert choose_rule(where, Regulation(rules=(elsewhere, general))).id == "ROM-1"


def own_rule(**changes: object) -> QuorumRule:
    """A plenary's own rule, which asks for half."""
    fields: dict[str, object] = {
        "id": "ROM-1",
        "version": 1,
        "body_kinds": frozenset({BodyKind.PLENARY}),
        "call": None,
        "numerator": 1,
        "denominator": 2,
        "floor": 3,
        "source": Source.REGULATION,
        "norm": "ROM",
        "article": "12",
        "url": "",
    }
    return QuorumRule(**(fields | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("population", "number"),
    [
        *((1, 3), (100, 3), (101, 5), (250, 5), (251, 7), (1000, 7), (1001, 9), (2000, 9), (2001, 11), (5000, 11)),
        *((5001, 13), (10_000, 13), (10_001, 17), (20_000, 17), (20_001, 21), (50_000, 21), (50_001, 25)),
        *((100_000, 25), (100_001, 27), (200_000, 27), (200_001, 27), (300_001, 29), (1_636_732, 41), (3_300_000, 57)),
    ],
)
def test_councillors_by_population_loreg_179(population: int, number: int) -> None:
    assert councillors(population) == number


@pytest.mark.parametrize(
    ("population", "number"),
    [(1, 25), (500_000, 25), (500_001, 27), (1_000_000, 27), (1_000_001, 31), (3_500_000, 31), (3_500_001, 51)],
)
def test_deputies_by_population_loreg_204(population: int, number: int) -> None:
    assert deputies(population) == number


@pytest.mark.parametrize(("number", "members"), [(11, 4), (13, 5), (17, 6), (21, 8), (25, 9)])
def test_a_board_is_the_mayor_and_at_most_a_third_lrbrl_23_1(number: int, members: int) -> None:
    assert board(number) == members


def test_the_legal_number_follows_from_the_population_where_the_law_says_so() -> None:
    town = Entity(id=EntityId("e"), name="E", population=7_500)
    province = replace(town, kind=EntityKind.PROVINCE, population=5_700_000)
    assert legal_number(town, BodyKind.PLENARY) == 13
    assert legal_number(town, BodyKind.GOVERNMENT_BOARD) == 5
    assert legal_number(province, BodyKind.PLENARY) == 51
    assert legal_number(province, BodyKind.GOVERNMENT_BOARD) == 18
    assert legal_number(town, BodyKind.INFORMATION_COMMITTEE) is None
    assert legal_number(replace(town, population=None), BodyKind.PLENARY) is None
