"""The recording while the disk fills up and is freed again; a real ffmpeg, a disk that says what it is told to."""

import asyncio
import shutil
import time
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

import recorder.file_output
from recorder.archive import verify
from recorder.file_output import FileOutput
from recorder.flv import FlvParser, Tag
from recorder.health import Health
from tests.integration.studio import decode, encode_clip
from tests.recorder.waiting import until

pytestmark = pytest.mark.slow
SPARE = 1000


def now() -> datetime:
    return datetime.fromtimestamp(time.time(), UTC)


def test_a_disk_that_fills_up_stops_the_recording_whole_and_it_goes_on_when_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encode_clip(tmp_path / "clip.flv")
    clip = [tag for tag in FlvParser().feed((tmp_path / "clip.flv").read_bytes()) if tag.kind != 18]
    disk = SimpleNamespace(free=SPARE)
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: disk)
    monkeypatch.setattr(recorder.file_output, "_LOOK", 0.05)
    folder = tmp_path / "archive"
    joining: list[Tag] = [*clip]
    output = FileOutput(
        name="archive",
        folder=folder,
        spare=SPARE,
        joining=lambda: [*joining],
        now=now,
        changed=lambda: None,
    )

    async def lost() -> None:
        await until(lambda: output.condition.health is Health.LOST, 20)
        assert output.condition.cause == "disk_full"

    async def story() -> None:
        await until(lambda: output.condition.health is Health.LIVE)
        await until(lambda: output.status().backlog == 0)
        disk.free = SPARE - 1
        await lost()
        segments = verify(folder)
        assert segments
        assert not any(segment.recovered for segment in segments)
        assert all(decode(folder / segment.file)[1] == "" for segment in segments)

        disk.free = 2 * SPARE - 1
        await asyncio.sleep(2)
        assert output.condition.health is Health.LOST, "room enough for a moment is not enough"
        joining[:] = [tag.at(tag.ts + 60_000) for tag in clip]
        disk.free = 2 * SPARE
        await until(lambda: output.condition.health is Health.LIVE, 20)
        output.end()
        await until(lambda: verify(folder)[-1].first_ms >= 60_000, 20)

    async def run() -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(output.run())
            await story()

    asyncio.run(run())


def test_a_full_disk_at_the_start_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: SimpleNamespace(free=0))
    output = FileOutput(
        name="archive",
        folder=tmp_path,
        spare=SPARE,
        joining=list,
        now=now,
        changed=lambda: None,
    )

    async def run() -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(output.run())
            await until(lambda: output.condition.health is Health.LOST)
            output.end()

    asyncio.run(run())
    assert output.condition.cause == "disk_full"
