"""Had the rule been another one: what would have differed, and that nothing does under the rule there was."""

from orchestrator.council.commands import CallItem, OpenVote
from orchestrator.council.events import Event
from orchestrator.council.rules import QUORUM_RULES, rule_named
from orchestrator.council.rules.shape import Hold
from orchestrator.council.whatif import what_if
from tests.council.test_law import own_rule
from tests.scenarios.play import JOAN, LAIA, MAYOR, NURIA, PAU, QUORATE, Play

HALF, THIRD = own_rule(is_strict=True), rule_named("PLE-1")


def evening() -> Play:
    """Six are there when it opens, then eight, then four."""
    play = Play().opened(*QUORATE, JOAN, LAIA)
    play.says(MAYOR, CallItem, number=1)
    play.says(MAYOR, OpenVote)
    play.connects(*(m.id for m in play.session.body.members if m.id.startswith("councillor")))
    play.leaves_for_good(JOAN, LAIA, PAU, NURIA)
    play.leaves_for_good(*(m.id for m in play.session.body.members if m.id.startswith("councillor")))
    return play


def test_under_the_rule_there_was_nothing_differs() -> None:
    answer = what_if(evening().record, THIRD)
    assert answer.differences == ()
    assert answer.examined >= 5


def test_each_verdict_and_act_that_would_have_been_otherwise_is_told_with_both_verdicts() -> None:
    play = evening()
    answer = what_if(play.record, HALF)
    opened = next(d for d in answer.differences if d.event == "SessionOpened")
    assert (opened.actual.is_met, opened.actual.present, opened.actual.needed) == (True, 6, 5)
    assert (opened.hypothetical.is_met, opened.hypothetical.needed, opened.hypothetical.rule) == (False, 7, "ROM-1")
    assert {d.event for d in answer.differences} >= {"QuorumReached", "SessionOpened", "ItemCalled", "VoteOpened"}
    assert all(type(play.record[d.seq - 1]).__name__ == d.event for d in answer.differences)
    assert all(d.actual.is_met != d.hypothetical.is_met for d in answer.differences)


def test_the_moment_from_which_the_rules_part_is_told_though_nothing_was_said_then() -> None:
    play = Play().opened(*(m.id for m in Play().session.body.members))
    play.leaves_for_good(*(m.id for m in play.session.body.members if m.id.startswith("councillor")), LAIA)
    (difference,) = what_if(play.record, HALF).differences
    assert (difference.event, difference.hypothetical.present) == ("MemberLeft", 6)


def test_a_rule_that_asks_once_is_held_by_what_it_found_then() -> None:
    once = own_rule(numerator=1, denominator=3, hold=Hold.AT_CONSTITUTION)
    play = Play().opened(*QUORATE, JOAN)
    play.leaves_for_good(JOAN)
    *_, lost = what_if(play.record, once).differences
    assert (lost.event, lost.actual.is_met, lost.hypothetical.is_constituted) == ("QuorumLost", False, True)
    never = own_rule(hold=Hold.AT_CONSTITUTION)
    assert not any(d.hypothetical.is_met for d in what_if(play.record, never).differences)


def test_every_rule_of_the_law_can_be_supposed_and_the_record_stays_as_it_is() -> None:
    record: list[Event] = evening().record
    before = tuple(record)
    assert all(what_if(record, rule).rule is rule for rule in QUORUM_RULES)
    assert tuple(record) == before
