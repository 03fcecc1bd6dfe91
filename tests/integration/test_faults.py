"""Whatever happens to bot, server, line and conductor: the attendance on the record is who was there.

`PLENARI_FAULTS=200 PLENARI_FAULT_SEED=7 pytest tests/integration/test_faults.py` does it at length.
"""

import asyncio
import os
from pathlib import Path

import pytest

from orchestrator.council.events import ObservationCeased, ObservationRecovered
from tests.integration.faults import Over, trouble

FAULTS = int(os.environ.get("PLENARI_FAULTS", "24"))
SEED = int(os.environ.get("PLENARI_FAULT_SEED", "1"))

pytestmark = [pytest.mark.slow, pytest.mark.timeout(60 + 20 * FAULTS)]


def test_the_attendance_on_the_record_is_the_truth_after_any_faults(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with trouble(tmp_path, SEED) as world:
            for _ in range(FAULTS):
                await world.hurt()
            await world.settle()
            wrong = world.differences()
            assert not wrong, "\n".join(wrong + world.log)
            assert world.book.session.blind == ()
            kinds = [type(event) for event in world.book.events]
            assert kinds.count(ObservationRecovered) == kinds.count(ObservationCeased) > 0

    try:
        asyncio.run(scenario())
    except* Over:
        pass
