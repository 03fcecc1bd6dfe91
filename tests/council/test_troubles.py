"""What the operators should know of a session, before and during it; and nothing after it."""

from datetime import timedelta

import pytest

from orchestrator.council.commands import AdjournSession, SuspendSession
from orchestrator.council.observations import Link, LinkUp, TroubleBegan, TroubleEnded
from orchestrator.council.session import Session
from orchestrator.council.troubles import Severity, Surroundings, Trouble, severity_of, troubles
from tests.scenarios.play import EIGHT, JOAN, MAYOR, QUORATE, Play

NONE_FREE = Surroundings(free_encoders=0)
ONE_FREE = Surroundings(free_encoders=1)


def at(minutes: float):
    return EIGHT + timedelta(minutes=minutes)


def test_a_session_that_is_not_convened_has_no_troubles():
    assert troubles(Session(), NONE_FREE, EIGHT) == {}


@pytest.mark.parametrize(
    ("minutes", "around", "found"),
    [
        (-31, NONE_FREE, {}),
        (-30, NONE_FREE, {"start.encoder": Trouble.STARTS_WITHOUT_ENCODER}),
        (-30, ONE_FREE, {}),
        (-30, Surroundings(), {}),
        (-15, ONE_FREE, {"start.room": Trouble.STARTS_UNWATCHED}),
    ],
)
def test_before_its_hour_it_wants_an_encoder_and_somebody_in_the_room(minutes, around, found):
    assert troubles(Play().session, around, at(minutes)) == found


def test_an_encoder_that_already_sends_needs_no_other():
    play = Play().watched()
    play.tell(LinkUp(seen=play.seen(), link=Link.ENCODER))
    assert troubles(play.session, NONE_FREE, at(-5)) == {}


def test_a_session_that_nobody_may_watch_needs_no_encoder():
    assert "start.encoder" not in troubles(Play(is_public=False).session, NONE_FREE, at(-5))


def test_a_full_room_that_is_not_opened_a_quarter_of_an_hour_late_is_news():
    play = Play().watched(*QUORATE, JOAN)
    assert troubles(play.session, ONE_FREE, at(14)) == {}
    assert troubles(play.session, ONE_FREE, at(15)) == {"opening": Trouble.NOT_OPENED}


def test_a_quorum_that_is_lost_is_told_while_the_session_is_open_and_watched():
    play = Play().opened(*QUORATE, JOAN)
    assert troubles(play.session, NONE_FREE, play.now) == {}
    play.leaves_for_good(JOAN)
    assert troubles(play.session, NONE_FREE, play.now) == {"quorum": Trouble.QUORUM_LOST}
    play.says(MAYOR, SuspendSession)
    assert troubles(play.session, NONE_FREE, play.now) == {}


def test_a_trouble_is_an_alert_on_the_record_once_and_its_end_too():
    play = Play().opened(*QUORATE, JOAN)
    began = TroubleBegan(seen=play.seen(), key="quorum", cause="quorum_lost")
    play.tell(began)
    assert play.happened == ["AlertRaised"]
    play.tell(began)
    assert play.happened == []
    play.tell(TroubleEnded(seen=play.seen(), key="quorum"))
    assert play.happened == ["AlertResolved"]
    play.tell(TroubleEnded(seen=play.seen(), key="quorum"))
    assert play.happened == []


def test_no_alert_outlives_the_session():
    play = Play().opened(*QUORATE, JOAN)
    play.tell(TroubleBegan(seen=play.seen(), key="quorum", cause="quorum_lost"))
    play.says(MAYOR, AdjournSession)
    assert play.session.alerts == frozenset()
    play.tell(TroubleBegan(seen=play.seen(), key="quorum", cause="quorum_lost"))
    assert play.happened == []
    assert troubles(play.session, NONE_FREE, at(300)) == {}


def test_what_is_not_known_is_taken_for_the_worst():
    assert severity_of("quorum_lost") is Severity.INFO
    assert severity_of("something_new") is Severity.CRITICAL
