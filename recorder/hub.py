"""The process of one broadcast: `python -m recorder.hub --config FILE`.

It takes the encoder in, keeps the programme unbroken and owns the outputs. It outlives whoever started it and is found
again by its control socket; killed, it comes back in the mode that stands on the disk.
"""

import argparse
import asyncio
import fcntl
import json
import os
import signal
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import structlog

from recorder.config import ARCHIVE, PAGE, Destination, HubConfig, parse_config
from recorder.control import SOCKET, open_control
from recorder.file_output import FileOutput
from recorder.front import Front
from recorder.ingest import Ingest
from recorder.modes import Mode, load_mode, store_mode, write_atomically
from recorder.outputs import Output, RelayOutput
from recorder.page_output import PageOutput
from recorder.programme import Programme, SessionClock
from recorder.relays import Relays
from recorder.slates import load
from recorder.status import Status
from recorder.timeline import Pace

log = structlog.get_logger()

MODE, PORT, PID, LOG = "mode", "port", "hub.pid", "hub.log"
_TICK = 0.05


class Hub:
    """One broadcast. `run` returns after `stop`; anything unexpected escapes from it, and the process goes down."""

    def __init__(self, folder: Path, config: HubConfig) -> None:
        self.changed = asyncio.Event()
        self._folder = folder
        self._config = config
        self._front = Front(folder, host=config.host, key=config.key)
        self._listening = asyncio.Event()
        self._stopping = asyncio.Event()
        self._programme = Programme(
            slates={mode: load(file, config.picture.fps) for mode, file in config.slates.items()},
            mode=load_mode(folder / MODE, config.mode),
            pace=Pace(delay=config.delay_ms),
            clock=SessionClock(config.began_at, _now),
            now=_now,
            changed=self._notify,
        )
        self._archive = FileOutput(
            name=ARCHIVE,
            folder=folder / ARCHIVE,
            spare=config.spare,
            joining=self._programme.recording.joining,
            now=_now,
            changed=self._notify,
        )
        self._page = PageOutput(
            name=PAGE,
            folder=folder / PAGE,
            joining=self._programme.public.joining,
            now=_now,
            changed=self._notify,
        )
        self._children = [self._page, self._archive] if config.has_page else [self._archive]
        self._relays = Relays(self._output, self._carry)
        self._relays.want(config.destinations)

    async def run(self, ready: "Ready") -> None:
        """Serve until `stop`. Then the outputs say goodbye and the archive closes its last segment; whoever is
        subscribed hears of it by the end of the connection."""
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self.stop)
        self._programme.tick()
        async with asyncio.TaskGroup() as tasks:
            intake = tasks.create_task(self._take_in())
            await self._listening.wait()
            control = tasks.create_task(self._be_controlled(ready))
            async with asyncio.TaskGroup() as outputs:
                outputs.create_task(self._relays.run())
                for child in self._children:
                    outputs.create_task(child.run())
                await self._stopping.wait()
                intake.cancel()
                await self._front.end()
                self._relays.end()
                for child in self._children:
                    child.end()
            control.cancel()

    def status(self) -> Status:
        """How it is now."""
        public = self._programme.public
        return Status(
            broadcast=self._config.broadcast,
            at=_now(),
            pid=os.getpid(),
            port=self._front.port,
            mode=public.mode,
            slate=public.shows,
            slate_at=self._programme.slate_at,
            switches=public.switches,
            source=self._programme.source(),
            outputs=tuple(output.status() for output in (*self._relays.wanted, *self._children)),
        )

    def show(self, mode: Mode) -> None:
        """Returns when the mode holds and will hold after any crash. The room is opened once that is on the disk, and
        closed at once: if the disk fails then, the caller hears the error, and nobody the room. Raises `OSError`."""
        if mode is Mode.LIVE:
            store_mode(self._folder / MODE, mode)
            self._programme.show(mode)
        else:
            self._programme.show(mode)
            store_mode(self._folder / MODE, mode)
        log.info("mode_shown", mode=mode)

    def relay_to(self, destinations: Sequence[Destination]) -> None:
        """Where the public watches, from now on. Whoever asks has written it into the configuration."""
        self._relays.want(destinations)
        self._notify()
        log.info("destinations_set", destinations=[destination.name for destination in destinations])

    def renew(self, mode: Mode, file: Path) -> None:
        """Another slate for the mode. Raises `OSError`, `FlvError`, `SlateFailed`, and then keeps the one it has."""
        self._programme.renew(mode, load(file, self._config.picture.fps))

    def stop(self) -> None:
        """Begin to end; `run` returns when the archive is closed."""
        self._stopping.set()

    def _output(self, destination: Destination) -> Output:
        return RelayOutput(
            name=destination.name,
            address=destination.address,
            key=destination.key,
            picture=self._config.picture,
            joining=self._programme.public.joining,
            now=_now,
            changed=self._notify,
        )

    def _carry(self, relays: Sequence[Output]) -> None:
        self._programme.carry(public=[*relays, self._page], files=[self._archive])

    async def _take_in(self) -> None:
        """Receive the encoder, and keep the programme going."""
        async with asyncio.TaskGroup() as tasks:
            server = await self._open_ingest(tasks)
            await self._front.open(server.sockets[0].getsockname()[1])
            front = tasks.create_task(self._front.keep())
            self._listening.set()
            try:
                await self._pace()
            finally:
                server.close()
                front.cancel()

    async def _open_ingest(self, tasks: asyncio.TaskGroup) -> asyncio.Server:
        """On the port of before: the nginx in front knows no other."""
        memory = self._folder / PORT
        port = int(memory.read_text()) if memory.exists() else self._config.port
        server = await Ingest(self._config.key, self._programme).open("127.0.0.1", port, tasks)
        write_atomically(memory, str(server.sockets[0].getsockname()[1]))
        return server

    async def _be_controlled(self, ready: "Ready") -> None:
        async with asyncio.TaskGroup() as tasks:
            server = await open_control(self._folder, self, tasks)
            ready.tell()
            try:
                await asyncio.Event().wait()
            finally:
                server.close()
                (self._folder / SOCKET).unlink(missing_ok=True)

    async def _pace(self) -> None:
        ticks = 0
        while True:
            await asyncio.sleep(_TICK)
            self._programme.tick()
            ticks += 1
            if ticks % round(1 / _TICK) == 0:
                self._programme.count()

    def _notify(self) -> None:
        self.changed.set()
        self.changed = asyncio.Event()


class Ready:
    """Tells the process that started a detached hub that it serves."""

    def __init__(self, descriptor: int | None) -> None:
        self._descriptor = descriptor

    def tell(self) -> None:
        if self._descriptor is not None:
            os.write(self._descriptor, b"ready")
            os.close(self._descriptor)
            self._descriptor = None


def _now() -> datetime:
    return datetime.fromtimestamp(time.time(), UTC)


def _detach(folder: Path) -> Ready:
    """Go on in a session of our own, away from the terminal; the process that was started waits until the hub serves
    and ends with 0, or repeats the hub's last words and ends with 1."""
    reading, writing = os.pipe()
    if os.fork():
        os.close(writing)
        if os.read(reading, 5) == b"ready":
            os._exit(0)
        sys.stderr.write((folder / LOG).read_text()[-2000:])
        sys.stderr.flush()
        os._exit(1)
    os.close(reading)
    os.setsid()
    words = os.open(folder / LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(words, 1)
    os.dup2(words, 2)
    return Ready(writing)


def _claim(folder: Path) -> None:
    """One hub a broadcast: the lock lives as long as the process. Exits if another has it."""
    pid_file = os.open(folder / PID, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(pid_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        sys.exit("another hub carries this broadcast")
    os.ftruncate(pid_file, 0)
    os.write(pid_file, str(os.getpid()).encode())


async def _run(folder: Path, config: HubConfig, ready: Ready) -> None:
    await Hub(folder, config).run(ready)


def main() -> None:
    parser = argparse.ArgumentParser(description="The process of one broadcast.")
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--detach", action="store_true", help="go on in the background once it serves")
    arguments = parser.parse_args()
    file: Path = arguments.config
    folder = file.resolve().parent
    os.umask(0o077)
    config = parse_config(json.loads(file.read_text()))
    ready = _detach(folder) if arguments.detach else Ready(None)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.PrintLoggerFactory(),
    )
    structlog.contextvars.bind_contextvars(broadcast=config.broadcast)
    _claim(folder)
    asyncio.run(_run(folder, config, ready))


if __name__ == "__main__":
    main()
