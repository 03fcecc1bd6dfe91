"""The output that the public can watch with no more than a web server: HLS (RFC 8216), a few short files on disk."""

from asyncio.subprocess import Process
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from recorder import graph
from recorder.child_output import ChildOutput
from recorder.flv import Tag
from recorder.outputs import OutputLostError

PLAYLIST = "live.m3u8"


class PageOutput(ChildOutput):
    """Keeps a playlist of the last half minute in a folder, and deletes what is older. It is fed with the programme
    like every other public output: what the public may not see does not reach it."""

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
        self._folder = folder

    def _command(self) -> list[str]:
        self._folder.mkdir(parents=True, exist_ok=True)
        return graph.page(self._folder / f"{self._now():%H%M%S%f}-%05d.ts", self._folder / PLAYLIST)

    async def _attend(self, child: Process) -> None:
        await child.wait()
        if not self._is_ending:
            raise OutputLostError("recorder_died")
