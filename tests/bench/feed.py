"""A session's feed with 200 viewers, in a house with 350 sessions: from a fact in the room to the last viewer.

The baseline is the same with one viewer. Both over HTTP on the loopback interface, the median of nine facts.
"""

import asyncio
import statistics
import tempfile
import time
from pathlib import Path

import aiohttp

from orchestrator.council.commands import Role
from orchestrator.council.observations import DeviceId, Grade, MemberConnected, Sighting
from orchestrator.store.embedded import embedded_postgres
from orchestrator.store.schema import migrate
from tests.bench.row import Row
from tests.bench.wall import fill
from tests.scenarios.play import MAYOR, QUORATE
from tests.stage import SESSION
from tests.web.town import Town, served

VIEWERS, FACTS = 200, 9
_PATIENCE = 60.0


def rows() -> list[Row]:
    return asyncio.run(_rows())


async def _rows() -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="plenari-bench-") as folder:
        async with embedded_postgres(Path(folder)) as dsn:
            await migrate(dsn)
            async with served(dsn) as town:
                await fill(town)
                await town.gathered(*QUORATE)
                one = await _reaches(town, 1)
                many = await _reaches(town, VIEWERS)
    name = f"a fact reaches the last of {VIEWERS} viewers"
    return [Row(name=name, unit="ms", ours=many * 1000, baseline=one * 1000, against="one viewer")]


async def _reaches(town: Town, viewers: int) -> float:
    heard = asyncio.Semaphore(0)
    took = []
    unbounded = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
    async with unbounded as client, asyncio.TaskGroup() as tasks:
        watching = [tasks.create_task(_watch(town, client, heard)) for _ in range(viewers)]
        await _all(heard, viewers)  # are there
        for number in range(FACTS):
            device = DeviceId(f"{viewers}-{number}")
            seen = Sighting(grade=Grade.PRESENCE, at=town.clock())
            begin = time.perf_counter()
            town.sessions.deliver(SESSION, MemberConnected(seen=seen, member=MAYOR, device=device))
            await _all(heard, viewers)
            took.append(time.perf_counter() - begin)
        for task in watching:
            task.cancel()
    return statistics.median(took)


async def _all(heard: asyncio.Semaphore, count: int) -> None:
    async with asyncio.timeout(_PATIENCE):
        for _ in range(count):
            await heard.acquire()


async def _watch(town: Town, client: aiohttp.ClientSession, heard: asyncio.Semaphore) -> None:
    """Follow what is new on the record, and tell of each event."""
    known = len(await town.store.ledger.load(SESSION))
    headers = town.bearer(Role.SECRETARY) | {"Accept": "text/event-stream", "Last-Event-ID": str(known)}
    async with client.get(town.client.make_url(f"/api/v1/sessions/{SESSION}/events"), headers=headers) as answer:
        heard.release()
        async for line in answer.content:
            if line.startswith(b"id:"):
                heard.release()
