"""What 350 rooms of 25 arrivals cost the bot itself: the same bytes by the same socket to it and to bare slixmpp.

Both log in at a real Prosody, through a relay that afterwards sends the arrivals in the server's place, as fast as they
are read. Counted is the CPU time of the thread that reads, from the first byte to the last event.
"""

import asyncio
import gc
import select
import socket
import tempfile
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from xml.etree.ElementTree import Element

from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import MatchXPath

from bot.client import Account, Bot
from bot.connection import Login, connection
from bot.events import OccupantJoined
from bot.journal import Joined, JournalOpened, Mark
from simulator.focus import focus
from simulator.prosody import LOOPBACK, prosody
from tests.bench.row import Row
from tests.bench.traffic import entry, presence
from tests.integration.jitsi import account_on, login_to

ROOMS, SEATS, ROUNDS = 350, 25, 3


def rows() -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_replay(Path(folder)))


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 (the bench's own clock)


async def _replay(folder: Path) -> list[Row]:
    rows = []
    async with (
        prosody(folder) as server,
        focus(login_to(server, server.focus_jid, server.focus_password), server.domain, _now),
    ):
        account = account_on(server)
        rooms = [server.room(f"ple-{number}") for number in range(ROOMS)]
        for name, has_journal in (("arrivals", False), ("arrivals and entries", True)):
            ours, bare = [], []
            for _ in range(ROUNDS):
                # In turns, so that both meet the same noise of the machine.
                spent, traffic = await _as_bot(account, rooms, has_journal=has_journal)
                ours.append(spent)
                bare.append(await _as_bare_slixmpp(account.login, traffic))
            rows.append(
                Row(
                    name=f"{ROOMS} × {SEATS} {name}",
                    unit="s CPU",
                    ours=min(ours),
                    baseline=min(bare),
                    against="bare slixmpp, same socket",
                )
            )
    return rows


async def _as_bot(account: Account, rooms: list[str], *, has_journal: bool) -> tuple[float, list[bytes]]:
    """What it costs a bot that sits in the rooms, and follows their journals or not; and what was sent."""
    with _relay(account.login.port) as relay:
        async with Bot(replace(account, login=replace(account.login, port=relay.port)), _now) as bot:
            for room in rooms:
                await bot.join(room)
                if has_journal:
                    await bot.follow(room, None)
            before = [bot._events.get_nowait() for _ in range(bot._events.qsize())]
            traffic = _arrivals(rooms, {e.room: e.last for e in before if isinstance(e, JournalOpened)})
            kinds = (OccupantJoined, Joined) if has_journal else (OccupantJoined,)
            missing = {(kind, room, f"{seat:08x}") for kind in kinds for room in rooms for seat in range(SEATS)}

            async def hear() -> None:
                async for event in bot.events():
                    if isinstance(event, OccupantJoined | Joined):
                        missing.remove((type(event), event.room, event.occupant.nick))
                        if not missing:
                            return

            return await _spent(relay, traffic, hear), traffic


async def _as_bare_slixmpp(login: Login, traffic: list[bytes]) -> float:
    heard, all_heard = 0, asyncio.Event()

    def count(_: object) -> None:
        nonlocal heard
        heard += 1
        if heard == len(traffic):
            all_heard.set()

    def leave_it_to_slixmpp(_: Element) -> bool:
        return False

    with _relay(login.port) as relay:
        lost: list[str] = []
        async with connection(replace(login, port=relay.port), hear=leave_it_to_slixmpp, on_loss=lost.append) as xmpp:
            xmpp.add_event_handler("presence", count)
            # Its event of this name is for messages with a body only.
            xmpp.register_handler(Callback("messages", MatchXPath("{jabber:client}message"), count))
            return await _spent(relay, traffic, all_heard.wait)


def _arrivals(rooms: list[str], marks: Mapping[str, Mark]) -> list[bytes]:
    """Everybody comes into every room, and where there is a mark the journal tells so from there on."""
    stanzas = []
    for room in rooms:
        for seat in range(SEATS):
            stanzas.append(presence(room, seat))
            if mark := marks.get(room):
                stanzas.append(entry(room, replace(mark, seq=mark.seq + seat + 1), seat))
    return stanzas


async def _spent(relay: "_Relay", traffic: list[bytes], until: Callable[[], Awaitable[object]]) -> float:
    gc.collect()
    begin = time.thread_time()
    relay.inject(b"".join(traffic))
    async with asyncio.timeout(60):
        await until()
    return time.thread_time() - begin


# --- The relay: a thread of its own, so that its work is nobody's ---


@dataclass(slots=True)
class _Relay:
    """Passes everything on, and sends the client what is injected."""

    port: int
    client: socket.socket | None = None
    is_over: threading.Event = field(default_factory=threading.Event)
    injecting: list[threading.Thread] = field(default_factory=list)

    def inject(self, traffic: bytes) -> None:
        """Send that to the client, from now on and as it reads. Nothing else is on its way to it."""
        assert self.client is not None
        thread = threading.Thread(target=self.client.sendall, args=(traffic,))
        thread.start()
        self.injecting.append(thread)


@contextmanager
def _relay(server_port: int) -> Iterator[_Relay]:
    with socket.create_server((LOOPBACK, 0)) as listener:
        relay = _Relay(listener.getsockname()[1])
        thread = threading.Thread(target=_carry, args=(relay, listener, server_port))
        thread.start()
        try:
            yield relay
        finally:
            relay.is_over.set()
            for each in (thread, *relay.injecting):
                each.join()


def _carry(relay: _Relay, listener: socket.socket, server_port: int) -> None:
    client, _ = listener.accept()
    with client, socket.create_connection((LOOPBACK, server_port)) as server:
        relay.client = client
        other = {client: server, server: client}
        while not relay.is_over.is_set():
            ready, _, _ = select.select(list(other), [], [], 0.05)
            for side in ready:
                if not (data := side.recv(65536)):
                    return
                other[side].sendall(data)
