"""Who is there: connected, in grace, or absent; and in which intervals each member was."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from orchestrator.council.members import MemberId
from orchestrator.council.observations import DeviceId


class Presence(StrEnum):
    """A member in grace dropped a moment ago and is still counted."""

    ABSENT = "absent"
    CONNECTED = "connected"
    IN_GRACE = "in_grace"


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A member was present from `start` to `end` (None: still there). UTC."""

    start: datetime
    end: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attendee:
    """What is known of one member: devices in the room now, until when they are in grace, and their intervals."""

    devices: frozenset[DeviceId] = frozenset()
    dropped_at: datetime | None = None
    grace_until: datetime | None = None
    intervals: tuple[Interval, ...] = ()

    @property
    def presence(self) -> Presence:
        """Connected, in grace or absent."""
        if self.devices:
            return Presence.CONNECTED
        return Presence.IN_GRACE if self.grace_until else Presence.ABSENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Attendance:
    """All members that were ever seen. A member not in it has never come."""

    attendees: tuple[tuple[MemberId, Attendee], ...] = ()

    def of(self, member: MemberId) -> Attendee:
        """What is known of a member; an empty `Attendee` for one who never came."""
        return dict(self.attendees).get(member, Attendee())

    def present(self) -> frozenset[MemberId]:
        """Who counts as there now: connected or in grace."""
        return frozenset(m for m, a in self.attendees if a.presence is not Presence.ABSENT)
