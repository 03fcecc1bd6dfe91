"""Who is there: connected, in grace, or absent; and in which intervals each member was.

The state, its transitions, and which events a sighting of one device comes to. A member is one person, however many
devices they have: they arrive with the first and drop with the last.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from orchestrator.council.events import (
    DeviceGone,
    DeviceJoined,
    Event,
    MemberArrived,
    MemberDropped,
    MemberLeft,
    MemberReturned,
)
from orchestrator.council.members import MemberId
from orchestrator.council.observations import Departure, DeviceId, Grade, Sighting


class Presence(StrEnum):
    """A member in grace dropped a moment ago and is still counted."""

    ABSENT = "absent"
    CONNECTED = "connected"
    IN_GRACE = "in_grace"


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A stretch of time from `start` to `end` (None: still going on). UTC."""

    start: datetime
    end: datetime | None = None

    def ended(self, at: datetime) -> "Interval":
        """The stretch closed; a clock that went backwards makes it empty, never negative."""
        return Interval(start=self.start, end=max(self.start, at))


def begun(intervals: tuple[Interval, ...], at: datetime) -> tuple[Interval, ...]:
    """One more interval, which never begins before the last has ended."""
    last = intervals[-1].end if intervals else None
    return (*intervals, Interval(start=max(at, last or at)))


def ended(intervals: tuple[Interval, ...], at: datetime) -> tuple[Interval, ...]:
    """The intervals after the last one ended."""
    return (*intervals[:-1], intervals[-1].ended(at)) if intervals else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Attendee:
    """What is known of one member: devices in the room now, until when they are in grace, and their intervals.

    `dropped_at` is when the line went, as the witness `dropped_grade` had it, and `departure` why. `forgiven_until` is
    when the last grace ended: the server's journal, which is read late at times, may still tell of a return before.
    """

    devices: frozenset[DeviceId] = frozenset()
    dropped_at: datetime | None = None
    dropped_grade: Grade = Grade.PRESENCE
    grace_until: datetime | None = None
    departure: Departure | None = None
    forgiven_until: datetime | None = None
    intervals: tuple[Interval, ...] = ()

    @property
    def presence(self) -> Presence:
        """Connected, in grace or absent."""
        if self.devices:
            return Presence.CONNECTED
        return Presence.IN_GRACE if self.grace_until else Presence.ABSENT

    def arrived(self, at: datetime) -> "Attendee":
        """Present from `at`."""
        return replace(self, forgiven_until=None, intervals=begun(self.intervals, at))

    def dropped(self, at: datetime, until: datetime, grade: Grade) -> "Attendee":
        """The last device went; in grace until `until`."""
        return replace(self, dropped_at=at, dropped_grade=grade, grace_until=until)

    def returned(self) -> "Attendee":
        """Back within the grace: the interval goes on as if nothing had happened, also when it was thought over."""
        again = self.intervals
        if self.forgiven_until and again and again[-1].end:
            again = (*again[:-1], replace(again[-1], end=None))
        return replace(self, dropped_at=None, grace_until=None, forgiven_until=None, intervals=again)

    def left(self, at: datetime) -> "Attendee":
        """Absent from `at`: the interval that was open ends."""
        return replace(
            self,
            devices=frozenset(),
            dropped_at=None,
            grace_until=None,
            forgiven_until=self.grace_until,
            intervals=ended(self.intervals, at),
        )

    def was_there_after(self, at: datetime) -> bool:
        """Whether the member was present at any time after that moment."""
        return any(i.end is None or i.end > at for i in self.intervals)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attendance:
    """All members that were ever seen, in order of first arrival. A member not in it has never come."""

    attendees: tuple[tuple[MemberId, Attendee], ...] = ()

    def of(self, member: MemberId) -> Attendee:
        """What is known of a member; an empty `Attendee` for one who never came."""
        return dict(self.attendees).get(member, Attendee())

    def present(self) -> frozenset[MemberId]:
        """Who counts as there now: connected or in grace."""
        return frozenset(m for m, a in self.attendees if a.presence is not Presence.ABSENT)

    def in_grace(self) -> tuple[tuple[MemberId, Attendee], ...]:
        """Those whose line went a moment ago."""
        return tuple((m, a) for m, a in self.attendees if a.presence is Presence.IN_GRACE)

    def next_grace_end(self) -> datetime | None:
        """When the next member in grace becomes absent."""
        return min((a.grace_until for _, a in self.in_grace() if a.grace_until), default=None)

    def after(self, member: MemberId, attendee: Attendee) -> "Attendance":
        """The attendance with what is now known of one member."""
        known = dict(self.attendees)
        known[member] = attendee
        return Attendance(attendees=tuple(known.items()))

    def joined(self, member: MemberId, device: DeviceId) -> "Attendance":
        """One more device of a member."""
        attendee = self.of(member)
        return self.after(member, replace(attendee, devices=attendee.devices | {device}))

    def gone(self, member: MemberId, device: DeviceId, departure: Departure) -> "Attendance":
        """One device of a member fewer."""
        attendee = self.of(member)
        return self.after(member, replace(attendee, devices=attendee.devices - {device}, departure=departure))

    def closed(self, at: datetime) -> "Attendance":
        """Everybody's interval ends: at `at`, or for one in grace when the line went."""
        return Attendance(
            attendees=tuple(
                (m, a.left(a.dropped_at or at) if a.presence is not Presence.ABSENT else a) for m, a in self.attendees
            )
        )


def connect(attendance: Attendance, member: MemberId, device: DeviceId, seen: Sighting) -> tuple[Event, ...]:
    """What it means that a device of a member is in the room."""
    attendee = attendance.of(member)
    if device in attendee.devices:
        return ()
    joined = DeviceJoined(at=seen.at, member=member, device=device, grade=seen.grade)
    match attendee.presence:
        case Presence.CONNECTED:
            return (joined,)
        case Presence.IN_GRACE:
            return (joined, MemberReturned(at=seen.at, member=member, grade=seen.grade))
        case Presence.ABSENT if attendee.forgiven_until and seen.at < attendee.forgiven_until:
            return (joined, MemberReturned(at=seen.at, member=member, grade=seen.grade))
        case Presence.ABSENT:
            return (joined, MemberArrived(at=seen.at, member=member, grade=seen.grade))


def disconnect(
    attendance: Attendance,
    member: MemberId,
    device: DeviceId,
    departure: Departure,
    seen: Sighting,
    until: datetime,
) -> tuple[Event, ...]:
    """What it means that a device of a member went. With the last one the member drops and is counted until `until`.

    Nobody is kicked out by a bad line, so a member who was kicked has left at once; and so has everybody when the
    grace is over already.
    """
    attendee = attendance.of(member)
    if device not in attendee.devices:
        return ()
    gone = DeviceGone(at=seen.at, member=member, device=device, departure=departure, grade=seen.grade)
    if attendee.devices != {device}:
        return (gone,)
    if departure is Departure.KICKED or until <= seen.at:
        return (gone, MemberLeft(at=seen.at, member=member, grade=seen.grade))
    return (gone, MemberDropped(at=seen.at, member=member, until=until, grade=seen.grade))


def end_graces(attendance: Attendance, now: datetime) -> tuple[Event, ...]:
    """Those whose grace is over are absent since their line went."""
    return tuple(_left(member, attendee, now) for member, attendee in attendance.in_grace() if _is_over(attendee, now))


def end_own_graces(attendance: Attendance, now: datetime) -> tuple[Event, ...]:
    """The same for those whose own line went. While the server itself is down nobody can come back."""
    return tuple(
        _left(member, attendee, now)
        for member, attendee in attendance.in_grace()
        if attendee.departure is not Departure.OUTAGE and _is_over(attendee, now)
    )


def _is_over(attendee: Attendee, now: datetime) -> bool:
    return attendee.grace_until is not None and attendee.grace_until <= now


def _left(member: MemberId, attendee: Attendee, now: datetime) -> MemberLeft:
    return MemberLeft(at=attendee.dropped_at or now, member=member, grade=attendee.dropped_grade)
