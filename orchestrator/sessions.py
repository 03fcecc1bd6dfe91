"""Which sessions are conducted in this process. The job `conduct_session` runs `Sessions.conduct`."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta

import asyncpg
import structlog

from orchestrator.conductor import Conductor, NotConducted, Stage, take_over
from orchestrator.council.commands import Command, Convene
from orchestrator.council.decide import decide
from orchestrator.council.effects import Effect
from orchestrator.council.members import SessionId
from orchestrator.council.observations import JournalMark, Observation
from orchestrator.council.react import react
from orchestrator.council.session import Session, evolve
from orchestrator.performing import Perform
from orchestrator.store.inbox import Accepted, Inbox
from orchestrator.store.ledger import Ledger
from orchestrator.store.listener import Listener
from orchestrator.store.outbox import Outbox

_SIGN_OF_LIFE_SECONDS = 2.0

log = structlog.get_logger()


async def convene(ledger: Ledger, command: Convene, now: datetime, *, gathering: timedelta = timedelta(0)) -> int:
    """Put the call on the record and plan its conducting from `gathering` before its hour. Returns the version.

    Raises Refused, `AlreadyConvened`.
    """
    session = Session()
    events = decide(session, command, now)
    effects: list[Effect] = []
    for event in events:
        session = evolve(session, event)
        effects.extend(react(session, event))
    return await ledger.convene(command.convocation, events, effects, now, gathering=gathering)


class Sessions:
    """The sessions conducted here, and the way to each one's inbox."""

    def __init__(self, pool: asyncpg.Pool, listener: Listener, perform: Perform, now: Callable[[], datetime]) -> None:
        self._stage = Stage(
            ledger=Ledger(pool), outbox=Outbox(pool), inbox=Inbox(pool, listener), perform=perform, now=now
        )
        self._conductors: dict[SessionId, Conductor] = {}
        self._followers: list[Callable[[], None]] = []

    async def conduct(self, session_id: SessionId) -> None:
        """Conduct a session until it is adjourned and every effect is settled. Raises `Fenced`, `NoSuchSession`."""
        conductor = await take_over(session_id, self._stage)
        self._conductors[session_id] = conductor
        log.info("conducting_began", session_id=session_id)
        self._tell_followers()
        try:
            await conductor.run()
        finally:
            # A later conductor of the same session may have taken the place already.
            if self._conductors.get(session_id) is conductor:
                del self._conductors[session_id]
            log.info("conducting_ended", session_id=session_id)
            self._tell_followers()

    def deliver(self, session_id: SessionId, observation: Observation) -> None:
        """Put an observation into the session's inbox; lost if it is not conducted here."""
        if conductor := self._conductors.get(session_id):
            conductor.deliver(observation)

    async def ask(self, session_id: SessionId, command: Command) -> Accepted:
        """Put a command into the inbox, at once and in order, and wait until it is on the record.

        Raises Refused, and `NotConducted` when the session is not conducted here.
        """
        conductor = self._conductors.get(session_id)
        if conductor is None:
            raise NotConducted(session_id)
        return await conductor.ask(command)

    def current(self, session_id: SessionId) -> Session | None:
        """The session as it is on the record, if it is conducted here."""
        conductor = self._conductors.get(session_id)
        return conductor.session if conductor else None

    def term(self, session_id: SessionId) -> int | None:
        """Which of the session's conductors, counted, is the one here; None if there is none."""
        conductor = self._conductors.get(session_id)
        return conductor.term if conductor else None

    def mark(self, session_id: SessionId) -> JournalMark | None:
        """Up to where its record holds the journal of the room."""
        conductor = self._conductors.get(session_id)
        return conductor.mark if conductor else None

    def sessions(self) -> Mapping[SessionId, Session]:
        """Each session that is conducted here, as it is now."""
        return {session_id: conductor.session for session_id, conductor in self._conductors.items()}

    async def keep_alive(self) -> None:
        """Say for ever, on the record's side, that the conductors of this process live."""
        while True:
            if self._conductors:
                await self._stage.ledger.mark_alive(tuple(self._conductors), self._stage.now())
            await asyncio.sleep(_SIGN_OF_LIFE_SECONDS)

    def __iter__(self) -> Iterator[SessionId]:
        return iter(tuple(self._conductors))

    @contextmanager
    def following(self, call: Callable[[], None]) -> Iterator[None]:
        """Call `call` whenever a session begins or ends being conducted here."""
        self._followers.append(call)
        try:
            yield
        finally:
            self._followers.remove(call)

    def _tell_followers(self) -> None:
        for call in tuple(self._followers):
            call()
