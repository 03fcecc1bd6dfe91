"""The recording on disk: segments and their manifest.

`manifest.jsonl` has one line a segment. Each line's `chain` is SHA-256 over the chain of the line before (64 zeros for
the first) and the line's other members as canonical JSON: whoever holds the last chain can prove every segment.
"""

import asyncio
import hashlib
import json
import os
import threading
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog

from recorder import graph
from recorder.errors import ArchiveFailed, ManifestBroken

log = structlog.get_logger()

MANIFEST = "manifest.jsonl"
_GENESIS = "0" * 64
_QUIET = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A file of the recording. Times are ms on the broadcast's clock; `recovered`: found on disk after a crash."""

    seq: int
    file: str
    first_ms: int
    last_ms: int
    size: int
    sha256: str
    written_at: str
    recovered: bool
    chain: str


class Manifest:
    """Appends to the manifest of one folder; its calls read and hash whole files, so they belong into a thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._segments = read(folder)
        self._adding = threading.Lock()

    def unlisted(self) -> list[Path]:
        """Segments on disk that no line names, oldest first."""
        listed = {segment.file for segment in self._segments}
        return sorted(file for file in self._folder.glob("*.ts") if file.name not in listed)

    def add(self, file: Path, first_ms: int, last_ms: int, now: datetime, *, recovered: bool) -> None:
        """Hash the segment, make sure that it is on the disk, and give it its line; nothing if it has one."""
        with self._adding:
            if not any(segment.file == file.name for segment in self._segments):
                self._append(file, first_ms, last_ms, now, recovered)

    def _append(self, file: Path, first_ms: int, last_ms: int, now: datetime, recovered: bool) -> None:
        with file.open("rb") as content:
            digest = hashlib.file_digest(content, "sha256").hexdigest()
            os.fsync(content.fileno())
        facts: dict[str, Any] = {
            "seq": len(self._segments),
            "file": file.name,
            "first_ms": first_ms,
            "last_ms": last_ms,
            "size": file.stat().st_size,
            "sha256": digest,
            "written_at": now.isoformat(),
            "recovered": recovered,
        }
        previous = self._segments[-1].chain if self._segments else _GENESIS
        segment = Segment(**facts, chain=_link(previous, facts))
        self._write(json.dumps(asdict(segment), sort_keys=True) + "\n")
        self._segments.append(segment)

    def _write(self, line: str) -> None:
        """A line that does not fit on the disk leaves none: the next one would be written on its end."""
        with (self._folder / MANIFEST).open("ab") as target:
            length = target.tell()
            try:
                target.write(line.encode())
                target.flush()
                os.fsync(target.fileno())
            except OSError:
                os.truncate(self._folder / MANIFEST, length)
                raise


def _link(previous: str, facts: dict[str, Any]) -> str:
    canonical = json.dumps(facts, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256((previous + canonical).encode()).hexdigest()


def read(folder: Path) -> list[Segment]:
    """The manifest's segments. A last line that a crash cut short is removed. Raises `ManifestBroken`."""
    file = folder / MANIFEST
    if not file.exists():
        return []
    text = file.read_bytes()
    whole = text[: text.rfind(b"\n") + 1]
    if len(whole) != len(text):
        os.truncate(file, len(whole))
    segments = []
    previous = _GENESIS
    for number, line in enumerate(whole.splitlines()):
        try:
            facts = json.loads(line)
            segment = Segment(**facts)
        except (ValueError, TypeError) as error:
            raise ManifestBroken(f"line {number + 1} cannot be read") from error
        del facts["chain"]
        if segment.seq != number or segment.chain != _link(previous, facts):
            raise ManifestBroken(f"the chain breaks at line {number + 1}")
        previous = segment.chain
        segments.append(segment)
    return segments


def verify(folder: Path) -> list[Segment]:
    """The segments, after comparing each file with its line. Raises `ManifestBroken`."""
    segments = read(folder)
    for segment in segments:
        try:
            with (folder / segment.file).open("rb") as content:
                digest = hashlib.file_digest(content, "sha256").hexdigest()
        except OSError as error:
            raise ManifestBroken(f"{segment.file} cannot be read") from error
        if digest != segment.sha256:
            raise ManifestBroken(f"{segment.file} is not what was recorded")
    return segments


async def _measure(file: Path) -> tuple[int, int]:
    """First and last time in a segment, in ms on the broadcast's clock. Raises `ArchiveFailed` if it holds nothing."""
    child = await asyncio.create_subprocess_exec(
        *graph.probe(file), stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
    )
    said, _ = await child.communicate()
    try:
        facts = json.loads(said)["format"]
        first = round(float(facts["start_time"]) * 1000)
        return first, first + round(float(facts["duration"]) * 1000)
    except (ValueError, KeyError) as error:
        raise ArchiveFailed(f"{file.name} holds no pictures") from error


async def recover(manifest: Manifest, files: list[Path], now: Callable[[], datetime]) -> None:
    """List what a crash left. The writer of a hub that was killed may still be closing its last file."""
    for file in files:
        size = -1
        while size != (now_size := await asyncio.to_thread(os.path.getsize, file)):
            size = now_size
            await asyncio.sleep(_QUIET)
        try:
            first, last = await _measure(file)
        except ArchiveFailed as empty:
            log.warning("segment_not_recovered", reason=str(empty))
            continue
        try:
            await asyncio.to_thread(manifest.add, file, first, last, now(), recovered=True)
        except OSError as full:
            log.error("segment_not_listed", file=file.name, reason=str(full))  # the next start tries again
            continue
        log.info("segment_recovered", file=file.name)
