"""Sessions on several machines: one that is killed or drained loses none of them, and nobody in the rooms notices."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from orchestrator.duty import Duty
from tests.integration.machines import site

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

ALARMS = {"member_dropped", "member_left", "quorum_lost"}


def test_sessions_move_when_their_machine_is_killed_and_when_it_is_drained(tmp_path: Path, dsn: str) -> None:
    async def scenario() -> None:
        async with site(tmp_path, dsn) as place:
            first = await place.machine("first", Duty.CONDUCTOR)
            sessions = await place.sessions(4)
            await place.fill(sessions)
            await place.until_recorded(sessions, "quorum_reached")
            assert first.began() == 4
            second = await place.machine("second", Duty.CONDUCTOR)
            before = {session: await place.events(session) for session in sessions}

            await first.kill()
            await place.until_recorded(sessions, "observation_recovered")
            assert second.began() == 4

            await first.start(place.client)
            await second.stop()
            await place.until_recorded(sessions, "observation_recovered", 2)
            assert first.began() == 8

            for session in sessions:
                events = await place.events(session)
                assert events[: len(before[session])] == before[session]
                assert ALARMS.isdisjoint(events)
                assert events.count("quorum_reached") == 1

    asyncio.run(scenario())


def test_what_several_machines_must_share_is_asked_for(tmp_path: Path) -> None:
    async def scenario() -> tuple[int | None, str]:
        environment = {
            "PATH": os.environ["PATH"],
            "PLENARI_DATA": str(tmp_path),
            "PLENARI_DATABASE": "postgresql://h/d",
        }
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "orchestrator", "serve", "--only", "web"),
            env=environment,
            stderr=asyncio.subprocess.PIPE,
        )
        _, words = await process.communicate()
        return process.returncode, words.decode()

    status, words = asyncio.run(scenario())
    assert status == 2
    assert "PLENARI_TOKEN_SECRET and PLENARI_SEAL_KEY and PLENARI_STRONGBOX_KEY must be set" in words
    assert "PLENARI_DATABASE" not in words
