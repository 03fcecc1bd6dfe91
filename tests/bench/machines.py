"""The machine that conducts 50 live sessions is killed: how long until another conducts all of them again.

Each session has five people in its room; what counts is the last one's `observation_recovered` on the record. A machine
is given up after 6 seconds without a heartbeat (`PLENARI_HEARTBEAT`): most of the time is that.
"""

import asyncio
import tempfile
import time
from pathlib import Path

from orchestrator.duty import Duty
from orchestrator.store.embedded import embedded_postgres
from orchestrator.store.schema import migrate
from tests.bench.row import Row
from tests.integration.machines import site

SESSIONS = 50
_PATIENCE = 300.0


def rows() -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="plenari-bench-") as folder:
        return asyncio.run(_move(Path(folder)))


async def _move(folder: Path) -> list[Row]:
    async with embedded_postgres(folder / "postgres", settings={"max_connections": "200"}) as dsn:
        await migrate(dsn)
        async with site(folder, dsn) as place:
            first = await place.machine("first", Duty.CONDUCTOR)
            sessions = await place.sessions(SESSIONS)
            await place.machine("second", Duty.CONDUCTOR)
            await place.fill(sessions)
            await place.until_recorded(sessions, "quorum_reached", patience=_PATIENCE)
            begin = time.perf_counter()
            await first.kill()
            await place.until_recorded(sessions, "observation_recovered", patience=_PATIENCE)
            moved = time.perf_counter() - begin
            for session in sessions:
                assert "quorum_lost" not in await place.events(session)
    name = f"{SESSIONS} sessions move to another machine"
    return [Row(name=name, unit="s", ours=moved, baseline=15, against="the promise")]
