"""One task conducts one session: inbox → decide → ledger → effects.

What waits in the inbox is decided one message after the other on the evolving session, and all that follows is
written in one transaction: a storm of arrivals costs few commits. Only then is anybody told, and only then do the
machines hear of it (`performing.py`), beside this task and not in its way.

Time is a message. The session says its next deadline; a deadline that is overdue is served before the next message,
so that a busy inbox never lengthens a grace or a turn.

Restart is replay: `take_over` fences whoever conducted before, loads the record, and goes on with the effects that
are not settled.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

import structlog

from orchestrator.council.commands import Command
from orchestrator.council.deadlines import next_deadline
from orchestrator.council.decide import decide
from orchestrator.council.effects import Effect
from orchestrator.council.events import Event
from orchestrator.council.glance import glance
from orchestrator.council.members import SessionId
from orchestrator.council.observations import ChamberLost, Grade, JournalMark, Observation, Sighting, TimePassed
from orchestrator.council.react import react
from orchestrator.council.refusals import Reason, Refused
from orchestrator.council.session import Phase, Session, evolve, replay
from orchestrator.performing import Perform, Performing
from orchestrator.store.inbox import Accepted, Answer, AskedId, Inbox
from orchestrator.store.ledger import Fenced, Ledger, Tenure
from orchestrator.store.listener import Channel
from orchestrator.store.outbox import Outbox

_BATCH: Final = 256

log = structlog.get_logger()


class NotConducted(LookupError):
    """The session is not conducted in this process (any more); ask again, or by the inbox in the database."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """What every conductor of this process works with."""

    ledger: Ledger
    outbox: Outbox
    inbox: Inbox
    perform: Perform
    now: Callable[[], datetime]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Letter:
    """A message and whom to answer: a waiting task, a row of the inbox, or nobody."""

    message: Command | Observation
    reply: asyncio.Future[Accepted] | None = None
    row: AskedId | None = None


@dataclass(slots=True)
class _Draft:
    """What the messages of one batch come to, before it is written."""

    session: Session
    events: list[Event] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)

    def take(self, message: Command | Observation, now: datetime) -> None:
        """Raises Refused, and then has not changed."""
        for event in decide(self.session, message, now):
            self.session = evolve(self.session, event)
            self.events.append(event)
            self.effects.extend(react(self.session, event))

    def pass_time(self, now: datetime) -> None:
        """Serve the deadline if it is due."""
        deadline = next_deadline(self.session)
        if deadline is None or deadline > now:
            return
        self.take(TimePassed(), now)
        following = next_deadline(self.session)
        if following is not None and following <= now:
            raise RuntimeError(f"time passed, but the deadline of {deadline} did not")


async def take_over(session_id: SessionId, stage: Stage) -> "Conductor":
    """Become the session's conductor; whoever was it before is fenced. Raises `NoSuchSession`.

    A conductor that died could not say that it stopped watching: its last sign of life is when nobody watched any more.
    """
    tenure = await stage.ledger.take(session_id)
    recorded = await stage.ledger.load(session_id)
    session = replay(entry.event for entry in recorded)
    conductor = Conductor(session_id, stage, tenure=tenure, session=session, version=len(recorded))
    if session.is_observed:
        signs = [recorded[-1].recorded_at, *([tenure.before_alive_at] if tenure.before_alive_at else [])]
        conductor.deliver(ChamberLost(seen=Sighting(grade=Grade.PRESENCE, at=max(signs))))
    return conductor


class Conductor:
    """The only writer of one session. Everybody else delivers to its inbox.

    `term` counts the conductors of the session. `mark`: up to there the journal of the room has been decided, and what
    came of it is on the record.
    """

    def __init__(self, session_id: SessionId, stage: Stage, *, tenure: Tenure, session: Session, version: int) -> None:
        self.session_id = session_id
        self._stage = stage
        self.term = tenure.term
        self.mark = tenure.mark
        self._session = session
        self._version = version
        self._letters: deque[_Letter] = deque()
        self._has_rows = False
        self._news = asyncio.Event()
        self._has_ended = False
        self._performing = Performing(session_id, stage.outbox, stage.perform, stage.now, self._news.set)
        self._log = log.bind(session_id=session_id)

    @property
    def session(self) -> Session:
        """The session as it is on the record."""
        return self._session

    def deliver(self, message: Command | Observation) -> None:
        """Put a message into the inbox; nobody hears of a refusal."""
        self._put(_Letter(message=message))

    async def ask(self, command: Command) -> Accepted:
        """Put a command into the inbox, at once and in order, and wait for its answer, which is on the record by then.

        Raises Refused, and `NotConducted` when the conducting ended before it was answered.
        """
        if self._has_ended:
            raise self._last_word()
        reply: asyncio.Future[Accepted] = asyncio.get_running_loop().create_future()
        self._put(_Letter(message=command, reply=reply))
        return await reply

    async def run(self) -> None:
        """Conduct until the session is adjourned and every effect is settled. Raises `Fenced`."""
        lost: Fenced | None = None
        try:
            async with asyncio.TaskGroup() as tasks:
                performing = tasks.create_task(self._performing.run(lambda: self._session), name="performing")
                with self._stage.inbox.listener.hearing(Channel.INBOX, self.session_id, self._look_into_inbox):
                    try:
                        await self._conduct()
                    except Fenced as fenced:
                        lost = fenced
                performing.cancel()
        finally:
            self._end()
        if lost is not None:
            raise lost

    async def _conduct(self) -> None:
        self._look_into_inbox()
        await self._performing.fetch()
        while not self._is_over():
            letters = await self._next_letters()
            try:
                await self._record(letters)
            except BaseException:
                self._letters.extendleft(reversed(letters))  # their askers are answered when it has ended
                raise

    def _is_over(self) -> bool:
        has_letters = bool(self._letters) or self._has_rows
        return self._session.phase is Phase.ADJOURNED and self._performing.is_idle and not has_letters

    async def _next_letters(self) -> list[_Letter]:
        """Wait for news or for the deadline. Returns what is there, which is nothing when the deadline came first."""
        deadline = next_deadline(self._session)
        patience = None if deadline is None else max(0.0, (deadline - self._stage.now()).total_seconds())
        with suppress(TimeoutError):
            async with asyncio.timeout(patience):
                await self._news.wait()
        self._news.clear()
        letters = [self._letters.popleft() for _ in range(min(len(self._letters), _BATCH))]
        if self._letters:
            self._news.set()
        if self._has_rows:
            self._has_rows = False
            waiting = await self._stage.inbox.waiting(self.session_id)
            letters.extend(_Letter(message=asked.message, row=asked.id) for asked in waiting)
        return letters

    async def _record(self, letters: Sequence[_Letter]) -> None:
        """Decide them all, write what follows in one transaction, then tell those who wait."""
        draft = _Draft(self._session)
        draft.pass_time(self._stage.now())
        outcomes = [self._decide(draft, letter.message) for letter in letters]
        answers = [
            Answer(id=letter.row, outcome=outcome)
            for letter, outcome in zip(letters, outcomes, strict=True)
            if letter.row is not None
        ]
        mark = next((m for m in map(_mark_of, reversed(letters)) if m), self.mark)
        if draft.events or answers:
            self._version = await self._stage.ledger.append(
                self.session_id,
                draft.events,
                draft.effects,
                self._version,
                self._stage.now(),
                term=self.term,
                phase=draft.session.phase,
                answers=answers,
                mark=mark,
                glance=glance(draft.session),
            )
        self._session, self.mark = draft.session, mark
        for event in draft.events:
            self._log.info("event_recorded", kind=type(event).__name__)
        for letter, outcome in zip(letters, outcomes, strict=True):
            if letter.reply is not None:
                _resolve(letter.reply, outcome)
        if draft.effects:
            await self._performing.fetch()

    def _decide(self, draft: _Draft, message: Command | Observation) -> Accepted | Refused:
        now = self._stage.now()
        draft.pass_time(now)
        try:
            draft.take(message, now)
        except Refused as refusal:
            self._log.info("message_refused", message=type(message).__name__, reason=refusal.reason)
            return refusal
        return Accepted(version=self._version + len(draft.events))

    def _put(self, letter: _Letter) -> None:
        self._letters.append(letter)
        self._news.set()

    def _look_into_inbox(self) -> None:
        self._has_rows = True
        self._news.set()

    def _end(self) -> None:
        self._has_ended = True
        for letter in self._letters:
            if letter.reply is not None:
                _resolve(letter.reply, self._last_word())
        self._letters.clear()

    def _last_word(self) -> Refused | NotConducted:
        if self._session.phase is Phase.ADJOURNED:
            return Refused(Reason.ADJOURNED)
        return NotConducted(self.session_id)


def _mark_of(letter: _Letter) -> JournalMark | None:
    seen = getattr(letter.message, "seen", None)
    return seen.mark if isinstance(seen, Sighting) else None


def _resolve(reply: asyncio.Future[Accepted], outcome: Accepted | Refused | NotConducted) -> None:
    if reply.done():  # the asker went away
        return
    if isinstance(outcome, Accepted):
        reply.set_result(outcome)
    else:
        reply.set_exception(outcome)
