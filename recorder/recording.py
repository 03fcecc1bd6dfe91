"""The one file that is made of a recording's segments in the end, with chapters, and what it lacks."""

import asyncio
import hashlib
import shutil
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

from recorder import graph
from recorder.archive import Segment, verify
from recorder.errors import ArchiveFailed, DiskFull, NothingRecorded

_PIECE = 1024 * 1024
_TOUCH = 100
"""Milliseconds by which neighbours may overlap: sound and pictures do not end together."""
_LEAST_HOLE = 500
"""Milliseconds without a picture or sound that are worth telling."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """Where something begins; it lasts until the next, or the end. In an MP4 the first begins at 0, whenever it did."""

    at: datetime
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hole:
    """A stretch of the broadcast of which nothing was recorded."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """The finished MP4. Its time 0 is `began_at`; `head` is the last chain of the manifest of its segments; `holes` are
    what it lacks between its first picture and its last."""

    file: Path
    size: int
    sha256: str
    segments: int
    head: str
    began_at: datetime
    holes: tuple[Hole, ...]


async def finish(folder: Path, target: Path, began_at: datetime, chapters: Sequence[Chapter]) -> Recording:
    """One MP4 that plays while it loads, of all segments in the manifest, by stream copy. Times are the broadcast's
    clock, which began at `began_at`: what was not recorded stays a hole, so that chapters and the record agree. Raises
    `ArchiveFailed`; the segments stay what they are."""
    segments = await asyncio.to_thread(verify, folder)
    if not segments:
        raise NothingRecorded("nothing was recorded")
    await asyncio.to_thread(_check_room, target, segments)
    partial = target.with_name(f".{target.stem}.partial.mp4")
    index = partial.with_suffix(".chapters")
    lasts = max(segment.last_ms for segment in segments)
    await asyncio.to_thread(index.write_text, _metadata(chapters, began_at, lasts))
    try:
        await _make(folder, segments, partial, index)
        await asyncio.to_thread(partial.replace, target)
    finally:
        await asyncio.to_thread(_remove, partial, index)
    return await asyncio.to_thread(_recording, target, segments, began_at)


async def _make(folder: Path, segments: list[Segment], partial: Path, index: Path) -> None:
    child = await asyncio.create_subprocess_exec(
        *graph.recording(partial, index), stdin=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    assert child.stdin is not None  # noqa: S101 - a pipe
    assert child.stderr is not None  # noqa: S101 - a pipe
    try:
        async with asyncio.TaskGroup() as tasks:
            complaint = tasks.create_task(child.stderr.read())
            await _pour(folder, _cuts(segments), child.stdin)
    finally:
        if child.returncode is None and not child.stdin.is_closing():
            child.kill()
    if await child.wait() != 0:
        raise ArchiveFailed(complaint.result().decode(errors="replace").strip().rpartition("\n")[2])


def _check_room(target: Path, segments: list[Segment]) -> None:
    """To put the index in front, ffmpeg moves what it has written within its file: once its size is enough."""
    needed, free = sum(segment.size for segment in segments), shutil.disk_usage(target.parent).free
    if free < needed:
        raise DiskFull(f"{needed >> 20} MB are needed for the recording, {free >> 20} MB are free")


def _remove(*files: Path) -> None:
    for file in files:
        file.unlink(missing_ok=True)


def _metadata(chapters: Sequence[Chapter], began_at: datetime, lasts: int) -> str:
    """ffmpeg's own text for chapters (ffmpeg-formats, "metadata"), in ms on the broadcast's clock."""
    begins = [max((chapter.at - began_at) // timedelta(milliseconds=1), 0) for chapter in chapters]
    lines = [";FFMETADATA1"]
    for chapter, begin, end in zip(chapters, begins, [*begins[1:], lasts], strict=False):
        if begin < min(end, lasts):
            title = "".join(f"\\{letter}" if letter in "=;#\\\n" else letter for letter in chapter.title)
            lines += ["[CHAPTER]", "TIMEBASE=1/1000", f"START={begin}", f"END={min(end, lasts)}", f"title={title}"]
    return "\n".join(lines) + "\n"


def holes(segments: Sequence[Segment], began_at: datetime) -> tuple[Hole, ...]:
    """The stretches between the first and the last segment of which none holds anything."""
    found = []
    in_time = sorted(segments, key=lambda segment: segment.first_ms)
    covered = in_time[0].last_ms if in_time else 0
    for before, after in pairwise(in_time):
        covered = max(covered, before.last_ms)
        if after.first_ms - covered >= _LEAST_HOLE:
            since, until = (began_at + timedelta(milliseconds=at) for at in (covered, after.first_ms))
            found.append(Hole(since=since, until=until))
    return tuple(found)


def _recording(file: Path, segments: list[Segment], began_at: datetime) -> Recording:
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return Recording(
        file=file,
        size=file.stat().st_size,
        sha256=digest,
        segments=len(segments),
        head=segments[-1].chain,
        began_at=began_at,
        holes=holes(segments, began_at),
    )


def _cuts(segments: list[Segment]) -> list[tuple[Segment, int | None]]:
    """The segments to put together, each with the time (ms) up to which it counts if not to its end.

    A writer that replaces a dead one begins with the last keyframe once more: from there on what it wrote holds. Names
    sort by writer and number.
    """
    cuts: list[tuple[Segment, int | None]] = []
    later, limit = "", 1 << 62
    begins = limit
    for segment in reversed(sorted(segments, key=lambda segment: segment.file)):
        writer = segment.file.rpartition("-")[0]
        if writer != later:
            later, limit = writer, min(limit, begins)
        begins = min(begins, segment.first_ms)
        if segment.first_ms < limit - _TOUCH:
            cuts.append((segment, limit if segment.last_ms > limit + _TOUCH else None))
    return cuts[::-1]


async def _pour(folder: Path, cuts: list[tuple[Segment, int | None]], into: asyncio.StreamWriter) -> None:
    try:
        for segment, limit in cuts:
            async for piece in _pieces(folder / segment.file, limit):
                into.write(piece)
                await into.drain()
        into.close()
        await into.wait_closed()
    except (BrokenPipeError, ConnectionResetError):
        into.close()  # ffmpeg has given up: its last words say why


async def _pieces(file: Path, limit: int | None) -> AsyncIterator[bytes]:
    """The segment's bytes, up to the limit."""
    if limit is None:
        with file.open("rb") as content:
            while piece := await asyncio.to_thread(content.read, _PIECE):
                yield piece
        return
    child = await asyncio.create_subprocess_exec(
        *graph.until(file, limit / 1000), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    assert child.stdout is not None  # noqa: S101 - a pipe
    while piece := await child.stdout.read(_PIECE):
        yield piece
    await child.wait()
