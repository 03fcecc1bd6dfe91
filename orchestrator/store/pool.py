"""Connections to Postgres, opened and closed as one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import asyncpg

from orchestrator.store.scope import become_web, enter_scope

_LAST_WORDS_SECONDS: Final = 5.0


@asynccontextmanager
async def open_pool(
    dsn: str, *, least: int = 2, most: int = 20, is_scoped: bool = False
) -> AsyncIterator[asyncpg.Pool]:
    """A pool for as long as the block lasts. `is_scoped`: for the web, each use for the rows of `scope.within` alone.

    asyncpg waits for every connection to come back before it closes, and one that broke in the wrong moment never does.
    """
    pool = await asyncpg.create_pool(
        dsn,
        min_size=least,
        max_size=most,
        init=become_web if is_scoped else None,
        setup=enter_scope if is_scoped else None,
    )
    try:
        yield pool
    finally:
        try:
            async with asyncio.timeout(_LAST_WORDS_SECONDS):
                await pool.close()
        except TimeoutError:
            pool.terminate()
