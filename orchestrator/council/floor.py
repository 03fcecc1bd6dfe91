"""Who asks to speak, in order, and who has the floor (ROF 94)."""

from dataclasses import dataclass
from datetime import datetime

from orchestrator.council.members import MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A granted turn: from when, until when it was granted, and when it ended (None: now)."""

    member: MemberId
    start: datetime
    until: datetime
    end: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """The queue of requests in order of arrival, the turn in progress, and the turns that ended."""

    queue: tuple[MemberId, ...] = ()
    turn: Turn | None = None
    ended: tuple[Turn, ...] = ()
