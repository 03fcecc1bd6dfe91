"""The output that writes the recording: an ffmpeg child cuts it into segments, we keep the manifest."""

import asyncio
import csv
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from recorder import graph
from recorder.archive import Manifest, recover
from recorder.flv import FILE_HEADER, Tag, build_tag
from recorder.outputs import Output, OutputLostError

_STALL_LIMIT = 8.0
_CLOSING_LIMIT = 10.0


class FileOutput(Output):
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
        self._begins: int | None = None

    async def run(self) -> None:
        """As every output; in the end nothing that was written stands without its line."""
        await super().run()
        await recover(self._manifest, self._manifest.unlisted(), self._now)

    async def _run_once(self) -> None:
        left_behind = self._manifest.unlisted()
        prefix = self._now().strftime("%Y%m%dT%H%M%S%f")
        # No pdeathsig: if this process dies, the end of its standard input lets ffmpeg finish the last segment.
        try:
            child = await asyncio.create_subprocess_exec(
                *graph.archive(self._folder / f"{prefix}-%05d.ts"), stdin=PIPE, stdout=PIPE, stderr=DEVNULL
            )
        except OSError:
            raise OutputLostError("recorder_cannot_start") from None
        self._begins = None
        self._open()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(recover(self._manifest, left_behind, self._now))
                tasks.create_task(self._list_segments(child))
                await self._write(child)
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()

    async def _write(self, child: Process) -> None:
        """Everything of the queue into the child; at the end wait until it has closed its last segment."""
        assert child.stdin  # noqa: S101 - a pipe
        try:
            child.stdin.write(FILE_HEADER)
            while batch := await self._next():
                if self._begins is None:
                    self._begins = batch[0].ts
                child.stdin.write(b"".join(build_tag(tag) for tag in batch))
                async with asyncio.timeout(_STALL_LIMIT):
                    await child.stdin.drain()
            child.stdin.close()
            async with asyncio.timeout(_CLOSING_LIMIT):
                await child.wait()
        except TimeoutError:
            raise OutputLostError("recorder_stalled") from None
        except OSError:
            raise OutputLostError("recorder_died") from None

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
