"""A real Postgres for the tests: one server a test process, one database a test, copied from a migrated template.

A test takes `dsn` and opens what it needs inside its own `asyncio.run`: `tests.stage.open_store(dsn)`.
"""

import asyncio
import tempfile
import threading
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import asyncpg
import pytest

from orchestrator.store.embedded import embedded_postgres
from orchestrator.store.schema import migrate

_TEMPLATE = "template_plenari"
_numbers = count(1)

# What a crash of the machine would lose does not matter to a test.
_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "200"}


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of the server's own database; the server starts when the first test asks for it."""
    # Not pytest's own temporary folder: each new run of pytest closes that to the account of the server.
    with tempfile.TemporaryDirectory(prefix="plenari-test-") as folder:
        yield from _serve(Path(folder))


def _serve(folder: Path) -> Iterator[str]:
    outcome: list[str | BaseException] = []
    is_ready, is_over = threading.Event(), threading.Event()

    async def serve() -> None:
        async with embedded_postgres(folder, settings=_SETTINGS) as dsn:
            await _make_template(dsn)
            outcome.append(dsn)
            is_ready.set()
            await asyncio.to_thread(is_over.wait)

    def run() -> None:
        try:
            asyncio.run(serve())
        except BaseException as error:
            outcome.append(error)
            is_ready.set()

    # The server dies with the thread that started it, so the thread stays as long as the tests.
    thread = threading.Thread(target=run, name="postgres", daemon=True)
    thread.start()
    is_ready.wait()
    if isinstance(outcome[0], BaseException):
        raise outcome[0]
    yield outcome[0]
    is_over.set()
    thread.join()


@pytest.fixture
def dsn(postgres: str) -> str:
    """The address of a fresh, migrated database."""
    name = f"test_{next(_numbers)}"

    async def create() -> None:
        connection = await asyncpg.connect(postgres)
        await connection.execute(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE}")
        await connection.close()

    asyncio.run(create())
    return _database(postgres, name)


async def _make_template(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    await connection.execute(f"CREATE DATABASE {_TEMPLATE}")
    await connection.close()
    await migrate(_database(dsn, _TEMPLATE))


def _database(dsn: str, name: str) -> str:
    return dsn.replace("/plenari?", f"/{name}?")
