"""The output that writes the recording: an ffmpeg child cuts it into segments, we keep the manifest."""

import asyncio
import csv
from asyncio.subprocess import Process
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from recorder import graph
from recorder.archive import Manifest, recover
from recorder.child_output import ChildOutput
from recorder.flv import Tag
from recorder.outputs import OutputLostError


class FileOutput(ChildOutput):
    """Writes MPEG-TS segments into a folder. Every start of the child has its own prefix, so that no segment is ever
    overwritten; what a crash left without a line in the manifest is found and listed."""

    def __init__(
        self,
        *,
        name: str,
        folder: Path,
        joining: Callable[[], list[Tag]],
        now: Callable[[], datetime],
        changed: Callable[[], None],
    ) -> None:
        super().__init__(name, joining, now, changed)
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._manifest = Manifest(folder)
        self._left_behind: list[Path] = []
        self._begins: int | None = None

    async def run(self) -> None:
        """As every output; in the end nothing that was written stands without its line."""
        await super().run()
        await recover(self._manifest, self._manifest.unlisted(), self._now)

    def _command(self) -> list[str]:
        self._left_behind = self._manifest.unlisted()
        self._begins = None
        return graph.archive(self._folder / f"{self._now():%Y%m%dT%H%M%S%f}-%05d.ts")

    def _begin(self, ts: int) -> None:
        self._begins = ts

    async def _attend(self, child: Process) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(recover(self._manifest, self._left_behind, self._now))
            tasks.create_task(self._list_segments(child))

    async def _list_segments(self, child: Process) -> None:
        """ffmpeg says `file,first,last` (seconds) for each segment that it has closed; of its first one it says that
        it began at 0, whenever it did."""
        is_first = True
        assert child.stdout  # noqa: S101 - a pipe
        async for line in child.stdout:
            name, first, last = next(csv.reader([line.decode()]))
            first_ms = self._begins if is_first and self._begins is not None else round(float(first) * 1000)
            is_first = False
            last_ms, file = round(float(last) * 1000), self._folder / name
            await asyncio.to_thread(self._manifest.add, file, first_ms, last_ms, self._now(), recovered=False)
        if not self._is_ending:
            raise OutputLostError("recorder_died")
