"""Translator between the council and the bot: the chamber is the meeting's place, and stands on a room of Jitsi.

Inward: what the bot hears becomes observations and commands for the session of that room. Outward: effects become
lines of chat. In which rooms to be is a level and not an effect: the doorkeeper compares the sessions that are
conducted here with the rooms that the bot is in, and corrects the difference, also after every reconnection.

Where Prosody keeps a journal (`mod_plenari`), the journal is the witness: of who is there, of hands and of orders,
also of what happened while nobody listened. Elsewhere the bot believes what it sees; what it did not is unobserved.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import AsyncExitStack, suppress
from datetime import datetime, timedelta
from typing import Final, Protocol, assert_never

import structlog
from tenacity import RetryCallState, retry, retry_if_exception_type, wait_random_exponential

from bot.client import Account, Bot, BotEvent
from bot.errors import BotError, ConnectionLost, RequestRefused, RequestUnanswered
from bot.events import MessageHeard, OccupantChanged, OccupantJoined, OccupantLeft, RoomEntered, RoomLeft
from bot.journal import CommandHeard, Entry, JournalEntry, JournalOpened, Mark
from bot.occupant import Occupant
from orchestrator.absences import Absences
from orchestrator.council.commands import Command
from orchestrator.council.effects import AllowToSpeak, Announce, LeaveChamber, Silence, WatchChamber
from orchestrator.council.members import MemberId, SessionId
from orchestrator.council.observations import ChamberLost, Grade, JournalMark, Observation, Sighting
from orchestrator.council.react import desired
from orchestrator.council.session import Session
from orchestrator.onlooker import Onlooker
from orchestrator.speech import Speech
from orchestrator.witness import Witness, member_of

log = structlog.get_logger()

ChamberEffect = Announce | AllowToSpeak | Silence | WatchChamber | LeaveChamber

_ROUND_SECONDS = 2.0
"""How often the doorkeeper looks again, when nothing else wakes it: a room that refused us may let us in now."""

_STALE: Final = timedelta(seconds=30)
"""An order that the journal tells so much later is not carried out: the meeting has moved on."""

_CHECK: Final = timedelta(seconds=60)
"""How often the bot asks whether it still sits in a room."""


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

    def term(self, session_id: SessionId) -> int | None:
        """Which of the session's conductors, counted, is the one here; None if there is none."""

    def mark(self, session_id: SessionId) -> JournalMark | None:
        """Up to where its record holds the journal of the room."""


class Chamber:
    """The rooms of the sessions that are conducted in this process."""

    def __init__(self, account: Account, muc_domain: str, conducted: Conducted, now: Callable[[], datetime]) -> None:
        self._account = account
        self._muc_domain = muc_domain
        self._conducted = conducted
        self._now = now
        self._bot: Bot | None = None
        self._rooms: dict[str, SessionId] = {}
        self._inside: dict[str, datetime] = {}  # the rooms in which the bot sits, and when that was last made sure of
        self._witnesses: dict[str, Witness] = {}
        self._onlookers: dict[str, Onlooker] = {}
        self._wake = asyncio.Event()
        self._absences = Absences()
        self._speech = Speech(conducted, self, now)

    @property
    def is_connected(self) -> bool:
        """Whether the bot is connected to the XMPP server."""
        return self._bot is not None

    @property
    def has_journal(self) -> bool:
        """Whether the server tells what the bot misses."""
        return self._bot is not None and self._bot.has_journal

    async def run(self) -> None:
        """Watch the rooms until cancelled; a lost connection is made again, with growing pauses."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._miss_rooms(), name="absences")
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
                if self._bot is None:
                    raise ConnectionLost("the bot is not connected")
                await self._speech.announce(self._bot, session_id, session, effect)
            case WatchChamber() | LeaveChamber():
                self.look_again()
            case AllowToSpeak(member=member):
                if session.floor.speaker == member:
                    await self._moderate(session, member, may_speak=True)
            case Silence(member=member):
                if session.floor.speaker != member:
                    await self._moderate(session, member, may_speak=False)
            case _:
                assert_never(effect)

    # --- which rooms to be in ----------------------------------------------------------------------------------------

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
        log.info("bot_connected", has_journal=bot.has_journal)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._keep_the_doors(bot, tasks), name="doorkeeper")
                async for event in bot.events():
                    self._hear(bot, event, tasks)
        except* ConnectionLost as losses:
            log.warning("bot_disconnected", reason=str(losses.exceptions[0]))
        finally:
            self._bot = None
            self._inside.clear()
            for room in self._witnesses.keys() | self._onlookers.keys():
                self._lose(room)
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            # Python 3.11's TaskGroup drops a cancellation that meets an error of its own.
            raise asyncio.CancelledError

    def _wanted(self) -> dict[str, SessionId]:
        return {self.address(s): sid for sid, s in self._conducted.sessions().items() if desired(s).is_watched}

    async def _keep_the_doors(self, bot: Bot, tasks: asyncio.TaskGroup) -> None:
        """Be in the rooms of the sessions that want it, and in no other."""
        entering: set[str] = set()
        while True:
            wanted = self._wanted()
            self._rooms.update(wanted)
            self._drop_former_conductors()
            followed = self._witnesses.keys() if bot.has_journal else self._inside.keys()
            for room in wanted.keys() - (self._inside.keys() & followed) - entering:
                entering.add(room)
                tasks.create_task(self._enter(bot, room, entering), name=f"enter {room}")
            for room in (self._inside.keys() | self._witnesses.keys()) - wanted.keys() - entering:
                await self._leave(bot, room)
            self._acknowledge(bot)
            self._check(bot, tasks)
            self._tell_whoever_took_over()
            await self._speech.say_what_waited(bot)
            self._wake.clear()
            try:
                async with asyncio.timeout(_ROUND_SECONDS):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def _enter(self, bot: Bot, room: str, entering: set[str]) -> None:
        try:
            if bot.has_journal and room not in self._witnesses:
                await self._follow(bot, room)
            await bot.join(room)
        except ConnectionLost:
            raise
        except BotError as refusal:
            log.warning("room_not_entered", session_id=self._rooms[room], reason=str(refusal))
        finally:
            entering.discard(room)

    async def _follow(self, bot: Bot, room: str) -> None:
        """Be told by the journal what the record does not have yet. Raises BotError (retryable)."""
        session_id = self._rooms[room]
        term, since = self._conducted.term(session_id), self._conducted.mark(session_id)
        if term is None:
            return
        self._witnesses[room] = Witness(term=term, since=since)
        try:
            await bot.follow(room, Mark(journal=since.journal, seq=since.seq) if since else None)
        except RequestRefused as refusal:
            log.warning("journal_refused", reason=str(refusal))
            bot.has_journal = False
            self._witnesses.clear()
        except BotError:
            self._witnesses.pop(room, None)
            raise

    async def _leave(self, bot: Bot, room: str) -> None:
        witness = self._witnesses.pop(room, None)
        self._onlookers.pop(room, None)
        if witness is not None:
            if witness.read and self._rooms[room] in self._conducted.sessions():
                bot.acknowledge(room, witness.read)  # the session is over: what follows concerns nobody
            with suppress(RequestRefused, RequestUnanswered):
                await bot.unfollow(room)
        await bot.leave(room)

    def _drop_former_conductors(self) -> None:
        """Whoever took a session over goes on from where the record ends, and not from what we told another."""
        for room, witness in list(self._witnesses.items()):
            if self._conducted.term(self._rooms[room]) != witness.term:
                del self._witnesses[room]

    def _tell_whoever_took_over(self) -> None:
        """A conductor that took a session over while we were in its room believes that nobody watches."""
        for session_id, session in self._conducted.sessions().items():
            onlooker = self._onlookers.get(self.address(session))
            if onlooker is not None and desired(session).is_watched and not session.is_observed:
                self._deliver(session_id, onlooker.everybody(self._now()))

    def _acknowledge(self, bot: Bot) -> None:
        """What is on the record need not be kept by the server."""
        for room, witness in self._witnesses.items():
            safe = witness.acknowledgeable(self._conducted.mark(self._rooms[room]))
            if safe is not None and safe != witness.acknowledged:
                bot.acknowledge(room, safe)
                witness.acknowledged = safe

    def _check(self, bot: Bot, tasks: asyncio.TaskGroup) -> None:
        now = self._now()
        for room, checked_at in self._inside.items():
            if now - checked_at >= _CHECK:
                self._inside[room] = now
                tasks.create_task(bot.check(room), name=f"check {room}")

    async def _miss_rooms(self) -> None:
        while True:
            told = self._absences.look(self._wanted(), self._inside, self._now(), is_connected=self.is_connected)
            for session_id, observation in told:
                self._deliver(session_id, (observation,))
            await asyncio.sleep(_ROUND_SECONDS)

    # --- what is heard -----------------------------------------------------------------------------------------------

    def _hear(self, bot: Bot, event: BotEvent, tasks: asyncio.TaskGroup) -> None:
        session_id = self._rooms.get(event.room)
        if session_id is None:
            return
        match event:
            case Entry():
                self._read(bot, session_id, event, tasks)
            case JournalOpened():
                if witness := self._witnesses.get(event.room):
                    log.info("journal_followed", session_id=session_id, is_complete=event.is_complete)
                    self._deliver(session_id, witness.open(event, self._now()))
            case MessageHeard():
                # The journal tells orders itself, each once, whatever became of our line meanwhile.
                if not (bot.has_journal and event.text.startswith("!")):
                    self._speech.listen(bot, session_id, event, tasks)
            case RoomLeft():
                self._inside.pop(event.room, None)
                if event.room in self._onlookers:
                    self._lose(event.room)
                self.look_again()
            case RoomEntered() | OccupantJoined() | OccupantChanged() | OccupantLeft():
                self._see(bot, session_id, event)
            case _:
                assert_never(event)

    def _see(
        self, bot: Bot, session_id: SessionId, event: RoomEntered | OccupantJoined | OccupantChanged | OccupantLeft
    ) -> None:
        if isinstance(event, RoomEntered):
            self._inside[event.room] = self._now()
            if not bot.has_journal:
                self._onlookers[event.room] = Onlooker()
        if onlooker := self._onlookers.get(event.room):
            self._deliver(session_id, onlooker.hear(event))

    def _read(self, bot: Bot, session_id: SessionId, entry: JournalEntry, tasks: asyncio.TaskGroup) -> None:
        witness = self._witnesses.get(entry.room)
        if witness is None:
            return
        if self._conducted.term(session_id) != witness.term:
            del self._witnesses[entry.room]
            self.look_again()
            return
        self._deliver(session_id, witness.hear(entry, self._now()))
        if isinstance(entry, CommandHeard):
            self._take_order(bot, session_id, entry, tasks)

    def _take_order(self, bot: Bot, session_id: SessionId, entry: CommandHeard, tasks: asyncio.TaskGroup) -> None:
        if self._now() - entry.at > _STALE:
            log.warning("order_too_late", session_id=session_id, said_at=entry.at.isoformat())
            return
        line = MessageHeard(
            room=entry.room, occupant=entry.occupant, text=entry.text, is_private=entry.is_private, at=entry.at
        )
        self._speech.listen(bot, session_id, line, tasks)

    def _lose(self, room: str) -> None:
        self._witnesses.pop(room, None)
        self._onlookers.pop(room, None)
        seen = Sighting(grade=Grade.PRESENCE, at=self._now())
        self._deliver(self._rooms[room], (ChamberLost(seen=seen),))

    def _deliver(self, session_id: SessionId, observations: Iterable[Observation]) -> None:
        for observation in observations:
            self._conducted.deliver(session_id, observation)

    def occupants(self, room: str) -> Iterable[Occupant]:
        """Who is in a room, as far as it is known."""
        onlooker = self._witnesses.get(room) or self._onlookers.get(room)
        return onlooker.occupants.values() if onlooker else ()

    # --- outward -----------------------------------------------------------------------------------------------------

    async def _moderate(self, session: Session, member: MemberId, *, may_speak: bool) -> None:
        """Where the room's audio is moderated, let a member unmute, or not any more. Raises BotError (retryable)."""
        bot, room = self._bot, self.address(session)
        if bot is None or not bot.has_journal:
            log.debug("floor_not_enforced", reason="no module")
            return
        for nick in [o.nick for o in self.occupants(room) if member_of(o) == member]:
            try:
                if may_speak:
                    await bot.moderation.approve(room, nick)
                elif await bot.moderation.revoke(room, nick):
                    await bot.focus.mute(room, nick)
            except RequestRefused as refusal:
                log.info("floor_not_enforced", reason=str(refusal))

    def address(self, session: Session) -> str:
        """The room of a session."""
        return f"{session.convened.room}@{self._muc_domain}"
