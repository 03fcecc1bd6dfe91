"""A focus: makes the rooms that are asked for, sits in them, and makes the moderators owners, as Jicofo does.

It invites nobody to any media. It mutes whom a moderator wants muted, and has as many Jibris as it is given, which
encode nothing. Requests for a conference reach it through `mod_plenari_focus_proxy`, so that on the wire everything
looks as it does with Jicofo behind Jitsi's own client_proxy.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Final
from uuid import uuid4
from xml.etree.ElementTree import Element, SubElement

from slixmpp import ClientXMPP

from bot.connection import Login, connection
from bot.errors import BotError, JoinRefused
from bot.events import OccupantChanged, OccupantJoined, OccupantLeft, RoomEntered, RoomEvent, RoomLeft
from bot.focus import CONFERENCE, JIBRI, MUTE
from bot.occupant import Affiliation, Occupant, Role, Trust, domain_of
from bot.room import Room
from bot.stanzas import CLIENT, MUC, build_leave, parse_presence

_NICK: Final = "focus"
_RETRY_SECONDS: Final = 0.05
_ADMIN: Final = "{http://jabber.org/protocol/muc#admin}"
_PROPERTY: Final = "{http://jitsi.org/protocol/focus}property"
_STANZAS: Final = "{urn:ietf:params:xml:ns:xmpp-stanzas}"


@dataclass(slots=True, kw_only=True)
class Jibris:
    """The Jibris that a focus knows. `is_configured`: whether it knows of any at all. `streams` are the ids of Jicofo's
    sessions by room."""

    is_configured: bool = True
    healthy: int = 1
    streams: dict[str, str] = field(default_factory=dict)


@asynccontextmanager
async def focus(
    login: Login,
    domain: str,
    now: Callable[[], datetime],
    jibris: Jibris | None = None,
    on_loss: Callable[[str], None] = lambda _: None,
) -> AsyncIterator[None]:
    """A focus for the Jitsi of `domain` while the block lasts; `on_loss` hears if its connection ends before.

    Raises ConnectionLost, LoginRefused on the way in.
    """
    seat = _Focus(login.jid, domain, now, jibris or Jibris())
    async with connection(login, hear=seat.hear, on_loss=on_loss) as xmpp:
        seat.begin(xmpp)
        yield


@asynccontextmanager
async def lasting_focus(
    login: Login, domain: str, now: Callable[[], datetime], jibris: Jibris | None = None
) -> AsyncIterator[None]:
    """A focus that comes back whenever its server does, as Jicofo does.

    Raises ConnectionLost, LoginRefused on the way in.
    """
    async with focus(login, domain, now):
        pass  # Whoever cannot log in hears of it.
    async with asyncio.TaskGroup() as tasks:
        is_there = asyncio.Event()
        keeping = tasks.create_task(_keep(login, domain, now, jibris, is_there))
        try:
            await is_there.wait()
            yield
        finally:
            keeping.cancel()


async def _keep(
    login: Login, domain: str, now: Callable[[], datetime], jibris: Jibris | None, is_there: asyncio.Event
) -> None:
    while True:
        lost = asyncio.Event()
        with suppress(BotError):
            async with focus(login, domain, now, jibris, on_loss=partial(_told, lost)):
                is_there.set()
                await lost.wait()
        await asyncio.sleep(_RETRY_SECONDS)


def _told(lost: asyncio.Event, _reason: str) -> None:
    lost.set()


class _Focus:
    xmpp: ClientXMPP
    _early: list[Element] | None

    def __init__(self, jid: str, domain: str, now: Callable[[], datetime], jibris: Jibris) -> None:
        self._jid = jid
        self._jibris = jibris
        self._now = now
        self._trust = Trust(trusted_domains={domain}, machine_domains={domain_of(jid), f"hidden.{domain}"})
        self._rooms: dict[str, Room] = {}
        self._early = []
        # Requests that wait until we are in the room, and rooms in which somebody has been.
        self._requests: dict[str, list[Element]] = {}

    def begin(self, xmpp: ClientXMPP) -> None:
        """From now on there is somebody to answer by: also what was asked before."""
        self.xmpp = xmpp
        early, self._early = self._early or [], None
        for stanza in early:
            self.hear(stanza)

    def hear(self, stanza: Element) -> bool:
        """Take in a stanza; False leaves it to the library."""
        if self._early is not None and (stanza.find(CONFERENCE) is not None):
            self._early.append(stanza)
            return True
        match stanza.tag.removeprefix(CLIENT):
            case "presence":
                self._hear_presence(stanza)
                return True
            case "iq" if stanza.get("type") == "set" and stanza.find(CONFERENCE) is not None:
                self._hear_request(stanza)
                return True
            case "iq" if stanza.get("type") == "set" and stanza.find(MUTE) is not None:
                self._mute(stanza)
                return True
            case "iq" if stanza.get("type") == "set" and stanza.find(JIBRI) is not None:
                self._hire(stanza)
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

    def _moderator(self, request: Element) -> tuple[Room | None, str]:
        """The room of a request, and what is wrong with whoever makes it (jicofo: BaseJibri, MuteIqHandler)."""
        jid, _, nick = request.get("from", "").partition("/")
        room = self._rooms.get(jid)
        occupant = room.occupant(nick) if room is not None else None
        if occupant is None:
            return room, "forbidden"
        return room, "" if occupant.role is Role.MODERATOR else "not-allowed"

    def _mute(self, request: Element) -> None:
        room, problem = self._moderator(request)
        target = request[0].get("jid", "")
        if problem or room is None:
            self._refuse(request, problem)
            return
        if room.occupant(target.partition("/")[2]) is None:
            self._refuse(request, "internal-server-error")
            return
        order = Element(f"{CLIENT}iq", {"type": "set", "to": target, "id": uuid4().hex})
        SubElement(order, MUTE, {"actor": request.get("from", "")}).text = "true"
        self.xmpp.send_xml(order)
        self.xmpp.send_xml(_reply(request, "result"))

    def _hire(self, request: Element) -> None:
        room, problem = self._moderator(request)
        if problem or room is None:
            self._refuse(request, problem)
            return
        asked, answer = request[0], _reply(request, "result")
        problem = self._start(room.jid, asked) if asked.get("action") == "start" else self._stop(room.jid)
        if problem:
            self._refuse(request, problem)
            return
        SubElement(answer, JIBRI, {"session_id": self._jibris.streams.get(room.jid, "")})
        self.xmpp.send_xml(answer)

    def _start(self, room: str, asked: Element) -> str:
        jibris = self._jibris
        if asked.get("recording_mode") != "stream" or not asked.get("streamid"):
            return "bad-request"
        if not jibris.is_configured:
            return "item-not-found"
        if room in jibris.streams:
            return "unexpected-request"
        if not jibris.healthy:
            return "service-unavailable"
        if len(jibris.streams) >= jibris.healthy:
            return "resource-constraint"
        jibris.streams[room] = uuid4().hex
        return ""

    def _stop(self, room: str) -> str:
        return "" if self._jibris.streams.pop(room, None) else "item-not-found"

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
