"""What a sensor saw. It is already true, so it is never refused; at worst it changes nothing.

Every observation carries a `Sighting`: by which sensor, and when it happened. When it was recorded is the ledger's
to say.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NewType

from orchestrator.council.members import ChannelId, MemberId

DeviceId = NewType("DeviceId", str)
"""One connection of one person to the room; a person may have several."""


class Grade(StrEnum):
    """How good a witness is: the server's own journal, presence as the bot saw it, the secretary who ticked them in the
    hall, or a later correction."""

    JOURNAL = "journal"
    PRESENCE = "presence"
    DESK = "desk"
    CORRECTED = "corrected"


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalMark:
    """A place in the server's journal of the room: which journal, and the number of the entry in it."""

    journal: str
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """By whom it was seen and when it happened (UTC).

    `mark` is the entry of the journal that tells it: the record holds everything up to there once this is decided.
    """

    grade: Grade
    at: datetime
    mark: JournalMark | None = None


class Departure(StrEnum):
    """Why a device went, as the server said it; a hint, since a closed tab and a cut line look alike. A GHOST is listed
    still, but nobody is behind it."""

    LEFT = "left"
    KICKED = "kicked"
    LOST = "lost"
    GHOST = "ghost"
    OUTAGE = "outage"
    """The server itself went down, and everybody's line with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberConnected:
    """A device of a member, identified by the signed token, is in the room."""

    seen: Sighting
    member: MemberId
    device: DeviceId


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberDisconnected:
    """A device of a member is no longer in the room."""

    seen: Sighting
    member: MemberId
    device: DeviceId
    departure: Departure = Departure.LEFT


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceSilent:
    """A device is listed in the room, but nothing has come from it for a while."""

    seen: Sighting
    member: MemberId
    device: DeviceId


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceAnswered:
    """A device that was silent is heard of again."""

    seen: Sighting
    member: MemberId
    device: DeviceId


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeakerHeard:
    """The room's sound is mostly this member's from now on (the bridge's dominant speaker); None: nobody's."""

    seen: Sighting
    member: MemberId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class HandRaised:
    """A member's client shows a raised hand (claimed by the client; ordered by when the server passed it on)."""

    seen: Sighting
    member: MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class HandLowered:
    """The raised hand is down again."""

    seen: Sighting
    member: MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class ChamberEntered:
    """The bot sees the whole room from now on; `devices` is who is in it, so that what was missed can be put right."""

    seen: Sighting
    devices: tuple[tuple[MemberId, DeviceId], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChamberCaughtUp:
    """All that the server's journal has of the time in which nobody watched has been told: nothing was missed, and the
    room is watched from now on. `devices` is who is in it, as in `ChamberEntered`."""

    seen: Sighting
    devices: tuple[tuple[MemberId, DeviceId], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChamberLost:
    """Nobody watches the room from now on: the record will say *unobserved*."""

    seen: Sighting


class Link(StrEnum):
    """What may fail by itself: the broadcast is encoded, it is sent, the public sees it, and we are in the room of the
    session."""

    ENCODER = "encoder"
    RELAY = "relay"
    PUBLIC = "public"
    CHAMBER = "chamber"


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkUp:
    """A link of the broadcast works (again)."""

    seen: Sighting
    link: Link


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkDown:
    """A link of the broadcast failed; `cause` is a short code such as `encoder_died` or `destination_refused`."""

    seen: Sighting
    link: Link
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TroubleBegan:
    """Something is not as it should be, by the rules of `troubles.py` or a machine's word; `cause` is a short code."""

    seen: Sighting
    key: str
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Where the public finds a broadcast: the channel by the name that people know it by, the address to `watch` it at
    (empty when nobody has said), the `video` that YouTube gave it (empty elsewhere). `is_shared`: the channel is the
    consortium's; `is_private`: only who was invited can see it."""

    channel: ChannelId
    name: str
    watch: str = ""
    video: str = ""
    is_shared: bool = False
    is_private: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelOpened:
    """The broadcast goes to a channel from now on; `cause` as in the event that it becomes."""

    seen: Sighting
    reach: Reach
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TroubleEnded:
    """It is as it should be again."""

    seen: Sighting
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelLost:
    """A channel cannot be used, or no longer; `cause` is a short code."""

    seen: Sighting
    channel: ChannelId
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Blind:
    """A stretch of the broadcast of which nothing was recorded."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingMade:
    """The broadcast is over and its recording lies in one file of `size` bytes. `head` is the last link of the chained
    manifest of its segments. Both hashes are SHA-256 in hexadecimal. `began_at` is when its time 0 was; `blind` is what
    it lacks between its beginning and its end."""

    seen: Sighting
    size: int
    sha256: str
    segments: int
    head: str
    began_at: datetime | None = None
    blind: tuple[Blind, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingFailed:
    """The broadcast is over and there is no recording; `cause` is a short code such as `nothing_recorded`."""

    seen: Sighting
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkUsedTwice:
    """A member's personal link is used from two places at once: two devices of one person, or two persons."""

    seen: Sighting
    member: MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRevoked:
    """A member's personal link was taken back."""

    seen: Sighting
    member: MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class TimePassed:
    """The session's next deadline is due."""


Observation = (
    MemberConnected
    | MemberDisconnected
    | DeviceSilent
    | DeviceAnswered
    | SpeakerHeard
    | HandRaised
    | HandLowered
    | ChamberEntered
    | ChamberCaughtUp
    | ChamberLost
    | LinkUp
    | LinkDown
    | TroubleBegan
    | TroubleEnded
    | ChannelOpened
    | ChannelLost
    | RecordingMade
    | RecordingFailed
    | LinkUsedTwice
    | LinkRevoked
    | TimePassed
)
