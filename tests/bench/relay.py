"""The relay's own cost: processor time of hub and children beside a bare `ffmpeg -c copy` that copies the same source
to the same sinks, in the same half minute; and eight broadcasts at once.

The source is a clip with Jibri's own arguments, replayed by copying; encoders and destinations are not counted.
"""

import asyncio
import contextlib
import socket
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import psutil

from recorder.broadcasts import Broadcasts, Plan
from recorder.config import Destination
from recorder.events import BroadcastId
from recorder.graph import Picture, encoding
from recorder.health import Health
from recorder.modes import Mode
from recorder.slates import Card
from simulator.public_server import PublicServer
from tests.bench.row import Row

_WINDOW = 30.0
_AT_ONCE = 8
_CARDS = Picture(width=320, height=180)
"""What the slates are made for: none is shown while we measure."""


def rows() -> list[Row]:
    """Hub and children are to cost at most 1.3 times what ffmpeg does; eight broadcasts less than 30 % of a core."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_rows(Path(folder)))


async def _rows(folder: Path) -> list[Row]:
    clip = folder / "clip.flv"
    await asyncio.to_thread(_encode, clip)
    async with AsyncExitStack() as stack:
        public = await stack.enter_async_context(PublicServer(folder / "public"))
        studio = _Studio(folder, clip, public, await stack.enter_async_context(Broadcasts(folder / "b", _now)))
        plain = await stack.enter_async_context(studio.broadcast("plain"))
        paged = await stack.enter_async_context(studio.broadcast("paged", has_page=True))
        bare = await stack.enter_async_context(studio.bare("bare"))
        bare_paged = await stack.enter_async_context(studio.bare("bare-paged", has_page=True))
        hub, whole, hub_paged, whole_paged, tee, tee_paged = await _spent(
            [_without_front(plain), plain, _without_front(paged), paged, [bare], [bare_paged]]
        )
    async with AsyncExitStack() as stack:
        public = await stack.enter_async_context(PublicServer(folder / "public-8"))
        studio = _Studio(folder, clip, public, await stack.enter_async_context(Broadcasts(folder / "b8", _now)))
        many = [await stack.enter_async_context(studio.broadcast(f"n{number}")) for number in range(_AT_ONCE)]
        (all_hubs, with_fronts) = await _spent(
            [
                [process for processes in many for process in _without_front(processes)],
                [process for processes in many for process in processes],
            ]
        )
    return [
        _row("hub, archive (limit 1.3)", hub, tee, "ffmpeg tee: RTMP, archive"),
        _row("hub, archive, HLS (limit 1.3)", hub_paged, tee_paged, "ffmpeg tee: RTMP, archive, HLS"),
        _row("the same with nginx in front", whole, tee, "ffmpeg tee: RTMP, archive"),
        _row("the same with nginx in front, HLS", whole_paged, tee_paged, "ffmpeg tee: RTMP, archive, HLS"),
        _share("8 broadcasts (limit 30)", all_hubs),
        _share("8 broadcasts with nginx in front", with_fronts),
    ]


def _row(name: str, ours: float, baseline: float, against: str) -> Row:
    return Row(name=name, unit="CPU-s/min", ours=ours * 60 / _WINDOW, baseline=baseline * 60 / _WINDOW, against=against)


def _share(name: str, spent: float) -> Row:
    return Row(name=name, unit="% of a core", ours=spent * 100 / _WINDOW, baseline=30, against="the limit")


class _Studio:
    def __init__(self, folder: Path, clip: Path, public: PublicServer, broadcasts: Broadcasts) -> None:
        self._folder = folder
        self._clip = clip
        self._public = public
        self._broadcasts = broadcasts

    @asynccontextmanager
    async def broadcast(self, name: str, *, has_page: bool = False) -> AsyncIterator[list[psutil.Process]]:
        """One on the air; its processes, nginx among them."""
        broadcast = BroadcastId(name)
        address = await self._broadcasts.start(
            Plan(
                broadcast=broadcast,
                mode=Mode.LIVE,
                cards={mode: Card(title=mode.value) for mode in Mode},
                destinations=(Destination(name="public", address=self._public.address, key=name),),
                picture=_CARDS,
                has_page=has_page,
            )
        )
        async with _encoder(self._clip, address):
            try:
                status = await self._broadcasts.status(broadcast)
                async with asyncio.timeout(60):
                    while status.slate is not None or any(
                        o.condition.health is not Health.LIVE for o in status.outputs
                    ):
                        await asyncio.sleep(0.1)
                        status = await self._broadcasts.status(broadcast)
                hub = psutil.Process(status.pid)
                yield [hub, *hub.children(recursive=True)]
            finally:
                await self._broadcasts.stop(broadcast)

    @asynccontextmanager
    async def bare(self, name: str, *, has_page: bool = False) -> AsyncIterator[psutil.Process]:
        """What a script would do: one ffmpeg that listens, and copies to all."""
        folder = self._folder / name
        folder.mkdir()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            address = f"rtmp://127.0.0.1:{probe.getsockname()[1]}/in/key"
        sinks = [
            f"[f=segment:segment_time=4:segment_format=mpegts]{folder}/%05d.ts",
            f"[f=flv:flvflags=no_duration_filesize]{self._public.address}/{name}",
        ]
        if has_page:
            sinks.append(f"[f=hls:hls_time=2:hls_list_size=15:hls_flags=delete_segments]{folder}/live.m3u8")
        copying = ["-map", "0:v", "-map", "0:a", "-c", "copy", "-flags", "+global_header", "-f", "tee", "|".join(sinks)]
        ffmpeg = await asyncio.create_subprocess_exec(
            *("ffmpeg", "-nostdin", "-v", "quiet", "-listen", "1", "-f", "flv", "-i", address, *copying)
        )
        try:
            await asyncio.sleep(1)  # an attempt to connect would be taken for the encoder
            async with _encoder(self._clip, address):
                async with asyncio.timeout(60):
                    while not (folder / "00001.ts").exists():
                        await asyncio.sleep(0.1)
                yield psutil.Process(ffmpeg.pid)
        finally:
            ffmpeg.kill()
            await ffmpeg.wait()


@asynccontextmanager
async def _encoder(clip: Path, address: str) -> AsyncIterator[None]:
    command = ["ffmpeg", "-nostdin", "-v", "quiet", "-re", "-stream_loop", "-1", "-i", str(clip), "-c", "copy"]
    process = await asyncio.create_subprocess_exec(*command, "-f", "flv", address)
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):  # it ends by itself when its broadcast does
            process.kill()
        await process.wait()


def _without_front(processes: Iterable[psutil.Process]) -> list[psutil.Process]:
    return [process for process in processes if process.name() != "nginx"]


async def _spent(groups: list[list[psutil.Process]]) -> list[float]:
    """Seconds of processor time of each group, in one window."""
    before = [sum(map(_used, group)) for group in groups]
    await asyncio.sleep(_WINDOW)
    return [sum(map(_used, group)) - used for group, used in zip(groups, before, strict=True)]


def _used(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _encode(file: Path) -> None:
    """Ten seconds of 720p that need all the rate that Jibri may use."""
    source = ["-f", "lavfi", "-i", "testsrc2=s=1280x720:r=30,noise=alls=12:allf=t"]
    sound = ["-f", "lavfi", "-i", "sine=frequency=220:r=44100"]
    output = [part for name, value in encoding(30).items() for part in (f"-{name}", str(value))]
    frames = ["-ac", "2", "-frames:v", "300", "-frames:a", "430"]
    subprocess.run(["ffmpeg", "-v", "error", *source, *sound, *output, *frames, "-f", "flv", str(file)], check=True)


def _now() -> datetime:
    return datetime.fromtimestamp(time.time(), UTC)
