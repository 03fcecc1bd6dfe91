"""A councillor's browser without the browser: what lib-jitsi-meet says on the wire, with a token, and what it hears.

async with Councillor(seat, now) as anna:
    await anna.enter()
    await anna.say("!quorum")
    line = await anna.hear(lambda line: "quòrum" in line.text)
    await anna.drop()      # the line breaks without a word
    await anna.enter()     # and she is back, under a new nick
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import TracebackType
from typing import Any, Final, Self
from uuid import uuid4
from xml.etree.ElementTree import Element, SubElement

from bot.errors import JoinRefused
from bot.events import RoomEntered
from bot.focus import CONFERENCE, MUTE, build_conference_request
from bot.occupant import Trust
from bot.room import Room
from bot.stanzas import CLIENT, DISPLAY_NAME, MUC, parse_chat, parse_presence
from simulator.appearance import Appearance
from simulator.websocket import WebsocketClosed, XmppWebsocket

_JSON_MESSAGE: Final = "{http://jitsi.org/jitmeet}json-message"
_ADMIN: Final = "{http://jabber.org/protocol/muc#admin}"
_OWNER: Final = "{http://jabber.org/protocol/muc#owner}"
_FORM: Final = "{jabber:x:data}"
_STANZAS: Final = "{urn:ietf:params:xml:ns:xmpp-stanzas}"
_PATIENCE: Final = 15.0
_ATTEMPTS: Final = 3


class Declined(Exception):
    """The server, the room or the focus said no; the message is its reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """Where a councillor goes and with what: the websocket's address, Jitsi's domain, the room's name, the token."""

    name: str
    websocket: str
    domain: str
    room: str
    token: str | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of chat as it appears to a councillor. `nick` is the sender's, `display_name` what travelled with it."""

    nick: str
    display_name: str
    text: str
    is_private: bool
    at: datetime


class Councillor:
    """One person who may come, go and come back. `lines` is all they have heard; `on_line` is told of each. `news` is
    what Jitsi's components have told (json-message)."""

    def __init__(self, seat: Seat, now: Callable[[], datetime], on_line: Callable[[Line], None] | None = None) -> None:
        self.seat = seat
        self.lines: list[Line] = []
        self.news: list[dict[str, Any]] = []
        self.picture: Room | None = None
        self._now = now
        self._on_line = on_line
        self._news = asyncio.Condition()
        self._tasks = asyncio.TaskGroup()
        self._line: XmppWebsocket | None = None
        self._reading: asyncio.Task[None] | None = None
        self._appearance = Appearance(name=seat.name)
        self._answers: dict[str, asyncio.Future[Element]] = {}
        self._entering: asyncio.Future[None] | None = None
        self._trust = Trust(
            trusted_domains={seat.domain}, machine_domains={f"auth.{seat.domain}", f"hidden.{seat.domain}"}
        )

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self.leave()
        finally:
            await self._tasks.__aexit__(kind, error, trace)

    @property
    def nick(self) -> str:
        """The endpoint id in the room: eight hexadecimal digits, new every time. Raises WebsocketClosed outside."""
        return self._connected().jid[:8]

    @property
    def jid(self) -> str:
        """The real full JID."""
        return self._connected().jid

    @property
    def is_inside(self) -> bool:
        """Whether the room has let the councillor in and the line still stands."""
        return self._line is not None and self.picture is not None and self.picture.has_entered

    @property
    def is_sending(self) -> bool:
        """Whether picture and sound are on."""
        return self._appearance.is_sending

    async def enter(self) -> None:
        """Connect and join. Raises TokenRefused, WebsocketClosed, Declined."""
        line = XmppWebsocket(self.seat.websocket, domain=self.seat.domain, room=self.seat.room, token=self.seat.token)
        await line.open()
        self._line = line
        self._appearance = Appearance(name=self.seat.name)
        self._reading = self._tasks.create_task(self._read(line))
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._join()
        except BaseException:
            await self._hang_up(politely=True)
            raise

    async def leave(self) -> None:
        """Leave the room and close, as a tab does that is closed. Nothing happens outside."""
        if self.is_inside:
            with suppress(WebsocketClosed):
                await self._send(Element(f"{CLIENT}presence", {"to": self._own_address(), "type": "unavailable"}))
        await self._hang_up(politely=True)

    async def drop(self) -> None:
        """The line breaks without a word. The others see it when the server gives up waiting for us."""
        await self._hang_up(politely=False)

    async def raise_hand(self) -> None:
        await self._show(replace(self._appearance, raised_at=self._now()))

    async def lower_hand(self) -> None:
        await self._show(replace(self._appearance, raised_at=None))

    async def mute(self) -> None:
        await self._show(replace(self._appearance, is_sending=False))

    async def unmute(self) -> None:
        await self._show(replace(self._appearance, is_sending=True))

    async def rename(self, name: str) -> None:
        """Show another name, which anybody may."""
        await self._show(replace(self._appearance, name=name))

    async def say(self, text: str) -> None:
        """A line to everybody."""
        message = Element(f"{CLIENT}message", {"to": self._room(), "type": "groupchat", "id": uuid4().hex})
        SubElement(message, f"{CLIENT}body").text = text
        await self._send(message)

    async def whisper(self, nick: str, text: str) -> None:
        """A line to one occupant."""
        message = Element(f"{CLIENT}message", {"to": f"{self._room()}/{nick}", "type": "chat", "id": uuid4().hex})
        SubElement(message, f"{CLIENT}body").text = text
        await self._send(message)

    async def kick(self, nick: str, reason: str = "") -> None:
        """Put somebody out, which only a moderator may."""
        query = Element(f"{_ADMIN}query")
        item = SubElement(query, f"{_ADMIN}item", {"nick": nick, "role": "none"})
        SubElement(item, f"{_ADMIN}reason").text = reason
        await self.ask(self._room(), query)

    async def configure(self, fields: Mapping[str, str]) -> None:
        """Change the room's configuration (muc#roomconfig), which only an owner may."""
        query = Element(f"{_OWNER}query")
        form = SubElement(query, f"{_FORM}x", {"type": "submit"})
        for name, value in {"FORM_TYPE": "http://jabber.org/protocol/muc#roomconfig", **fields}.items():
            SubElement(SubElement(form, f"{_FORM}field", {"var": name}), f"{_FORM}value").text = value
        await self.ask(self._room(), query)

    async def destroy_room(self, reason: str = "") -> None:
        """End the room for everybody, which only an owner may."""
        query = Element(f"{_OWNER}query")
        destroy = SubElement(query, f"{_OWNER}destroy")
        SubElement(destroy, f"{_OWNER}reason").text = reason
        await self.ask(self._room(), query)

    async def send_presence(self, *children: Element) -> None:
        """Our presence with more children than a browser sends: for those who cheat."""
        presence = self._appearance.build(self._room(), self.nick)
        presence.extend(children)
        await self._send(presence)

    async def hear(self, is_it: Callable[[Line], bool], *, since: int = 0, patience: float = _PATIENCE) -> Line:
        """The first line from index `since` on for which `is_it` holds. Raises TimeoutError after `patience`."""
        async with asyncio.timeout(patience), self._news:
            while True:
                for line in self.lines[since:]:
                    if is_it(line):
                        return line
                await self._news.wait()

    # Going in.

    async def _join(self) -> None:
        for attempt in range(1, _ATTEMPTS + 1):
            answer = await self.ask(f"focus.{self.seat.domain}", build_conference_request(self._room(), uuid4().hex))
            conference = answer.find(CONFERENCE)
            if conference is None or conference.get("ready") != "true":
                raise Declined("the focus is not in the room")
            self.picture = Room(self._room(), self.nick, self._trust)
            self._entering = asyncio.get_running_loop().create_future()
            entry = self._appearance.build(self._room(), self.nick)
            SubElement(entry, f"{MUC}x")
            await self._send(entry)
            try:
                await self._entering
                return
            except JoinRefused as refusal:
                # The room may end between the answer of the focus and our knock; then a browser asks again.
                if refusal.condition != "not-allowed" or attempt == _ATTEMPTS or "creation" not in str(refusal):
                    raise Declined(str(refusal)) from refusal

    async def _hang_up(self, *, politely: bool) -> None:
        line, self._line = self._line, None
        if line is None or self._reading is None:
            return
        self._reading.cancel()
        if politely:
            await line.close()
        else:
            await line.abort()

    # Going out on the wire.

    def _connected(self) -> XmppWebsocket:
        if self._line is None:
            raise WebsocketClosed(f"{self.seat.name} is not connected")
        return self._line

    def _room(self) -> str:
        return f"{self.seat.room}@muc.{self.seat.domain}"

    def _own_address(self) -> str:
        return f"{self._room()}/{self.nick}"

    async def _show(self, appearance: Appearance) -> None:
        self._appearance = appearance
        await self.send_presence()

    async def _send(self, stanza: Element) -> None:
        await self._connected().send(stanza)

    async def ask(self, to: str, payload: Element, kind: str = "set") -> Element:
        """An IQ and its answer. Raises Declined, WebsocketClosed."""
        iq = Element(f"{CLIENT}iq", {"to": to, "type": kind, "id": uuid4().hex})
        iq.append(payload)
        answer = self._answers[iq.get("id", "")] = asyncio.get_running_loop().create_future()
        await self._send(iq)
        async with asyncio.timeout(_PATIENCE):
            answered: Element = await answer
        if answered.get("type") == "error":
            error = answered.find(f"{CLIENT}error/*")
            raise Declined("no reason" if error is None else error.tag.removeprefix(_STANZAS))
        return answered

    # Coming in.

    async def _read(self, line: XmppWebsocket) -> None:
        try:
            while True:
                await self._take(await line.receive())
        except WebsocketClosed as closed:
            await line.abort()
            self._line = None
            if self._entering is not None and not self._entering.done():
                self._entering.set_exception(closed)

    async def _take(self, stanza: Element) -> None:
        match stanza.tag.removeprefix(CLIENT), stanza.get("type"):
            case "presence", _:
                self._see(stanza)
            case "message", _:
                await self._listen(stanza)
            case "iq", "result" | "error":
                answer = self._answers.pop(stanza.get("id", ""), None)
                if answer is not None and not answer.done():
                    answer.set_result(stanza)
            case "iq", "set" if stanza.find(MUTE) is not None:
                await self._be_muted(stanza)
            case _:
                await self._decline(stanza)

    def _see(self, stanza: Element) -> None:
        presence = parse_presence(stanza)
        if presence is None or self.picture is None or self._entering is None:
            return
        try:
            events = self.picture.feed(presence, self._now())
        except JoinRefused as refusal:
            # A presence that crosses a kick is refused as well, and means nothing any more.
            if not self._entering.done():
                self._entering.set_exception(refusal)
            return
        if any(isinstance(event, RoomEntered) for event in events) and not self._entering.done():
            self._entering.set_result(None)

    async def _listen(self, stanza: Element) -> None:
        if (news := stanza.findtext(_JSON_MESSAGE)) is not None:
            line = self._notice(stanza.get("from", ""), news)
        else:
            line = self._line_of_chat(stanza)
        if line is None:
            return
        async with self._news:
            self.lines.append(line)
            self._news.notify_all()
        if self._on_line is not None:
            self._on_line(line)

    def _line_of_chat(self, stanza: Element) -> Line | None:
        chat = parse_chat(stanza)
        if chat is None or chat.is_history or chat.nick == self.nick:
            return None
        name = stanza.findtext(DISPLAY_NAME, "")
        return Line(nick=chat.nick, display_name=name, text=chat.text, is_private=chat.is_private, at=self._now())

    def _notice(self, sender: str, news: str) -> Line | None:
        """What Jitsi's components and the room itself say; of that, a browser shows the room's notices as lines."""
        told = json.loads(news)
        self.news.append(told)
        if sender != self._room() or told.get("type") != "system_chat_message":
            return None
        return Line(nick="", display_name=told["displayName"], text=told["message"], is_private=True, at=self._now())

    async def _be_muted(self, iq: Element) -> None:
        """A browser obeys the focus and nobody else (lib-jitsi-meet, ChatRoom)."""
        if iq.get("from") != f"{self._room()}/focus":
            await self._decline(iq)
            return
        await self._send(Element(f"{CLIENT}iq", {"to": iq.get("from", ""), "type": "result", "id": iq.get("id", "")}))
        await self.mute()

    async def _decline(self, iq: Element) -> None:
        answer = Element(f"{CLIENT}iq", {"to": iq.get("from", ""), "type": "error", "id": iq.get("id", "")})
        error = SubElement(answer, f"{CLIENT}error", {"type": "cancel"})
        SubElement(error, f"{_STANZAS}feature-not-implemented")
        await self._send(answer)
