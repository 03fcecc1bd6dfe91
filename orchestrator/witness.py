"""What the server's journal of one room tells, in the words of the council. Pure: journal in, observations out.

One entry comes to one observation at most, and an observation carries the entry's place: so the record knows up to
where it holds the journal, a restart goes on from there, and nothing is told twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, assert_never

from bot.journal import (
    Changed,
    CommandHeard,
    Hand,
    Joined,
    JournalEntry,
    JournalOpened,
    JournalReason,
    Knocked,
    Left,
    Mark,
    Noted,
    Seat,
    Spoke,
)
from bot.occupant import Occupant
from orchestrator.council.members import MemberId
from orchestrator.council.observations import (
    ChamberCaughtUp,
    ChamberEntered,
    Departure,
    DeviceId,
    Grade,
    HandLowered,
    HandRaised,
    JournalMark,
    MemberConnected,
    MemberDisconnected,
    Observation,
    Sighting,
)

_DEPARTURES: Final = {
    JournalReason.LEFT: Departure.LEFT,
    JournalReason.RENAMED: Departure.LEFT,
    JournalReason.KICKED: Departure.KICKED,
    JournalReason.BANNED: Departure.KICKED,
    JournalReason.REMOVED: Departure.KICKED,
    JournalReason.TIMEOUT: Departure.LOST,
    JournalReason.LOST: Departure.LOST,
    JournalReason.ERROR: Departure.LOST,
    JournalReason.DESTROYED: Departure.LOST,
    JournalReason.SHUTDOWN: Departure.OUTAGE,
    JournalReason.CRASH: Departure.OUTAGE,
}


def member_of(occupant: Occupant) -> MemberId | None:
    """Which member an occupant is: whoever the server says the token names. A nick or a display name is nobody."""
    if occupant.is_machine or occupant.identity is None:
        return None
    return MemberId(occupant.identity.id)


def device_of(occupant: Occupant) -> DeviceId:
    """The connection by which a member is in the room."""
    return DeviceId(occupant.nick)


@dataclass(slots=True, kw_only=True)
class Witness:
    """The journal of one room, followed on behalf of one conductor (`term`) from where its record ends (`since`).

    `occupants`, by nick, is who is in the room; `read` the last entry that was heard, `told` the last that came to an
    observation, `acknowledged` the last that the server was told is safe.
    """

    term: int
    since: JournalMark | None
    occupants: dict[str, Occupant] = field(default_factory=dict)
    read: Mark | None = None
    told: int = 0
    acknowledged: Mark | None = None
    _opened: JournalOpened | None = None
    _is_behind: bool = True

    def open(self, opened: JournalOpened, now: datetime) -> tuple[Observation, ...]:
        """What follows from the server's answer. Where there is a gap, or nothing was ever read, only who is there now
        and since when; what is unobserved stays so."""
        self._opened = opened
        self.occupants = {seat.occupant.nick: seat.occupant for seat in opened.seats}
        if opened.is_complete and self.since is not None:
            self.read, self.told = Mark(journal=self.since.journal, seq=self.since.seq), self.since.seq
            return self._catch_up(opened, now)
        self.read, self.told, self._is_behind = opened.last, opened.last.seq, False
        came = tuple(
            MemberConnected(seen=Sighting(grade=Grade.JOURNAL, at=seat.since), member=member, device=device)
            for seat in opened.seats
            for member, device in _devices([seat])
        )
        seen = self._seen(opened.last, now)
        raised = [seat for seat in opened.seats if seat.occupant.claims.has_raised_hand]
        hands = tuple(HandRaised(seen=seen, member=member) for member, _ in _devices(raised))
        return (*came, ChamberEntered(seen=seen, devices=_devices(opened.seats)), *hands)

    def hear(self, entry: JournalEntry, now: datetime) -> tuple[Observation, ...]:
        """What an entry comes to; the last one that was missed also that nothing is missed any more."""
        if self._opened is None:
            return ()
        self.read = entry.mark
        if entry.mark.seq > self._opened.last.seq:
            self._keep(entry)
        observation = self._observation(entry)
        if observation is not None:
            self.told = entry.mark.seq
        return (*(() if observation is None else (observation,)), *self._catch_up(self._opened, now))

    def acknowledgeable(self, recorded: JournalMark | None) -> Mark | None:
        """Up to where the server need keep nothing, given up to where the record holds the journal."""
        if self.read is None or recorded is None or recorded.journal != self.read.journal:
            return None
        return self.read if recorded.seq >= self.told else Mark(journal=recorded.journal, seq=recorded.seq)

    def _catch_up(self, opened: JournalOpened, now: datetime) -> tuple[Observation, ...]:
        """Told once, when nothing of the past is left to tell."""
        is_left = opened.till is not None and (self.read is None or self.read.seq < opened.till)
        if is_left or not self._is_behind:
            return ()
        self._is_behind = False
        self.told = max(self.told, opened.last.seq)
        return (ChamberCaughtUp(seen=self._seen(opened.last, now), devices=_devices(opened.seats)),)

    def _keep(self, entry: JournalEntry) -> None:
        match entry:
            case Joined(occupant=occupant) | Changed(occupant=occupant) | Hand(occupant=occupant):
                self.occupants.setdefault(occupant.nick, occupant)
            case Left(occupant=occupant):
                self.occupants.pop(occupant.nick, None)
            case CommandHeard() | Spoke() | Knocked() | Noted():
                pass
            case _:
                assert_never(entry)

    def _observation(self, entry: JournalEntry) -> Observation | None:
        seen = self._seen(entry.mark, entry.at)
        match entry:
            case Joined(occupant=occupant) if member := member_of(occupant):
                return MemberConnected(seen=seen, member=member, device=device_of(occupant))
            case Left(occupant=occupant, reason=reason) if member := member_of(occupant):
                return MemberDisconnected(
                    seen=seen, member=member, device=device_of(occupant), departure=_DEPARTURES[reason]
                )
            case Hand(occupant=occupant, is_raised=is_raised) if member := member_of(occupant):
                return (HandRaised if is_raised else HandLowered)(seen=seen, member=member)
            case Joined() | Left() | Hand() | Changed() | CommandHeard() | Spoke() | Knocked() | Noted():
                return None
            case _:
                assert_never(entry)

    def _seen(self, mark: Mark, at: datetime) -> Sighting:
        return Sighting(grade=Grade.JOURNAL, at=at, mark=JournalMark(journal=mark.journal, seq=mark.seq))


def _devices(seats: Sequence[Seat]) -> tuple[tuple[MemberId, DeviceId], ...]:
    return tuple(
        (member, device_of(seat.occupant)) for seat in seats if (member := member_of(seat.occupant)) is not None
    )
