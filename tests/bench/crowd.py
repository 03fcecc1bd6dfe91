"""People without browsers: connections that enter many rooms each, and count what they hear.

They run in a process of their own, with the focus, so that what they cost is not taken for the bot's: `crowd(…)` starts
it and speaks to it in lines of JSON.
"""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Final, Self

import aiohttp
import jwt

from bot.connection import Encryption, Login
from simulator.focus import focus
from simulator.prosody import Prosody

_FRAMING: Final = "urn:ietf:params:xml:ns:xmpp-framing"
_PATIENCE: Final = 1800.0


@dataclass(frozen=True, slots=True)
class Crowd:
    """So many people, each in every room that is filled; in each they sit on the same seat, whose nick is its number in
    eight hexadecimal digits."""

    process: asyncio.subprocess.Process

    async def fill(self, rooms: list[str], others: int) -> None:
        """All enter these rooms (bare JIDs), which must be there with so many `others` in them already.

        Returns when everybody has seen everybody.
        """
        await self._tell({"rooms": rooms, "others": others})
        await self._hear()

    async def _tell(self, words: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(words).encode() + b"\n")
        await self.process.stdin.drain()

    async def _hear(self) -> None:
        assert self.process.stdout is not None
        async with asyncio.timeout(_PATIENCE):
            assert await self.process.stdout.readline() == b"done\n", "the crowd has ended"


@asynccontextmanager
async def crowd(server: Prosody, seats: int) -> AsyncIterator[Crowd]:
    """A focus and `seats` people at that server, while the block lasts."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.bench.crowd"), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    people = Crowd(process)
    try:
        # On its standard input, where no list of processes shows the passwords.
        await people._tell(asdict(_venue(server, seats)))
        await people._hear()
        yield people
    finally:
        # Nobody says goodbye in hundreds of rooms: that would be told to everybody once more.
        process.kill()
        await process.wait()


# --- In the process of the crowd ---


@dataclass(frozen=True, slots=True, kw_only=True)
class _Venue:
    """What the crowd needs to know of a server."""

    domain: str
    websocket: str
    app_id: str
    app_secret: str
    focus_port: int
    focus_password: str
    seats: int


def _venue(server: Prosody, seats: int) -> _Venue:
    return _Venue(
        domain=server.domain,
        websocket=server.websocket,
        app_id=server.app_id,
        app_secret=server.app_secret,
        focus_port=server.c2s_port,
        focus_password=server.focus_password,
        seats=seats,
    )


class _Lines:
    """The connections of all."""

    def __init__(self, venue: _Venue) -> None:
        self._venue = venue
        self._seen = 0
        self._expected = 0
        self._all_seen = asyncio.Event()
        self._tasks = asyncio.TaskGroup()
        self._http: aiohttp.ClientSession
        self._lines: list[aiohttp.ClientWebSocketResponse] = []

    async def __aenter__(self) -> Self:
        self._http = await aiohttp.ClientSession().__aenter__()
        await self._tasks.__aenter__()
        for seat in range(self._venue.seats):
            line = await self._connect(seat)
            self._lines.append(line)
            self._tasks.create_task(self._count(line))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for line in self._lines:
            await line.close()
        await self._tasks.__aexit__(kind, error, trace)
        await self._http.close()

    async def fill(self, rooms: list[str], others: int) -> None:
        self._expected += len(rooms) * self._venue.seats * (self._venue.seats + others)
        self._all_seen.clear()
        for room in rooms:
            for seat, line in enumerate(self._lines):
                await line.send_str(
                    f"<presence xmlns='jabber:client' to='{room}/{seat:08x}'>"
                    "<x xmlns='http://jabber.org/protocol/muc'><history maxchars='0'/></x>"
                    f"<SourceInfo>{{}}</SourceInfo><nick xmlns='http://jabber.org/protocol/nick'>Seient {seat}</nick>"
                    "</presence>"
                )
        await self._all_seen.wait()

    async def _count(self, line: aiohttp.ClientWebSocketResponse) -> None:
        async for frame in line:
            assert "type='error'" not in frame.data, frame.data
            self._seen += frame.data.startswith("<presence")
            if self._seen == self._expected:
                self._all_seen.set()

    async def _connect(self, seat: int) -> aiohttp.ClientWebSocketResponse:
        line = await self._http.ws_connect(
            self._venue.websocket,
            params={"room": "ple"},
            headers={"Authorization": f"Bearer {self._token(seat)}"},
            protocols=("xmpp",),
        )
        stream = f"<open xmlns='{_FRAMING}' to='{self._venue.domain}' version='1.0'/>"
        bind = "<iq xmlns='jabber:client' type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>"
        login = "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='ANONYMOUS'/>"
        # Each with the number of frames that answer it; no stream management: nobody waits for our acknowledgement.
        for frame, answers in ((stream, 2), (login, 1), (stream, 2), (bind, 1)):
            await line.send_str(frame)
            for _ in range(answers):
                answer = await line.receive_str(timeout=10)
                assert "failure" not in answer, answer
        return line

    def _token(self, seat: int) -> str:
        claims = {
            "iss": self._venue.app_id,
            "aud": "jitsi",
            "sub": self._venue.domain,
            "room": "*",
            "exp": int(time.time()) + 3600,
            "context": {"user": {"id": f"m-{seat}", "name": f"Regidora {seat}"}},
        }
        return jwt.encode(claims, self._venue.app_secret, algorithm="HS256")


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 (the bench's own clock)


async def _main() -> None:
    """A line for each thing to do, `done` for each that is done, until killed."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    venue = _Venue(**json.loads(await reader.readline()))
    login = Login(
        jid=f"focus@auth.{venue.domain}",
        password=venue.focus_password,
        host="127.0.0.1",
        port=venue.focus_port,
        encryption=Encryption.NONE,
    )
    async with focus(login, venue.domain, _now), _Lines(venue) as lines:
        print("done", flush=True)
        while line := await reader.readline():
            await lines.fill(**json.loads(line))
            print("done", flush=True)


if __name__ == "__main__":
    asyncio.run(_main())
