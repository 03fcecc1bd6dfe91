"""The encoder of one broadcast: kept in the room while one is wanted, and replaced when it sends nothing."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from orchestrator.council.members import SessionId
from orchestrator.store.encoders import Booking, Encoder, Encoders, EncoderState
from recorder.errors import RecorderError
from recorder.jibri import Account, Busyness, Jibri

log = structlog.get_logger()

_PAUSE = timedelta(seconds=1)
"""Between two attempts to get an encoder."""
_PATIENCE = timedelta(seconds=45)
"""How long an encoder that was started may take to send pictures: a Jibri loads the page and joins (10-30 s)."""
_LOOK = timedelta(seconds=2)
"""How often it is looked at until then."""
_STALL = timedelta(seconds=12)
"""How long one that sent may send nothing on a connection that stands, before another is worth its 10-30 s without the
room: a card covers it. As long as the recorder's ingest carries it (`recorder.front`)."""


@dataclass(slots=True, kw_only=True)
class Encoding:
    """Whoever carries the broadcast says whether an encoder `is_wanted` and whether pictures come (`has_source`).

    `report` is told why there is none. `address` is where it sends to; it holds the key. `account` is
    as whom it enters the `room`.
    """

    session_id: SessionId
    jibris: tuple[Jibri, ...]
    jitsi_url: str
    room: str
    account: Account
    address: str = field(repr=False)
    report: Callable[[str], Awaitable[None]]
    bookings: Encoders
    now: Callable[[], datetime]
    _jibri: Jibri | None = None
    _is_told: bool = False
    _is_wanted: bool = False
    _has_source: bool = False
    _is_stalled: bool = False
    _turn: int = 0
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def want(self, is_wanted: bool, turn: int) -> None:
        """Whether one belongs in the room. An encoder that began in an earlier `turn` must go for another."""
        self._is_wanted, self._turn, self._is_told = is_wanted, turn, True
        self._news.set()

    def hear(self, *, has_source: bool, is_stalled: bool = False) -> None:
        """`is_stalled`: it sends nothing now, but is connected and may go on."""
        self._has_source, self._is_stalled = has_source, is_stalled
        self._news.set()

    async def keep(self) -> None:
        """Have an encoder in the room while one is wanted and none sends, without an end."""
        await self._until(lambda: self._is_told)
        if jibri := await self._booked():
            await self._use(jibri)
        while True:
            await self._until(lambda: self._is_wanted and not self._has_source)
            if jibri := await self._start():
                await self._use(jibri)
            else:
                await self.report("no_encoder_free")
                await asyncio.sleep(_PAUSE.total_seconds())

    async def explain(self, cause: str) -> str:
        """Why the pictures stopped: the encoder may say more than the line that broke."""
        if self._jibri is None:
            return cause
        return await condition(self._jibri) or cause

    async def close(self) -> None:
        """The encoder goes, at once: before it could be given to another broadcast, for stopping names no session. Not
        when only this process ends: the encoder goes on, and whoever carries the broadcast next finds its booking."""
        jibri, self._jibri = self._jibri, None
        if jibri is not None:
            await _release(jibri)
            await self.bookings.release(jibri.url, self.session_id)

    async def _use(self, jibri: Jibri) -> None:
        self._jibri = jibri
        if failure := await self._while_it_sends(jibri):
            await self.bookings.fail(jibri.url, failure, self.now())
        await self.close()

    async def _booked(self) -> Jibri | None:
        """The one that encodes for this broadcast since before this process began."""
        bookings = await self.bookings.bookings()
        for jibri in self.jibris:
            booking = bookings.get(jibri.url)
            if booking and booking.session == self.session_id and await condition(jibri) == "":
                log.info("encoder_adopted", session_id=self.session_id, encoder=jibri.url)
                return jibri
        return None

    async def _while_it_sends(self, jibri: Jibri) -> str:
        """Returns when it sends nothing (any more): why another is to come; empty when none is wanted."""
        turn = self._turn

        def may_stay() -> bool:
            return self._is_wanted and self._turn == turn

        if failure := await self._until_it_sends(jibri, may_stay):
            log.warning("encoder_brought_nothing", session_id=self.session_id, encoder=jibri.url, cause=failure)
            await self.report(failure)
            return failure
        while self._has_source and may_stay():
            await self._until(lambda: not (self._has_source and may_stay()))
            await self._sit_out(may_stay)
        if may_stay():
            return await self.explain("source_stalled" if self._is_stalled else "source_closed")
        return "restart_asked" if self._is_wanted else ""

    async def _until_it_sends(self, jibri: Jibri, may_stay: Callable[[], bool]) -> str:
        """Returns as well when it is wanted no more; otherwise why nothing comes, as the cause of an alert.

        By HTTP a Jibri does not say why it gave up: an address that it may not or cannot send to, a room that it could
        not enter. It is busy from the start, so that an idle one has given up, and nobody waits for it any longer."""
        loop = asyncio.get_running_loop()
        until = loop.time() + _PATIENCE.total_seconds()
        while loop.time() < until:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOK.total_seconds()):
                    await self._until(lambda: self._has_source or not may_stay())
                    return ""
            found = await condition(jibri)
            if found == "encoder_sick":
                return found
            if found == "encoder_left" and not self._has_source:
                return "encoder_gave_up"
        return "encoder_sends_nothing"

    async def _sit_out(self, may_stay: Callable[[], bool]) -> None:
        """Returns at once unless the encoder has stalled; then when it is over, one way or the other, or too long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_STALL.total_seconds()):
                await self._until(lambda: not (self._is_stalled and may_stay()))

    async def _start(self) -> Jibri | None:
        """One that is free and takes the room; those that never failed first, then whoever failed longest ago."""
        known = await self.bookings.bookings()
        failures = {url: booking.failed_at.timestamp() for url, booking in known.items() if booking.failed_at}
        for jibri in sorted(self.jibris, key=lambda one: failures.get(one.url, 0.0)):
            try:
                health = await jibri.health()
                is_free = health.is_healthy and health.busyness is Busyness.IDLE
                if is_free and await self.bookings.book(jibri.url, self.session_id, self.now()):
                    await self._send_in(jibri)
                    return jibri
            except RecorderError as unfit:
                log.info("encoder_not_started", session_id=self.session_id, encoder=jibri.url, reason=str(unfit))
                await self.bookings.release(jibri.url, self.session_id)
        return None

    async def _send_in(self, jibri: Jibri) -> None:
        await jibri.start(
            session=self.session_id,
            base=self.jitsi_url,
            room=self.room,
            address=self.address,
            account=self.account,
        )
        log.info("encoder_started", session_id=self.session_id, encoder=jibri.url)

    async def _until(self, holds: Callable[[], bool]) -> None:
        while not holds():
            self._news.clear()
            await self._news.wait()


async def condition(jibri: Jibri) -> str:
    """What is wrong with an encoder that should encode, as the cause of an alert; empty when it does.

    A Jibri that is idle has left the room by itself: an empty call (30 s), everybody muted (10 min), no media (3 min),
    an ffmpeg that died. It never comes back by itself, nor tells anybody over HTTP (jibri `call-status-checks`)."""
    try:
        health = await jibri.health()
    except RecorderError:
        return "encoder_unreachable"
    if not health.is_healthy:
        return "encoder_sick"
    return "" if health.busyness is Busyness.BUSY else "encoder_left"


async def survey(jibris: Sequence[Jibri], bookings: Encoders) -> tuple[Encoder, ...]:
    """All encoders as they are now."""
    known = await bookings.bookings()
    async with asyncio.TaskGroup() as tasks:
        states = [(jibri, tasks.create_task(_state(jibri, known.get(jibri.url)))) for jibri in jibris]
    return tuple(Encoder(url=j.url, state=state.result(), booking=known.get(j.url)) for j, state in states)


async def _state(jibri: Jibri, booking: Booking | None) -> EncoderState:
    match await condition(jibri):
        case "encoder_left":
            return EncoderState.FREE
        case "":
            return EncoderState.BOOKED if booking and booking.session else EncoderState.BUSY
        case _:
            return EncoderState.SICK


async def _release(jibri: Jibri) -> None:
    try:
        await jibri.stop()
    except RecorderError as gone:
        log.info("encoder_not_stopped", encoder=jibri.url, reason=str(gone))
