"""Requests to speak and turns."""

from datetime import timedelta

import pytest

from orchestrator.council.commands import (
    CallItem,
    GrantFloor,
    OpenVote,
    RequestFloor,
    SuspendSession,
    TakeFloor,
    WithdrawRequest,
)
from orchestrator.council.refusals import Reason
from tests.scenarios.play import AUDITOR, JOAN, LAIA, MAYOR, NURIA, PAU, QUORATE, Play


@pytest.fixture
def play() -> Play:
    return Play().opened(*QUORATE, JOAN, AUDITOR)


def test_requests_stand_in_order_of_arrival(play: Play) -> None:
    play.raises_hand(NURIA)
    play.raises_hand(PAU)
    play.says(AUDITOR, RequestFloor, member=AUDITOR)
    assert play.session.floor.queue == (NURIA, PAU, AUDITOR)
    play.lowers_hand(NURIA)
    assert play.session.floor.queue == (PAU, AUDITOR)


def test_a_request_is_made_once(play: Play) -> None:
    play.raises_hand(PAU)
    play.raises_hand(PAU)
    assert play.happened == []
    play.says(PAU, RequestFloor, member=PAU)
    assert play.refusal is Reason.ALREADY_REQUESTED


def test_the_absent_do_not_ask(play: Play) -> None:
    play.raises_hand(LAIA)
    assert play.happened == []
    play.says(LAIA, RequestFloor, member=LAIA)
    assert play.refusal is Reason.MEMBER_ABSENT


def test_a_request_can_be_taken_back_once(play: Play) -> None:
    play.says(PAU, RequestFloor, member=PAU)
    play.says(PAU, WithdrawRequest, member=PAU)
    assert play.session.floor.queue == ()
    play.says(PAU, WithdrawRequest, member=PAU)
    assert play.refusal is Reason.NOT_REQUESTED


def test_the_request_of_one_who_left_is_withdrawn(play: Play) -> None:
    play.raises_hand(PAU)
    play.leaves_for_good(PAU)
    assert "FloorRequestWithdrawn" in play.happened
    assert play.session.floor.queue == ()


def test_giving_the_floor_to_another_ends_the_turn_before(play: Play) -> None:
    play.says(MAYOR, GrantFloor, member=PAU)
    play.says(MAYOR, GrantFloor, member=NURIA)
    assert play.happened == ["FloorReturned", "FloorGranted"]
    assert [turn.member for turn in play.session.floor.ended] == [PAU]


def test_the_floor_is_given_to_who_is_there_only(play: Play) -> None:
    play.says(MAYOR, GrantFloor, member=LAIA)
    assert play.refusal is Reason.MEMBER_ABSENT
    play.says(MAYOR, GrantFloor, member="stranger")
    assert play.refusal is Reason.NO_SUCH_MEMBER


def test_only_the_speaker_or_who_presides_ends_a_turn(play: Play) -> None:
    play.says(MAYOR, TakeFloor)
    assert play.refusal is Reason.FLOOR_IS_FREE
    play.says(MAYOR, GrantFloor, member=PAU)
    play.says(NURIA, TakeFloor)
    assert play.refusal is Reason.NOT_ALLOWED
    play.says(MAYOR, TakeFloor)
    assert play.happened == ["FloorReturned"]


def test_a_turn_takes_the_time_of_the_policy_unless_told_otherwise(play: Play) -> None:
    play.says(MAYOR, GrantFloor, member=PAU)
    turn = play.session.floor.turn
    assert turn is not None
    assert turn.until - turn.start == timedelta(minutes=5)


@pytest.mark.parametrize("step", [SuspendSession, OpenVote])
def test_a_recess_and_a_vote_end_the_turn(play: Play, step: type) -> None:
    play.says(MAYOR, CallItem, number=1)
    play.says(MAYOR, GrantFloor, member=PAU)
    play.says(MAYOR, step)
    assert play.happened[0] == "FloorReturned"


def test_nobody_takes_the_floor_during_a_vote(play: Play) -> None:
    play.says(MAYOR, CallItem, number=1)
    play.says(MAYOR, OpenVote)
    play.says(MAYOR, GrantFloor, member=PAU)
    assert play.refusal is Reason.VOTE_IS_OPEN


def test_a_clock_that_went_back_makes_an_empty_turn(play: Play) -> None:
    play.says(MAYOR, GrantFloor, member=PAU)
    play.now -= timedelta(hours=1)
    play.says(PAU, TakeFloor)
    (turn,) = play.session.floor.ended
    assert turn.end == turn.start
