"""People without browsers: connections that enter many rooms each, and throw away all that they hear."""

import asyncio
import time
from types import TracebackType
from typing import Final, Self

import aiohttp
import jwt

from simulator.prosody import Prosody

_FRAMING: Final = "urn:ietf:params:xml:ns:xmpp-framing"


class Crowd:
    """So many connections, each with a token for every room. They sit on the same seat in each: its nick is a number of
    eight hexadecimal digits."""

    def __init__(self, server: Prosody, seats: int) -> None:
        self._server = server
        self._seats = seats
        self._tasks = asyncio.TaskGroup()
        self._http: aiohttp.ClientSession
        self._lines: list[aiohttp.ClientWebSocketResponse] = []

    async def __aenter__(self) -> Self:
        self._http = await aiohttp.ClientSession().__aenter__()
        await self._tasks.__aenter__()
        for seat in range(self._seats):
            line = await self._connect(seat)
            self._lines.append(line)
            self._tasks.create_task(_ignore(line))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for line in self._lines:
            await line.close()
        await self._tasks.__aexit__(kind, error, trace)
        await self._http.close()

    async def enter(self, rooms: list[str]) -> None:
        """Everybody knocks at every room, which must be there already."""
        for room in rooms:
            for seat, line in enumerate(self._lines):
                await line.send_str(
                    f"<presence xmlns='jabber:client' to='{self._server.room(room)}/{seat:08x}'>"
                    "<x xmlns='http://jabber.org/protocol/muc'><history maxchars='0'/></x>"
                    f"<SourceInfo>{{}}</SourceInfo><nick xmlns='http://jabber.org/protocol/nick'>Seient {seat}</nick>"
                    "</presence>"
                )

    async def _connect(self, seat: int) -> aiohttp.ClientWebSocketResponse:
        line = await self._http.ws_connect(
            self._server.websocket,
            params={"room": "ple"},
            headers={"Authorization": f"Bearer {self._token(seat)}"},
            protocols=("xmpp",),
        )
        stream = f"<open xmlns='{_FRAMING}' to='{self._server.domain}' version='1.0'/>"
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
            "iss": self._server.app_id,
            "aud": "jitsi",
            "sub": self._server.domain,
            "room": "*",
            "exp": int(time.time()) + 3600,
            "context": {"user": {"id": f"m-{seat}", "name": f"Regidora {seat}"}},
        }
        return jwt.encode(claims, self._server.app_secret, algorithm="HS256")


async def _ignore(line: aiohttp.ClientWebSocketResponse) -> None:
    async for _ in line:
        pass
