"""Who is there: connected, in the hall, in grace, or absent; and in which intervals each member was.

The state, its transitions, and which events a sighting of one device, or a tick of the secretary, comes to. A member
is one person, however many devices they have: they arrive with the first and drop with the last. Whoever sits in the
hall is ticked by the secretary, who is their witness: no line can drop them, and several may share one device or none.

A device may stay listed in the room after its line died (jitsi-meet#6338, #7688). One that no longer answers is a
suspect for as long as the policy says; then it is a ghost, which counts for nobody although it is still listed.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import assert_never

from orchestrator.council.commands import Asker
from orchestrator.council.events import (
    AttendanceCorrected,
    DeviceGone,
    DeviceJoined,
    Event,
    GhostCleared,
    GhostSuspected,
    MarkedAbsent,
    MarkedPresent,
    MemberArrived,
    MemberDropped,
    MemberLeft,
    MemberReturned,
    PresenceEvent,
)
from orchestrator.council.intervals import Correction, begun, corrected, ended
from orchestrator.council.intervals import Interval as Interval
from orchestrator.council.members import MemberId
from orchestrator.council.observations import Departure, DeviceId, Grade, Sighting


class Presence(StrEnum):
    """A member in grace dropped a moment ago and is still counted; one in the hall is ticked and has no device."""

    ABSENT = "absent"
    CONNECTED = "connected"
    IN_HALL = "in_hall"
    IN_GRACE = "in_grace"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """A device that has not answered since `since`, and is a ghost from `until`."""

    device: DeviceId
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Attendee:
    """What is known of one member: devices in the room now, whether they are ticked in the hall, until when they are in
    grace, and their intervals.

    `dropped_at` is when the line went, as the witness `dropped_grade` had it, and `departure` why. `forgiven_until` is
    when the last grace ended: the server's journal, which is read late at times, may still tell of a return before.
    `ghosts` are devices that are still listed and count no longer. `intervals` is what was seen, `stays` how it is read
    with the `corrections`.
    """

    devices: frozenset[DeviceId] = frozenset()
    is_in_hall: bool = False
    suspects: tuple[Suspect, ...] = ()
    ghosts: frozenset[DeviceId] = frozenset()
    dropped_at: datetime | None = None
    dropped_grade: Grade = Grade.PRESENCE
    grace_until: datetime | None = None
    departure: Departure | None = None
    forgiven_until: datetime | None = None
    intervals: tuple[Interval, ...] = ()
    corrections: tuple[Correction, ...] = ()

    @property
    def presence(self) -> Presence:
        """Connected, in the hall, in grace or absent."""
        if self.devices:
            return Presence.CONNECTED
        if self.is_in_hall:
            return Presence.IN_HALL
        return Presence.IN_GRACE if self.grace_until else Presence.ABSENT

    @property
    def stays(self) -> tuple[Interval, ...]:
        """When the member was there, corrections included."""
        return corrected(self.intervals, self.corrections) if self.corrections else self.intervals

    def joined(self, device: DeviceId) -> "Attendee":
        """One more device; whatever was held against it before is forgotten."""
        return replace(self.cleared(device), devices=self.devices | {device})

    def gone(self, device: DeviceId, departure: Departure) -> "Attendee":
        """One device fewer; a ghost is still listed."""
        ghosts = self.ghosts | {device} if departure is Departure.GHOST else self.ghosts - {device}
        devices = self.devices - {device}
        return replace(self.cleared(device), devices=devices, ghosts=ghosts, departure=departure)

    def suspected(self, suspect: Suspect) -> "Attendee":
        """A device no longer answers."""
        return replace(self, suspects=(*self.suspects, suspect))

    def cleared(self, device: DeviceId) -> "Attendee":
        """The device answers, or is gone."""
        suspects = tuple(s for s in self.suspects if s.device != device)
        return replace(self, suspects=suspects, ghosts=self.ghosts - {device})

    def marked(self, is_in_hall: bool) -> "Attendee":
        """The secretary's tick is set or taken away."""
        return replace(self, is_in_hall=is_in_hall)

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
            suspects=(),
            is_in_hall=False,
            dropped_at=None,
            grace_until=None,
            forgiven_until=self.grace_until,
            intervals=ended(self.intervals, at),
        )

    def put_right(self, correction: Correction) -> "Attendee":
        """One more correction; what was seen stays as it is."""
        return replace(self, corrections=(*self.corrections, correction))

    def was_there_after(self, at: datetime) -> bool:
        """Whether the member was present at any time after that moment."""
        return any(i.end is None or i.end > at for i in self.stays)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attendance:
    """All members that were ever seen, in order of first arrival. A member not in it has never come."""

    attendees: tuple[tuple[MemberId, Attendee], ...] = ()

    def of(self, member: MemberId) -> Attendee:
        """What is known of a member; an empty `Attendee` for one who never came."""
        return dict(self.attendees).get(member, Attendee())

    def present(self) -> frozenset[MemberId]:
        """Who counts as there now: connected, in the hall or in grace."""
        return frozenset(m for m, a in self.attendees if a.presence is not Presence.ABSENT)

    def in_grace(self) -> tuple[tuple[MemberId, Attendee], ...]:
        """Those whose line went a moment ago."""
        return tuple((m, a) for m, a in self.attendees if a.presence is Presence.IN_GRACE)

    def suspects(self) -> tuple[tuple[MemberId, Suspect], ...]:
        """The devices that do not answer, and whose they are."""
        return tuple((m, suspect) for m, a in self.attendees for suspect in a.suspects)

    def next_end(self) -> datetime | None:
        """When the next member in grace becomes absent, or the next suspect a ghost."""
        graces = [a.grace_until for _, a in self.in_grace() if a.grace_until]
        return min([*graces, *(suspect.until for _, suspect in self.suspects())], default=None)

    def after(self, member: MemberId, attendee: Attendee) -> "Attendance":
        """The attendance with what is now known of one member."""
        known = dict(self.attendees)
        known[member] = attendee
        return Attendance(attendees=tuple(known.items()))

    def closed(self, at: datetime) -> "Attendance":
        """Everybody's interval ends: at `at`, or for one in grace when the line went."""
        return Attendance(
            attendees=tuple(
                (m, a.left(a.dropped_at or at) if a.presence is not Presence.ABSENT else a) for m, a in self.attendees
            )
        )


def attended(attendance: Attendance, event: PresenceEvent) -> Attendance:
    """The attendance after one more event."""
    attendee = attendance.of(event.member)
    match event:
        case DeviceJoined(device=device):
            after = attendee.joined(device)
        case DeviceGone(device=device, departure=departure):
            after = attendee.gone(device, departure)
        case GhostSuspected(device=device, at=at, until=until):
            after = attendee.suspected(Suspect(device=device, since=at, until=until))
        case GhostCleared(device=device):
            after = attendee.cleared(device)
        case MarkedPresent(in_hall=in_hall):
            after = attendee.marked(in_hall)
        case MarkedAbsent():
            after = attendee.marked(False)
        case MemberArrived(at=at):
            after = attendee.arrived(at)
        case MemberDropped(at=at, until=until, grade=grade):
            after = attendee.dropped(at, until, grade)
        case MemberReturned():
            after = attendee.returned()
        case MemberLeft(at=at):
            after = attendee.left(at)
        case AttendanceCorrected(start=start, end=end, was_present=was_present):
            after = attendee.put_right(Correction(start=start, end=end, was_present=was_present))
        case _:
            assert_never(event)
    return attendance.after(event.member, after)


def connect(attendance: Attendance, member: MemberId, device: DeviceId, seen: Sighting) -> tuple[Event, ...]:
    """What it means that a device of a member is in the room."""
    if device in attendance.of(member).devices:
        return ()
    joined = DeviceJoined(at=seen.at, member=member, device=device, grade=seen.grade)
    return (joined, *_come(attendance, member, seen))


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
    grace is over already. Who is ticked in the hall stays.
    """
    attendee = attendance.of(member)
    if device not in attendee.devices | attendee.ghosts:
        return ()
    gone = DeviceGone(at=seen.at, member=member, device=device, departure=departure, grade=seen.grade)
    if attendee.devices != {device} or attendee.is_in_hall:
        return (gone,)
    if departure is Departure.KICKED or until <= seen.at:
        return (gone, MemberLeft(at=seen.at, member=member, grade=seen.grade))
    return (gone, MemberDropped(at=seen.at, member=member, until=until, grade=seen.grade))


def suspect(
    attendance: Attendance, member: MemberId, device: DeviceId, seen: Sighting, patience: timedelta
) -> tuple[Event, ...]:
    """What it means that a device is listed and does not answer."""
    attendee = attendance.of(member)
    if device not in attendee.devices or any(s.device == device for s in attendee.suspects):
        return ()
    until = seen.at + patience
    return (GhostSuspected(at=seen.at, member=member, device=device, until=until, grade=seen.grade),)


def clear(attendance: Attendance, member: MemberId, device: DeviceId, seen: Sighting) -> tuple[Event, ...]:
    """What it means that a device answers (again). A ghost that does is a device like any other."""
    attendee = attendance.of(member)
    if device in attendee.ghosts:
        return connect(attendance, member, device, seen)
    if not any(s.device == device for s in attendee.suspects):
        return ()
    return (GhostCleared(at=seen.at, member=member, device=device, grade=seen.grade),)


def mark_present(attendance: Attendance, member: MemberId, by: Asker, now: datetime) -> tuple[Event, ...]:
    """The secretary sees the member: behind the device that was taken for a ghost, or else in the hall."""
    attendee = attendance.of(member)
    if attendee.is_in_hall:
        return ()
    seen = Sighting(grade=Grade.DESK, at=now)
    marked = MarkedPresent(at=now, member=member, by=by, in_hall=not attendee.ghosts)
    joined = (DeviceJoined(at=now, member=member, device=ghost, grade=Grade.DESK) for ghost in sorted(attendee.ghosts))
    return (marked, *joined, *_come(attendance, member, seen))


def mark_absent(attendance: Attendance, member: MemberId, by: Asker, now: datetime) -> tuple[Event, ...]:
    """The secretary sees that the member is not there, whatever is listed in the room: the tick goes, and the devices
    are ghosts. One whose line went has left when it went."""
    attendee = attendance.of(member)
    grade = attendee.dropped_grade if attendee.dropped_at else Grade.DESK
    return (
        MarkedAbsent(at=now, member=member, by=by),
        *(
            DeviceGone(at=now, member=member, device=device, departure=Departure.GHOST, grade=Grade.DESK)
            for device in sorted(attendee.devices)
        ),
        MemberLeft(at=attendee.dropped_at or now, member=member, grade=grade),
    )


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


def _come(attendance: Attendance, member: MemberId, seen: Sighting) -> tuple[Event, ...]:
    """The member is there with one more device, or a tick."""
    attendee = attendance.of(member)
    match attendee.presence:
        case Presence.CONNECTED | Presence.IN_HALL:
            return ()
        case Presence.IN_GRACE:
            return (MemberReturned(at=seen.at, member=member, grade=seen.grade),)
        case Presence.ABSENT if attendee.forgiven_until and seen.at < attendee.forgiven_until:
            return (MemberReturned(at=seen.at, member=member, grade=seen.grade),)
        case Presence.ABSENT:
            return (MemberArrived(at=seen.at, member=member, grade=seen.grade),)


def _is_over(attendee: Attendee, now: datetime) -> bool:
    return attendee.grace_until is not None and attendee.grace_until <= now


def _left(member: MemberId, attendee: Attendee, now: datetime) -> MemberLeft:
    return MemberLeft(at=attendee.dropped_at or now, member=member, grade=attendee.dropped_grade)
