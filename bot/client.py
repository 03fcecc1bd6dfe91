"""The bot on the wire: many rooms on one connection, told as one stream of our own events.

    async with Bot(account, now) as bot:
        await bot.join("ple@muc.meet.example")
        async for event in bot.events():
            ...

slixmpp stays in this file and in `bot.connection`. Its table of rooms is not used: `bot.room.Room` is ours.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Final, Literal, Self
from uuid import uuid4
from xml.etree.ElementTree import Element

from slixmpp import ClientXMPP, Iq
from slixmpp.exceptions import IqError, IqTimeout

from bot.connection import Login, connection
from bot.errors import ConnectionLost, JoinRefused, LineWithheld, NotInRoom, RequestRefused, RequestUnanswered
from bot.events import LeaveReason, RoomEntered, RoomEvent, RoomLeft
from bot.focus import Focus
from bot.followed import Followed
from bot.journal import JournalEvent, Mark, OutOfOrder
from bot.moderation import Moderation
from bot.occupant import OccupantPresence, Trust
from bot.room import Room
from bot.stanzas import (
    CLIENT,
    JINGLE,
    PING,
    ChatLine,
    EntryRefused,
    build_entry,
    build_leave,
    build_line,
    build_whisper,
    parse_chat,
    parse_presence,
)

# Seconds. A join waits behind the server's limit of bytes a second.
_JOIN_PATIENCE: Final = 30.0
_LEAVE_PATIENCE: Final = 5.0
_LINE_PATIENCE: Final = 5.0
_PING_PATIENCE: Final = 10.0

# A room may end between the focus's answer and our knock; then one asks again, as lib-jitsi-meet does.
_KNOCKS: Final = 3

# XEP-0410, section 3: any other answer comes from the room, or from our own connection.
_GONE: Final = frozenset({"not-acceptable", "item-not-found", "remote-server-not-found", "remote-server-timeout"})

BotEvent = RoomEvent | JournalEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Who the bot is on a Jitsi.

    `focus` is the address for requests to Jicofo (`focus.meet.example`). `nick` is the bot's in every room: letters,
    digits and underscore only (Jitsi's mod_muc_resource_validate). `display_name` is what people see. `journal` is the
    address of mod_plenari, if there may be one. `silence` (seconds): after so long without an event the server is asked
    whether it is still there.
    """

    login: Login
    focus: str
    trust: Trust
    nick: str = "plenari"
    display_name: str = "Plenari"
    journal: str = ""
    silence: float = 30.0


class Bot:
    """A connected bot. All methods may be called while somebody iterates over `events()`, from the same event loop.

    `focus` takes requests to Jicofo. `moderation` takes orders to mod_plenari, where `has_journal`: without the module
    the bot sees what any occupant sees, and nothing of what happened while it was away.
    """

    def __init__(self, account: Account, now: Callable[[], datetime]) -> None:
        self._account = account
        self._now = now
        self._machine_uid = uuid4().hex
        self._rooms: dict[str, Room] = {}
        # Who waits for a room to be entered or left, for a line to come back (its number), or ("") only to hear if the
        # connection is lost.
        self._waiting: dict[asyncio.Future[None], str] = {}
        self._events: asyncio.Queue[BotEvent | Exception] = asyncio.Queue()
        self._loss: ConnectionLost | None = None
        self._exits = AsyncExitStack()
        self._xmpp: ClientXMPP
        self.has_journal = False
        self._followed = Followed(account.journal, account.trust, self._request, self._send)
        self.focus = Focus(account.focus, self._request)
        self.moderation = Moderation(account.journal, self._request)

    async def __aenter__(self) -> Self:
        """Connect. Raises ConnectionLost or LoginRefused."""
        self._xmpp = await self._exits.enter_async_context(
            connection(self._account.login, hear=self._hear, on_loss=self._lose)
        )
        try:
            self.has_journal = await self._followed.is_there()
        except BaseException:
            await self._exits.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._exits.aclose()

    async def events(self) -> AsyncIterator[BotEvent]:
        """Everything that happens in the rooms, in order, from the moment of connecting; for one reader.

        A room that is entered tells RoomEvents, one that is followed JournalEvents, one that is both tells both.
        Raises ConnectionLost when the line is gone: at once if it breaks, within `silence` and 10 s if it goes dead.
        A stanza that our own code could not digest (a bug) raises here as well.
        """
        while True:
            try:
                async with asyncio.timeout(self._account.silence):
                    event = await self._events.get()
            except TimeoutError:
                await self._ping()
                continue
            if isinstance(event, Exception):
                self._events.put_nowait(event)
                raise event
            yield event

    async def join(self, room: str, password: str | None = None) -> None:
        """Enter a room (a bare JID); RoomEntered is then among the events. Does nothing if the bot is there already.

        Raises FocusUnavailable, JoinRefused, ConnectionLost.
        """
        jid = room.lower()
        if jid in self._rooms:
            return
        for knock in range(_KNOCKS):
            try:
                await self._knock(jid, password)
                return
            except JoinRefused as refusal:
                if refusal.condition != "not-allowed" or knock == _KNOCKS - 1:
                    raise
                await asyncio.sleep(0.5 * 1.5**knock)

    async def leave(self, room: str) -> None:
        """Leave a room; RoomLeft is then among the events. No matter if the bot is not in it. Raises ConnectionLost."""
        inside = self._rooms.get(room.lower())
        if inside is None or not inside.has_entered:
            return
        try:
            await self._send_and_wait(inside.jid, build_leave(inside.jid, inside.nick), _LEAVE_PATIENCE)
        except TimeoutError as late:
            raise ConnectionLost(f"no answer on leaving {inside.jid}") from late

    async def say(self, room: str, text: str) -> None:
        """A line to everybody in the room; returns when the room has passed it on, to us as well (XEP-0045, 7.4).

        A line that ConnectionLost or NotInRoom takes with it may have been heard or not: say it again. Raises also
        LineWithheld: the server keeps our lines back.
        """
        inside = self._entered(room)
        number = uuid4().hex
        line = build_line(inside.jid, text, self._account.display_name, number)
        try:
            await self._send_and_wait(number, line, _LINE_PATIENCE)
        except TimeoutError:
            # What the server answers now, it answers after it has dealt with the line.
            await self._ping()
            if self._rooms.get(inside.jid) is not inside:
                raise NotInRoom(room) from None
            raise LineWithheld(room) from None

    def whisper(self, room: str, nick: str, text: str) -> None:
        """A line to one occupant; lost if they have just left. Raises NotInRoom, ConnectionLost."""
        jid = self._entered(room).jid
        self._send(build_whisper(jid, nick, text, self._account.display_name, uuid4().hex))

    async def follow(self, room: str, since: Mark | None) -> None:
        """Be told what the server's journal has of a room, which need not be entered for it.

        JournalOpened is then among the events, followed by all entries after `since`. Raises RequestRefused,
        RequestUnanswered, ConnectionLost.
        """
        await self._followed.follow(room.lower(), since)

    async def unfollow(self, room: str) -> None:
        """Be told no more of it. Raises RequestRefused, RequestUnanswered, ConnectionLost."""
        await self._followed.unfollow(room.lower())

    def acknowledge(self, room: str, read: Mark) -> None:
        """Say that everything up to there is safe with us. Raises ConnectionLost."""
        self._followed.acknowledge(room.lower(), read)

    async def check(self, room: str) -> None:
        """Ask whether we still sit in a room (XEP-0410); RoomLeft is among the events if we do not.

        Raises ConnectionLost.
        """
        inside = self._rooms.get(room.lower())
        if inside is None or not inside.has_entered:
            return
        try:
            await self._request("get", f"{inside.jid}/{inside.nick}", Element(PING), _PING_PATIENCE)
        except RequestRefused as answer:
            if answer.condition in _GONE and self._rooms.get(inside.jid) is inside:
                del self._rooms[inside.jid]
                self._events.put_nowait(RoomLeft(room=inside.jid, reason=LeaveReason.TECHNICAL, at=self._now()))
        except RequestUnanswered:
            return  # whether the server is there at all is asked elsewhere

    async def notify(self, room: str, nick: str, text: str) -> None:
        """A notice to one occupant in the name of the room, for which the bot need not be inside; a whisper where there
        is no module. Lost if they have just left. Raises NotInRoom, RequestUnanswered, ConnectionLost."""
        if not self.has_journal:
            self.whisper(room, nick, text)
            return
        with suppress(RequestRefused):
            await self.moderation.notify(room.lower(), nick, text, self._account.display_name)

    # What goes out.

    async def _knock(self, jid: str, password: str | None) -> None:
        inside = self._rooms[jid] = Room(jid, self._account.nick, self._account.trust)
        try:
            await self.focus.open_conference(jid, self._machine_uid)
            entry = build_entry(jid, self._account.nick, self._account.display_name, password)
            await self._send_and_wait(jid, entry, _JOIN_PATIENCE)
        except TimeoutError as late:
            # The server may still let us in later, when nobody would expect it.
            self._send(build_leave(jid, self._account.nick))
            raise JoinRefused(jid, "remote-server-timeout") from late
        finally:
            if not inside.has_entered:
                self._rooms.pop(jid, None)

    def _entered(self, room: str) -> Room:
        inside = self._rooms.get(room.lower())
        if inside is None or not inside.has_entered:
            raise NotInRoom(room)
        return inside

    def _send(self, stanza: Element) -> None:
        if self._loss is not None:
            raise self._loss
        self._xmpp.send_xml(stanza)

    async def _send_and_wait(self, awaited: str, stanza: Element, patience: float) -> None:
        """Send and wait until the room has entered, left or refused; or the line of that number has come back."""
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[waiting] = awaited
        try:
            self._send(stanza)
            async with asyncio.timeout(patience):
                await waiting
        finally:
            self._wait_no_longer(waiting)

    async def _request(self, kind: Literal["get", "set"], to: str, payload: Element, patience: float) -> Element:
        """One IQ and its answer. Raises RequestRefused, RequestUnanswered, ConnectionLost."""
        if self._loss is not None:
            raise self._loss
        iq: Iq = self._xmpp.make_iq(ito=to, itype=kind)
        iq.xml.append(payload)
        answer: asyncio.Future[Iq] = iq.send(timeout=patience)  # type: ignore[no-untyped-call]
        gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[gone] = ""
        try:
            await asyncio.wait((answer, gone), return_when=asyncio.FIRST_COMPLETED)
            if gone.done():
                gone.result()
            return answer.result().xml
        except IqError as refusal:
            raise RequestRefused(to, refusal.condition, refusal.text or "") from None
        except IqTimeout:
            raise RequestUnanswered(f"{to} did not answer") from None
        finally:
            answer.cancel()
            self._wait_no_longer(gone)

    def _wait_no_longer(self, waiting: asyncio.Future[None]) -> None:
        del self._waiting[waiting]
        if not waiting.cancel() and not waiting.cancelled():
            waiting.exception()  # whoever was interrupted in that moment did not look

    async def _ping(self) -> None:
        """Is the server still there? Any answer will do, also a refusal (XEP-0199). Raises ConnectionLost."""
        try:
            await self._request("get", self._xmpp.boundjid.domain, Element(PING), _PING_PATIENCE)
        except RequestRefused:
            return
        except RequestUnanswered as late:
            raise ConnectionLost("the server no longer answers") from late

    # What comes in.

    def _hear(self, stanza: Element) -> bool:
        """Take in a stanza; False leaves it to slixmpp."""
        try:
            match stanza.tag.removeprefix(CLIENT):
                case "presence":
                    self._feed(parse_presence(stanza))
                    return True
                case "message":
                    self._hear_message(stanza)
                    return True
                case "iq" if stanza.get("type") == "result" and self._followed.is_from_module(stanza):
                    # Here and not where the answer is waited for: the entries follow at its heels.
                    self._hear_journal(stanza)
                    return False
                case "iq" if stanza.get("type") == "set" and stanza.find(JINGLE) is not None:
                    return self._answer_jingle(stanza)
                case _:
                    return False
        except Exception as bug:  # raised again where somebody iterates; slixmpp would only log it
            self._events.put_nowait(bug)
            return True

    def _hear_message(self, stanza: Element) -> None:
        if self._followed.is_from_module(stanza):
            self._hear_journal(stanza)
            return
        room = self._rooms.get(stanza.get("from", "").partition("/")[0])
        if room is not None and stanza.get("type") == "error":
            self._settle(stanza.get("id", ""), LineWithheld(room.jid))
        elif room is not None and stanza.get("from") == f"{room.jid}/{room.nick}":
            self._settle(stanza.get("id", ""))
        else:
            self._feed(parse_chat(stanza))

    def _hear_journal(self, stanza: Element) -> None:
        try:
            for event in self._followed.take(stanza):
                self._events.put_nowait(event)
        except OutOfOrder as gap:
            self._lose(str(gap))

    def _feed(self, stanza: OccupantPresence | EntryRefused | ChatLine | None) -> None:
        room = self._rooms.get(stanza.room) if stanza is not None else None
        if stanza is None or room is None:
            return
        try:
            events = room.feed(stanza, self._now())
        except JoinRefused as refusal:
            self._settle(room.jid, refusal)
            return
        for event in events:
            self._events.put_nowait(event)
            if isinstance(event, RoomLeft):
                del self._rooms[room.jid]
            if isinstance(event, RoomEntered | RoomLeft):
                self._settle(room.jid)

    def _answer_jingle(self, stanza: Element) -> bool:
        """Jicofo invites everybody to the media, and drops from its list whoever refuses; a list from which it mutes.

        So its invitations are acknowledged and never accepted (the bridge forgets us after two minutes). A browser's
        peer-to-peer call is left to slixmpp, which answers feature-not-implemented.
        """
        sender = stanza.get("from", "")
        room = self._rooms.get(sender.partition("/")[0])
        focus = room.occupant("focus") if room is not None else None
        if focus is None or not focus.is_machine or not sender.endswith("/focus"):
            return False
        self._send(Element(f"{CLIENT}iq", {"type": "result", "to": sender, "id": stanza.get("id", "")}))
        return True

    def _settle(self, waited_for: str, refusal: JoinRefused | LineWithheld | None = None) -> None:
        for waiting, awaited in self._waiting.items():
            if awaited != waited_for or waiting.done():
                continue
            if refusal is None:
                waiting.set_result(None)
            else:
                waiting.set_exception(refusal)

    def _lose(self, why: str) -> None:
        self._loss = ConnectionLost(why)
        self._events.put_nowait(self._loss)
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_exception(ConnectionLost(why))
