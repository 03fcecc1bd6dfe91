"""What whoever minds the broadcast does to it, and what it never shows."""

import pytest

from orchestrator.council.commands import (
    AdjournSession,
    CallItem,
    OpenSecret,
    OpenSession,
    RestartEncoder,
    ResumeBroadcast,
    Role,
    ShowSlate,
    SuspendSession,
)
from orchestrator.council.effects import Picture
from orchestrator.council.react import desired
from orchestrator.council.refusals import Reason
from orchestrator.council.voting import Count
from tests.scenarios.play import AUDITOR, JOAN, LAIA, MAYOR, QUORATE, SECOND, SECRETARY, Play

QUORUM = (*QUORATE, JOAN)


@pytest.mark.parametrize("role", Role)
def test_operators_administrators_and_secretaries_mind_the_broadcast(role: Role) -> None:
    play = Play().opened(*QUORUM)
    for command in (ShowSlate, ResumeBroadcast, RestartEncoder):
        play.says(None, command, role=role)
        is_allowed = role in (Role.ADMIN, Role.OPERATOR, Role.SECRETARY)
        assert play.refusal is (None if is_allowed else Reason.NOT_ALLOWED)


def test_who_sits_in_the_secretarys_chair_minds_it_as_well() -> None:
    play = Play().opened(*QUORUM)
    play.says(AUDITOR, ShowSlate)
    assert play.refusal is Reason.NOT_ALLOWED
    play.connects(AUDITOR)
    play.leaves_for_good(SECRETARY)
    play.says(AUDITOR, ShowSlate)
    assert play.refusal is None


def test_a_card_stays_on_the_air_until_it_is_taken_off_and_the_table_knows() -> None:
    play = Play().opened(*QUORUM)
    play.says(None, ShowSlate, role=Role.OPERATOR)
    assert (play.table_hears, play.room_hears) == (["broadcast.trouble"], [])
    assert desired(play.session).picture is Picture.TROUBLE
    play.says(MAYOR, SuspendSession)
    assert desired(play.session).picture is Picture.TROUBLE
    play.says(None, ShowSlate, role=Role.OPERATOR)
    assert play.refusal is Reason.CARD_IS_SHOWN
    play.says(None, ResumeBroadcast, role=Role.OPERATOR)
    assert play.table_hears == ["broadcast.resumed"]
    assert desired(play.session).picture is Picture.RECESS
    play.says(None, ResumeBroadcast, role=Role.OPERATOR)
    assert play.refusal is Reason.NO_CARD_SHOWN


def test_neither_secrecy_nor_the_end_gives_way_to_a_card() -> None:
    play = Play().opened(*QUORUM, SECOND, LAIA)
    play.says(None, ShowSlate, role=Role.OPERATOR, picture=Picture.WAITING)
    play.says(MAYOR, CallItem, number=1)
    play.says(MAYOR, OpenSecret, count=Count(yes=7, no=0))
    assert desired(play.session).picture is Picture.SECRET
    play.says(None, ResumeBroadcast, role=Role.OPERATOR)
    assert desired(play.session).picture is Picture.SECRET
    play.says(MAYOR, AdjournSession)
    assert desired(play.session).picture is Picture.ENDED


@pytest.mark.parametrize("picture", [Picture.LIVE, Picture.ENDED])
def test_the_room_and_the_end_are_no_cards(picture: Picture) -> None:
    play = Play().watched(*QUORUM)
    play.says(None, ShowSlate, role=Role.OPERATOR, picture=picture)
    assert play.refusal is Reason.NOT_A_CARD


def test_another_encoder_is_had_while_one_belongs_in_the_room() -> None:
    play = Play()
    play.says(None, RestartEncoder, role=Role.OPERATOR)
    assert play.refusal is Reason.NO_ENCODER
    play.watched(*QUORUM)
    play.says(None, RestartEncoder, role=Role.OPERATOR)
    assert (play.happened, desired(play.session).encoder) == (["EncoderRestarted"], 1)
    play.says(MAYOR, OpenSession)
    play.says(MAYOR, AdjournSession)
    play.says(None, RestartEncoder, role=Role.OPERATOR)
    assert play.refusal is Reason.ADJOURNED


def test_what_is_not_broadcast_has_nothing_to_mind() -> None:
    play = Play(is_public=False).opened(*QUORUM)
    for command in (ShowSlate, ResumeBroadcast, RestartEncoder):
        play.says(None, command, role=Role.OPERATOR)
        assert play.refusal is Reason.NO_BROADCAST
