"""The bot: what a presence costs beside bare slixmpp, what a quiet room weighs, and how long after its cause the quorum
is told (on a real Prosody, with conductor and record)."""

import asyncio
import gc
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from xml.etree.ElementTree import Element, XMLParser

import asyncpg
from slixmpp import ClientXMPP

from bot.client import Account, Bot
from bot.connection import Encryption, Login
from bot.events import OccupantChanged, OccupantJoined
from bot.occupant import Trust
from bot.room import Room
from orchestrator.store.embedded import embedded_postgres
from orchestrator.store.schema import migrate
from tests.bench.plenary import Plenary
from tests.bench.row import Row
from tests.bench.traffic import presence

PRESENCES, ROUNDS = 2_000, 5
QUIET_ROOMS, SEATS = 400, 25
LOSSES = 300

_ROOM = "ple@muc.meet.plenari"
_HEADER = (
    "<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' id='1' version='1.0' "
    "from='hidden.meet.plenari'>"
)


def rows() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        return [
            *asyncio.run(_cost_of_a_presence()),
            _memory_of_a_quiet_room(),
            *asyncio.run(_latency(Path(folder) / "latency")),
        ]


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 (the bench's own clock)


# --- What a presence costs ---


async def _cost_of_a_presence() -> list[Row]:
    """CPU time from the bytes to the event, the best of some rounds; both read the same bytes with the same parser."""
    ours, bare = [], []
    for _ in range(ROUNDS):
        ours.append(await _cost(_as_bot))
        bare.append(await _cost(_as_bare_slixmpp))
    return [
        Row(name="a presence", unit="µs CPU", ours=min(ours), baseline=min(bare), against="bare slixmpp, same bytes")
    ]


async def _cost(listen: Callable[[ClientXMPP], Callable[[], int]]) -> float:
    xmpp = ClientXMPP("bot@hidden.meet.plenari/x", "")
    heard = listen(xmpp)
    xmpp.init_parser()
    xmpp.data_received(_HEADER.encode())
    traffic = [_presence(number) for number in range(PRESENCES)]
    gc.collect()
    begin = time.process_time()
    for stanza in traffic:
        xmpp.data_received(stanza)
        await asyncio.sleep(0)
    spent = time.process_time() - begin
    assert heard() == PRESENCES, heard()
    return spent / PRESENCES * 1e6


def _as_bare_slixmpp(xmpp: ClientXMPP) -> Callable[[], int]:
    count = 0

    def hear(_: object) -> None:
        nonlocal count
        count += 1

    xmpp.add_event_handler("presence", hear)
    return lambda: count


def _as_bot(xmpp: ClientXMPP) -> Callable[[], int]:
    bot = _seated(_ROOM)
    xmpp.add_filter("in", lambda stanza: None if bot._hear(stanza.xml) else stanza)

    def events() -> int:
        told = [bot._events.get_nowait() for _ in range(bot._events.qsize())]
        return sum(isinstance(event, OccupantJoined | OccupantChanged) for event in told)

    return events


def _presence(number: int, room: str = _ROOM) -> bytes:
    """What comes when something of somebody changes; a hand goes up and down."""
    return presence(room, number % SEATS, hand=1767225600123 if number // SEATS % 2 else 0)


def _seated(*rooms: str) -> Bot:
    """A bot without a connection that sits in rooms already."""
    domains = Trust(trusted_domains={"meet.plenari"}, machine_domains={"auth.meet.plenari"})
    login = Login(jid="bot@hidden.meet.plenari", password="", host="127.0.0.1", encryption=Encryption.NONE)
    bot = Bot(Account(login=login, focus="focus.meet.plenari", trust=domains), _now)
    for jid in rooms:
        bot._rooms[jid] = room = Room(jid, "plenari", domains)
        room.has_entered = True
    return bot


# --- What a room weighs ---


def _memory_of_a_quiet_room() -> Row:
    """All that Python holds for a bot in rooms of 25 people, by the room."""
    names = [f"ple-{number}@muc.meet.plenari" for number in range(QUIET_ROOMS)]
    gc.collect()
    tracemalloc.start()
    bot = _seated(*names)
    for name in names:
        for seat in range(SEATS):
            bot._hear(_parsed(_presence(seat, name)))
        while not bot._events.empty():
            bot._events.get_nowait()
    gc.collect()
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return Row(
        name=f"a quiet room of {SEATS}", unit="KiB", ours=held / QUIET_ROOMS / 1024, baseline=100, against="the promise"
    )


def _parsed(stanza: bytes) -> Element:
    parser = XMLParser()  # noqa: S314 (our own text)
    parser.feed(b"<s xmlns='jabber:client'>" + stanza + b"</s>")
    return parser.close()[0]


# --- The quorum ---


async def _latency(folder: Path) -> list[Row]:
    """From a member's leaving to the line that says so, against a line of chat from one member to another."""
    async with AsyncExitStack() as stack:
        dsn = await stack.enter_async_context(embedded_postgres(folder / "postgres"))
        await migrate(dsn)
        pool = await stack.enter_async_context(asyncpg.create_pool(dsn))
        plenary = await stack.enter_async_context(Plenary(folder / "prosody", pool, _now))
        trips, losses = [], []
        for _ in range(LOSSES):
            # In turns, so that both meet the same noise of the machine.
            trips.append(await plenary.trip())
            losses.append(await plenary.loss())
    return [
        Row(
            name=f"quorum told, p{percent}",
            unit="ms",
            ours=_percentile(losses, percent) * 1e3,
            baseline=3 * _percentile(trips, percent) * 1e3,
            against=f"three groupchat trips, p{percent}",
        )
        for percent in (50, 99)
    ]


def _percentile(seconds: list[float], percent: int) -> float:
    return sorted(seconds)[len(seconds) * percent // 100]
