"""Kinds of turn, the warning before the end, equal times for the groups, and who is heard beside who has the floor."""

from datetime import timedelta

import pytest

from orchestrator.council.commands import CallItem, GrantFloor, RequestFloor, TakeFloor
from orchestrator.council.convocation import Policy
from orchestrator.council.effects import Announce, Audience
from orchestrator.council.events import FloorGranted, VoiceHeard
from orchestrator.council.floor import TurnKind, time_by_group, time_by_member
from orchestrator.council.members import MemberId
from orchestrator.council.observations import SpeakerHeard
from orchestrator.council.refusals import Reason
from orchestrator.council.speaking import time_left
from tests.scenarios.play import AUDITOR, JOAN, LAIA, MAYOR, NURIA, PAU, QUORATE, SECRETARY, Play


def play_with(**policy: object) -> Play:
    return Play(policy=Policy(**policy)).opened(*QUORATE, JOAN, LAIA, AUDITOR)


def speaks(play: Play, member: MemberId, seconds: float, kind: TurnKind | None = None) -> None:
    play.says(MAYOR, GrantFloor, member=member, kind=kind)
    assert play.refusal is None
    play.waits(seconds)
    play.says(MAYOR, TakeFloor)


def test_a_point_of_order_comes_before_all_but_those_before_it_rof_94() -> None:
    play = play_with()
    play.says(PAU, RequestFloor, member=PAU)
    play.says(JOAN, RequestFloor, member=JOAN, kind=TurnKind.POINT_OF_ORDER)
    play.says(LAIA, RequestFloor, member=LAIA, kind=TurnKind.ALLUSION)
    play.says(NURIA, RequestFloor, member=NURIA, kind=TurnKind.POINT_OF_ORDER)
    assert play.session.floor.queue == (JOAN, NURIA, PAU, LAIA)
    play.says(MAYOR, GrantFloor, member=JOAN)
    granted = play.events[-1]
    assert isinstance(granted, FloorGranted)
    assert granted.kind is TurnKind.POINT_OF_ORDER


def test_a_note_on_law_or_money_is_the_secretarys_or_the_auditors() -> None:
    play = play_with()
    for member in (SECRETARY, AUDITOR):
        play.says(member, RequestFloor, member=member, kind=TurnKind.NOTE)
        assert play.refusal is None
    play.says(PAU, RequestFloor, member=PAU, kind=TurnKind.NOTE)
    assert play.refusal is Reason.NOT_ALLOWED


def test_the_speaker_is_warned_once_in_private_shortly_before_the_end() -> None:
    play = play_with(floor_warning=timedelta(seconds=20))
    play.says(MAYOR, GrantFloor, member=PAU, limit=timedelta(seconds=60))
    play.waits(39)
    assert play.happened == []
    play.waits(1)
    assert play.happened == ["FloorWarned"]
    assert play.effects == (Announce(message="floor.warned", audience=Audience.SPEAKER, params=(("seconds", "20"),)),)
    play.waits(20)
    assert play.happened == ["FloorExpired"]


@pytest.mark.parametrize(("warning", "limit"), [(0, 60), (30, 30), (30, 10)])
def test_a_turn_too_short_for_it_has_no_warning(warning: int, limit: int) -> None:
    play = play_with(floor_warning=timedelta(seconds=warning))
    play.says(MAYOR, GrantFloor, member=PAU, limit=timedelta(seconds=limit))
    play.waits(limit)
    assert play.happened == ["FloorExpired"]


def test_time_is_told_by_member_and_by_group() -> None:
    play = play_with()
    speaks(play, PAU, 40)
    speaks(play, JOAN, 25)
    play.says(MAYOR, GrantFloor, member=NURIA)
    play.waits(10)
    turns, body = play.session.floor.turns, play.session.body
    assert time_by_member(turns, play.now) == {
        PAU: timedelta(seconds=40),
        JOAN: timedelta(seconds=25),
        NURIA: timedelta(seconds=10),
    }
    assert time_by_group(turns, body, play.now) == {"B": timedelta(seconds=50), "C": timedelta(seconds=25)}


def test_each_group_has_the_same_time_for_an_item_and_one_clock_never_moves_anothers() -> None:
    play = play_with(group_budget=timedelta(seconds=60), floor_warning=timedelta())
    play.says(MAYOR, CallItem, number=1)
    speaks(play, PAU, 40)
    assert time_left(play.session, NURIA, play.now) == timedelta(seconds=20)
    assert time_left(play.session, JOAN, play.now) == timedelta(seconds=60)
    play.says(MAYOR, GrantFloor, member=NURIA)
    play.waits(20)
    assert play.happened == ["FloorExpired"]
    play.says(MAYOR, GrantFloor, member=PAU, kind=TurnKind.SECOND)
    assert play.refusal is Reason.TIME_USED_UP
    play.says(MAYOR, CallItem, number=2)
    play.says(MAYOR, GrantFloor, member=PAU)
    assert play.happened == ["FloorGranted"]


@pytest.mark.parametrize("kind", [TurnKind.ALLUSION, TurnKind.POINT_OF_ORDER])
def test_allusions_and_points_of_order_take_nothing_from_the_groups_time(kind: TurnKind) -> None:
    play = play_with(group_budget=timedelta(seconds=60))
    play.says(MAYOR, CallItem, number=1)
    speaks(play, PAU, 60)
    play.says(MAYOR, GrantFloor, member=PAU)
    assert play.refusal is Reason.TIME_USED_UP
    speaks(play, PAU, 50, kind)
    assert time_left(play.session, PAU, play.now) == timedelta()


def test_the_secretary_is_in_no_group_and_has_no_budget() -> None:
    play = play_with(group_budget=timedelta(seconds=60))
    assert time_left(play.session, SECRETARY, play.now) is None


def hears(play: Play, member: MemberId | None) -> None:
    play.tell(SpeakerHeard(seen=play.seen(), member=member))


def test_who_is_heard_stands_beside_the_turn_and_changes_nothing_in_it() -> None:
    play = play_with()
    play.says(MAYOR, GrantFloor, member=PAU)
    hears(play, PAU)
    hears(play, PAU)
    assert play.happened == []
    hears(play, JOAN)
    assert play.happened == ["VoiceHeard"]
    assert play.effects == ()
    assert play.session.floor.speaker == PAU
    hears(play, None)
    play.says(PAU, TakeFloor)
    assert play.session.floor.ended[-1].heard == {PAU, JOAN}
    assert play.times(VoiceHeard) == 3


def test_strangers_are_not_heard() -> None:
    play = play_with()
    hears(play, MemberId("press"))
    assert play.happened == []
