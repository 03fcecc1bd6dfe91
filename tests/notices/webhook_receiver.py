"""A program of somebody else's that is told by webhook: a real server, which does what the test says."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

Answer = Callable[["Heard"], Awaitable[int | web.Response]]


@dataclass(frozen=True, slots=True)
class Heard:
    """A message as it came."""

    id: str
    text: str
    headers: dict[str, str]

    @property
    def content(self) -> dict[str, Any]:
        return json.loads(self.text)

    @property
    def seq(self) -> int:
        return self.content["data"]["seq"]

    @property
    def session(self) -> str:
        return self.content["data"]["session"]


async def take(_heard: Heard) -> int:
    return 204


@dataclass(slots=True)
class Receiver:
    """Answers as `answer` says; `heard` is everything that came, `taken` what was answered with 2xx, in that order."""

    answer: Answer = take
    port: int = 0
    heard: list[Heard] = field(default_factory=list)
    taken: list[Heard] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}/in"

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Receiver"]:
        """On a port of loopback; opened again, on the same."""
        app = web.Application()
        app.router.add_post("/in", self._hear)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "localhost", self.port, reuse_address=True)
            await site.start()
            self.port = runner.addresses[0][1]
            yield self
        finally:
            await runner.cleanup()

    async def _hear(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        heard = Heard(headers["webhook-id"], await request.text(), headers)
        self.heard.append(heard)
        answer = await self.answer(heard)
        response = answer if isinstance(answer, web.Response) else web.Response(status=answer)
        if response.status < 300:
            self.taken.append(heard)
        return response


def in_turn(*statuses: int) -> Answer:
    """These one after the other; then everything is taken."""
    left = iter(statuses)

    async def answer(_heard: Heard) -> int:
        return next(left, 204)

    return answer


async def stall(_heard: Heard) -> int:
    await asyncio.Event().wait()
    return 204
