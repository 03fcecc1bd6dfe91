"""Verdicts against a naive recount, for every rule and every size of body; and who counts, and who holds a chair."""

from dataclasses import replace
from itertools import count as numbers

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.council.members import Body, BodyId, BodyKind, Member, MemberId, Office
from orchestrator.council.quorum import evaluate
from orchestrator.council.rules import QUORUM_RULES, Basis, QuorumRule, rule_named
from orchestrator.council.rules.shape import Rounding
from tests.scenarios.play import AUDITOR, FIRST, JOAN, MAYOR, NURIA, PAU, PLENARY, QUORATE, SECRETARY

every_rule = pytest.mark.parametrize("rule", QUORUM_RULES, ids=lambda rule: rule.id)
PLE_1, AV, JGL_X = rule_named("PLE-1"), rule_named("AV"), rule_named("JGL-X")


def suffices(rule: QuorumRule, count: int, base: int) -> bool:
    """The rule read aloud, with whole numbers and no rounding."""
    if count == base:
        return True
    reaches = (
        count * rule.denominator > rule.numerator * base
        if rule.is_strict
        else count * rule.denominator >= rule.numerator * base
    )
    return reaches and count >= rule.floor


@every_rule
def test_needed_is_the_least_number_that_suffices(rule: QuorumRule) -> None:
    for base in range(1, 61):
        naive = next(count for count in range(base + 1) if suffices(rule, count, base))
        assert rule.needed(base) == naive
        assert rule.needed(base) <= base


@pytest.mark.parametrize(
    ("rounding", "needed"), [(Rounding.UP, (4, 5, 5)), (Rounding.NEAREST, (4, 4, 5)), (Rounding.DOWN, (4, 4, 4))]
)
def test_a_regulation_may_round_otherwise(rounding: Rounding, needed: tuple[int, int, int]) -> None:
    rule = replace(PLE_1, rounding=rounding)
    assert tuple(rule.needed(base) for base in (12, 13, 14)) == needed


def body_of(seats: int, vacancies: int = 0, *, in_fact_by: str = "") -> Body:
    """A body of so many seats with a president, a deputy, a substitute for the secretary, and one for a person."""
    councillors = [
        Member(
            id=MemberId(f"m{n}"),
            name=f"M{n}",
            office=Office.PRESIDENT if n == 0 else Office.MEMBER,
            deputises=1 if n == 1 else None,
            substitutes=Office.SECRETARY if n == 2 else None,
            represented_by=MemberId("m1") if n in (3, 4) else None,
            is_councillor=n % 3 != 0,
        )
        for n in range(max(1, seats - vacancies))
    ]
    others = (
        Member(id=SECRETARY, name="S", office=Office.SECRETARY),
        Member(id=AUDITOR, name="A", office=Office.AUDITOR),
        Member(id=MemberId("s0"), name="S0", stands_for=councillors[-1].id, order=1),
        Member(id=MemberId("s1"), name="S1", stands_for=councillors[-1].id, order=2),
    )
    return Body(
        id=BodyId("b"),
        name="B",
        kind=BodyKind.PLENARY,
        legal_number=seats,
        members=(*councillors, *others),
        in_fact_by=in_fact_by,
    )


@every_rule
@given(data=st.data())
def test_a_verdict_equals_a_recount_of_who_is_there(rule: QuorumRule, data: st.DataObject) -> None:
    order = data.draw(st.sampled_from(["", "JEZ 2026/7"]))
    body = body_of(data.draw(st.integers(1, 60)), data.draw(st.integers(0, 3)), in_fact_by=order)
    present = frozenset(data.draw(st.sets(st.sampled_from([m.id for m in body.members]))))
    verdict = evaluate(rule, body, present)

    listed = [MemberId(f"m{n}") for n in range(60) if body.has(MemberId(f"m{n}"))]
    president = next((m for m in listed[:2] if m in present), None)
    stand_in = MemberId("m2") if MemberId("m2") in present and body.has(MemberId("m2")) else None
    secretary = SECRETARY if SECRETARY in present else stand_in
    seated = [m for m in listed if m in present]
    if listed[-1] not in present and (substitutes := {MemberId("s0"), MemberId("s1")} & present):
        seated.append(min(substitutes))
    if not rule.is_secretary_counted:
        seated = [m for m in seated if m != secretary]
    carried = [m for m in listed if m not in present and body.member(m).represented_by in seated]
    proxies = min(len(carried), len(listed) // 3) if rule.basis is Basis.RESIDENTS else 0
    by_law = rule.basis is Basis.STATUTORY or (rule.basis is Basis.LEGAL_NUMBER and not order)
    base = body.legal_number if by_law else len(listed)
    councillors = [m for m in seated if body.member(m).is_councillor]
    lacks = rule.has_councillor_majority and len(councillors) <= len(seated) - len(councillors)

    assert (verdict.present, verdict.base) == (len(seated) + proxies, base)
    assert verdict.needed == next(n for n in numbers() if suffices(rule, n, base))
    assert verdict.has_members == (verdict.present >= verdict.needed)
    assert verdict.lacks_councillors == lacks
    assert verdict.is_met == (verdict.has_members and president is not None and secretary is not None and not lacks)
    assert (Office.PRESIDENT in verdict.missing) == (president is None)
    assert (Office.SECRETARY in verdict.missing) == (secretary is None)
    assert (verdict.rule, verdict.version, verdict.article) == (rule.id, rule.version, f"{rule.norm} {rule.article}")


def test_rule_ids_are_unique_and_every_rule_can_be_read() -> None:
    assert len({rule.id for rule in QUORUM_RULES}) == len(QUORUM_RULES)
    assert all(rule.norm and rule.article and rule.url.startswith("https://") for rule in QUORUM_RULES)


def test_a_councillor_who_sits_in_the_secretarys_chair_is_not_counted_meanwhile() -> None:
    body = body_of(13)
    at_work = frozenset(MemberId(f"m{n}") for n in range(5))
    verdict = evaluate(PLE_1, body, at_work)
    assert (verdict.present, verdict.is_met) == (4, False)
    verdict = evaluate(PLE_1, body, at_work | {SECRETARY})
    assert (verdict.present, verdict.is_met) == (5, True)


def test_nobody_sits_in_two_chairs() -> None:
    both = Member(id=FIRST, name="F", deputises=1, substitutes=Office.SECRETARY)
    body = Body(id=BodyId("b"), name="B", kind=BodyKind.PLENARY, legal_number=1, members=(both,))
    assert evaluate(PLE_1, body, frozenset({FIRST})).missing == (Office.SECRETARY,)


def test_the_secretary_and_the_auditor_never_count_as_members() -> None:
    present = frozenset({MAYOR, PAU, NURIA, JOAN, SECRETARY, AUDITOR})
    assert evaluate(PLE_1, PLENARY, present).present == 4


def test_the_edge_is_where_one_departure_loses_the_quorum() -> None:
    assert evaluate(PLE_1, PLENARY, frozenset((*QUORATE, JOAN))).is_at_edge
    assert not evaluate(PLE_1, PLENARY, frozenset(QUORATE)).is_at_edge


def test_vacancies_count_unless_the_electoral_board_says_they_stay_rof_99_4() -> None:
    present = frozenset(MemberId(f"m{n}") for n in range(4)) | {SECRETARY}
    by_law, in_fact = body_of(13, vacancies=3), body_of(13, vacancies=3, in_fact_by="JEZ 2026/7")
    assert [evaluate(PLE_1, body, present).needed for body in (by_law, in_fact)] == [5, 4]
    assert [body.number for body in (by_law, in_fact)] == [13, 10]


def test_a_substitute_takes_the_seat_of_one_who_is_away_and_only_then_rof_125_c() -> None:
    body, absent = body_of(3), MemberId("m2")
    first, second = MemberId("s0"), MemberId("s1")
    assert body.seated(frozenset({first, second})) == (first,)
    assert body.seated(frozenset({second})) == (second,)
    assert body.seated(frozenset({absent, first, second})) == (absent,)


def test_substitutes_of_an_office_come_in_their_order() -> None:
    members = tuple(
        Member(id=MemberId(name), name=name, substitutes=Office.SECRETARY, order=order)
        for name, order in (("late", 2), ("early", 1))
    )
    body = Body(id=BodyId("b"), name="B", kind=BodyKind.PLENARY, legal_number=2, members=members)
    assert body.acting(Office.SECRETARY, frozenset({MemberId("late"), MemberId("early")})) == "early"
    assert body.acting(Office.SECRETARY, frozenset({MemberId("late")})) == "late"


def test_a_resident_may_be_represented_but_nobody_carries_more_than_a_third_rof_111_3() -> None:
    neighbours = tuple(
        Member(id=MemberId(f"n{n}"), name=f"N{n}", represented_by=MemberId("n0") if n >= 4 else None) for n in range(9)
    )
    body = Body(id=BodyId("b"), name="B", kind=BodyKind.ASSEMBLY, legal_number=9, members=neighbours)
    assert evaluate(AV, body, frozenset({MemberId("n0")})).present == 1 + 3
    assert evaluate(AV, body, frozenset({MemberId("n1")})).present == 1
    assert evaluate(PLE_1, body, frozenset({MemberId("n0")})).present == 1


def test_councillors_must_outnumber_the_others_of_a_large_towns_board_lrbrl_126_2() -> None:
    people = tuple(
        Member(
            id=MemberId(f"p{n}"),
            name=f"P{n}",
            office=Office.PRESIDENT if n == 0 else Office.MEMBER,
            substitutes=Office.SECRETARY if n == 1 else None,
            is_councillor=n < 3,
        )
        for n in range(6)
    )
    body = Body(id=BodyId("b"), name="B", kind=BodyKind.GOVERNMENT_BOARD, legal_number=6, members=people)
    even = evaluate(JGL_X, body, frozenset(m.id for m in people))
    assert (even.present, even.needed, even.lacks_councillors, even.is_met) == (6, 4, True, False)
    enough = evaluate(JGL_X, body, frozenset(m.id for m in people[:5]))
    assert (enough.present, enough.lacks_councillors, enough.is_met) == (5, False, True)


def test_whoever_asks_at_the_constitution_asks_no_more_afterwards_but_for_the_chairs() -> None:
    alone = frozenset({MAYOR, SECRETARY})
    before, after = (evaluate(PLE_1, PLENARY, alone, is_constituted=done) for done in (False, True))
    assert (before.is_met, before.has_members) == (False, False)
    assert (after.is_met, after.has_members, after.is_at_edge) == (True, True, False)
    assert evaluate(PLE_1, PLENARY, frozenset({MAYOR}), is_constituted=True).missing == (Office.SECRETARY,)
