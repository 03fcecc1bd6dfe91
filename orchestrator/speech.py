"""The chamber's voice and ear: lines of chat in, orders and answers out; what is announced, to whom, in which language.

What to answer is `conversation.py`'s to say, what to announce `announcements.py`'s; here it is heard and said.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Protocol, assert_never

import structlog

from bot.client import Bot
from bot.errors import BotError, ConnectionLost, NotInRoom, RequestUnanswered
from bot.events import MessageHeard
from bot.occupant import Occupant
from orchestrator.announcements import Announcements
from orchestrator.answers import Said, table
from orchestrator.conversation import Asked, Conversation
from orchestrator.council.commands import Asker, Channel, Command, Role
from orchestrator.council.effects import Announce, Audience
from orchestrator.council.members import Office, SessionId
from orchestrator.council.refusals import Refused
from orchestrator.council.session import Session
from orchestrator.witness import member_of

log = structlog.get_logger()


class Council(Protocol):
    """The sessions that are conducted in this process, as far as speech needs them."""

    async def ask(self, session_id: SessionId, command: Command) -> object:
        """Raises Refused, and LookupError when the session is no longer conducted here."""

    def sessions(self) -> Mapping[SessionId, Session]:
        """Each session that is conducted here, as it is now."""


class Hall(Protocol):
    """Where is spoken: the rooms, as the chamber knows them."""

    def address(self, session: Session) -> str:
        """The room of a session."""

    def occupants(self, room: str) -> Iterable[Occupant]:
        """Who is in it."""


class Speech:
    """All that is said and heard in the rooms of the sessions that are conducted here."""

    def __init__(self, council: Council, hall: Hall, now: Callable[[], datetime]) -> None:
        self._council = council
        self._hall = hall
        self._now = now
        self._conversation = Conversation(now)
        self._announcements = Announcements()

    def listen(self, bot: Bot, session_id: SessionId, line: MessageHeard, tasks: asyncio.TaskGroup) -> None:
        """A line may be an order. Who gives it is who the signed token says, or nobody."""
        session = self._council.sessions().get(session_id)
        if session is None or line.occupant.is_machine:
            return
        asker, person = _asker(session, line.occupant), member_of(line.occupant) or line.occupant.nick
        match self._conversation.hear(session_id, session, asker, person, line.text):
            case Asked() as asked:
                # The task puts the command into the inbox before it first waits, so lines keep their order.
                tasks.create_task(self._carry_out(bot, session_id, asked, line), name="chat command")
            case ():
                pass
            case said:
                # As above: sent before it first waits.
                tasks.create_task(_answer(bot, line, said), name="chat answer")

    async def announce(self, bot: Bot, session_id: SessionId, session: Session, effect: Announce) -> None:
        """Say it if it is due, or keep it until it is. What was not seen to arrive raises BotError, and is to be said
        again."""
        if self._announcements.is_due(session_id, session, effect, self._now()):
            await self._say(bot, session_id, session, effect)

    async def say_what_waited(self, bot: Bot) -> None:
        """Say what had to wait and is due now. Raises ConnectionLost."""
        sessions = self._council.sessions()
        for session_id, effect in tuple(self._announcements.due(sessions, self._now())):
            try:
                await self._say(bot, session_id, sessions[session_id], effect)
            except ConnectionLost:
                raise
            except BotError as problem:
                log.warning("announcement_delayed", session_id=session_id, reason=str(problem))

    async def _carry_out(self, bot: Bot, session_id: SessionId, asked: Asked, line: MessageHeard) -> None:
        try:
            await self._council.ask(session_id, asked.command)
        except Refused as refusal:
            await _answer(bot, line, asked.refused(refusal))
        except LookupError:
            log.warning("command_lost", session_id=session_id, command=type(asked.command).__name__)

    async def _say(self, bot: Bot, session_id: SessionId, session: Session, effect: Announce) -> None:
        """To everybody in the session's language, to the table or the speaker in each one's own."""
        room, params = self._hall.address(session), dict(effect.params)
        match effect.audience:
            case Audience.ROOM:
                said = Said(language=session.convened.language, message=effect.message, params=params)
                await bot.say(room, said.text)
            case Audience.TABLE | Audience.SPEAKER:
                hearers = table(session) if effect.audience is Audience.TABLE else {session.floor.speaker}
                for occupant in tuple(self._hall.occupants(room)):
                    if (member := member_of(occupant)) in hearers and member is not None:
                        language = self._conversation.language_of(session_id, member, session)
                        said = Said(language=language, message=effect.message, params=params)
                        await bot.notify(room, occupant.nick, said.text)
            case _:
                assert_never(effect.audience)
        self._announcements.made(session_id, effect, self._now())


async def _answer(bot: Bot, line: MessageHeard, answer: tuple[Said, ...]) -> None:
    """In private to whoever asked, whose line may have broken meanwhile."""
    try:
        for said in answer:
            await bot.notify(line.room, line.occupant.nick, said.text)
    except (NotInRoom, RequestUnanswered, ConnectionLost):
        log.info("answer_not_given", messages=[said.message for said in answer])


def _asker(session: Session, occupant: Occupant) -> Asker:
    """Whoever sits in the secretary's chair now asks as the secretary; everybody else as the member they are."""
    member = member_of(occupant)
    is_secretary = member is not None and member == session.acting(Office.SECRETARY)
    role = Role.SECRETARY if is_secretary else Role.MEMBER
    return Asker(role=role, channel=Channel.CHAT, member=member)
