"""Postgres' NOTIFY, heard by one connection a process and passed on to whoever waits for that key."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from enum import StrEnum
from typing import Final

import asyncpg
import structlog

_PAUSE: Final = timedelta(seconds=1)
_PROBE: Final = timedelta(seconds=10)

log = structlog.get_logger()


class Channel(StrEnum):
    """What is told, and with which key."""

    RECORD = "plenari_record"  # something was recorded in the session of that id
    INBOX = "plenari_inbox"  # somebody asks something of the session of that id
    ANSWERS = "plenari_answers"  # the row of the inbox with that id has its answer
    ALERTS = "plenari_alerts"  # something is new with the alerts; the key is the session's, or empty


ANY: Final = "*"
"""Given as the key, whatever the key is."""


class Listener:
    """Calls back when something is told. A call only says *look again*: there may be nothing new, or several things."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._hearers: defaultdict[tuple[str, str], list[Callable[[], None]]] = defaultdict(list)

    @contextmanager
    def hearing(self, channel: Channel, key: str, call: Callable[[], None]) -> Iterator[None]:
        """Call `call` whenever that key is told on the channel, and when something may have been missed."""
        place = (channel.value, key)
        self._hearers[place].append(call)
        try:
            yield
        finally:
            self._hearers[place].remove(call)
            if not self._hearers[place]:
                del self._hearers[place]

    async def run(self) -> None:
        """Listen for ever. While the connection is lost nothing is heard; when it is back everybody looks again."""
        while True:
            try:
                await self._run_once()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("listener_lost", error=type(error).__name__)
            await asyncio.sleep(_PAUSE.total_seconds())

    async def _run_once(self) -> None:
        lost = asyncio.Event()
        async with self._pool.acquire() as connection:
            connection.add_termination_listener(lambda _: lost.set())
            try:
                for channel in Channel:
                    await connection.add_listener(channel, self._pass_on)
                self._call_all()
                while not await _is_set_within(_PROBE, lost):
                    # A connection that was cut off without a word is found out only by using it.
                    await connection.execute("SELECT", timeout=_PROBE.total_seconds())
            finally:
                with suppress(OSError, asyncpg.InterfaceError, asyncpg.PostgresError):
                    await connection.reset()

    def _pass_on(self, _connection: object, _pid: int, channel: str, payload: object) -> None:
        for key in (str(payload), ANY):
            for call in tuple(self._hearers.get((channel, key), ())):
                call()

    def _call_all(self) -> None:
        for calls in tuple(self._hearers.values()):
            for call in tuple(calls):
                call()


async def _is_set_within(patience: timedelta, event: asyncio.Event) -> bool:
    with suppress(TimeoutError):
        async with asyncio.timeout(patience.total_seconds()):
            await event.wait()
    return event.is_set()


async def notify(connection: asyncpg.pool.PoolConnectionProxy, channel: Channel, key: str) -> None:
    """Tell it when the transaction commits."""
    await connection.execute("SELECT pg_notify($1, $2)", channel.value, key)
