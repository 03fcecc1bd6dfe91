"""Brings a database to the present schema: ours by alembic (`migrations/`), PgQueuer's by its own statements."""

from pathlib import Path
from typing import Final

import asyncpg
from alembic import command
from alembic.config import Config
from pgqueuer.queries import Queries
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

_MIGRATIONS: Final = Path(__file__).resolve().parents[2] / "migrations"
_LOCK: Final = 0x706C656E  # "plen": one migration at a time in a database


async def migrate(dsn: str) -> None:
    """Upgrade to head. Safe to run again, and by many processes at once: they wait for each other."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        await _upgrade_ours(dsn)
        await _upgrade_jobs(connection)
    finally:
        await connection.close()


async def _upgrade_ours(dsn: str) -> None:
    async def connect() -> asyncpg.Connection:
        return await asyncpg.connect(dsn)

    engine = create_async_engine("postgresql+asyncpg://", async_creator=connect, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_run_alembic)
    finally:
        await engine.dispose()


def _run_alembic(connection: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


async def _upgrade_jobs(connection: asyncpg.Connection) -> None:
    queries = Queries.from_asyncpg_connection(connection)
    if await queries.schema_is_installed():
        await queries.upgrade()
    else:
        await queries.install()
