"""350 rooms of 25 people on one connection of the bot, on a real Prosody, with its journal; and the same crowd on a
Prosody without our module and without the bot.

The crowd is 25 connections, each in every room. Each arrival is told to all who are there, so that filling the rooms
makes Prosody move some 240,000 stanzas: how long it takes is Prosody's affair, and what we add to it is the ratio.
"""

import asyncio
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil

from bot.client import Account, Bot
from bot.events import OccupantJoined
from bot.journal import Joined
from simulator.prosody import Prosody, prosody
from tests.bench.crowd import Crowd, crowd
from tests.bench.row import Row
from tests.integration.jitsi import account_on

ROOMS, SEATS = 350, 25
_AT_ONCE = 10  # rooms: Prosody serves all that it has read before it looks at anything else, such as a ping
_PATIENCE = 1800


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fill:
    """How long the rooms took to fill, and what it cost in CPU time (all in seconds)."""

    wall: float
    prosody: float
    bot: float
    entering: float = 0.0


def rows() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        alone = asyncio.run(_without_us(Path(folder) / "alone"))
        ours = asyncio.run(_with_us(Path(folder) / "ours"))
    name = f"{ROOMS} rooms of {SEATS} fill"
    return [
        Row(name=name, unit="s", ours=ours.wall, baseline=60, against="the promise"),
        Row(name=name, unit="s", ours=ours.wall, baseline=alone.wall, against="Prosody without us"),
        Row(name="  Prosody in it", unit="s CPU", ours=ours.prosody, baseline=alone.prosody, against="without us"),
        Row(name="  the bot in it", unit="s CPU", ours=ours.bot, baseline=alone.prosody, against="Prosody without us"),
        Row(name=f"entering {ROOMS} full rooms", unit="s", ours=ours.entering, baseline=60, against="the promise"),
    ]


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 (the bench's own clock)


async def _without_us(folder: Path) -> _Fill:
    """The rooms are made, and nobody but the focus is in them."""
    async with prosody(folder, has_journal=False) as server, crowd(server, SEATS) as people:
        rooms = _rooms(server)
        async with Bot(account_on(server), _now) as bot:
            for room in rooms:
                await bot.focus.open_conference(room, "bench")
        meter = _Meter(server)
        await _fill(people, rooms, others=1)
        return meter.read()


async def _with_us(folder: Path) -> _Fill:
    """The bot is in all of them and follows their journals; then another bot enters the full rooms."""
    async with (
        prosody(folder) as server,
        crowd(server, SEATS) as people,
        Bot(account_on(server), _now) as bot,
        asyncio.TaskGroup() as tasks,
    ):
        rooms = _rooms(server)
        for room in rooms:
            await bot.follow(room, None)
        await _enter(bot, rooms)
        meter = _Meter(server)
        hearing = tasks.create_task(_hear_everybody(bot, rooms))
        await _fill(people, rooms, others=2)
        await hearing
        spent = meter.read()
        entering = await _enter_full_rooms(server, rooms)
    return _Fill(wall=spent.wall, prosody=spent.prosody, bot=spent.bot, entering=entering)


class _Meter:
    """What is spent from now on."""

    def __init__(self, server: Prosody) -> None:
        self._process = psutil.Process(server.process.pid)
        self._began = self._look()

    def read(self) -> _Fill:
        wall, server, bot = (after - before for before, after in zip(self._began, self._look(), strict=True))
        return _Fill(wall=wall, prosody=server, bot=bot)

    def _look(self) -> tuple[float, float, float]:
        spent = self._process.cpu_times()
        return time.perf_counter(), spent.user + spent.system, time.process_time()


def _rooms(server: Prosody) -> list[str]:
    return [server.room(f"ple-{number}") for number in range(ROOMS)]


def _everybody(rooms: list[str]) -> set[tuple[str, str]]:
    return {(room, f"{seat:08x}") for room in rooms for seat in range(SEATS)}


async def _fill(people: Crowd, rooms: list[str], others: int) -> None:
    for first in range(0, len(rooms), _AT_ONCE):
        await people.fill(rooms[first : first + _AT_ONCE], others)


async def _enter(bot: Bot, rooms: list[str]) -> None:
    async with asyncio.TaskGroup() as tasks:
        for room in rooms:
            tasks.create_task(bot.join(room))


async def _hear_everybody(bot: Bot, rooms: list[str]) -> None:
    """Until all have been seen, and told by the journal: each once."""
    missing = {OccupantJoined: _everybody(rooms), Joined: _everybody(rooms)}
    async with asyncio.timeout(_PATIENCE):
        async for event in bot.events():
            if isinstance(event, OccupantJoined | Joined) and not event.occupant.is_machine:
                missing[type(event)].remove((event.room, event.occupant.nick))
                if not any(missing.values()):
                    break


async def _enter_full_rooms(server: Prosody, rooms: list[str]) -> float:
    account = account_on(server)
    other = Account(login=account.login, focus=account.focus, trust=account.trust, nick="plenari2")
    async with Bot(other, _now) as bot:
        begin = time.perf_counter()
        await _enter(bot, rooms)
        spent = time.perf_counter() - begin
        found = {(jid, occupant.nick) for jid, room in bot._rooms.items() for occupant in room.occupants}
    assert _everybody(rooms) <= found
    return spent
