"""A focus: makes the rooms that are asked for, sits in them, and makes the moderators owners, as Jicofo does.

It invites nobody to any media. Requests reach it through `mod_plenari_focus_proxy`, so that on the wire everything
looks as it does with Jicofo behind Jitsi's own client_proxy.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final
from xml.etree.ElementTree import Element, SubElement

from slixmpp import ClientXMPP

from bot.connection import Login, connection
from bot.errors import JoinRefused
from bot.events import OccupantChanged, OccupantJoined, OccupantLeft, RoomEntered, RoomEvent, RoomLeft
from bot.focus import CONFERENCE
from bot.occupant import Affiliation, Occupant, Trust, domain_of
from bot.room import Room
from bot.stanzas import CLIENT, MUC, build_leave, parse_presence

_NICK: Final = "focus"
_ADMIN: Final = "{http://jabber.org/protocol/muc#admin}"
_PROPERTY: Final = "{http://jitsi.org/protocol/focus}property"
_STANZAS: Final = "{urn:ietf:params:xml:ns:xmpp-stanzas}"


@asynccontextmanager
async def focus(login: Login, domain: str, now: Callable[[], datetime]) -> AsyncIterator[None]:
    """A focus for the Jitsi of `domain` while the block lasts. Raises ConnectionLost, LoginRefused on the way in."""
    seat = _Focus(login.jid, domain, now)
    async with connection(login, hear=seat.hear, on_loss=lambda _: None) as xmpp:
        seat.xmpp = xmpp
        yield


class _Focus:
    xmpp: ClientXMPP

    def __init__(self, jid: str, domain: str, now: Callable[[], datetime]) -> None:
        self._jid = jid
        self._now = now
        self._trust = Trust(trusted_domains={domain}, machine_domains={domain_of(jid), f"hidden.{domain}"})
        self._rooms: dict[str, Room] = {}
        # Requests that wait until we are in the room, and rooms in which somebody has been.
        self._requests: dict[str, list[Element]] = {}

    def hear(self, stanza: Element) -> bool:
        """Take in a stanza; False leaves it to the library."""
        match stanza.tag.removeprefix(CLIENT):
            case "presence":
                self._hear_presence(stanza)
                return True
            case "iq" if stanza.get("type") == "set" and stanza.find(CONFERENCE) is not None:
                self._hear_request(stanza)
                return True
            case _:
                return False

    def _hear_request(self, request: Element) -> None:
        conference = request.find(CONFERENCE)
        jid = conference.get("room", "").lower() if conference is not None else ""
        room = self._rooms.get(jid)
        if room is not None and room.has_entered:
            self._answer(request, jid)
            return
        self._requests.setdefault(jid, []).append(request)
        if room is None:
            self._rooms[jid] = Room(jid, _NICK, self._trust)
            entry = Element(f"{CLIENT}presence", {"to": f"{jid}/{_NICK}"})
            SubElement(entry, f"{MUC}x")
            self.xmpp.send_xml(entry)

    def _hear_presence(self, stanza: Element) -> None:
        presence = parse_presence(stanza)
        room = self._rooms.get(presence.room) if presence is not None else None
        if presence is None or room is None:
            return
        try:
            events = room.feed(presence, self._now())
        except JoinRefused as refusal:
            del self._rooms[room.jid]
            for request in self._requests.pop(room.jid, []):
                self._refuse(request, refusal.condition)
            return
        for event in events:
            self._react(room, event)

    def _react(self, room: Room, event: RoomEvent) -> None:
        match event:
            case RoomEntered():
                for request in self._requests.pop(room.jid, []):
                    self._answer(request, room.jid)
                for occupant in event.occupants:
                    self._promote(room.jid, occupant)
            case OccupantJoined(occupant=occupant) | OccupantChanged(after=occupant):
                self._promote(room.jid, occupant)
            case OccupantLeft():
                if not room.occupants:
                    # The last one is gone: with us the room ends.
                    self.xmpp.send_xml(build_leave(room.jid, _NICK))
            case RoomLeft():
                del self._rooms[room.jid]
            case _:
                pass

    def _promote(self, room: str, occupant: Occupant) -> None:
        """A moderator by token becomes owner (Jicofo's automatic owner, Jitsi's token_affiliation)."""
        is_moderator = occupant.identity is not None and occupant.identity.is_moderator
        if not is_moderator or occupant.affiliation is Affiliation.OWNER:
            return
        iq = self.xmpp.make_iq(ito=room, itype="set")
        query = SubElement(iq.xml, f"{_ADMIN}query")
        bare = occupant.real_jid.partition("/")[0]
        SubElement(query, f"{_ADMIN}item", {"affiliation": "owner", "jid": bare})
        # Sent without waiting: the new affiliation comes as a presence.
        self.xmpp.send(iq)

    def _answer(self, request: Element, room: str) -> None:
        answer = _reply(request, "result")
        conference = SubElement(answer, CONFERENCE, {"room": room, "ready": "true", "focusjid": self._jid})
        SubElement(conference, _PROPERTY, {"name": "authentication", "value": "false"})
        SubElement(conference, _PROPERTY, {"name": "visitors-supported", "value": "false"})
        self.xmpp.send_xml(answer)

    def _refuse(self, request: Element, condition: str) -> None:
        answer = _reply(request, "error")
        error = SubElement(answer, f"{CLIENT}error", {"type": "cancel"})
        SubElement(error, f"{_STANZAS}{condition}")
        self.xmpp.send_xml(answer)


def _reply(request: Element, kind: str) -> Element:
    return Element(f"{CLIENT}iq", {"type": kind, "to": request.get("from", ""), "id": request.get("id", "")})
