"""Translator between the council and the bot: the chamber is the meeting's place, and stands on a room of Jitsi.

Inward: what the bot hears becomes observations and commands for the session of that room. Outward: effects become
lines of chat. In which rooms to be is a level and not an effect: the doorkeeper compares the sessions that are
conducted here with the rooms that the bot is in, and corrects the difference, also after every reconnection.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, suppress
from datetime import datetime
from typing import Protocol, assert_never

import structlog
from tenacity import RetryCallState, retry, retry_if_exception_type, wait_random_exponential

from bot.client import Account, Bot
from bot.errors import BotError, ConnectionLost, NotInRoom
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
from bot.occupant import Occupant
from orchestrator.announcements import Announcements
from orchestrator.answers import Said, table
from orchestrator.conversation import Asked, Conversation
from orchestrator.council.commands import Asker, Channel, Command, Role
from orchestrator.council.effects import AllowToSpeak, Announce, Audience, LeaveChamber, Silence, WatchChamber
from orchestrator.council.members import MemberId, Office, SessionId
from orchestrator.council.observations import (
    ChamberEntered,
    ChamberLost,
    Departure,
    DeviceId,
    Grade,
    HandLowered,
    HandRaised,
    MemberConnected,
    MemberDisconnected,
    Observation,
    Sighting,
)
from orchestrator.council.react import desired
from orchestrator.council.refusals import Refused
from orchestrator.council.session import Session

log = structlog.get_logger()

ChamberEffect = Announce | AllowToSpeak | Silence | WatchChamber | LeaveChamber

_ROUND_SECONDS = 2.0
"""How often the doorkeeper looks again, when nothing else wakes it: a room that refused us may let us in now."""

_DEPARTURES = {
    LeaveReason.KICKED: Departure.KICKED,
    LeaveReason.BANNED: Departure.KICKED,
    LeaveReason.LEFT: Departure.LEFT,
}


def _warn_not_connected(attempt: RetryCallState) -> None:
    log.warning("bot_not_connected", reason=str(attempt.outcome and attempt.outcome.exception()))


class Conducted(Protocol):
    """The sessions that are conducted in this process, as far as the chamber needs them."""

    def deliver(self, session_id: SessionId, observation: Observation) -> None:
        """Put an observation into the session's inbox; lost if it is no longer conducted here."""

    async def ask(self, session_id: SessionId, command: Command) -> object:
        """Put a command into the inbox, at once and in order, and wait until it is carried out.

        Raises Refused, and LookupError when the session is no longer conducted here.
        """

    def sessions(self) -> Mapping[SessionId, Session]:
        """Each session that is conducted here, as it is now."""


class Chamber:
    """The rooms of the sessions that are conducted in this process."""

    def __init__(self, account: Account, muc_domain: str, conducted: Conducted, now: Callable[[], datetime]) -> None:
        self._account = account
        self._muc_domain = muc_domain
        self._conducted = conducted
        self._now = now
        self._bot: Bot | None = None
        self._rooms: dict[str, SessionId] = {}
        self._occupants: dict[str, dict[str, Occupant]] = {}
        self._wake = asyncio.Event()
        self._conversation = Conversation(now)
        self._announcements = Announcements()

    @property
    def is_connected(self) -> bool:
        """Whether the bot is connected to the XMPP server."""
        return self._bot is not None

    async def run(self) -> None:
        """Watch the rooms until cancelled; a lost connection is made again, with growing pauses."""
        while True:
            async with AsyncExitStack() as stack:
                bot = await self._connect(stack)
                await self._watch(bot)

    def look_again(self) -> None:
        """A session began or ended being conducted here: see at once which rooms to be in."""
        self._wake.set()

    async def perform(self, session_id: SessionId, session: Session, effect: ChamberEffect) -> None:
        """Carry an effect out. Raises BotError (retryable) while the bot is not in the room."""
        match effect:
            case Announce():
                self._announce(session_id, session, effect)
            case WatchChamber() | LeaveChamber():
                self.look_again()
            case AllowToSpeak() | Silence():
                # Enforced where the room's audio is moderated; the plain client connection cannot (issue 4).
                log.debug("floor_not_enforced", effect=type(effect).__name__)
            case _:
                assert_never(effect)

    # --- inward ------------------------------------------------------------------------------------------------------

    @retry(
        retry=retry_if_exception_type(BotError),
        wait=wait_random_exponential(multiplier=0.5, max=15),
        before_sleep=_warn_not_connected,
    )
    async def _connect(self, stack: AsyncExitStack) -> Bot:
        return await stack.enter_async_context(Bot(self._account, self._now))

    async def _watch(self, bot: Bot) -> None:
        """Hear all that the bot hears, until its connection is lost."""
        self._bot = bot
        log.info("bot_connected")
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._keep_the_doors(bot, tasks), name="doorkeeper")
                async for event in bot.events():
                    self._hear(event, tasks)
        except* ConnectionLost as losses:
            log.warning("bot_disconnected", reason=str(losses.exceptions[0]))
        finally:
            self._bot = None
            for room in list(self._occupants):
                self._lose(room)

    async def _keep_the_doors(self, bot: Bot, tasks: asyncio.TaskGroup) -> None:
        """Be in the rooms of the sessions that want it, and in no other."""
        entering: set[str] = set()
        while True:
            wanted = {self._address(s): sid for sid, s in self._conducted.sessions().items() if desired(s).is_watched}
            self._rooms.update(wanted)
            for room in wanted.keys() - self._occupants.keys() - entering:
                entering.add(room)
                tasks.create_task(self._enter(bot, room, entering), name=f"enter {room}")
            for room in self._occupants.keys() - wanted.keys():
                await bot.leave(room)
            self._tell_whoever_took_over()
            self._say_what_waited()
            self._wake.clear()
            try:
                async with asyncio.timeout(_ROUND_SECONDS):
                    await self._wake.wait()
            except TimeoutError:
                continue

    def _tell_whoever_took_over(self) -> None:
        """A conductor that took a session over while we were in its room believes that nobody watches."""
        for session_id, session in self._conducted.sessions().items():
            inside = self._occupants.get(self._address(session))
            if inside is not None and desired(session).is_watched and not session.is_observed:
                self._deliver_everybody(session_id, tuple(inside.values()), self._now())

    async def _enter(self, bot: Bot, room: str, entering: set[str]) -> None:
        try:
            await bot.join(room)
        except ConnectionLost:
            raise
        except BotError as refusal:
            log.warning("room_not_entered", session_id=self._rooms[room], reason=str(refusal))
        finally:
            entering.discard(room)

    def _hear(self, event: RoomEvent, tasks: asyncio.TaskGroup) -> None:
        session_id = self._rooms.get(event.room)
        if session_id is None:
            return
        match event:
            case RoomEntered():
                self._occupants[event.room] = {o.nick: o for o in event.occupants}
                self._deliver_everybody(session_id, event.occupants, event.at)
            case RoomLeft():
                self._lose(event.room)
                self.look_again()
            case OccupantJoined(occupant=occupant):
                self._occupants[event.room][occupant.nick] = occupant
                self._deliver_joined(session_id, occupant, event.at)
            case OccupantChanged(before=before, after=after):
                self._occupants[event.room][after.nick] = after
                self._deliver_changed(session_id, before, after, event.at)
            case OccupantLeft(occupant=occupant):
                self._occupants[event.room].pop(occupant.nick, None)
                self._deliver_left(session_id, event)
            case MessageHeard():
                self._listen(session_id, event, tasks)
            case _:
                assert_never(event)

    def _lose(self, room: str) -> None:
        self._occupants.pop(room, None)
        self._conducted.deliver(self._rooms[room], ChamberLost(seen=self._seen(self._now())))

    def _deliver_everybody(self, session_id: SessionId, occupants: tuple[Occupant, ...], at: datetime) -> None:
        devices = tuple((member, _device(o)) for o in occupants if (member := _member(o)))
        self._conducted.deliver(session_id, ChamberEntered(seen=self._seen(at), devices=devices))
        for occupant in occupants:
            self._deliver_hand(session_id, occupant, at)

    def _deliver_joined(self, session_id: SessionId, occupant: Occupant, at: datetime) -> None:
        if member := _member(occupant):
            connected = MemberConnected(seen=self._seen(at), member=member, device=_device(occupant))
            self._conducted.deliver(session_id, connected)
            self._deliver_hand(session_id, occupant, at)

    def _deliver_changed(self, session_id: SessionId, before: Occupant, after: Occupant, at: datetime) -> None:
        if _member(before) != _member(after):
            if member := _member(before):
                gone = MemberDisconnected(seen=self._seen(at), member=member, device=_device(before))
                self._conducted.deliver(session_id, gone)
            self._deliver_joined(session_id, after, at)
        elif before.claims.has_raised_hand != after.claims.has_raised_hand and (member := _member(after)):
            hand = HandRaised if after.claims.has_raised_hand else HandLowered
            self._conducted.deliver(session_id, hand(seen=self._seen(at), member=member))

    def _deliver_left(self, session_id: SessionId, event: OccupantLeft) -> None:
        if member := _member(event.occupant):
            departure = _DEPARTURES.get(event.reason, Departure.LOST)
            gone = MemberDisconnected(
                seen=self._seen(event.at), member=member, device=_device(event.occupant), departure=departure
            )
            self._conducted.deliver(session_id, gone)

    def _deliver_hand(self, session_id: SessionId, occupant: Occupant, at: datetime) -> None:
        if (member := _member(occupant)) and occupant.claims.has_raised_hand:
            self._conducted.deliver(session_id, HandRaised(seen=self._seen(at), member=member))

    def _seen(self, at: datetime) -> Sighting:
        return Sighting(grade=Grade.PRESENCE, at=at)

    # --- chat --------------------------------------------------------------------------------------------------------

    def _listen(self, session_id: SessionId, event: MessageHeard, tasks: asyncio.TaskGroup) -> None:
        """A line may be an order. Who gives it is who the signed token says, or nobody."""
        session = self._conducted.sessions().get(session_id)
        if session is None or event.occupant.is_machine:
            return
        asker, person = _asker(session, event.occupant), _member(event.occupant) or event.occupant.nick
        match self._conversation.hear(session_id, session, asker, person, event.text):
            case Asked() as asked:
                # The task puts the command into the inbox before it first waits, so lines keep their order.
                tasks.create_task(self._carry_out(session_id, asked, event), name="chat command")
            case said:
                self._tell(event, said)

    async def _carry_out(self, session_id: SessionId, asked: Asked, event: MessageHeard) -> None:
        try:
            await self._conducted.ask(session_id, asked.command)
        except Refused as refusal:
            self._tell(event, asked.refused(refusal))
        except LookupError:
            log.warning("command_lost", session_id=session_id, command=type(asked.command).__name__)

    def _tell(self, event: MessageHeard, answer: tuple[Said, ...]) -> None:
        """In private to whoever asked, whose line may have broken meanwhile."""
        if self._bot is None:
            return
        try:
            for said in answer:
                self._bot.whisper(event.room, event.occupant.nick, said.text)
        except (NotInRoom, ConnectionLost):
            log.info("answer_not_given", messages=[said.message for said in answer])

    # --- outward -----------------------------------------------------------------------------------------------------

    def _announce(self, session_id: SessionId, session: Session, effect: Announce) -> None:
        if self._announcements.is_due(session_id, session, effect, self._now()):
            self._say(session_id, session, effect)

    def _say_what_waited(self) -> None:
        sessions = self._conducted.sessions()
        for session_id, effect in self._announcements.due(sessions, self._now()):
            with suppress(NotInRoom):
                self._say(session_id, sessions[session_id], effect)

    def _say(self, session_id: SessionId, session: Session, effect: Announce) -> None:
        """To everybody in the session's language, to the table in each one's own. Raises NotInRoom, ConnectionLost."""
        room, params = self._address(session), dict(effect.params)
        if self._bot is None:
            raise ConnectionLost("the bot is not connected")
        match effect.audience:
            case Audience.ROOM:
                said = Said(language=session.convened.language, message=effect.message, params=params)
                self._bot.say(room, said.text)
            case Audience.TABLE:
                for occupant in self._occupants.get(room, {}).values():
                    if (member := _member(occupant)) in table(session) and member is not None:
                        language = self._conversation.language_of(session_id, member, session)
                        said = Said(language=language, message=effect.message, params=params)
                        self._bot.whisper(room, occupant.nick, said.text)
            case _:
                assert_never(effect.audience)
        self._announcements.made(session_id, effect, self._now())

    def _address(self, session: Session) -> str:
        return f"{session.convened.room}@{self._muc_domain}"


def _member(occupant: Occupant) -> MemberId | None:
    """Which member an occupant is: whoever the server says the token names. A nick or a display name is nobody."""
    if occupant.is_machine or occupant.identity is None:
        return None
    return MemberId(occupant.identity.id)


def _device(occupant: Occupant) -> DeviceId:
    return DeviceId(occupant.nick)


def _asker(session: Session, occupant: Occupant) -> Asker:
    """Whoever sits in the secretary's chair now asks as the secretary; everybody else as the member they are."""
    member = _member(occupant)
    is_secretary = member is not None and member == session.acting(Office.SECRETARY)
    role = Role.SECRETARY if is_secretary else Role.MEMBER
    return Asker(role=role, channel=Channel.CHAT, member=member)
