"""What is put into the one file of a recording, and what is said of it."""

import asyncio
import fcntl
import os
import shutil
from collections import namedtuple
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from recorder.archive import Manifest, Segment
from recorder.broadcasts import Broadcasts
from recorder.errors import DiskFull
from recorder.events import BroadcastId
from recorder.recording import Chapter, Hole, _cuts, _metadata, finish, holes

BEGAN = datetime(2026, 3, 5, 19, 0, tzinfo=UTC)


def at(ms: int) -> datetime:
    return BEGAN + timedelta(milliseconds=ms)


def segment(file: str, first_ms: int, last_ms: int) -> Segment:
    return Segment(
        seq=0,
        file=file,
        first_ms=first_ms,
        last_ms=last_ms,
        size=1,
        sha256="",
        written_at="",
        recovered=False,
        chain="",
    )


def cuts(*segments: Segment) -> list[tuple[str, int | None]]:
    return [(segment.file, limit) for segment, limit in _cuts(list(segments))]


def test_segments_of_one_writer_are_put_together_whole() -> None:
    assert cuts(segment("a-0.ts", 0, 4010), segment("a-1.ts", 4000, 8000)) == [("a-0.ts", None), ("a-1.ts", None)]


def test_what_the_next_writer_wrote_once_more_is_taken_from_it() -> None:
    assert cuts(
        segment("b-0.ts", 5000, 9000),
        segment("b-1.ts", 9000, 12_000),
        segment("a-0.ts", 0, 4000),
        segment("a-1.ts", 4000, 6500),
    ) == [("a-0.ts", None), ("a-1.ts", 5000), ("b-0.ts", None), ("b-1.ts", None)]


def test_a_segment_that_the_next_writer_wrote_once_more_as_a_whole_is_left_out() -> None:
    assert cuts(segment("a-0.ts", 0, 4000), segment("a-1.ts", 3990, 5500), segment("b-0.ts", 4000, 9000)) == [
        ("a-0.ts", None),
        ("b-0.ts", None),
    ]


def test_writers_that_die_one_after_the_other_leave_what_each_had_alone() -> None:
    assert cuts(segment("a-0.ts", 0, 3000), segment("b-0.ts", 2000, 2500), segment("c-0.ts", 2000, 8000)) == [
        ("a-0.ts", 2000),
        ("c-0.ts", None),
    ]


def test_a_hole_is_where_no_segment_has_anything() -> None:
    assert holes([segment("a-0.ts", 0, 4000), segment("a-1.ts", 4020, 8000)], BEGAN) == ()
    assert holes(
        [segment("b-0.ts", 9500, 12_000), segment("a-0.ts", 0, 8000), segment("a-1.ts", 3000, 4000)], BEGAN
    ) == (Hole(since=at(8000), until=at(9500)),)


def test_chapters_last_until_the_next_and_nothing_in_a_title_is_markup() -> None:
    chapters = [Chapter(at=at(-5000), title="Acta"), Chapter(at=at(61_000), title="1 = 2; #3\\\nfi")]
    assert _metadata(chapters, BEGAN, 90_000).splitlines() == [
        ";FFMETADATA1",
        *("[CHAPTER]", "TIMEBASE=1/1000", "START=0", "END=61000", "title=Acta"),
        *("[CHAPTER]", "TIMEBASE=1/1000", "START=61000", "END=90000", "title=1 \\= 2\\; \\#3\\\\\\", "fi"),
    ]


def test_chapters_that_would_be_empty_are_left_out() -> None:
    chapters = [Chapter(at=at(0), title="a"), Chapter(at=at(0), title="b"), Chapter(at=at(99_000), title="after")]
    assert [line for line in _metadata(chapters, BEGAN, 90_000).splitlines() if "title" in line] == ["title=b"]


def test_without_room_on_the_disk_it_says_so_and_the_segments_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a-00000.ts"
    file.write_bytes(bytes(1000))
    Manifest(tmp_path).add(file, 0, 4000, BEGAN, recovered=False)
    usage = namedtuple("usage", "free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: usage(free=999))
    with pytest.raises(DiskFull):
        asyncio.run(finish(tmp_path, tmp_path / "ple.mp4", BEGAN, ()))
    assert file.stat().st_size == 1000
    assert not (tmp_path / "ple.mp4").exists()


def test_what_is_left_of_a_broadcast_is_deleted_once_its_recording_was_made_long_enough_ago(tmp_path: Path) -> None:
    for name in ("old", "new", "unfinished", "running"):
        (tmp_path / name / "archive").mkdir(parents=True)
        (tmp_path / name / "hub.pid").touch()
        if name != "unfinished":
            (tmp_path / name / "finished").touch()
            os.utime(tmp_path / name / "finished", (0, BEGAN.timestamp() + (60 if name == "new" else -60)))

    async def run() -> list[BroadcastId]:
        async with Broadcasts(tmp_path, lambda: BEGAN) as broadcasts:
            return await broadcasts.retire(BEGAN)

    with (tmp_path / "running" / "hub.pid").open("r+") as claimed:
        fcntl.flock(claimed, fcntl.LOCK_EX)
        assert asyncio.run(run()) == ["old"]
    assert {folder.name for folder in tmp_path.iterdir()} == {"new", "unfinished", "running"}
