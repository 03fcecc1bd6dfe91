"""A machine that conducted 350 sessions is killed and started again: until it conducts all of them, from nothing.

From the start of the process to the last session that is replayed from the record and conducted again, the rooms found
and entered included. The baseline is what Postgres takes to give the same records, one session after the other.
"""

import asyncio
import tempfile
import time
from pathlib import Path

import asyncpg

from orchestrator.duty import Duty
from orchestrator.store.embedded import embedded_postgres
from orchestrator.store.schema import migrate
from tests.bench.row import Row
from tests.integration.machines import site

SESSIONS = 350
_PATIENCE = 300.0


def rows() -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="plenari-bench-") as folder:
        return asyncio.run(_restart(Path(folder)))


async def _restart(folder: Path) -> list[Row]:
    async with embedded_postgres(folder / "postgres", settings={"max_connections": "200"}) as dsn:
        await migrate(dsn)
        async with site(folder, dsn) as place:
            machine = await place.machine("first", Duty.CONDUCTOR)
            sessions = await place.sessions(SESSIONS)
            await place.until_recorded(sessions, "observation_began", patience=_PATIENCE)
            await machine.kill()
            before = machine.began()
            begin = time.perf_counter()
            await machine.start(place.client)
            async with asyncio.timeout(_PATIENCE):
                while machine.began() - before < SESSIONS:
                    await asyncio.sleep(0.05)
            took = time.perf_counter() - begin
            bare = await _read_all(dsn, sessions)
    name = f"restart with {SESSIONS} sessions (6 s of it: the dead one is given up)"
    return [Row(name=name, unit="s", ours=took, baseline=bare, against="Postgres giving their records")]


async def _read_all(dsn: str, sessions: list[str]) -> float:
    connection = await asyncpg.connect(dsn)
    begin = time.perf_counter()
    for session in sessions:
        await connection.fetch("SELECT * FROM event WHERE session_id = $1 ORDER BY seq", session)
    took = time.perf_counter() - begin
    await connection.close()
    return took
