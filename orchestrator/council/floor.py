"""Who asks to speak, in order, and who has the floor (ROF 94)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from orchestrator.council.members import Body, MemberId


class TurnKind(StrEnum):
    """What a turn is for: the group's first or second, to answer when one was named, to point at a rule (at any time),
    or the secretary's or auditor's word on law or money (ROF 94)."""

    FIRST = "first"
    SECOND = "second"
    ALLUSION = "allusion"
    POINT_OF_ORDER = "point_of_order"
    NOTE = "note"

    @property
    def is_budgeted(self) -> bool:
        """Whether it counts against the time that all groups have in equal parts."""
        return self in (TurnKind.FIRST, TurnKind.SECOND)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A member asks to speak, and what for."""

    member: MemberId
    kind: TurnKind = TurnKind.FIRST


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A granted turn: from when, until when it was granted, when the speaker is warned (None: not, or was), and when it
    ended (None: now). `heard` is who was mostly heard while it lasted, as the bridge had it."""

    member: MemberId
    start: datetime
    until: datetime
    kind: TurnKind = TurnKind.FIRST
    item: int | None = None
    warn_at: datetime | None = None
    end: datetime | None = None
    heard: frozenset[MemberId] = frozenset()

    def length(self, now: datetime) -> timedelta:
        """How long it took, or has taken so far."""
        return max((self.end or now) - self.start, timedelta())


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """The requests in the order in which they will be served, the turn in progress, and the turns that ended. `voice`
    is who is mostly heard now: beside the turn, never instead of it."""

    requests: tuple[Request, ...] = ()
    turn: Turn | None = None
    ended: tuple[Turn, ...] = ()
    voice: MemberId | None = None

    @property
    def queue(self) -> tuple[MemberId, ...]:
        """Who asks to speak, in order."""
        return tuple(request.member for request in self.requests)

    @property
    def speaker(self) -> MemberId | None:
        """Who has the floor."""
        return self.turn.member if self.turn else None

    @property
    def turns(self) -> tuple[Turn, ...]:
        """All turns, the one in progress last."""
        return (*self.ended, self.turn) if self.turn else self.ended

    def has(self, member: MemberId) -> bool:
        """Whether the member asks to speak or is speaking."""
        return member in self.queue or member == self.speaker

    def asked(self, member: MemberId) -> TurnKind:
        """What the member asks to speak for; a first turn for one who has not asked."""
        return next((r.kind for r in self.requests if r.member == member), TurnKind.FIRST)

    def requested(self, member: MemberId, kind: TurnKind) -> "Floor":
        """The member stands last in the queue; a point of order comes before all but those before it (ROF 94)."""
        request = Request(member=member, kind=kind)
        if kind is not TurnKind.POINT_OF_ORDER:
            return replace(self, requests=(*self.requests, request))
        ahead = sum(r.kind is TurnKind.POINT_OF_ORDER for r in self.requests)
        return replace(self, requests=(*self.requests[:ahead], request, *self.requests[ahead:]))

    def withdrawn(self, member: MemberId) -> "Floor":
        """The member no longer asks."""
        return replace(self, requests=tuple(r for r in self.requests if r.member != member))

    def granted(self, turn: Turn) -> "Floor":
        """The member speaks, and asks no more. Whoever had the floor has returned it already."""
        heard = frozenset({self.voice}) if self.voice else frozenset()
        return replace(self.withdrawn(turn.member), turn=replace(turn, heard=heard))

    def warned(self) -> "Floor":
        """The speaker knows that the time is nearly over."""
        return replace(self, turn=replace(self.turn, warn_at=None)) if self.turn else self

    def over(self, at: datetime) -> "Floor":
        """The turn in progress ends; a clock that went backwards makes it empty, never negative."""
        if self.turn is None:
            return self
        turn = replace(self.turn, end=max(self.turn.start, at), warn_at=None)
        return replace(self, turn=None, ended=(*self.ended, turn))

    def hears(self, member: MemberId | None) -> "Floor":
        """Somebody else is mostly heard from now on, or nobody."""
        turn = replace(self.turn, heard=self.turn.heard | {member}) if self.turn and member else self.turn
        return replace(self, voice=member, turn=turn)


def time_by_member(turns: Iterable[Turn], now: datetime) -> dict[MemberId, timedelta]:
    """How long each member has had the floor."""
    taken: dict[MemberId, timedelta] = {}
    for turn in turns:
        taken[turn.member] = taken.get(turn.member, timedelta()) + turn.length(now)
    return taken


def time_by_group(turns: Iterable[Turn], body: Body, now: datetime) -> dict[str, timedelta]:
    """How long each group has had the floor; who is in no group is in none."""
    taken: dict[str, timedelta] = {}
    for member, length in time_by_member(turns, now).items():
        group = body.member(member).group
        if group:
            taken[group] = taken.get(group, timedelta()) + length
    return taken


def budgeted(turns: Iterable[Turn], item: int | None) -> Iterator[Turn]:
    """The turns on an item that count against its groups' budgets."""
    return (turn for turn in turns if turn.item == item and turn.kind.is_budgeted)
