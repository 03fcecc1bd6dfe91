"""Verdicts against a naive recount, for every rule and every size of body; and the numbers that the law books print."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.council.members import Body, BodyId, BodyKind, Member, MemberId, Office
from orchestrator.council.quorum import evaluate, needed
from orchestrator.council.rules import QUORUM_RULES, Basis, QuorumRule, rule_for
from tests.scenarios.play import AUDITOR, FIRST, JOAN, MAYOR, NURIA, PAU, PLENARY, QUORATE, SECRETARY

every_rule = pytest.mark.parametrize("rule", QUORUM_RULES, ids=lambda rule: rule.id)


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
        assert needed(rule, base) == naive
        assert needed(rule, base) <= base


def body_of(seats: int, vacancies: int = 0) -> Body:
    """A body of so many seats with a president, a deputy, a secretary and a substitute for the secretary."""
    councillors = [
        Member(
            id=MemberId(f"m{n}"),
            name=f"M{n}",
            office=Office.PRESIDENT if n == 0 else Office.MEMBER,
            deputises=1 if n == 1 else None,
            substitutes=Office.SECRETARY if n == 2 else None,
        )
        for n in range(max(1, seats - vacancies))
    ]
    secretary = Member(id=SECRETARY, name="S", office=Office.SECRETARY)
    return Body(
        id=BodyId("b"),
        name="B",
        kind=BodyKind.PLENARY,
        legal_number=seats,
        members=(*councillors, secretary, Member(id=AUDITOR, name="A", office=Office.AUDITOR)),
    )


@every_rule
@given(data=st.data())
def test_a_verdict_equals_a_recount_of_who_is_there(rule: QuorumRule, data: st.DataObject) -> None:
    body = body_of(data.draw(st.integers(1, 60)), data.draw(st.integers(0, 3)))
    present = frozenset(data.draw(st.sets(st.sampled_from([m.id for m in body.members]))))
    verdict = evaluate(rule, body, present)

    listed = [MemberId(f"m{n}") for n in range(60) if body.has(MemberId(f"m{n}"))]
    president = next((m for m in listed[:2] if m in present), None)
    stand_in = MemberId("m2") if MemberId("m2") in present else None
    secretary = SECRETARY if SECRETARY in present else stand_in
    count = len([m for m in listed if m in present and m != secretary])
    base = body.legal_number if rule.basis is Basis.LEGAL_NUMBER else len(listed)

    assert (verdict.present, verdict.base) == (count, base)
    assert verdict.has_members == (count >= needed(rule, base))
    assert verdict.is_met == (verdict.has_members and president is not None and secretary is not None)
    assert (Office.PRESIDENT in verdict.missing) == (president is None)
    assert (Office.SECRETARY in verdict.missing) == (secretary is None)
    assert (verdict.rule, verdict.version, verdict.article) == (rule.id, rule.version, f"{rule.norm} {rule.article}")


@pytest.mark.parametrize(
    ("legal_number", "quorum"),
    [(3, 3), (5, 3), (7, 3), (9, 3), (11, 4), (13, 5), (17, 6), (21, 7), (25, 9), (27, 9), (41, 14)],
)
def test_plenary_quorum_by_legal_number_lrbrl_46_2_c(legal_number: int, quorum: int) -> None:
    for call in (1, 2):
        assert needed(rule_for(BodyKind.PLENARY, call), legal_number) == quorum


@pytest.mark.parametrize(("members", "catalan", "rof_first"), [(4, 2, 3), (5, 2, 3), (6, 2, 4), (8, 3, 5), (9, 3, 5)])
def test_a_board_needs_other_numbers_under_trlmrlc_112_2_than_under_rof_113(
    members: int, catalan: int, rof_first: int
) -> None:
    assert needed(rule_for(BodyKind.GOVERNMENT_BOARD, 1), members) == catalan
    assert needed(rule_for(BodyKind.GOVERNMENT_BOARD, 1, "JGL-ROF-1"), members) == rof_first
    assert needed(rule_for(BodyKind.GOVERNMENT_BOARD, 2, "JGL-ROF-2"), members) == 3


@pytest.mark.parametrize("members", [3, 7, 21])
def test_a_committee_in_second_call_needs_three_members_whatever_its_size_rof_135(members: int) -> None:
    assert needed(rule_for(BodyKind.INFORMATION_COMMITTEE, 2, "CI-ROF-2"), members) == 3


@pytest.mark.parametrize(
    ("kind", "call", "rule"),
    [
        (BodyKind.PLENARY, 1, "PLE-1"),
        (BodyKind.PLENARY, 2, "PLE-2"),
        (BodyKind.GOVERNMENT_BOARD, 1, "JGL-CAT"),
        (BodyKind.GOVERNMENT_BOARD, 2, "JGL-CAT"),
        (BodyKind.INFORMATION_COMMITTEE, 1, "CI-CAT"),
        (BodyKind.INFORMATION_COMMITTEE, 2, "CI-CAT"),
        (BodyKind.OTHER, 1, "ADM-CAT-1"),
        (BodyKind.OTHER, 2, "ADM-CAT-2"),
    ],
)
def test_catalan_law_goes_before_the_rof(kind: BodyKind, call: int, rule: str) -> None:
    assert rule_for(kind, call).id == rule


def test_an_unknown_rule_is_an_error() -> None:
    with pytest.raises(LookupError):
        rule_for(BodyKind.PLENARY, 1, "PLE-9")


def test_rule_ids_are_unique_and_every_rule_can_be_read() -> None:
    assert len({rule.id for rule in QUORUM_RULES}) == len(QUORUM_RULES)
    assert all(rule.norm and rule.article and rule.url.startswith("https://") for rule in QUORUM_RULES)


def test_a_councillor_who_sits_in_the_secretarys_chair_is_not_counted_meanwhile() -> None:
    body = body_of(13)
    at_work = frozenset(MemberId(f"m{n}") for n in range(5))
    verdict = evaluate(rule_for(BodyKind.PLENARY, 1), body, at_work)
    assert (verdict.present, verdict.is_met) == (4, False)
    verdict = evaluate(rule_for(BodyKind.PLENARY, 1), body, at_work | {SECRETARY})
    assert (verdict.present, verdict.is_met) == (5, True)


def test_nobody_sits_in_two_chairs() -> None:
    both = Member(id=FIRST, name="F", deputises=1, substitutes=Office.SECRETARY)
    body = Body(id=BodyId("b"), name="B", kind=BodyKind.PLENARY, legal_number=1, members=(both,))
    assert evaluate(rule_for(BodyKind.PLENARY, 1), body, frozenset({FIRST})).missing == (Office.SECRETARY,)


def test_the_secretary_and_the_auditor_never_count_as_members() -> None:
    present = frozenset({MAYOR, PAU, NURIA, JOAN, SECRETARY, AUDITOR})
    assert evaluate(rule_for(BodyKind.PLENARY, 1), PLENARY, present).present == 4


def test_the_edge_is_where_one_departure_loses_the_quorum() -> None:
    rule = rule_for(BodyKind.PLENARY, 1)
    assert evaluate(rule, PLENARY, frozenset((*QUORATE, JOAN))).is_at_edge
    assert not evaluate(rule, PLENARY, frozenset(QUORATE)).is_at_edge
