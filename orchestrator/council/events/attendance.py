"""Who came and went, and what the secretary wrote in the register of it."""

from dataclasses import dataclass
from datetime import datetime

from orchestrator.council.commands import Asker
from orchestrator.council.members import MemberId
from orchestrator.council.observations import Departure, DeviceId, Grade
from orchestrator.council.roll import Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceJoined:
    """A device of a member entered the room."""

    at: datetime
    member: MemberId
    device: DeviceId
    grade: Grade


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceGone:
    """A device of a member went; the member may have others."""

    at: datetime
    member: MemberId
    device: DeviceId
    departure: Departure
    grade: Grade


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberArrived:
    """A member is present: the first of their devices is in the room."""

    at: datetime
    member: MemberId
    grade: Grade


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberDropped:
    """The last device of a member went: still counted until `until`, while the line may come back."""

    at: datetime
    member: MemberId
    until: datetime
    grade: Grade


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberReturned:
    """The member came back within the grace: the interval of attendance was never broken."""

    at: datetime
    member: MemberId
    grade: Grade


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberLeft:
    """The member is absent since `at`, the beginning of the outage (or a plain leave)."""

    at: datetime
    member: MemberId
    grade: Grade


@dataclass(frozen=True, slots=True, kw_only=True)
class GhostSuspected:
    """A device is still listed but answers no more; from `until` it counts for nobody."""

    at: datetime
    member: MemberId
    device: DeviceId
    until: datetime
    grade: Grade


@dataclass(frozen=True, slots=True, kw_only=True)
class GhostCleared:
    """A device that was suspected answers again."""

    at: datetime
    member: MemberId
    device: DeviceId
    grade: Grade


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedPresent:
    """The secretary saw the member: in the hall, or (`in_hall` false) behind a device that was taken for a ghost."""

    at: datetime
    member: MemberId
    by: Asker
    in_hall: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedAbsent:
    """The secretary saw that the member is not there: neither in the hall nor behind a device that is listed."""

    at: datetime
    member: MemberId
    by: Asker


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsenceExcused:
    """The member sent an excuse; the last one counts."""

    at: datetime
    member: MemberId
    reason: str
    by: Asker


@dataclass(frozen=True, slots=True, kw_only=True)
class AttendanceCorrected:
    """From `start` to `end` the member was there (or was not), whatever was seen: found out afterwards.

    The events before it stay as they are, and so do the verdicts made on them.
    """

    at: datetime
    member: MemberId
    start: datetime
    end: datetime
    was_present: bool
    reason: str
    by: Asker


@dataclass(frozen=True, slots=True, kw_only=True)
class RollCalled:
    """The names are called, to establish who is there."""

    at: datetime
    by: Asker


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberChecked:
    """What was established of one member when their name was called."""

    at: datetime
    member: MemberId
    mode: Mode
    identity_seen: bool
    identity_heard: bool
    territory_declared: bool
    by: Asker


PresenceEvent = (
    DeviceJoined
    | DeviceGone
    | MemberArrived
    | MemberDropped
    | MemberReturned
    | MemberLeft
    | GhostSuspected
    | GhostCleared
    | MarkedPresent
    | MarkedAbsent
    | AttendanceCorrected
)
"""Who is there."""

AttendanceEvent = PresenceEvent | AbsenceExcused | RollCalled | MemberChecked
