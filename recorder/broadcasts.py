"""Which broadcasts live on this machine: start, adopt, command and stop their hubs, and hear of them.

A hub is not a child: it goes on when this process ends, and the next one adopts it by its control socket. A hub that
dies is started again at once; it remembers its port, its key's file and its mode.
"""

import asyncio
import contextlib
import fcntl
import json
import os
import secrets
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

import structlog

from recorder import archive, control, front, recording, slates
from recorder.archive import Manifest
from recorder.cards import Card
from recorder.config import ARCHIVE, PAGE, Destination, HubConfig, build_config, check_destinations, parse_config
from recorder.errors import HubFailed, HubSilent, HubUnavailable
from recorder.events import BroadcastId, Event, HubLost, SourceLost, differences
from recorder.graph import Picture
from recorder.health import Health
from recorder.hub import LOG, PID
from recorder.ingest import APP
from recorder.modes import Mode, write_atomically
from recorder.recording import Chapter, Recording
from recorder.status import Status

log = structlog.get_logger()

_CONFIG, _FINISHED = "config.json", "finished"
_STOP_LIMIT = 30.0
_RETRY = 0.2
_MOST_RETRY = 5.0
_RETURN = timedelta(seconds=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """One broadcast. `cards` has a text for every mode; `mode` holds from the start; `delay` is what keeps the last
    words before a closed session off the air. `destinations` None leaves those that it had. `host` is where the
    encoder's RTMP is listened for."""

    broadcast: BroadcastId
    mode: Mode
    cards: Mapping[Mode, Card]
    destinations: tuple[Destination, ...] | None
    picture: Picture = field(default_factory=Picture)
    delay: timedelta = timedelta(seconds=3)
    has_page: bool = False
    host: str = "127.0.0.1"


class Broadcasts:
    """The hubs of one folder. `async with` it; leaving it leaves the hubs alone."""

    def __init__(self, folder: Path, now: Callable[[], datetime]) -> None:
        self._folder = folder
        self._now = now
        self._events: asyncio.Queue[Event] = asyncio.Queue()
        self._watches: dict[BroadcastId, asyncio.Task[None]] = {}
        self._cards: dict[tuple[BroadcastId, Mode], Path] = {}
        self._tasks = asyncio.TaskGroup()

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for watch in self._watches.values():
            watch.cancel()
        await self._tasks.__aexit__(kind, error, trace)

    async def start(self, plan: Plan) -> str:
        """Have the broadcast carried: by the hub that carries it already, or by a new one; either way to the plan's
        destinations. Returns the ingest address for the encoder, which holds the key: not for logs. Raises
        `SlateFailed`, `HubFailed`."""
        folder = self._of(plan.broadcast)
        config = await self._configure(plan)
        try:
            status = await self._relay(plan.broadcast, config.destinations)
            log.info("hub_adopted", broadcast=plan.broadcast)
        except HubUnavailable:
            await self._spawn(plan.broadcast)
            status = await control.ask(folder, do="status")
        if plan.broadcast not in self._watches:
            self._watches[plan.broadcast] = self._tasks.create_task(self._watch(plan.broadcast))
        return f"rtmp://{plan.host}:{status.port}/{APP}/{config.key}"

    async def set_mode(self, broadcast: BroadcastId, mode: Mode) -> None:
        """Returns when the mode is on disk and holds. Raises `HubUnavailable`: then call again, nothing is known."""
        await control.ask(self._of(broadcast), do="mode", mode=mode)

    async def set_destinations(self, broadcast: BroadcastId, destinations: Sequence[Destination]) -> None:
        """Where the public watches from now on, also after a restart of the hub. Those that stay and the archive do
        not notice; each that is new begins with the current picture; those left out are told goodbye. Returns when
        the hub has taken it up, not when all are reached. Raises `HubUnavailable`: then it is written down, and holds
        as soon as a hub is back. Raises `ValueError` when they cannot be served together."""
        check_destinations(destinations)
        file = self._of(broadcast) / _CONFIG
        config = await asyncio.to_thread(_read_config, file)
        if config is None:
            raise HubUnavailable("it was never started")
        await asyncio.to_thread(_write_config, file, replace(config, destinations=tuple(destinations)))
        await self._relay(broadcast, destinations)

    async def set_card(self, broadcast: BroadcastId, mode: Mode, card: Card) -> None:
        """Have the mode show another card, also after a restart of the hub. The one before it is thrown away, for a
        card with a clock is another each minute. Raises `SlateFailed`, `HubUnavailable`, and `ValueError` for a
        broadcast that was never started."""
        folder = self._of(broadcast)
        config = await asyncio.to_thread(_read_config, folder / _CONFIG)
        if config is None:
            raise ValueError("it was never started")
        file = (await slates.render(card, config.picture, self._folder / "slates")).absolute()
        known = {**config.slates, mode: file}
        await asyncio.to_thread(_write_config, folder / _CONFIG, replace(config, slates=known))
        await control.ask(folder, do="slate", mode=mode, file=str(file))
        before, self._cards[broadcast, mode] = self._cards.get((broadcast, mode)), file
        if before is not None and before != file:
            await asyncio.to_thread(before.unlink, missing_ok=True)

    async def status(self, broadcast: BroadcastId) -> Status:
        """Raises `HubUnavailable`."""
        return await control.ask(self._of(broadcast), do="status")

    async def stop(self, broadcast: BroadcastId) -> None:
        """Take the broadcast off the air; returns when the hub has closed its archive and gone. Safe to repeat."""
        if watch := self._watches.pop(broadcast, None):
            watch.cancel()
        folder = self._of(broadcast)
        with contextlib.suppress(HubUnavailable, TimeoutError):
            async with asyncio.timeout(_STOP_LIMIT):
                await control.ask(folder, do="stop")
                async for _ in control.subscribe(folder):
                    pass
        await front.end(folder)

    async def finish(self, broadcast: BroadcastId, target: Path, chapters: Sequence[Chapter] = ()) -> Recording:
        """One MP4 of all that was recorded, once the hub has stopped; chapters in the order of their times. Raises
        `ArchiveFailed`, `ManifestBroken`."""
        await asyncio.to_thread(shutil.rmtree, self.page(broadcast), ignore_errors=True)
        folder = self.archive(broadcast)
        manifest = await asyncio.to_thread(Manifest, folder)
        await archive.recover(manifest, manifest.unlisted(), self._now)
        config = await asyncio.to_thread(_read_config, self._of(broadcast) / _CONFIG)
        made = await recording.finish(folder, target, config.began_at if config else self._now(), chapters)
        await asyncio.to_thread(write_atomically, self._of(broadcast) / _FINISHED, f"{made.sha256}\n")
        return made

    async def retire(self, before: datetime) -> list[BroadcastId]:
        """Delete what is left of broadcasts whose recording was finished before then: segments, cards' files, keys. The
        recordings themselves lie elsewhere and stay."""
        return await asyncio.to_thread(self._retire, before)

    def _retire(self, before: datetime) -> list[BroadcastId]:
        retired = []
        for finished in sorted(self._folder.glob(f"*/{_FINISHED}")):
            if finished.stat().st_mtime < before.timestamp() and not _is_claimed(finished.parent):
                shutil.rmtree(finished.parent)
                retired.append(BroadcastId(finished.parent.name))
        return retired

    def archive(self, broadcast: BroadcastId) -> Path:
        """Where the segments and their manifest are."""
        return self._of(broadcast) / ARCHIVE

    def page(self, broadcast: BroadcastId) -> Path:
        """Where the files are that a web server may show, if the plan has a page."""
        return self._of(broadcast) / PAGE

    async def events(self) -> AsyncIterator[Event]:
        """What happens to all broadcasts, without an end."""
        while True:
            yield await self._events.get()

    def _of(self, broadcast: BroadcastId) -> Path:
        return self._folder / broadcast

    async def _relay(self, broadcast: BroadcastId, destinations: Sequence[Destination]) -> Status:
        said = [asdict(destination) for destination in destinations]
        return await control.ask(self._of(broadcast), do="destinations", destinations=said)

    async def _configure(self, plan: Plan) -> HubConfig:
        """Write the configuration. The key and the beginning of a broadcast never change."""
        check_destinations(plan.destinations or ())
        file = self._of(plan.broadcast) / _CONFIG
        known = await asyncio.to_thread(_read_config, file)
        cache = self._folder / "slates"
        async with asyncio.TaskGroup() as tasks:
            renders = {mode: tasks.create_task(slates.render(plan.cards[mode], plan.picture, cache)) for mode in Mode}
        config = HubConfig(
            broadcast=plan.broadcast,
            began_at=known.began_at if known else self._now(),
            host=plan.host,
            port=0,
            key=known.key if known else secrets.token_urlsafe(24),
            mode=plan.mode,
            has_page=plan.has_page,
            delay_ms=plan.delay // timedelta(milliseconds=1),
            picture=plan.picture,
            slates={mode: render.result().absolute() for mode, render in renders.items()},
            destinations=plan.destinations if plan.destinations is not None else known.destinations if known else (),
        )
        await asyncio.to_thread(_write_config, file, config)
        return config

    async def _spawn(self, broadcast: BroadcastId) -> None:
        """Start a hub that detaches itself; returns when it serves."""
        folder = self._of(broadcast)
        command = [sys.executable, "-m", "recorder.hub", "--config", str(folder / _CONFIG), "--detach"]
        starter = await asyncio.create_subprocess_exec(
            *command, stderr=asyncio.subprocess.PIPE, cwd=Path(__file__).parent.parent
        )
        _, words = await starter.communicate()
        if starter.returncode != 0:
            raise HubFailed(words.decode(errors="replace").strip().rpartition("\n")[2] or f"see {folder / LOG}")
        log.info("hub_started", broadcast=broadcast)

    async def _watch(self, broadcast: BroadcastId) -> None:
        """Hear the hub; when it dies, start it again and go on."""
        before: Status | None = None
        awaited: datetime | None = None
        pause = _RETRY
        while True:
            try:
                async for status in control.subscribe(self._of(broadcast)):
                    for event in differences(before, status):
                        self._events.put_nowait(event)
                    before, pause = status, _RETRY
                    awaited = self._await_source(awaited, status)
            except HubUnavailable as lost:
                log.warning("hub_lost", broadcast=broadcast, reason=str(lost))
                if isinstance(lost, HubSilent):
                    _end_hub(self._of(broadcast))
            if pause == _RETRY:
                self._events.put_nowait(HubLost(broadcast=broadcast, at=self._now()))
                awaited = self._now() + _RETURN if before and before.source.condition.health is Health.LIVE else awaited
                before = None  # whatever is so with the next one is news
            try:
                await self._spawn(broadcast)
            except HubFailed as failed:
                log.error("hub_failed", broadcast=broadcast, reason=str(failed))
                await asyncio.sleep(pause)
                pause = min(pause * 2, _MOST_RETRY)

    def _await_source(self, awaited: datetime | None, status: Status) -> datetime | None:
        """A source that was live when the hub was lost keeps its connection, to the nginx in front. Until when it is
        awaited; one that has not come by then went away in between."""
        if awaited is None or status.source.condition.health is Health.LIVE:
            return None
        if self._now() < awaited:
            return awaited
        broadcast = BroadcastId(status.broadcast)
        self._events.put_nowait(SourceLost(broadcast=broadcast, at=self._now(), cause="source_closed"))
        return None


def _end_hub(folder: Path) -> None:
    """Kill a hub that hangs."""
    if _is_claimed(folder):
        os.kill(int((folder / PID).read_text()), signal.SIGKILL)


def _is_claimed(folder: Path) -> bool:
    """Only who holds the lock on its file is a hub: a process id alone may have passed on."""
    with (folder / PID).open("a+") as pid_file:
        try:
            fcntl.flock(pid_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def _read_config(file: Path) -> HubConfig | None:
    return parse_config(json.loads(file.read_text())) if file.exists() else None


def _write_config(file: Path, config: HubConfig) -> None:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_atomically(file, json.dumps(build_config(config), default=str))
