"""The output that writes the recording: an ffmpeg child cuts it into segments, we keep the manifest."""

import asyncio
import csv
import shutil
from asyncio.subprocess import Process
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import structlog

from recorder import graph
from recorder.archive import Manifest, recover
from recorder.child_output import ChildOutput
from recorder.flv import Tag
from recorder.outputs import OutputLostError

log = structlog.get_logger()


_LOOK = 2.0


class FileOutput(ChildOutput):
    """Writes MPEG-TS segments into a folder. Every start of the child has its own prefix, so that no segment is ever
    overwritten; what a crash left without a line in the manifest is found and listed.

    It leaves `spare` bytes of the disk free: when it comes to that the last segment is closed whole, and recording goes
    on once there is twice as much."""

    def __init__(
        self,
        *,
        name: str,
        folder: Path,
        spare: int,
        joining: Callable[[], list[Tag]],
        now: Callable[[], datetime],
        changed: Callable[[], None],
    ) -> None:
        super().__init__(name, joining, now, changed)
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._spare = spare
        self._is_full = False
        self._manifest = Manifest(folder)
        self._left_behind: list[Path] = []
        self._begins: int | None = None

    async def run(self) -> None:
        """As every output; in the end nothing that was written stands without its line."""
        await super().run()
        await recover(self._manifest, self._manifest.unlisted(), self._now)

    async def _run_once(self) -> None:
        if self._free() < 2 * self._spare if self._is_full else self._free() < self._spare:
            self._is_full = True
            raise OutputLostError("disk_full")
        self._is_full = False
        await super()._run_once()

    @property
    def _is_closing(self) -> bool:
        return self._is_ending or self._is_full

    def _free(self) -> int:
        return shutil.disk_usage(self._folder).free

    def _command(self) -> list[str]:
        self._left_behind = self._manifest.unlisted()
        self._begins = None
        return graph.archive(self._folder / f"{self._now():%Y%m%dT%H%M%S%f}-%05d.ts")

    def _begin(self, ts: int) -> None:
        self._begins = ts

    async def _attend(self, child: Process) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(recover(self._manifest, self._left_behind, self._now))
            watching = tasks.create_task(self._watch_disk())
            await self._list_segments(child)
            watching.cancel()
        if not self._is_ending:
            raise OutputLostError("disk_full" if self._is_full else "recorder_died")

    async def _watch_disk(self) -> None:
        while not self._is_full:
            await asyncio.sleep(_LOOK)
            self._is_full = self._free() < self._spare
        log.warning("disk_full", output=self.name)
        self._woken.set()

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
            try:
                await asyncio.to_thread(self._manifest.add, file, first_ms, last_ms, self._now(), recovered=False)
            except OSError:
                raise OutputLostError("disk_full") from None  # the segment is found and listed by the next start
