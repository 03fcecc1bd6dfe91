"""What went wrong has a beginning, and an end once it was over."""

from datetime import timedelta

from orchestrator.council import events as e
from orchestrator.council.members import MemberId
from orchestrator.council.observations import Grade, Link
from orchestrator.documents.incidents import Incident, IncidentKind, incidents
from orchestrator.store.ledger import Recorded
from tests.scenarios.play import EIGHT

PAU = MemberId("pau")


def at(seconds: int):
    return EIGHT + timedelta(seconds=seconds)


def recorded(*events: e.Event) -> list[Recorded]:
    return [Recorded(seq=n, event=event, recorded_at=event.at, hash=b"") for n, event in enumerate(events, start=1)]


def test_each_ends_with_what_mends_it_and_what_is_said_twice_is_one():
    found = incidents(
        recorded(
            e.LinkFailed(at=at(0), link=Link.ENCODER, cause="encoder_died"),
            e.LinkFailed(at=at(1), link=Link.ENCODER, cause="encoder_died"),
            e.LinkFailed(at=at(2), link=Link.RELAY, cause="refused"),
            e.AlertRaised(at=at(3), key="encoder", link=Link.ENCODER, cause="encoder_died"),
            e.LinkRestored(at=at(4), link=Link.ENCODER),
            e.ObservationCeased(at=at(5)),
            e.AlertResolved(at=at(6), key="encoder"),
            e.ObservationBegan(at=at(7)),
        )
    )
    assert found == (
        Incident(
            seq=1,
            kind=IncidentKind.LINK_FAILED,
            start=at(0),
            end=at(4),
            subject=Link.ENCODER,
            cause="encoder_died",
        ),
        Incident(seq=3, kind=IncidentKind.LINK_FAILED, start=at(2), subject=Link.RELAY, cause="refused"),
        Incident(seq=4, kind=IncidentKind.ALERT, start=at(3), end=at(6), subject="encoder", cause="encoder_died"),
        Incident(seq=6, kind=IncidentKind.UNOBSERVED, start=at(5), end=at(7)),
    )


def test_a_line_that_drops_twice_is_two():
    found = incidents(
        recorded(
            e.MemberDropped(at=at(0), member=PAU, until=at(30), grade=Grade.PRESENCE),
            e.MemberReturned(at=at(5), member=PAU, grade=Grade.PRESENCE),
            e.MemberDropped(at=at(9), member=PAU, until=at(39), grade=Grade.PRESENCE),
        )
    )
    assert [(i.subject, i.start, i.end) for i in found] == [(PAU, at(0), at(5)), (PAU, at(9), None)]
