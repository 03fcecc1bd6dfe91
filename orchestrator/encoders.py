"""The encoder of one broadcast: kept in the room while one is wanted, and replaced when it sends nothing."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta

import structlog

from orchestrator.council.members import SessionId
from recorder.errors import RecorderError
from recorder.jibri import Busyness, Jibri

log = structlog.get_logger()

_PAUSE = timedelta(seconds=1)
"""Between two attempts to get an encoder."""
_PATIENCE = timedelta(seconds=45)
"""How long an encoder that was started may take to send pictures: a Jibri loads the page and joins (10-30 s)."""


@dataclass(slots=True, kw_only=True)
class Encoding:
    """Whoever carries the broadcast says whether an encoder `is_wanted` and whether pictures come (`has_source`).

    `report` is told why there is none. `address` is where it sends to; it holds the key.
    """

    session_id: SessionId
    jibris: tuple[Jibri, ...]
    jitsi_url: str
    room: str
    address: str = field(repr=False)
    report: Callable[[str], Awaitable[None]]
    _is_wanted: bool = False
    _has_source: bool = False
    _turn: int = 0
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def want(self, is_wanted: bool, turn: int) -> None:
        """Whether one belongs in the room. An encoder that began in an earlier `turn` must go for another."""
        self._is_wanted, self._turn = is_wanted, turn
        self._news.set()

    def hear(self, *, has_source: bool) -> None:
        self._has_source = has_source
        self._news.set()

    async def keep(self) -> None:
        """Have an encoder in the room while one is wanted and none sends, without an end."""
        while True:
            await self._until(lambda: self._is_wanted and not self._has_source)
            if jibri := await self._start():
                try:
                    await self._while_it_sends(jibri)
                finally:
                    # At once, before it could have been given to another broadcast: stopping names no session.
                    await _release(jibri)
            else:
                await self.report("no_encoder_free")
                await asyncio.sleep(_PAUSE.total_seconds())

    async def _while_it_sends(self, jibri: Jibri) -> None:
        """Returns when it sends nothing (any more), is not wanted, or another is asked for."""
        turn = self._turn

        def may_stay() -> bool:
            return self._is_wanted and self._turn == turn

        try:
            async with asyncio.timeout(_PATIENCE.total_seconds()):
                await self._until(lambda: self._has_source or not may_stay())
        except TimeoutError:
            log.warning("encoder_sends_nothing", session_id=self.session_id, encoder=jibri.url)
            await self.report("encoder_sends_nothing")
            return
        await self._until(lambda: not (self._has_source and may_stay()))

    async def _start(self) -> Jibri | None:
        """The first Jibri that is free and takes the room."""
        for jibri in self.jibris:
            try:
                health = await jibri.health()
                if health.is_healthy and health.busyness is Busyness.IDLE:
                    await jibri.start(
                        session=self.session_id, base=self.jitsi_url, room=self.room, address=self.address
                    )
                    log.info("encoder_started", session_id=self.session_id, encoder=jibri.url)
                    return jibri
            except RecorderError as unfit:
                log.info("encoder_not_started", session_id=self.session_id, encoder=jibri.url, reason=str(unfit))
        return None

    async def _until(self, holds: Callable[[], bool]) -> None:
        while not holds():
            self._news.clear()
            await self._news.wait()


async def _release(jibri: Jibri) -> None:
    try:
        await jibri.stop()
    except RecorderError as gone:
        log.info("encoder_not_stopped", encoder=jibri.url, reason=str(gone))
