"""Performs the effects of one session, each lane in order, beside its conductor and never in its way.

An effect is performed at least once and settled once. What the performer raises decides: an error that says it is
`is_retryable` is tried again with growing pauses, bounded in length and in all; any other error is logged and the
effect settled as failed, since the meeting goes on without it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from enum import StrEnum
from typing import Final, assert_never

import structlog
from tenacity import AsyncRetrying, retry_if_exception, stop_after_delay, wait_exponential

from orchestrator.council.effects import (
    AllowToSpeak,
    Announce,
    Effect,
    LeaveChamber,
    RaiseAlert,
    ResolveAlert,
    Silence,
    StartBroadcast,
    WatchChamber,
)
from orchestrator.council.members import SessionId
from orchestrator.council.session import Session
from orchestrator.store.outbox import EffectId, Outbox

Perform = Callable[[SessionId, Session, Effect], Awaitable[None]]
"""Carries out one effect of a session, which is given as it is now."""

_FIRST_PAUSE: Final = 0.25
_LONGEST_PAUSE: Final = 5.0
_PATIENCE: Final = 600.0

log = structlog.get_logger()


class Lane(StrEnum):
    """Effects of one lane keep their order; an encoder that starts slowly does not hold up the chat."""

    CHAMBER = "chamber"
    BROADCAST = "broadcast"
    ALERTS = "alerts"


class Performing:
    """The effects of one session that are not settled yet. `idle` is called when none is left."""

    def __init__(
        self,
        session_id: SessionId,
        outbox: Outbox,
        perform: Perform,
        now: Callable[[], datetime],
        idle: Callable[[], None],
    ) -> None:
        self._session_id = session_id
        self._outbox = outbox
        self._perform = perform
        self._now = now
        self._idle = idle
        self._lanes: dict[Lane, asyncio.Queue[tuple[EffectId, Effect]]] = {lane: asyncio.Queue() for lane in Lane}
        self._last = EffectId(0)
        self._open = 0

    @property
    def is_idle(self) -> bool:
        """Whether everything that was recorded is settled."""
        return self._open == 0

    async def fetch(self) -> None:
        """Take up what the outbox holds beyond what was taken up before."""
        for effect_id, effect in await self._outbox.pending(self._session_id, self._last):
            self._open += 1
            self._last = effect_id
            self._lanes[lane_of(effect)].put_nowait((effect_id, effect))

    async def run(self, session: Callable[[], Session]) -> None:
        """Perform for ever what is fetched."""
        async with asyncio.TaskGroup() as tasks:
            for lane, queue in self._lanes.items():
                tasks.create_task(self._follow(queue, session), name=f"{lane} of {self._session_id}")

    async def _follow(self, queue: asyncio.Queue[tuple[EffectId, Effect]], session: Callable[[], Session]) -> None:
        while True:
            effect_id, effect = await queue.get()
            failure = await self._try(effect, session)
            await self._outbox.settle(effect_id, self._now(), failure)
            self._open -= 1
            if self._open == 0:
                self._idle()

    async def _try(self, effect: Effect, session: Callable[[], Session]) -> str | None:
        """Returns why it was given up, or None when it is done."""
        bound = log.bind(session_id=self._session_id, effect=type(effect).__name__)
        trying = AsyncRetrying(
            retry=retry_if_exception(is_retryable),
            wait=wait_exponential(multiplier=_FIRST_PAUSE, max=_LONGEST_PAUSE),
            stop=stop_after_delay(_PATIENCE),
            before_sleep=lambda attempt: bound.warning("effect_delayed", attempt=attempt.attempt_number),
            reraise=True,
        )
        try:
            async for attempt in trying:
                with attempt:
                    await self._perform(self._session_id, session(), effect)
        except Exception as error:
            bound.exception("effect_given_up")
            return type(error).__name__
        bound.debug("effect_performed")
        return None


def is_retryable(error: BaseException) -> bool:
    """What the errors of bot and recorder say of themselves; a bug does not say it."""
    return getattr(error, "is_retryable", False) is True


def lane_of(effect: Effect) -> Lane:
    """In which order an effect stands."""
    match effect:
        case Announce() | AllowToSpeak() | Silence() | WatchChamber() | LeaveChamber():
            return Lane.CHAMBER
        case StartBroadcast():
            return Lane.BROADCAST
        case RaiseAlert() | ResolveAlert():
            return Lane.ALERTS
        case _:
            assert_never(effect)
