"""What the public can see, as far as the machines know."""

from dataclasses import dataclass
from datetime import datetime

from orchestrator.council.commands import Asker
from orchestrator.council.effects import Picture
from orchestrator.council.members import ChannelId
from orchestrator.council.observations import Blind, Link, Reach


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRestored:
    """A link of the broadcast works (again)."""

    at: datetime
    link: Link


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkFailed:
    """A link of the broadcast failed."""

    at: datetime
    link: Link
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRaised:
    """The operators are told. `link` is what failed; None when it is not one of the links."""

    at: datetime
    key: str
    link: Link | None = None
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertResolved:
    """The alert's condition is over."""

    at: datetime
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SlateShown:
    """A card was put on the air in the room's place."""

    at: datetime
    picture: Picture
    by: Asker


@dataclass(frozen=True, slots=True, kw_only=True)
class BroadcastResumed:
    """The card is off: the public sees again what the session is at."""

    at: datetime
    by: Asker


@dataclass(frozen=True, slots=True, kw_only=True)
class EncoderRestarted:
    """Another encoder was asked for."""

    at: datetime
    by: Asker


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingFinished:
    """The recording of the session: bytes, SHA-256, and the last link of the chain over its segments (hexadecimal);
    when its time 0 was, and what it lacks."""

    at: datetime
    size: int
    sha256: str
    segments: int
    head: str
    began_at: datetime | None = None
    blind: tuple[Blind, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingMissing:
    """The broadcast ended without a recording."""

    at: datetime
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelOrdered:
    """Somebody wants the broadcast on this channel."""

    at: datetime
    channel: ChannelId
    by: Asker


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelTaken:
    """The broadcast goes to this channel from now on, and the public finds it as `reach` says. `cause`: why, as a short
    code: `planned`, `ordered`, or what was wrong before."""

    at: datetime
    reach: Reach
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelFailed:
    """The broadcast cannot go (any longer) to this channel."""

    at: datetime
    channel: ChannelId
    cause: str


BroadcastEvent = (
    LinkRestored
    | LinkFailed
    | AlertRaised
    | AlertResolved
    | SlateShown
    | BroadcastResumed
    | EncoderRestarted
    | RecordingFinished
    | RecordingMissing
    | ChannelOrdered
    | ChannelTaken
    | ChannelFailed
)
