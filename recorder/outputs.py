"""Where the programme and the recording go. Each output is supervised on its own: it fails alone and returns alone."""

import asyncio
import contextlib
import random
import socket
import ssl
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlsplit

import structlog

from recorder.amf import Array, encode
from recorder.flv import Kind, Tag
from recorder.graph import SAMPLE_RATE, Picture
from recorder.health import Condition, Health
from recorder.rtmp import PublishAccepted, PublishRefused, PublishSession
from recorder.rtmp_chunks import RtmpError
from recorder.status import OutputStatus

log = structlog.get_logger()

_MOST_QUEUED = 6 * 1024 * 1024
_CONNECT_LIMIT = 5.0
_WELCOME_LIMIT = 10.0
_STALL_LIMIT = 8.0
_GOODBYE_LIMIT = 2.0
_BATCH = 64 * 1024
_SEND_BUFFER = 256 * 1024
_USER_TIMEOUT = 10_000
_PORTS = {"rtmp": 1935, "rtmps": 443}


class OutputLostError(Exception):
    """An output cannot go on; `cause` is the short code that the operators see. It carries no address and no key."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


class Backoff:
    """How long to wait before the next attempt, in seconds: 0.5 growing to 2.5, and 10 after a minute of failure.

    Doubling up to 15 seconds was measured as well: after an outage of ten it cost seven more.
    """

    def __init__(self) -> None:
        self._pause = 0.0
        self._failing = 0.0

    def next(self, lived: float) -> float:
        """The pause after an attempt that lived so long."""
        if lived >= 20:
            self._pause = self._failing = 0.0
        self._pause = min(self._pause * 1.7, 2.5) or 0.5
        self._failing += lived + self._pause
        pause = 10.0 if self._failing > 60 else self._pause
        return pause * random.uniform(0.8, 1.2)  # noqa: S311 - jitter, not a secret


class Output(ABC):
    """Takes tags without ever waiting. Tags that come while it is down are not kept: on its return it is given what a
    joining receiver needs."""

    def __init__(
        self,
        name: str,
        joining: Callable[[], list[Tag]],
        now: Callable[[], datetime],
        changed: Callable[[], None],
    ) -> None:
        self.name = name
        self.condition = Condition(health=Health.STARTING, since=now())
        self._changed = changed
        self.starts = self.dropped = self.sent = 0
        self._joining = joining
        self._now = now
        self._queue: deque[Tag] = deque()
        self._queued = 0
        self._is_open = False
        self._must_join = False
        self._is_ending = False
        self._woken = asyncio.Event()

    @abstractmethod
    async def _run_once(self) -> None:
        """From opening to loss. Raises `OutputLostError`; returns after `end()`."""

    async def run(self) -> None:
        """Open, write, reopen; returns after `end()`."""
        backoff, loop = Backoff(), asyncio.get_running_loop()
        while not self._is_ending:
            began = loop.time()
            try:
                await self._run_once()
            except* OutputLostError as lost:
                cause = _first_cause(lost)
                self._become(Health.LOST, cause)
                log.warning("output_lost", output=self.name, cause=cause)
            finally:
                self._is_open = False
                self._forget()
            if not self._is_ending:
                await self._pause(backoff.next(loop.time() - began))

    def feed(self, tags: list[Tag]) -> None:
        """Tags of one moment, as the timeline returned them."""
        if not self._is_open or self._is_closing or not tags:
            return
        if self._must_join:
            if not any(tag.is_keyframe for tag in tags):
                self.dropped += len(tags)
                return
            tags = self._joining()
            self._must_join = False
        self._queue.extend(tags)
        self._queued += sum(len(tag.body) for tag in tags)
        if self._queued > _MOST_QUEUED:
            self.purge()
        self._woken.set()

    def purge(self) -> None:
        """Throw away what is not sent yet; go on at the next keyframe."""
        self.dropped += len(self._queue)
        self._forget()
        self._must_join = True

    def end(self) -> None:
        """Send what waits, say goodbye, and let `run` return."""
        self._is_ending = True
        self._woken.set()

    def status(self) -> OutputStatus:
        return OutputStatus(
            name=self.name,
            condition=self.condition,
            starts=self.starts,
            backlog=self._queued,
            dropped=self.dropped,
            sent=self.sent,
        )

    def _open(self) -> None:
        """From now on tags are taken, beginning with those that a joining receiver needs."""
        self._is_open = True
        self._queue.extend(self._joining())
        self._must_join = not self._queue
        self._queued = sum(len(tag.body) for tag in self._queue)
        self.starts += 1
        self._woken.set()
        self._become(Health.LIVE)
        log.info("output_live", output=self.name, starts=self.starts)

    def _become(self, health: Health, cause: str = "") -> None:
        self.condition = self.condition.become(health, self._now(), cause)
        self._changed()

    @property
    def _is_closing(self) -> bool:
        """Whether what waits is the last that is written for now."""
        return self._is_ending

    async def _next(self, most: int = _BATCH) -> list[Tag]:
        """What waits, in pieces of about so many bytes: one fits a send buffer. Empty only at the end."""
        while not self._queue:
            if self._is_closing:
                return []
            self._woken.clear()
            await self._woken.wait()
        batch, size = [], 0
        while self._queue and size < most:
            tag = self._queue.popleft()
            size += len(tag.body)
            batch.append(tag)
        self._queued -= size
        self.sent += size
        return batch

    def _forget(self) -> None:
        self._queue.clear()
        self._queued = 0

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                while not self._is_ending:
                    self._woken.clear()
                    await self._woken.wait()
        except TimeoutError:
            pass


def _first_cause(group: BaseExceptionGroup[OutputLostError]) -> str:
    first = group.exceptions[0]
    return first.cause if isinstance(first, OutputLostError) else _first_cause(first)


def cut(writer: asyncio.StreamWriter) -> None:
    """Close the connection at once, without a word."""
    # Debian's Python 3.11.2 has forgotten the TLS protocol of a connection that its peer ended.
    with contextlib.suppress(AttributeError):
        writer.transport.abort()


class RelayOutput(Output):
    """Publishes the programme to an RTMP or RTMPS server, in this process: the key is in no process list, and the
    backlog is known to the byte. Certificates are verified against the system's authorities."""

    def __init__(
        self,
        *,
        name: str,
        address: str,
        key: str,
        picture: Picture,
        joining: Callable[[], list[Tag]],
        now: Callable[[], datetime],
        changed: Callable[[], None],
    ) -> None:
        super().__init__(name, joining, now, changed)
        self._address = address.rstrip("/")
        self._key = key
        self._picture = picture

    async def _run_once(self) -> None:
        try:
            reader, writer = await self._connect()
        except ConnectionRefusedError:
            raise OutputLostError("destination_refused") from None
        except socket.gaierror:
            raise OutputLostError("destination_unknown") from None
        except ssl.SSLError:
            raise OutputLostError("certificate_refused") from None
        except (OSError, TimeoutError):
            raise OutputLostError("destination_unreachable") from None
        try:
            await self._publish(reader, writer)
        finally:
            cut(writer)

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        parts = urlsplit(self._address)
        tls = ssl.create_default_context() if parts.scheme == "rtmps" else None
        async with asyncio.timeout(_CONNECT_LIMIT):
            reader, writer = await asyncio.open_connection(parts.hostname, parts.port or _PORTS[parts.scheme], ssl=tls)
        connection = writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _USER_TIMEOUT)
        writer.transport.set_write_buffer_limits(high=_BATCH)
        return reader, writer

    async def _publish(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        session = PublishSession(address=self._address, app=_app(self._address), key=self._key)
        try:
            async with asyncio.timeout(_WELCOME_LIMIT):
                while not await self._hear(session, reader, writer):
                    pass
        except TimeoutError:
            raise OutputLostError("destination_stalled") from None
        self._open()
        async with asyncio.TaskGroup() as tasks:
            listening = tasks.create_task(self._listen(session, reader, writer))
            await self._send(session, writer)
            listening.cancel()
        session.close()
        await self._write(session, writer)
        await self._flush(writer)

    async def _listen(
        self, session: PublishSession, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        while True:
            await self._hear(session, reader, writer)

    async def _hear(self, session: PublishSession, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Send what the session has to say, wait for an answer; True once the server takes our stream."""
        try:
            writer.write(session.outgoing())
            data = await reader.read(4096)
            facts = session.feed(data)
            writer.write(session.outgoing())
        except OSError:
            raise OutputLostError("destination_closed") from None
        except RtmpError:
            raise OutputLostError("destination_garbled") from None
        if not data:
            raise OutputLostError("destination_closed")
        if any(isinstance(fact, PublishRefused) for fact in facts):
            raise OutputLostError("key_refused")
        return any(isinstance(fact, PublishAccepted) for fact in facts)

    async def _send(self, session: PublishSession, writer: asyncio.StreamWriter) -> None:
        """Each connection's clock starts at zero, whatever the broadcast's says."""
        start = min(tag.ts for tag in self._queue) if self._queue else None
        session.publish(_metadata(self._picture))
        while batch := await self._next():
            start = min(tag.ts for tag in batch) if start is None else start
            for tag in batch:
                session.publish(tag.at(max(tag.ts - start, 0)))
            await self._write(session, writer)

    async def _write(self, session: PublishSession, writer: asyncio.StreamWriter) -> None:
        try:
            writer.write(session.outgoing())
            if writer.transport.get_write_buffer_size() > 0:
                async with asyncio.timeout(_STALL_LIMIT):
                    await writer.drain()
        except TimeoutError:
            raise OutputLostError("destination_stalled") from None
        except OSError:
            raise OutputLostError("destination_closed") from None

    async def _flush(self, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(_GOODBYE_LIMIT):
                writer.close()
                await writer.wait_closed()
        except (OSError, TimeoutError):
            pass


def _app(address: str) -> str:
    """The application, with the query that belongs to it: YouTube's reserve is `live2?backup=1`."""
    parts = urlsplit(address)
    return parts.path.strip("/") + (f"?{parts.query}" if parts.query else "")


def _metadata(picture: Picture) -> Tag:
    facts = Array(
        width=picture.width,
        height=picture.height,
        framerate=picture.fps,
        videocodecid=7,
        audiocodecid=10,
        audiosamplerate=SAMPLE_RATE,
        stereo=True,
        encoder="Plenari",
    )
    return Tag(Kind.SCRIPT, 0, encode("@setDataFrame", "onMetaData", facts))
