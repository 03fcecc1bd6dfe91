"""What went wrong in a session, from when until when: pure, from the record."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from orchestrator.council import events as e
from orchestrator.facts import Recorded


class IncidentKind(StrEnum):
    """What can go wrong."""

    QUORUM_LOST = "quorum_lost"
    UNOBSERVED = "unobserved"
    MEMBER_DROPPED = "member_dropped"
    LINK_FAILED = "link_failed"
    ALERT = "alert"
    RECORDING_MISSING = "recording_missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Something that went wrong at `start`, told by event `seq`, and was over at `end` (None: it is not over).

    `subject` is the member, the link or the key of the alert that it is about, `cause` the code of the reason.
    """

    seq: int
    kind: IncidentKind
    start: datetime
    end: datetime | None = None
    subject: str = ""
    cause: str = ""


_Place = tuple[IncidentKind, Hashable]

_DROPPED: Final = IncidentKind.MEMBER_DROPPED


def incidents(records: Sequence[Recorded]) -> tuple[Incident, ...]:
    """In the order in which they began. What never went well before the end of the session stays open."""
    found: list[Incident] = []
    pending: dict[_Place, int] = {}
    for record in records:
        for place in _ended_by(record.event):
            if place in pending:
                index = pending.pop(place)
                found[index] = replace(found[index], end=record.event.at)
        if begun := _begun_by(record):
            place = (begun.kind, begun.subject)
            if place not in pending:
                pending[place] = len(found)
                found.append(begun)
    return tuple(found)


def _begun_by(record: Recorded) -> Incident | None:
    event, seq, at = record.event, record.seq, record.event.at
    match event:
        case e.QuorumLost():
            return Incident(seq=seq, kind=IncidentKind.QUORUM_LOST, start=at)
        case e.ObservationCeased():
            return Incident(seq=seq, kind=IncidentKind.UNOBSERVED, start=at)
        case e.MemberDropped(member=member):
            return Incident(seq=seq, kind=_DROPPED, start=at, subject=member)
        case e.LinkFailed(link=link, cause=cause):
            return Incident(seq=seq, kind=IncidentKind.LINK_FAILED, start=at, subject=link, cause=cause)
        case e.AlertRaised(key=key, cause=cause):
            return Incident(seq=seq, kind=IncidentKind.ALERT, start=at, subject=key, cause=cause)
        case e.RecordingMissing(cause=cause):
            return Incident(seq=seq, kind=IncidentKind.RECORDING_MISSING, start=at, cause=cause)
        case _:
            return None


def _ended_by(event: e.Event) -> tuple[_Place, ...]:
    match event:
        case e.QuorumReached():
            return ((IncidentKind.QUORUM_LOST, ""),)
        case e.ObservationBegan():
            return ((IncidentKind.UNOBSERVED, ""),)
        case e.MemberReturned(member=member) | e.MemberLeft(member=member):
            return ((_DROPPED, member),)
        case e.LinkRestored(link=link):
            return ((IncidentKind.LINK_FAILED, link),)
        case e.AlertResolved(key=key):
            return ((IncidentKind.ALERT, key),)
        case e.SessionAdjourned():
            return ((IncidentKind.QUORUM_LOST, ""),)
        case e.RecordingFinished():
            return ((IncidentKind.RECORDING_MISSING, ""),)
        case _:
            return ()
