"""Who asked for the floor and who had it."""

from dataclasses import dataclass
from datetime import datetime

from orchestrator.council.floor import TurnKind
from orchestrator.council.members import MemberId
from orchestrator.council.observations import Grade


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorRequested:
    """A member asks to speak. `is_by_hand` when the client's raised hand said so."""

    at: datetime
    member: MemberId
    is_by_hand: bool
    kind: TurnKind = TurnKind.FIRST


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorRequestWithdrawn:
    """A member no longer asks to speak."""

    at: datetime
    member: MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorGranted:
    """A member has the floor until `until`. `item` is what is being dealt with, if anything."""

    at: datetime
    member: MemberId
    until: datetime
    kind: TurnKind = TurnKind.FIRST
    item: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorWarned:
    """The turn ends in a moment, at `until`."""

    at: datetime
    member: MemberId
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorReturned:
    """The turn is over: given back, taken back, or the speaker is gone."""

    at: datetime
    member: MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorExpired:
    """The turn's time ran out."""

    at: datetime
    member: MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceHeard:
    """Who is mostly heard in the room from now on, as the bridge has it; None: nobody. An annotation: who has the floor
    is for the president to say."""

    at: datetime
    member: MemberId | None
    grade: Grade


FloorEvent = (
    FloorRequested | FloorRequestWithdrawn | FloorGranted | FloorWarned | FloorReturned | FloorExpired | VoiceHeard
)
