"""Waiting for what must come true, with a deadline instead of luck."""

import asyncio
from collections.abc import Callable


async def until(condition: Callable[[], bool], limit: float = 10.0) -> None:
    """Returns as soon as the condition holds. Raises `TimeoutError` when it does not within `limit` seconds."""
    async with asyncio.timeout(limit):
        while not condition():
            await asyncio.sleep(0.01)
