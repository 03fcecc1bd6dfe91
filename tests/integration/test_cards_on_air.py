"""A card that changes while it is on the air: the public sees the new one, and a hub that was killed has it again."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from recorder.cards import Card
from recorder.modes import Mode
from recorder.slates import load
from tests.integration.studio import PLE, SMALL, encode_clip, gaps, studio
from tests.recorder.waiting import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


def test_the_clock_of_a_recess_goes_on_and_survives_a_kill_of_the_hub(tmp_path: Path) -> None:
    async def scenario() -> None:
        clip = tmp_path / "clip.flv"
        encode_clip(clip)
        async with studio(tmp_path, clip, Mode.RECESS) as stage:
            await until(lambda: bool(stage.public.seen), 20)
            kept: list[set[bytes]] = []
            for clock in ("21:17", "21:18"):
                await stage.broadcasts.set_card(PLE, Mode.RECESS, Card(title="Recés", clock=clock))
                files = set((tmp_path / "broadcasts" / "slates").glob("*.flv"))
                newest = max(files, key=lambda file: file.stat().st_mtime_ns)
                kept.append(set(load(newest, SMALL.fps).video))
                await until(lambda: stage.public.seen[-1].tag.body in kept[-1], 10)
            assert len(files) == len(Mode) + 1, "the card before it is thrown away"
            pid = (await stage.status()).pid
            os.kill(pid, signal.SIGKILL)
            await stage.another_hub(pid)
            seen = len(stage.public.seen)
            await until(lambda: len(stage.public.seen) > seen + 30 and stage.public.seen[-1].tag.body in kept[-1], 20)
            first = stage.server.recordings()[0]
        assert max(gaps(first).values()) <= 120

    asyncio.run(scenario())
