"""The picture of one MUC (XEP-0045), sans-IO: parsed stanzas in, room events out.

A server first names everybody who is there and ourselves last (status 110). Until then the occupants are only gathered;
with our own presence the room is entered, and from there on every stanza is news.
"""

from datetime import datetime
from typing import Final, assert_never

from bot.errors import JoinRefused
from bot.events import (
    LeaveReason,
    MessageHeard,
    OccupantChanged,
    OccupantJoined,
    OccupantLeft,
    RoomEntered,
    RoomEvent,
    RoomLeft,
)
from bot.occupant import Occupant, OccupantPresence, Trust
from bot.stanzas import ChatLine, EntryRefused

# XEP-0045, section 15.6.2, and section 9.
_SELF: Final = 110
_NEW_NICK: Final = 303
# The first that applies wins: 333 (a broken line) may come along with 307 (a kick), and is then the truer reason.
_REASONS: Final = (
    (301, LeaveReason.BANNED),
    (333, LeaveReason.TECHNICAL),
    (332, LeaveReason.SERVER_SHUTDOWN),
    (307, LeaveReason.KICKED),
    (321, LeaveReason.KICKED),
    (322, LeaveReason.KICKED),
)


class Room:
    """One room as the bot sees it. `nick` is the bot's own."""

    def __init__(self, jid: str, nick: str, trust: Trust) -> None:
        self.jid = jid
        self.nick = nick
        self.has_entered = False
        self._trust = trust
        self._occupants: dict[str, Occupant] = {}
        self._renamed: dict[str, Occupant] = {}

    @property
    def occupants(self) -> tuple[Occupant, ...]:
        """All the others, in the order in which they came."""
        return tuple(self._occupants.values())

    def occupant(self, nick: str) -> Occupant | None:
        """The one who sits here under this nick now."""
        return self._occupants.get(nick)

    def feed(self, stanza: OccupantPresence | EntryRefused | ChatLine, at: datetime) -> tuple[RoomEvent, ...]:
        """Take in one stanza of this room, which arrived at `at`. Raises JoinRefused if the room does not let us in."""
        match stanza:
            case OccupantPresence():
                return self._feed_presence(stanza, at)
            case ChatLine():
                return self._hear(stanza, at)
            case EntryRefused():
                if not self.has_entered:
                    raise JoinRefused(self.jid, stanza.condition, stanza.text)
                return ()
            case _:
                assert_never(stanza)

    def _feed_presence(self, presence: OccupantPresence, at: datetime) -> tuple[RoomEvent, ...]:
        is_own = _SELF in presence.statuses
        if not is_own and presence.nick == self.nick:
            # Another connection of our own account under our nick.
            return ()
        match is_own, presence.is_available:
            case True, True:
                return self._enter(presence, at)
            case True, False:
                return self._exit(presence, at)
            case False, True:
                return self._arrive(presence, at)
            case _:
                return self._depart(presence, at)

    def _enter(self, own: OccupantPresence, at: datetime) -> tuple[RoomEvent, ...]:
        # The server may have given us another nick than we asked for (status 210).
        self.nick = own.nick
        if self.has_entered:
            return ()
        self.has_entered = True
        return (RoomEntered(room=self.jid, occupants=self.occupants, at=at),)

    def _exit(self, own: OccupantPresence, at: datetime) -> tuple[RoomEvent, ...]:
        if not self.has_entered:
            return ()
        if _NEW_NICK in own.statuses and own.new_nick:
            self.nick = own.new_nick
            return ()
        self.has_entered = False
        self._occupants.clear()
        self._renamed.clear()
        return (RoomLeft(room=self.jid, reason=_reason(own), at=at),)

    def _arrive(self, presence: OccupantPresence, at: datetime) -> tuple[RoomEvent, ...]:
        after = Occupant.from_presence(presence, self._trust)
        before = self._renamed.pop(presence.nick, None) or self._occupants.get(presence.nick)
        self._occupants[presence.nick] = after
        if not self.has_entered or before == after:
            return ()
        if before is None:
            return (OccupantJoined(room=self.jid, occupant=after, at=at),)
        if before.real_jid != after.real_jid:
            # The same nick, but another connection: one went and another came, whatever we missed between.
            left = OccupantLeft(room=self.jid, occupant=before, reason=LeaveReason.LEFT, at=at)
            return (left, OccupantJoined(room=self.jid, occupant=after, at=at))
        return (OccupantChanged(room=self.jid, before=before, after=after, at=at),)

    def _depart(self, presence: OccupantPresence, at: datetime) -> tuple[RoomEvent, ...]:
        before = self._occupants.pop(presence.nick, None)
        if before is None:
            return ()
        if _NEW_NICK in presence.statuses and presence.new_nick:
            self._renamed[presence.new_nick] = before
            return ()
        if not self.has_entered:
            return ()
        return (OccupantLeft(room=self.jid, occupant=before, reason=_reason(presence), at=at),)

    def _hear(self, line: ChatLine, at: datetime) -> tuple[RoomEvent, ...]:
        speaker = self._occupants.get(line.nick)
        if speaker is None or line.is_history or not self.has_entered:
            return ()
        return (MessageHeard(room=self.jid, occupant=speaker, text=line.text, is_private=line.is_private, at=at),)


def _reason(presence: OccupantPresence) -> LeaveReason:
    if presence.is_destroyed:
        return LeaveReason.ROOM_DESTROYED
    for status, reason in _REASONS:
        if status in presence.statuses:
            return reason
    return LeaveReason.LEFT
