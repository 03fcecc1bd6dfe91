"""Items: conflicts of interest, what becomes of them, urgency, secrecy, and whether they can be carried at all."""

import pytest

from orchestrator.council.agenda import AgendaItem, ItemPhase, Majority, Urgency
from orchestrator.council.commands import (
    AdjournSession,
    CallItem,
    CastVote,
    CloseSecret,
    CloseVote,
    ConcludeItem,
    DeclareConflict,
    EndConflict,
    GrantFloor,
    OpenDebate,
    OpenSecret,
    OpenVote,
    ProposeUrgentItem,
    RequestFloor,
    ResumeSession,
    SuspendSession,
    TableItem,
    WithdrawItem,
)
from orchestrator.council.convocation import Policy, SessionKind
from orchestrator.council.effects import Picture
from orchestrator.council.events import (
    ConflictDeclared,
    ItemCalled,
    MajorityOutOfReach,
    QuorumLost,
    VoteClosed,
    VoteOpened,
)
from orchestrator.council.members import MemberId, Office
from orchestrator.council.react import desired
from orchestrator.council.refusals import Reason
from orchestrator.council.voting import Choice, Count, Method, Subject
from tests.scenarios.play import AGENDA, AUDITOR, FIRST, JOAN, LAIA, MAYOR, NURIA, PAU, QUORATE, SECRETARY, Play

EIGHT_COUNCILLORS = (*QUORATE, JOAN, LAIA, MemberId("councillor8"), MemberId("councillor9"))


def on(item: int = 2, *members: MemberId, **changes: object) -> Play:
    play = Play(**changes).opened(*(members or EIGHT_COUNCILLORS))
    play.says(MAYOR, CallItem, number=item)
    return play


# --- Conflict of interest (LRBRL 76, ROF 21, 47.2, 96) ---


def test_who_has_a_conflict_has_no_part_in_the_item() -> None:
    play = on()
    play.raises_hand(PAU)
    play.says(MAYOR, GrantFloor, member=PAU)
    play.says(PAU, DeclareConflict, member=PAU)
    assert play.happened == ["ConflictDeclared", "FloorReturned"]
    assert play.table_hears == ["conflict.declared"]
    assert play.room_hears == []
    play.says(PAU, RequestFloor, member=PAU)
    assert play.refusal is Reason.ALREADY_IN_CONFLICT
    play.raises_hand(PAU)
    assert play.happened == []
    play.says(MAYOR, OpenVote)
    assert play.session.vote
    assert PAU not in play.session.vote.entitled | play.session.vote.deemed
    play.says(PAU, CastVote, member=PAU, choice=Choice.YES)
    assert play.refusal is Reason.NOT_ENTITLED


def test_who_withdrew_and_hung_up_is_not_deemed_to_abstain() -> None:
    play = on()
    play.says(MAYOR, OpenDebate)
    play.says(PAU, DeclareConflict, member=PAU)
    play.leaves_for_good(PAU)
    play.says(MAYOR, OpenVote)
    assert play.session.vote
    assert play.session.vote.deemed == frozenset()


def test_the_conflict_ends_with_the_item() -> None:
    play = on()
    play.says(PAU, DeclareConflict, member=PAU)
    play.says(MAYOR, CallItem, number=3)
    assert play.session.conflicted == frozenset()
    play.says(MAYOR, OpenVote)
    assert play.session.vote
    assert PAU in play.session.vote.entitled


@pytest.mark.parametrize("end", [(TableItem, {"number": 2}), (WithdrawItem, {"number": 2}), (ConcludeItem, {})])
def test_however_the_item_ends(end: tuple[type, dict[str, int]]) -> None:
    play = on()
    play.says(PAU, DeclareConflict, member=PAU)
    play.says(MAYOR, end[0], **end[1])
    assert play.session.conflicted == frozenset()
    assert play.session.agenda.current is None


def test_a_conflict_noted_by_mistake_is_ended_by_who_conducts() -> None:
    play = on()
    play.says(SECRETARY, DeclareConflict, member=PAU)
    play.says(PAU, EndConflict, member=PAU)
    assert play.refusal is Reason.NOT_ALLOWED
    play.says(MAYOR, EndConflict, member=PAU)
    assert play.happened == ["ConflictEnded"]
    play.says(MAYOR, EndConflict, member=PAU)
    assert play.refusal is Reason.NOT_IN_CONFLICT


def test_nobody_declares_a_conflict_for_another_or_in_a_vote_or_without_an_item() -> None:
    play = on()
    play.says(JOAN, DeclareConflict, member=PAU)
    assert play.refusal is Reason.NOT_ALLOWED
    play.says(MAYOR, OpenVote)
    play.says(PAU, DeclareConflict, member=PAU)
    assert play.refusal is Reason.VOTE_IS_OPEN
    play = Play().opened(*EIGHT_COUNCILLORS)
    play.says(PAU, DeclareConflict, member=PAU)
    assert play.refusal is Reason.NO_ITEM_CALLED


def test_the_deputy_takes_over_from_a_president_with_a_conflict_without_any_act_rof_47_2() -> None:
    play = on()
    play.says(MAYOR, DeclareConflict, member=MAYOR)
    (declared,) = play.events
    assert isinstance(declared, ConflictDeclared)
    assert declared.presiding == FIRST
    assert play.room_hears == ["conflict.presiding"]
    assert play.session.acting(Office.PRESIDENT) == FIRST
    play.says(MAYOR, OpenDebate)
    assert play.refusal is Reason.NOT_ALLOWED
    play.says(FIRST, CallItem, number=3)
    assert play.session.acting(Office.PRESIDENT) == MAYOR


@pytest.mark.parametrize(("counts", "present"), [(False, 4), (True, 5)])
def test_whether_who_withdrew_counts_for_the_quorum_is_policy(counts: bool, present: int) -> None:
    play = on(2, *QUORATE, JOAN, policy=Policy(conflicted_counts=counts))
    play.says(PAU, DeclareConflict, member=PAU)
    assert play.session.verdict.present == present
    assert play.times(QuorumLost) == (0 if counts else 1)
    play.says(MAYOR, OpenVote)
    assert play.refusal is (None if counts else Reason.NO_QUORUM)


def test_a_quorum_lost_by_a_conflict_is_back_when_the_session_goes_on() -> None:
    play = on(2, *QUORATE, JOAN)
    play.says(PAU, DeclareConflict, member=PAU)
    play.says(MAYOR, OpenVote)
    assert play.refusal is Reason.NO_QUORUM
    play.says(MAYOR, CallItem, number=3)
    assert play.happened == ["ItemConcluded", "ItemCalled", "QuorumReached", "MajorityOutOfReach"]


# --- What becomes of an item ---


def test_an_item_is_taken_back_or_left_on_the_table_and_not_called_again() -> None:
    play = on(1)
    play.says(MAYOR, WithdrawItem, number=3)
    play.says(MAYOR, TableItem, number=1)
    assert play.room_hears == ["item.tabled"]
    phases = [item.phase for item in play.session.agenda.items]
    assert phases == [ItemPhase.TABLED, ItemPhase.WAITING, ItemPhase.WITHDRAWN]
    for number in (1, 3):
        play.says(MAYOR, CallItem, number=number)
        assert play.refusal is Reason.ITEM_IS_OFF
    play.says(MAYOR, TableItem, number=9)
    assert play.refusal is Reason.NO_SUCH_ITEM


# --- Off the agenda (ROF 83, 91.4) ---


def proposed(**changes: object) -> Play:
    play = on(2, **changes)
    play.says(MAYOR, ProposeUrgentItem, title="Ajut urgent")
    play.says(MAYOR, CallItem, number=4)
    return play


def test_what_is_not_on_the_agenda_is_dealt_with_when_its_urgency_is_agreed_by_absolute_majority() -> None:
    play = proposed()
    called = play.events[-1]
    assert isinstance(called, ItemCalled)
    assert called.title == "Ajut urgent"
    play.says(MAYOR, OpenDebate)
    assert play.refusal is Reason.URGENCY_FIRST
    play.says(MAYOR, OpenVote, method=Method.ORDINARY)
    opened = play.events[-1]
    assert isinstance(opened, VoteOpened)
    assert (opened.subject, opened.majority) == (Subject.URGENCY, Majority.ABSOLUTE)
    assert play.room_hears == ["vote.opened.urgency"]
    play.says(MAYOR, CloseVote, count=Count(yes=7, no=0))
    assert play.happened == ["VoteClosed", "UrgencyAgreed"]
    assert play.session.agenda.item(4).urgency is Urgency.AGREED
    play.says(MAYOR, OpenDebate)
    play.says(MAYOR, OpenVote)
    assert play.session.vote
    assert (play.session.vote.subject, play.session.vote.majority) == (Subject.ITEM, Majority.SIMPLE)


def test_short_of_an_absolute_majority_it_is_not_dealt_with() -> None:
    play = proposed()
    play.says(MAYOR, OpenVote, method=Method.ORDINARY)
    play.says(MAYOR, CloseVote, count=Count(yes=6, no=0))
    assert play.happened == ["VoteClosed", "UrgencyRefused"]
    assert play.session.agenda.item(4).phase is ItemPhase.REFUSED
    assert play.session.agenda.current is None
    play.says(MAYOR, CallItem, number=4)
    assert play.refusal is Reason.ITEM_IS_OFF


def test_the_table_is_warned_when_too_few_are_there_to_agree_to_an_urgency() -> None:
    play = on(2, *QUORATE, JOAN)
    play.says(MAYOR, ProposeUrgentItem, title="Ajut urgent")
    play.says(MAYOR, CallItem, number=4)
    assert play.table_hears == ["majority.out_of_reach"]


def test_nothing_is_agreed_to_be_secret_without_quorum() -> None:
    play = on(2, *QUORATE, JOAN)
    play.leaves_for_good(JOAN)
    play.says(MAYOR, OpenSecret, count=Count(yes=4, no=0))
    assert play.refusal is Reason.NO_QUORUM


def test_an_urgency_nobody_voted_on_is_left_on_the_table() -> None:
    play = proposed()
    play.says(MAYOR, CallItem, number=3)
    assert play.session.agenda.item(4).phase is ItemPhase.TABLED


@pytest.mark.parametrize("kind", [SessionKind.EXTRAORDINARY, SessionKind.URGENT])
def test_only_an_ordinary_session_leaves_its_agenda(kind: SessionKind) -> None:
    play = on(2, kind=kind)
    play.says(MAYOR, ProposeUrgentItem, title="Ajut urgent")
    assert play.refusal is Reason.NOT_ORDINARY


# --- Can it be carried? ---


def test_the_table_is_warned_before_the_debate_when_too_few_are_there_for_the_majority() -> None:
    play = on(3, *QUORATE, JOAN, LAIA)
    assert play.happened == ["ItemCalled", "MajorityOutOfReach"]
    assert play.table_hears == ["majority.out_of_reach"]
    out_of_reach = play.events[1]
    assert isinstance(out_of_reach, MajorityOutOfReach)
    assert (out_of_reach.present, out_of_reach.needed) == (6, 7)
    play.connects(MemberId("councillor8"))
    assert play.happened[-1:] == ["MajorityWithinReach"]
    assert play.table_hears == ["majority.within_reach"]
    play.says(PAU, DeclareConflict, member=PAU)
    assert "MajorityOutOfReach" in play.happened


def test_no_such_warning_for_a_simple_majority_or_when_the_item_is_over() -> None:
    play = on(2, *QUORATE, JOAN)
    assert play.happened == ["ItemCalled"]
    play = on(3, *QUORATE, JOAN, LAIA)
    play.says(MAYOR, ConcludeItem)
    play.connects(MemberId("councillor8"))
    assert "MajorityWithinReach" not in play.happened


@pytest.mark.parametrize(
    ("majority", "needed"), [(Majority.ABSOLUTE, 7), (Majority.TWO_THIRDS, 9)], ids=lambda value: str(value)
)
def test_how_many_a_majority_needs(majority: Majority, needed: int) -> None:
    agenda = (*AGENDA[:2], AgendaItem(number=3, title="Reglament", majority=majority))
    play = on(3, *QUORATE, JOAN, agenda=agenda)
    out_of_reach = play.events[-1]
    assert isinstance(out_of_reach, MajorityOutOfReach)
    assert out_of_reach.needed == needed


# --- Secrecy (LRBRL 70.1) ---


def hidden() -> Play:
    play = on()
    play.says(MAYOR, OpenSecret, count=Count(yes=7, no=1))
    return play


def test_an_item_is_held_in_secret_by_absolute_majority_and_the_public_sees_a_card() -> None:
    play = hidden()
    assert play.happened == ["SecretOpened"]
    assert play.room_hears == ["secret.opened"]
    assert desired(play.session).picture is Picture.SECRET
    assert play.session.agenda.item(2).was_secret
    play.says(MAYOR, CloseSecret)
    assert desired(play.session).picture is Picture.LIVE
    assert play.session.agenda.item(2).was_secret


@pytest.mark.parametrize(
    ("count", "reason"),
    [
        (Count(yes=6, no=0), Reason.NO_MAJORITY),
        (Count(yes=8, no=1), Reason.COUNT_DOES_NOT_FIT),
    ],
)
def test_without_the_agreement_nothing_is_secret(count: Count, reason: Reason) -> None:
    play = on()
    play.says(MAYOR, OpenSecret, count=count)
    assert play.refusal is reason
    assert desired(play.session).picture is Picture.LIVE


def test_secrecy_ends_with_the_item_and_outlives_a_recess() -> None:
    play = hidden()
    play.says(MAYOR, OpenSecret, count=Count(yes=8, no=0))
    assert play.refusal is Reason.ALREADY_SECRET
    play.says(MAYOR, SuspendSession)
    assert desired(play.session).picture is Picture.RECESS
    play.says(MAYOR, ResumeSession)
    assert desired(play.session).picture is Picture.SECRET
    play.says(MAYOR, CallItem, number=3)
    assert play.happened[:3] == ["SecretClosed", "ItemConcluded", "ItemCalled"]
    assert desired(play.session).picture is Picture.LIVE
    play.says(MAYOR, CloseSecret)
    assert play.refusal is Reason.NOT_SECRET


def test_secrecy_ends_with_the_session() -> None:
    play = hidden()
    play.says(MAYOR, AdjournSession)
    assert play.happened[:2] == ["SecretClosed", "ItemConcluded"]
    assert desired(play.session).picture is Picture.ENDED


def test_a_member_in_conflict_keeps_out_of_the_next_vote_only() -> None:
    play = on(2, *EIGHT_COUNCILLORS, AUDITOR)
    play.says(NURIA, DeclareConflict, member=NURIA)
    play.says(MAYOR, OpenVote)
    play.says(MAYOR, CloseVote)
    closed = play.events[-1]
    assert isinstance(closed, VoteClosed)
    assert closed.tally.abstain == 7
