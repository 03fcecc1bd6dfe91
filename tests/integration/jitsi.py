"""A Jitsi for the tests: a real Prosody, a focus, the bot, and a way to wait for what the bot tells."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import jwt

from bot.client import Account, Bot, BotEvent
from bot.connection import Encryption, Login
from bot.errors import ConnectionLost
from bot.journal import Entry, JournalEntry, Mark
from bot.occupant import Trust
from simulator.councillor import Councillor, Seat
from simulator.focus import Jibris, focus
from simulator.prosody import Prosody, prosody

PATIENCE = 10.0
_Event = TypeVar("_Event", bound=BotEvent)


def now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 (the tests' own clock)


def token(server: Prosody, room: str | None, member: str, *, secret: str | None = None, **changes: Any) -> str:
    claims = {
        "iss": server.app_id,
        "aud": "jitsi",
        "sub": server.domain,
        "room": room,
        "exp": int(time.time()) + 600,
        "context": {
            "user": {"id": member, "name": f"Name of {member}", "moderator": member == "president"},
            "group": "almatret",
        },
    } | changes
    return jwt.encode(claims, secret or server.app_secret, algorithm="HS256")


def councillor(server: Prosody, room: str, member: str, signed: str | None = None) -> Councillor:
    seat = Seat(
        name=f"Shown {member}",
        websocket=server.websocket,
        domain=server.domain,
        room=room,
        token=signed or token(server, room, member),
    )
    return Councillor(seat, now)


@dataclass(slots=True)
class Town:
    """A Jitsi with its bot. `heard` is all that the bot has told, `loss` how its connection ended."""

    prosody: Prosody
    bot: Bot
    jibris: Jibris
    heard: list[BotEvent] = field(default_factory=list)
    loss: ConnectionLost | None = None
    news: asyncio.Condition = field(default_factory=asyncio.Condition)

    def token(self, room: str | None, member: str, *, secret: str | None = None, **changes: Any) -> str:
        return token(self.prosody, room, member, secret=secret, **changes)

    def councillor(self, room: str, member: str, token: str | None = None) -> Councillor:
        return councillor(self.prosody, room, member, token)

    async def follow(self, room: str, since: Mark | None = None) -> str:
        jid = self.prosody.room(room)
        await self.bot.follow(jid, since)
        return jid

    def entries(self) -> list[JournalEntry]:
        """All that the journal has told."""
        return [event for event in self.heard if isinstance(event, Entry)]

    async def enter(self, room: str) -> str:
        jid = self.prosody.room(room)
        await self.bot.join(jid)
        return jid

    async def until(self, kind: type[_Event], is_it: Callable[[_Event], bool] = lambda _: True) -> _Event:
        """The first event of that kind for which it holds, past or to come."""
        async with asyncio.timeout(PATIENCE), self.news:
            while True:
                for event in self.heard:
                    if isinstance(event, kind) and is_it(event):
                        return event
                await self.news.wait()

    async def until_lost(self) -> ConnectionLost:
        async with asyncio.timeout(PATIENCE), self.news:
            while self.loss is None:
                await self.news.wait()
            return self.loss

    async def listen(self) -> None:
        try:
            async for event in self.bot.events():
                async with self.news:
                    self.heard.append(event)
                    self.news.notify_all()
        except ConnectionLost as loss:
            async with self.news:
                self.loss = loss
                self.news.notify_all()


def login_to(server: Prosody, jid: str, password: str, **changes: Any) -> Login:
    settings: dict[str, Any] = {"encryption": Encryption.NONE} | changes
    return Login(jid=jid, password=password, host=server.host, port=server.c2s_port, **settings)


def account_on(server: Prosody, **changes: Any) -> Account:
    return Account(
        login=login_to(server, server.bot_jid, server.bot_password, **changes),
        focus=server.focus_address,
        journal=server.journal,
        trust=Trust(
            trusted_domains={server.domain}, machine_domains={f"auth.{server.domain}", f"hidden.{server.domain}"}
        ),
        display_name="Secretaria",
    )


@asynccontextmanager
async def jitsi(folder: Path, **settings: Any) -> AsyncIterator[Town]:
    """Prosody, focus and bot while the block lasts, all of them new. `settings` are the server's."""
    async with prosody(folder / "prosody", **({"smacks_hibernation": 1} | settings)) as server:
        jibris = Jibris()
        focus_login = login_to(server, server.focus_jid, server.focus_password)
        async with (
            focus(focus_login, server.domain, now, jibris),
            Bot(account_on(server), now) as bot,
            asyncio.TaskGroup() as tasks,
        ):
            town = Town(prosody=server, bot=bot, jibris=jibris)
            listening = tasks.create_task(town.listen())
            yield town
            listening.cancel()


def play(tmp_path: Path, scene: Callable[[Town], Awaitable[None]], **settings: Any) -> None:
    """Run a scene in a town of its own."""

    async def run() -> None:
        async with jitsi(tmp_path, **settings) as town:
            await scene(town)

    asyncio.run(run())


async def outcome(attempt: Awaitable[object]) -> Exception | None:
    """What comes of it, as a value."""
    try:
        await attempt
    except Exception as error:
        return error
    return None
