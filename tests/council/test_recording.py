"""What came of the broadcast is known after the session is over, and the record takes it."""

from dataclasses import replace
from datetime import timedelta

from orchestrator.council.commands import AdjournSession
from orchestrator.council.decide import decide
from orchestrator.council.events import RecordingFinished, RecordingMissing
from orchestrator.council.observations import Grade, RecordingFailed, RecordingMade, Sighting
from orchestrator.council.session import Session, evolve
from tests.scenarios.play import EIGHT, MAYOR, QUORATE, Play

HASH, HEAD = "ab" * 32, "cd" * 32
MADE = RecordingMade(
    seen=Sighting(grade=Grade.PRESENCE, at=EIGHT + timedelta(hours=2)), size=7, sha256=HASH, segments=3, head=HEAD
)
LATER = EIGHT + timedelta(hours=3)


def after(session: Session, message: RecordingMade | RecordingFailed) -> Session:
    for event in decide(session, message, LATER):
        session = evolve(session, event)
    return session


def adjourned() -> Session:
    play = Play()
    play.watched(*QUORATE, MAYOR)
    play.says(MAYOR, AdjournSession)
    return play.session


def test_the_recording_is_put_on_the_record_of_a_session_that_is_over_and_completes_it():
    session = adjourned()
    assert not session.is_complete
    (event,) = decide(session, MADE, LATER)
    assert event == RecordingFinished(at=MADE.seen.at, size=7, sha256=HASH, segments=3, head=HEAD)
    assert after(session, MADE).is_complete


def test_the_same_recording_said_again_is_nothing_new_and_another_one_is():
    session = after(adjourned(), MADE)
    again = replace(MADE, seen=replace(MADE.seen, at=LATER))
    assert decide(session, again, LATER) == ()
    assert len(decide(session, replace(again, sha256="ee" * 32), LATER)) == 1


def test_no_recording_is_a_fact_as_well():
    failed = RecordingFailed(seen=MADE.seen, cause="nothing_recorded")
    session = after(adjourned(), failed)
    assert session.is_complete
    assert session.recording == RecordingMissing(at=MADE.seen.at, cause="nothing_recorded")
    assert decide(session, failed, LATER) == ()


def test_a_session_without_broadcast_is_complete_when_it_is_over():
    play = Play(is_public=False)
    play.watched(*QUORATE, MAYOR)
    assert not play.session.is_complete
    play.says(MAYOR, AdjournSession)
    assert play.session.is_complete


def test_nothing_is_recorded_of_what_was_never_convened():
    assert decide(Session(), MADE, LATER) == ()
