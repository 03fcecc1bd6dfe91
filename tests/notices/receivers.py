"""Servers that really receive: mail over SMTP, and whatever is posted over HTTP."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiohttp import web
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass(slots=True)
class Postbox:
    """What came by mail. `port` is the server's."""

    port: int = 0
    letters: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        letter = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(letter, EmailMessage)
        self.letters.append(letter)
        return "250 taken"


@asynccontextmanager
async def postbox() -> AsyncIterator[Postbox]:
    """A mail server on a free port of the loopback interface."""
    box = Postbox()
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(box), "127.0.0.1", 0)
    async with server:
        box.port = server.sockets[0].getsockname()[1]
        yield box


@dataclass(slots=True)
class Receiver:
    """What was posted, by path. `status` is what is answered."""

    port: int = 0
    status: int = 200
    posted: list[tuple[str, Any]] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        self.posted.append((request.path, await request.json()))
        return web.Response(status=self.status)


@asynccontextmanager
async def receiver() -> AsyncIterator[Receiver]:
    """An HTTP server on a free port of the loopback interface."""
    box = Receiver()
    app = web.Application()
    app.router.add_post("/{tail:.*}", box.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        box.port = runner.addresses[0][1]
        yield box
    finally:
        await runner.cleanup()
