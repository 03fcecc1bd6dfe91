"""What of a session the operators should know of: rules over what is on its record, and over what is around it.

The links of the broadcast and the bot's place in the room are reported by the machines themselves (`LinkDown`). Here
stand the troubles that nobody reports, since they are an absence, or a matter of time. A trouble is a level: the
lookout compares `troubles` with the alerts that the session has, and tells the difference.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from orchestrator.council.observations import Link
from orchestrator.council.session import Phase, Session

_BEFORE_START: Final = timedelta(minutes=30)
_IN_THE_ROOM: Final = timedelta(minutes=15)
_LATE: Final = timedelta(minutes=15)


class Severity(StrEnum):
    """How bad it is, the worst first. CRITICAL: the public misses the session, or its record is in danger, now.
    WARNING: it will come to that if nobody does anything. INFO: good to know; the session deals with it by itself."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"


class Trouble(StrEnum):
    """The causes that our own rules find; those of links are the machines' words."""

    QUORUM_LOST = "quorum_lost"
    STARTS_WITHOUT_ENCODER = "starts_without_encoder"
    STARTS_UNWATCHED = "starts_unwatched"
    NOT_OPENED = "not_opened"
    NOT_CONDUCTED = "not_conducted"
    RECORD_BEHIND = "record_behind"
    NO_ENCODER_HEALTHY = "no_encoder_healthy"
    SERVER_UNREACHABLE = "server_unreachable"
    CLOCK_OFF = "clock_off"
    DISK_LOW = "disk_low"
    DRILL = "drill"


_SEVERITIES: Final[Mapping[str, Severity]] = {
    "picture_frozen": Severity.WARNING,
    Trouble.QUORUM_LOST: Severity.INFO,
    Trouble.NOT_OPENED: Severity.INFO,
    Trouble.STARTS_WITHOUT_ENCODER: Severity.WARNING,
    Trouble.STARTS_UNWATCHED: Severity.WARNING,
    Trouble.RECORD_BEHIND: Severity.WARNING,
    Trouble.NO_ENCODER_HEALTHY: Severity.WARNING,
    Trouble.CLOCK_OFF: Severity.WARNING,
    Trouble.DISK_LOW: Severity.WARNING,
    Trouble.DRILL: Severity.INFO,
    "youtube_bad": Severity.WARNING,
}


def severity_of(cause: str) -> Severity:
    """How bad a cause is. One that is not known is taken for the worst: a machine that has something new to say says
    it because something failed."""
    return _SEVERITIES.get(cause, Severity.CRITICAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What is around the sessions. `free_encoders`: how many could take a session now; None: nobody has looked."""

    free_encoders: int | None = None


def troubles(session: Session, surroundings: Surroundings, now: datetime) -> Mapping[str, Trouble]:
    """What is not as it should be, by the key of its alert."""
    if session.convocation is None or session.phase is Phase.ADJOURNED:
        return {}
    if session.phase is not Phase.CONVENED:
        # Nobody can say anything of the quorum while nobody watches; and in a recess people go.
        is_short = session.phase is Phase.OPEN and session.is_observed and not session.verdict.is_met
        return {"quorum": Trouble.QUORUM_LOST} if is_short else {}
    found: dict[str, Trouble] = {}
    starts_at = session.convened.starts_at
    has_encoder = Link.ENCODER in session.links or surroundings.free_encoders != 0
    if session.has_broadcast and not has_encoder and now >= starts_at - _BEFORE_START:
        found["start.encoder"] = Trouble.STARTS_WITHOUT_ENCODER
    if not session.is_observed and Link.CHAMBER.value not in session.alerts and now >= starts_at - _IN_THE_ROOM:
        found["start.room"] = Trouble.STARTS_UNWATCHED
    if session.is_observed and session.verdict.is_met and now >= starts_at + _LATE:
        found["opening"] = Trouble.NOT_OPENED
    return found


KEYS: Final = frozenset({"quorum", "start.encoder", "start.room", "opening"})
"""The keys of alerts that `troubles` decides; it leaves the others alone."""
