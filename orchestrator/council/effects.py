"""What a machine must do because of what is on the record. Every effect is safe to perform twice.

Sentences are not here: an `Announce` names a message of the catalogues and its parameters; the translators word it.
"""

from dataclasses import dataclass
from enum import StrEnum

from orchestrator.council.members import MemberId
from orchestrator.council.observations import Link


class Audience(StrEnum):
    """Who hears an announcement: everybody in the room, or in private whoever holds the president's or the secretary's
    chair now, or has the floor."""

    ROOM = "room"
    TABLE = "table"
    SPEAKER = "speaker"


@dataclass(frozen=True, slots=True, kw_only=True)
class Announce:
    """Say something in the room's chat. `params` are name and value, ready for the catalogue's placeholders."""

    message: str
    audience: Audience
    params: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowToSpeak:
    """Let the member unmute, where the room's audio is moderated."""

    member: MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """The member's turn is over."""

    member: MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchChamber:
    """Be in the session's room from now on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveChamber:
    """Nothing more to see: leave the room."""


class Picture(StrEnum):
    """What the public sees. All but LIVE are cards: SECRET while an item is held in secret (LRBRL 70.1), TROUBLE and
    any other when whoever minds the broadcast puts it on."""

    WAITING = "waiting"
    LIVE = "live"
    RECESS = "recess"
    SECRET = "secret"  # noqa: S105 - a picture
    TROUBLE = "trouble"
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class StartBroadcast:
    """Have the session's broadcast carried, by whichever machine; what it shows follows from the session itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RaiseAlert:
    """Tell the operators. `link`, if it is one, failed because of `cause`; the key is unique within the session."""

    key: str
    link: Link | None = None
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolveAlert:
    """The alert's condition is over."""

    key: str


Effect = Announce | AllowToSpeak | Silence | WatchChamber | LeaveChamber | StartBroadcast | RaiseAlert | ResolveAlert
