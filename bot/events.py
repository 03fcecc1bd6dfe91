"""What the bot tells of the rooms it sits in. `at` is when the stanza arrived (UTC)."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.occupant import Occupant


class LeaveReason(StrEnum):
    """What the server said of a departure (XEP-0045 status codes); LEFT covers a closed tab and a timed-out line."""

    LEFT = "left"
    KICKED = "kicked"
    BANNED = "banned"
    SERVER_SHUTDOWN = "server_shutdown"
    TECHNICAL = "technical"
    ROOM_DESTROYED = "room_destroyed"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomEntered:
    """The bot is in the room; `occupants` are all the others in it, in the order the server named them."""

    room: str
    occupants: tuple[Occupant, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomLeft:
    """The bot is no longer in the room: it left, was put out, or the room is gone. It no longer sees anything."""

    room: str
    reason: LeaveReason
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OccupantJoined:
    """Somebody entered."""

    room: str
    occupant: Occupant
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OccupantChanged:
    """An occupant's presence changed: hand, mute, role, name."""

    room: str
    before: Occupant
    after: Occupant
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OccupantLeft:
    """Somebody went."""

    room: str
    occupant: Occupant
    reason: LeaveReason
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageHeard:
    """A line of chat by an occupant who is in the room now; never the bot's own, never history."""

    room: str
    occupant: Occupant
    text: str
    is_private: bool
    at: datetime


RoomEvent = RoomEntered | RoomLeft | OccupantJoined | OccupantChanged | OccupantLeft | MessageHeard
