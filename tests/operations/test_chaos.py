"""A few faults of `./run chaos`, which plays as many as it is told."""

import asyncio
from pathlib import Path

import pytest

from tests.chaos.world import world

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


def test_a_few_faults_lose_nothing(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with world(tmp_path, seed=5, tell=print) as hurt:
            for _ in range(5):
                await hurt.hurt()
            await hurt.close()
            assert hurt.wrong == []

    asyncio.run(scenario())
