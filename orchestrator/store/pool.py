"""Connections to Postgres, opened and closed as one."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import asyncpg

_LAST_WORDS_SECONDS: Final = 5.0


@asynccontextmanager
async def open_pool(dsn: str, *, least: int = 2, most: int = 20) -> AsyncIterator[asyncpg.Pool]:
    """A pool for as long as the block lasts.

    asyncpg waits for every connection to come back before it closes, and one that broke in the wrong moment never does.
    """
    pool = await asyncpg.create_pool(dsn, min_size=least, max_size=most)
    try:
        yield pool
    finally:
        try:
            async with asyncio.timeout(_LAST_WORDS_SECONDS):
                await pool.close()
        except TimeoutError:
            pool.terminate()
