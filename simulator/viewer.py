"""Somebody who watches the broadcast: follows what the public server writes and says whether it is the room or a slate.

The server writes every tag at once, so the moment at which a tag is read is, to some milliseconds, the moment at which
the public has it.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from recorder.flv import FlvError, FlvParser, Tag
from simulator.ears import Ears, Shown

_LOOK_SECONDS = 0.01
_SIGNATURE_BYTES = 64
"""The end of a picture tells it from others; its beginning may have parameter sets put in front."""


class Viewer:
    """`recordings` is where the public server writes; `slates` where the recorder keeps its rendered slates."""

    def __init__(self, recordings: Path, slates: Path, ears: Ears, now: Callable[[], datetime]) -> None:
        self._recordings = recordings
        self._slates = slates
        self._ears = ears
        self._now = now
        self._known: dict[Path, frozenset[bytes]] = {}
        self._last = ""

    async def run(self) -> None:
        """Watch until cancelled, telling of each change of picture."""
        parsers: dict[Path, tuple[FlvParser, int]] = {}
        while True:
            for file in sorted(self._recordings.glob("**/*.flv")):
                parser, read = parsers.setdefault(file, (FlvParser(), 0))
                parsers[file] = parser, read + await self._read(file, parser, read)
            await asyncio.sleep(_LOOK_SECONDS)

    async def _read(self, file: Path, parser: FlvParser, offset: int) -> int:
        if file.stat().st_size == offset:
            return 0
        with file.open("rb") as recording:
            recording.seek(offset)
            fresh = recording.read()
        for tag in parser.feed(fresh):
            if tag.is_video and not tag.is_header:
                await self._see(tag)
        return len(fresh)

    async def _see(self, tag: Tag) -> None:
        picture = "slate" if self._is_slate(tag) else "live"
        if picture != self._last:
            self._last = picture
            await self._ears.note(Shown(picture=picture, at=self._now()))

    def _is_slate(self, tag: Tag) -> bool:
        return any(_signature(tag) in known for known in self._signatures())

    def _signatures(self) -> list[frozenset[bytes]]:
        for file in self._slates.glob("*.flv"):
            if file not in self._known:
                self._known[file] = _signatures_of(file)
        return list(self._known.values())


def _signature(tag: Tag) -> bytes:
    return tag.body[5:][-_SIGNATURE_BYTES:]


def _signatures_of(file: Path) -> frozenset[bytes]:
    try:
        tags = FlvParser().feed(file.read_bytes())
    except FlvError:
        return frozenset()
    return frozenset(_signature(tag) for tag in tags if tag.is_video and not tag.is_header)
