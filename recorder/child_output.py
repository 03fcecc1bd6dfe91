"""An output that is an ffmpeg child: FLV on its standard input, files on the disk. Supervised like every other."""

import asyncio
import fcntl
from abc import abstractmethod
from asyncio.subprocess import DEVNULL, PIPE, Process

from recorder.flv import FILE_HEADER, build_tag
from recorder.outputs import Output, OutputLostError

_STALL_LIMIT = 8.0
_CLOSING_LIMIT = 10.0
_PIPE = 1024 * 1024
_PAUSE = 0.25
"""A write wakes the child, and costs more than all else that is done with a tag: four a second instead of fifty were
measured to halve what a hub costs."""


class ChildOutput(Output):
    """Feeds one child after another."""

    @abstractmethod
    def _command(self) -> list[str]:
        """What to start this time."""

    @abstractmethod
    async def _attend(self, child: Process) -> None:
        """What else is to be done while it lives; returns when it is gone. Raises `OutputLostError`."""

    def _begin(self, ts: int) -> None:
        """The first tag that this child is given has this time."""

    async def _run_once(self) -> None:
        # No pdeathsig: if this process dies, the end of its standard input lets ffmpeg finish its last file.
        try:
            child = await asyncio.create_subprocess_exec(*self._command(), stdin=PIPE, stdout=PIPE, stderr=DEVNULL)
        except OSError:
            raise OutputLostError("recorder_cannot_start") from None
        self._open()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._attend(child))
                await self._write(child)
        finally:
            if child.returncode is None:
                child.kill()
                await child.wait()

    async def _write(self, child: Process) -> None:
        """Everything of the queue into the child; at the end wait until it has closed its last file."""
        assert child.stdin  # noqa: S101 - a pipe
        has_begun = False
        fcntl.fcntl(child.stdin.get_extra_info("pipe"), fcntl.F_SETPIPE_SZ, _PIPE)
        try:
            child.stdin.write(FILE_HEADER)
            while batch := await self._next(_PIPE):
                if not has_begun:
                    self._begin(batch[0].ts)
                    has_begun = True
                child.stdin.write(b"".join(build_tag(tag) for tag in batch))
                async with asyncio.timeout(_STALL_LIMIT):
                    await child.stdin.drain()
                await asyncio.sleep(_PAUSE)
            child.stdin.close()
            async with asyncio.timeout(_CLOSING_LIMIT):
                await child.wait()
        except TimeoutError:
            raise OutputLostError("recorder_stalled") from None
        except OSError:
            raise OutputLostError("recorder_died") from None
