"""350 rooms of 25 people on one connection of the bot, on a real Prosody.

The crowd is 25 connections, each in every room. Each join is told to all who are there, so that filling the rooms makes
Prosody move some 260,000 stanzas: that row measures Prosody and the machine more than the bot.
"""

import asyncio
import logging
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import structlog

from bot.client import Account, Bot
from bot.events import OccupantJoined
from simulator.focus import focus
from simulator.prosody import Prosody, prosody
from tests.bench.crowd import Crowd
from tests.bench.row import Row
from tests.integration.jitsi import account_on, login_to

ROOMS, SEATS = 350, 25
_AT_ONCE = 10  # rooms: Prosody serves all that it has read before it looks at anything else, such as a ping
_PATIENCE = 1800


def rows() -> list[Row]:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_storm(Path(folder)))


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 (the bench's own clock)


async def _storm(folder: Path) -> list[Row]:
    """Everybody enters every room, ten rooms at a time; then another bot enters the full rooms."""
    names = [f"ple-{number}" for number in range(ROOMS)]
    async with (
        prosody(folder) as server,
        focus(login_to(server, server.focus_jid, server.focus_password), server.domain, _now),
        Bot(account_on(server), _now) as bot,
    ):
        everybody = {(server.room(name), f"{seat:08x}") for name in names for seat in range(SEATS)}
        await _enter(bot, server, names)
        async with Crowd(server, SEATS) as crowd:
            begin = time.perf_counter()
            joined: set[tuple[str, str]] = set()
            for first in range(0, ROOMS, _AT_ONCE):
                await crowd.enter(names[first : first + _AT_ONCE])
                joined |= await _joined(bot, min(_AT_ONCE, ROOMS - first) * SEATS)
            storm = time.perf_counter() - begin
            assert joined == everybody
            entering = await _enter_full_rooms(server, names, everybody)
    return [
        Row(name=f"{ROOMS} rooms of {SEATS} fill", unit="s", ours=storm, baseline=60, against="the promise"),
        Row(name=f"entering {ROOMS} full rooms", unit="s", ours=entering, baseline=60, against="the promise"),
    ]


async def _enter(bot: Bot, server: Prosody, names: list[str]) -> None:
    async with asyncio.TaskGroup() as tasks:
        for name in names:
            tasks.create_task(bot.join(server.room(name)))


async def _joined(bot: Bot, expected: int) -> set[tuple[str, str]]:
    """The next so many who come, by room and nick."""
    seen: set[tuple[str, str]] = set()
    async with asyncio.timeout(_PATIENCE):
        async for event in bot.events():
            if isinstance(event, OccupantJoined):
                seen.add((event.room, event.occupant.nick))
                if len(seen) == expected:
                    break
    return seen


async def _enter_full_rooms(server: Prosody, names: list[str], everybody: set[tuple[str, str]]) -> float:
    account = account_on(server)
    other = Account(login=account.login, focus=account.focus, trust=account.trust, nick="plenari2")
    async with Bot(other, _now) as bot:
        begin = time.perf_counter()
        await _enter(bot, server, names)
        spent = time.perf_counter() - begin
        found = {(jid, occupant.nick) for jid, room in bot._rooms.items() for occupant in room.occupants}
    assert everybody <= found
    return spent
