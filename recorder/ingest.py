"""Where the encoder publishes to: an RTMP server on one port for one key."""

import asyncio
import hmac
import socket
from typing import Protocol

import structlog

from recorder.flv import FlvError, Tag
from recorder.rtmp import IngestSession, PublishAsked, PublishEnded
from recorder.rtmp_chunks import RtmpError

log = structlog.get_logger()

APP = "live"
_MEETING_LIMIT = 10.0
_MOST_STRANGERS = 16
_READ = 256 * 1024


class Source(Protocol):
    """Who is told of the encoder. Every call returns at once."""

    def connected(self) -> None:
        """A publisher with the right key is in."""

    def feed(self, tag: Tag) -> None:
        """It sent a tag. May raise `FlvError`: then the publisher is put out."""

    def disconnected(self) -> None:
        """It is gone."""

    async def beat(self) -> None:
        """Returns at the next moment at which it takes tags. To wake up for each of seventy a second was measured to
        cost three times as much as to take together what has come."""

    def is_stale(self) -> bool:
        """The publisher that is in has been silent so long that another may take its place."""


class Ingest:
    """Lets in whoever shows the key, one at a time. Strangers cost a socket for ten seconds at most."""

    def __init__(self, key: str, source: Source) -> None:
        self._key = key.encode()
        self._source = source
        self._publisher: asyncio.StreamWriter | None = None
        self._strangers = 0

    async def open(self, host: str, port: int, tasks: asyncio.TaskGroup) -> asyncio.Server:
        """Listen; port 0 takes a free one. Each connection is one of the tasks. Raises `OSError`."""

        def receive(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            tasks.create_task(self._receive(reader, writer))

        return await asyncio.start_server(receive, host, port, limit=_READ)

    async def _receive(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await self._serve(reader, writer)
        except (RtmpError, FlvError) as error:
            log.warning("publisher_garbled", reason=str(error))
        except TimeoutError:
            log.info("stranger_silent")
        except OSError:
            pass  # the connection broke, which `_serve` has told already
        finally:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._strangers >= _MOST_STRANGERS:
            return
        session = IngestSession()
        self._strangers += 1
        try:
            async with asyncio.timeout(_MEETING_LIMIT):
                is_in = await self._meet(session, reader, writer)
        finally:
            self._strangers -= 1
        if not is_in:
            await writer.drain()
            return
        self._admit(writer)
        try:
            while self._publisher is writer and (data := await reader.read(_READ)):
                if self._publisher is not writer or not self._pass_on(session, data):
                    break
                writer.write(session.outgoing())
                await self._rest(writer)
        finally:
            if self._publisher is writer:
                self._publisher = None
                self._source.disconnected()

    async def _rest(self, writer: asyncio.StreamWriter) -> None:
        """Until the next beat what comes waits in the kernel."""
        transport = writer.transport
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - of a socket
        if not transport.is_closing():
            transport.pause_reading()
        await self._source.beat()
        if not transport.is_closing():
            transport.resume_reading()

    async def _meet(self, session: IngestSession, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Up to the publisher's key, and the answer to it."""
        while data := await reader.read(_READ):
            for fact in session.feed(data):
                if isinstance(fact, PublishAsked):
                    may_enter = self._may_enter(fact)
                    (session.accept if may_enter else session.refuse)()
                    writer.write(session.outgoing())
                    return may_enter
            writer.write(session.outgoing())
        return False

    def _may_enter(self, asked: PublishAsked) -> bool:
        has_key = hmac.compare_digest(asked.key.encode(), self._key)
        if not has_key or asked.app != APP:
            log.warning("publisher_refused", reason="wrong_key")
            return False
        if self._publisher is not None and not self._source.is_stale():
            log.warning("publisher_refused", reason="another_is_publishing")
            return False
        return True

    def _admit(self, writer: asyncio.StreamWriter) -> None:
        if self._publisher is not None:
            log.warning("publisher_replaced")
            self._publisher.transport.abort()
        connection = writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        self._publisher = writer
        self._source.connected()

    def _pass_on(self, session: IngestSession, data: bytes) -> bool:
        """Hand over what came; False when the publisher said goodbye."""
        for fact in session.feed(data):
            if isinstance(fact, Tag):
                self._source.feed(fact)
            elif isinstance(fact, PublishEnded):
                return False
        return True
