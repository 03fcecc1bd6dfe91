"""Who asks to speak, in order, and who has the floor (ROF 94)."""

from dataclasses import dataclass, replace
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

    @property
    def speaker(self) -> MemberId | None:
        """Who has the floor."""
        return self.turn.member if self.turn else None

    def has(self, member: MemberId) -> bool:
        """Whether the member asks to speak or is speaking."""
        return member in self.queue or member == self.speaker

    def requested(self, member: MemberId) -> "Floor":
        """The member stands last in the queue."""
        return replace(self, queue=(*self.queue, member))

    def withdrawn(self, member: MemberId) -> "Floor":
        """The member no longer asks."""
        return replace(self, queue=tuple(m for m in self.queue if m != member))

    def granted(self, member: MemberId, at: datetime, until: datetime) -> "Floor":
        """The member speaks, and asks no more. Whoever had the floor has returned it already."""
        return replace(self.withdrawn(member), turn=Turn(member=member, start=at, until=until))

    def over(self, at: datetime) -> "Floor":
        """The turn in progress ends; a clock that went backwards makes it empty, never negative."""
        if self.turn is None:
            return self
        turn = replace(self.turn, end=max(self.turn.start, at))
        return replace(self, turn=None, ended=(*self.ended, turn))
