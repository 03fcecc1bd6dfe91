"""Somebody who watches the broadcast where the public does: tags from an RTMP server, or from HLS.

Nothing is decoded, and no address is in a process list: RTMP is spoken here, and the pieces of HLS go through a child's
standard input.
"""

import asyncio
import ssl
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import aiohttp

from recorder import graph
from recorder.errors import ViewingFailed
from recorder.flv import FlvError, FlvParser, Kind, Tag
from recorder.hls import Playlist, PlaylistError, parse_playlist
from recorder.rtmp import PlayRefused, PlaySession
from recorder.rtmp_chunks import RtmpError

_CONNECT_LIMIT = 10.0
_SILENCE_LIMIT = 30.0
_PORTS = {"rtmp": 1935, "rtmps": 443}
_QUICK = aiohttp.ClientTimeout(total=15)
_MOST_PIECE = 32 * 1024 * 1024
_MOST_PLAYLIST = 1024 * 1024
_MOST_VARIANTS = 3


def can_view(address: str) -> bool:
    """Whether it is the address of a stream, and not of a page that shows one."""
    parts = urlsplit(address)
    return parts.scheme in _PORTS or (parts.scheme in ("http", "https") and parts.path.endswith(".m3u8"))


async def view(address: str, client: aiohttp.ClientSession) -> AsyncIterator[Tag]:
    """What comes at the address, which may hold a key. Raises `ViewingFailed`, which never does."""
    pieces = _rtmp(address) if urlsplit(address).scheme in _PORTS else _hls(address, client)
    async for tag in pieces:
        yield tag


async def _rtmp(address: str) -> AsyncIterator[Tag]:
    place, _, key = address.rpartition("/")
    parts = urlsplit(place)
    tls = ssl.create_default_context() if parts.scheme == "rtmps" else None
    try:
        async with asyncio.timeout(_CONNECT_LIMIT):
            reader, writer = await asyncio.open_connection(parts.hostname, parts.port or _PORTS[parts.scheme], ssl=tls)
    except (OSError, TimeoutError):
        raise ViewingFailed("public_unreachable") from None
    session = PlaySession(address=place, app=parts.path.strip("/"), key=key)
    try:
        while True:
            writer.write(session.outgoing())
            async with asyncio.timeout(_SILENCE_LIMIT):
                data = await reader.read(256 * 1024)
            for fact in session.feed(data):
                if isinstance(fact, PlayRefused):
                    raise ViewingFailed("public_refused")
                if isinstance(fact, Tag):
                    yield fact
            if not data:
                raise ViewingFailed("public_unreachable")
    except TimeoutError:
        raise ViewingFailed("public_stalled") from None
    except (OSError, RtmpError):
        raise ViewingFailed("public_unreachable") from None
    finally:
        writer.transport.abort()


async def _hls(address: str, client: aiohttp.ClientSession) -> AsyncIterator[Tag]:
    """From the piece before the last: the last may still be growing at the servers in between."""
    seen, clock = -1, _Clock()
    while True:
        playlist = await _playlist(address, client)
        if playlist.segments and playlist.segments[-1][0] < seen:
            seen = -1  # it was begun anew
        new = [piece for piece in playlist.segments if piece[0] > seen]
        for number, place in new if seen >= 0 else new[-2:]:
            head = await _get(playlist.head, client, _MOST_PIECE) if playlist.head else b""
            for tag in await _remux(head + await _get(place, client, _MOST_PIECE)):
                yield clock.set(tag)
            clock.next_piece()
            seen = number
        if playlist.is_over:
            raise ViewingFailed("public_refused")
        await asyncio.sleep(max(playlist.longest / 2, 0.5))


class _Clock:
    """A remuxed piece begins at nought: here they follow each other."""

    def __init__(self) -> None:
        self._start = self._latest = 0

    def set(self, tag: Tag) -> Tag:
        self._latest = max(self._latest, self._start + tag.ts)
        return tag.at(self._start + tag.ts)

    def next_piece(self) -> None:
        self._start = self._latest + 33


async def _playlist(address: str, client: aiohttp.ClientSession) -> Playlist:
    for _ in range(_MOST_VARIANTS):
        try:
            playlist = parse_playlist((await _get(address, client, _MOST_PLAYLIST)).decode(errors="replace"), address)
        except PlaylistError:
            raise ViewingFailed("public_refused") from None
        if not playlist.variant:
            return playlist
        address = playlist.variant
    raise ViewingFailed("public_refused")


async def _get(address: str, client: aiohttp.ClientSession, most: int) -> bytes:
    try:
        async with client.get(address, timeout=_QUICK) as answer:
            if answer.status != 200:
                raise ViewingFailed("public_refused" if answer.status < 500 else "public_unreachable")
            body = await answer.content.read(most)
            while len(body) < most and (more := await answer.content.read(most - len(body))):
                body += more
            return body
    except (aiohttp.ClientError, TimeoutError, ValueError):
        raise ViewingFailed("public_unreachable") from None


async def _remux(piece: bytes) -> list[Tag]:
    child = await asyncio.create_subprocess_exec(*graph.remux(), stdin=PIPE, stdout=PIPE, stderr=DEVNULL)
    try:
        async with asyncio.timeout(_CONNECT_LIMIT):
            flv, _ = await child.communicate(piece)
        return [tag for tag in FlvParser().feed(flv) if tag.kind is not Kind.SCRIPT]
    except (TimeoutError, OSError, FlvError):
        return []
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
