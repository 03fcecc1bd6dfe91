"""A broadcast on real servers: an encoder that replays a clip, a hub, and nginx-rtmp in the public's place."""

import asyncio
import contextlib
import json
import os
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import psutil

from recorder.broadcasts import Broadcasts, Plan
from recorder.cards import Card
from recorder.config import Destination
from recorder.errors import HubUnavailable
from recorder.events import BroadcastId, Event
from recorder.flv import FlvParser, Kind, Tag
from recorder.graph import Picture, encoding
from recorder.modes import Mode
from recorder.slates import load
from recorder.status import Status
from simulator.public_server import PublicServer
from tests.recorder.waiting import until

PLE = BroadcastId("ple")
SMALL = Picture(width=320, height=180, fps=30)
PUBLIC_KEY = "public-key-that-nobody-may-see"


def encode_clip(file: Path) -> None:
    """Eight seconds with Jibri's encoder arguments; replayed by copying they cost next to nothing."""
    size = f"{SMALL.width}x{SMALL.height}"
    source = ["-f", "lavfi", "-i", f"testsrc2=s={size}:r=30", "-f", "lavfi", "-i", "sine=frequency=220:r=44100"]
    output = [part for name, value in encoding(SMALL.fps).items() for part in (f"-{name}", str(value))]
    command = ["ffmpeg", "-v", "error", *source, *output, "-ac", "2", "-frames:v", "240", "-frames:a", "345"]
    subprocess.run([*command, "-f", "flv", str(file)], check=True)


@dataclass(frozen=True, slots=True)
class Seen:
    """A tag as the public server wrote it, when (monotonic seconds), and whether it is of a slate."""

    at: float
    tag: Tag
    is_slate: bool


class Public:
    """Follows what the public server writes, tag by tag, over all its recordings."""

    def __init__(self, server: PublicServer, slates: set[bytes]) -> None:
        self.seen: list[Seen] = []
        self._server = server
        self._slates = slates
        self._read: dict[Path, tuple[FlvParser, int]] = {}

    async def follow(self) -> None:
        while True:
            for file in self._server.recordings():
                self._read_on(file)
            await asyncio.sleep(0.005)

    def pictures(self, *, is_slate: bool, since: float = 0.0) -> list[Seen]:
        return [seen for seen in self.seen if seen.is_slate is is_slate and seen.at >= since]

    def _read_on(self, file: Path) -> None:
        parser, at = self._read.get(file, (FlvParser(), 0))
        with file.open("rb") as content:
            content.seek(at)
            data = content.read()
        self._read[file] = (parser, at + len(data))
        now = time.monotonic()
        for tag in parser.feed(data) if data else []:
            if tag.is_video and not tag.is_header:
                self.seen.append(Seen(now, tag, tag.body in self._slates))


class Encoder:
    """Replays the clip to an address, in real time, until it is killed."""

    def __init__(self, clip: Path, address: str, starts_at: float = 0.0) -> None:
        """`starts_at` is what its clock says at the beginning, in seconds."""
        self.address = address
        command = ["ffmpeg", "-v", "quiet", "-re", "-stream_loop", "-1", "-i", str(clip), "-c", "copy"]
        offset = ["-output_ts_offset", str(starts_at), "-f", "flv"]
        self._process = subprocess.Popen([*command, *offset, address], stdin=subprocess.DEVNULL)
        self.pid = self._process.pid

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def has_ended(self) -> bool:
        return self._process.poll() is not None


class Studio:
    """All that a test wants to touch."""

    def __init__(self, folder: Path, clip: Path, server: PublicServer, broadcasts: Broadcasts, address: str) -> None:
        self.folder = folder
        self.server = server
        self.broadcasts = broadcasts
        self.address = address
        self.events: list[Event] = []
        slates = [load(file, SMALL.fps) for file in (folder / "broadcasts" / "slates").glob("*.flv")]
        self.slates = {body for slate in slates for body in slate.video}
        self.public = Public(server, self.slates)
        self._clip = clip
        self._encoders: list[Encoder] = []

    def encode(self, address: str | None = None, starts_at: float = 0.0) -> Encoder:
        encoder = Encoder(self._clip, address or self.address, starts_at)
        self._encoders.append(encoder)
        return encoder

    def close(self) -> None:
        for encoder in self._encoders:
            encoder.kill()

    async def listen(self) -> None:
        async for event in self.broadcasts.events():
            self.events.append(event)

    @staticmethod
    def now() -> datetime:
        return datetime.fromtimestamp(time.time(), UTC)

    async def status(self) -> Status:
        return await self.broadcasts.status(PLE)

    async def another_hub(self, pid: int, limit: float = 20.0) -> None:
        """Returns when a hub serves that is not the one with this process id."""
        async with asyncio.timeout(limit):
            while True:
                with contextlib.suppress(HubUnavailable):
                    if (await self.status()).pid != pid:
                        return
                await asyncio.sleep(0.05)

    async def source_on_air(self, since: float = 0.0, limit: float = 10.0) -> float:
        """When the public saw the first picture of the room since then."""
        await until(lambda: bool(self.public.pictures(is_slate=False, since=since)), limit)
        return self.public.pictures(is_slate=False, since=since)[0].at

    async def slate_on_air(self, since: float, limit: float = 10.0) -> float:
        await until(lambda: bool(self.public.pictures(is_slate=True, since=since)), limit)
        return self.public.pictures(is_slate=True, since=since)[0].at

    async def happened(self, condition: Callable[[Event], bool], limit: float = 10.0) -> Event:
        await until(lambda: any(condition(event) for event in self.events), limit)
        return next(event for event in self.events if condition(event))

    async def finish(self) -> Path:
        """Stop the broadcast and make its recording."""
        await self.broadcasts.stop(PLE)
        return (await self.broadcasts.finish(PLE, self.folder / "ple.mp4")).file


@asynccontextmanager
async def studio(
    folder: Path,
    clip: Path,
    mode: Mode = Mode.LIVE,
    delay: float = 0.0,
    *,
    has_page: bool = False,
    hours_ago: float = 0.0,
) -> AsyncIterator[Studio]:
    """The hub serves, the public server listens, nobody encodes yet. Everything that was started is ended. For the hub
    the broadcast has gone on for `hours_ago`."""

    def then() -> datetime:
        return Studio.now() - timedelta(hours=hours_ago)

    async with PublicServer(folder / "public") as server, Broadcasts(folder / "broadcasts", then) as broadcasts:
        plan = Plan(
            broadcast=PLE,
            mode=mode,
            cards={mode: Card(title=mode.value) for mode in Mode},
            destinations=(Destination(name="public", address=server.address, key=PUBLIC_KEY),),
            picture=SMALL,
            delay=timedelta(seconds=delay),
            has_page=has_page,
        )
        stage = Studio(folder, clip, server, broadcasts, await broadcasts.start(plan))
        try:
            async with asyncio.TaskGroup() as tasks:
                watching = [tasks.create_task(stage.public.follow()), tasks.create_task(stage.listen())]
                yield stage
                for task in watching:
                    task.cancel()
        finally:
            stage.close()
            with contextlib.suppress(HubUnavailable):
                await broadcasts.stop(PLE)


def gaps(file: Path) -> dict[Kind, int]:
    """The largest step of time in an FLV file, in ms, for pictures and for sound. Times must rise."""
    tags = FlvParser().feed(file.read_bytes())
    steps = {}
    for kind in (Kind.VIDEO, Kind.AUDIO):
        times = [tag.ts for tag in tags if tag.kind is kind and not tag.is_header]
        assert all(before < after for before, after in pairwise(times))
        steps[kind] = max(after - before for before, after in pairwise(times))
    return steps


def slices(pictures: bytes) -> set[bytes]:
    """The coded pictures of an H.264 byte stream, without what stands between them."""
    units = (unit.rstrip(b"\0") for unit in pictures.split(b"\0\0\1"))
    return {unit for unit in units if unit and unit[0] & 0x1F in (1, 5)}


def slices_of_tags(bodies: Iterable[bytes]) -> set[bytes]:
    """The coded pictures in FLV tags: the last unit of each."""
    found = set()
    for body in bodies:
        at = 5
        while at < len(body):
            size = int.from_bytes(body[at : at + 4], "big")
            unit, at = body[at + 4 : at + 4 + size], at + 4 + size
            if unit[0] & 0x1F in (1, 5):
                found.add(unit.rstrip(b"\0"))
    return found


def decode(file: Path) -> tuple[int, str]:
    """Number of pictures that a decoder finds, and all that it complains about."""
    # By the file's own clock: by one of 30 ticks a second, two times in whole ms can fall on one tick (a complaint).
    clock = ["-fps_mode", "passthrough", "-enc_time_base", "-1"]
    command = ["ffmpeg", "-nostdin", "-v", "warning", "-i", str(file), *clock, "-f", "null", "-"]
    complaints = subprocess.run(command, capture_output=True, check=True, text=True).stderr
    probe = ["ffprobe", "-v", "error", "-select_streams", "v", "-count_packets", "-show_entries"]
    counted = subprocess.run(
        [*probe, "stream=nb_read_packets", "-of", "csv=p=0", str(file)], capture_output=True, check=True, text=True
    )
    return int(counted.stdout.split()[0].strip(",")), complaints


def seconds(file: Path) -> float:
    """From the first to the last picture or sound."""
    command = ["ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", str(file)]
    return float(subprocess.run(command, capture_output=True, check=True, text=True).stdout)


def chapters_of(file: Path) -> list[tuple[float, str]]:
    """When each begins (s), and its title."""
    command = ["ffprobe", "-v", "error", "-show_chapters", "-of", "json", str(file)]
    found = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)["chapters"]
    return [(float(chapter["start_time"]), chapter["tags"]["title"]) for chapter in found]


def command_lines() -> str:
    """Of all processes of this machine that can be read, except the encoders: like Jibri's, theirs show the key."""
    lines = []
    for pid in psutil.pids():
        with contextlib.suppress(OSError):
            line = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            environment = Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace")
            if "-stream_loop" not in line and pid != os.getpid():
                lines.append(line + environment)
    return "\n".join(lines)
