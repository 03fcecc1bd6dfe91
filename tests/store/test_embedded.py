"""The embedded Postgres starts on what any death of its owner left behind."""

import asyncio
import os
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import psutil
import pytest

from orchestrator.store.embedded import DatabaseUnavailable, embedded_postgres

pytestmark = pytest.mark.slow


@pytest.fixture
def folder() -> Iterator[Path]:
    # Not `tmp_path`: each new run of pytest closes its parent to the account of the server.
    with tempfile.TemporaryDirectory(prefix="plenari-test-") as place:
        yield Path(place)


OWNER = """
import asyncio, sys, asyncpg
from pathlib import Path
from orchestrator.store.embedded import embedded_postgres

async def main():
    async with embedded_postgres(Path(sys.argv[1])) as dsn:
        connection = await asyncpg.connect(dsn)
        await connection.execute("CREATE TABLE IF NOT EXISTS number (n integer)")
        while True:
            n = await connection.fetchval("INSERT INTO number SELECT count(*) + 1 FROM number RETURNING n")
            print(n, flush=True)

asyncio.run(main())
"""


async def start_owner(folder: Path) -> asyncio.subprocess.Process:
    owner = await asyncio.create_subprocess_exec(
        sys.executable, "-c", OWNER, str(folder), stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    await owner.stdout.readline()
    return owner


async def numbers(dsn: str) -> int:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval("SELECT max(n) FROM number")
    finally:
        await connection.close()


def server_of(folder: Path) -> psutil.Process:
    return psutil.Process(int((folder / "cluster" / "postmaster.pid").read_text().split()[0]))


def test_after_kill_9_of_its_owner_the_next_one_has_all_that_was_committed(folder):
    async def main():
        for _ in range(3):
            owner = await start_owner(folder)
            for _ in range(20):
                said = int(await owner.stdout.readline())
            os.kill(owner.pid, signal.SIGKILL)
            said = int(((await owner.stdout.read()).split() or [said])[-1])
            await owner.wait()
            async with embedded_postgres(folder) as dsn:
                assert await numbers(dsn) in (said, said + 1)

    asyncio.run(main())


def test_after_kill_9_of_owner_and_server_together_the_next_one_has_all_that_was_committed(folder):
    async def main():
        owner = await start_owner(folder)
        server = server_of(folder)
        server.kill()
        os.kill(owner.pid, signal.SIGKILL)
        said = int(((await owner.stdout.read()).split() or [1])[-1])
        await owner.wait()
        async with embedded_postgres(folder) as dsn:
            assert await numbers(dsn) in (said, said + 1)

    asyncio.run(main())


def test_the_server_dies_with_its_owner(folder):
    async def main():
        owner = await start_owner(folder)
        server = server_of(folder)
        os.kill(owner.pid, signal.SIGKILL)
        await owner.wait()
        await asyncio.to_thread(server.wait, 20)

    asyncio.run(main())


def test_a_server_left_running_is_stopped_and_its_folder_used(folder):
    """As if the kernel's signal to the server had been lost: it is stopped, and goes on after its owner is dead."""

    async def main():
        owner = await start_owner(folder)
        server = server_of(folder)
        server.suspend()
        os.kill(owner.pid, signal.SIGKILL)
        await owner.wait()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_resume_soon(server))
            async with embedded_postgres(folder) as dsn:
                assert await numbers(dsn) >= 1
                assert server_of(folder).pid != server.pid

    asyncio.run(main())


async def _resume_soon(server: psutil.Process) -> None:
    await asyncio.sleep(0.5)  # the new owner is waiting for it by now; if not yet, nothing else is tested than above
    server.resume()


def test_a_number_that_now_belongs_to_another_process_does_not_matter(folder):
    async def main():
        async with embedded_postgres(folder):
            note = (folder / "cluster" / "postmaster.pid").read_text()
        lines = note.splitlines()
        (folder / "cluster" / "postmaster.pid").write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")
        async with embedded_postgres(folder) as dsn:
            await (await asyncpg.connect(dsn)).close()

    asyncio.run(main())


def test_a_cluster_that_was_never_finished_is_made_again(folder):
    (folder / "cluster.new" / "base").mkdir(parents=True)
    (folder / "cluster.new" / "PG_VERSION").write_text("18\n")

    async def main():
        async with embedded_postgres(folder) as dsn:
            await (await asyncpg.connect(dsn)).close()

    asyncio.run(main())


def test_a_second_program_is_a_guest_of_the_first(folder):
    async def main():
        owner = await start_owner(folder)
        server = server_of(folder)
        async with embedded_postgres(folder) as dsn:
            assert await numbers(dsn) >= 1
        assert server.is_running()
        os.kill(owner.pid, signal.SIGKILL)
        await owner.wait()

    asyncio.run(main())


def test_a_path_too_long_for_a_socket_is_no_obstacle(folder):
    async def main():
        async with embedded_postgres(folder / ("long" * 20) / ("path" * 20)) as dsn:
            await (await asyncpg.connect(dsn)).close()

    asyncio.run(main())


def test_a_server_that_cannot_start_says_why(folder):
    async def main():
        with pytest.raises(DatabaseUnavailable, match="shared_buffers"):
            async with embedded_postgres(folder, settings={"shared_buffers": "nonsense"}):
                pass

    asyncio.run(main())
