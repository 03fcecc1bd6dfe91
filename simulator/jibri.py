"""A Jibri that is not there: its HTTP API on loopback, and behind it a real encoder.

No browser enters a room. A test picture with a clock stands for the room; ffmpeg encodes it with Jibri's own x264 and
AAC arguments (jibri `FfmpegCapturer.kt`) and pushes it in real time. Like Jibri's, its command line shows the address
with the key, and like Jibri's it never reconnects: when it dies, the session ends in an error and the Jibri is idle
again.
"""

import asyncio
from asyncio.subprocess import DEVNULL, PIPE, Process
from types import TracebackType
from typing import Any, Self

import structlog
from aiohttp import web

from recorder.graph import Picture, encoding

log = structlog.get_logger()

SMALL = Picture(width=640, height=360, fps=30)
_API = "/jibri/api/v1.0"


class SimulatedJibri:
    """`async with` it: it listens at `url` and takes one session at a time."""

    def __init__(self, *, picture: Picture = SMALL, port: int = 0) -> None:
        self.failures = 0
        self._picture = picture
        self._port = port
        self._session: str | None = None
        self._encoder: Process | None = None
        self._watch: asyncio.Task[None] | None = None
        self._tasks = asyncio.TaskGroup()
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """The address of its API."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def encoder_pid(self) -> int | None:
        """The process to kill, while there is one."""
        return self._encoder.pid if self._encoder else None

    async def __aenter__(self) -> Self:
        app = web.Application()
        app.router.add_get(f"{_API}/health", self._health)
        app.router.add_post(f"{_API}/startService", self._start)
        app.router.add_post(f"{_API}/stopService", self._stop)
        await self._tasks.__aenter__()
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._end()
        if self._runner:
            await self._runner.cleanup()
        await self._tasks.__aexit__(kind, error, trace)

    async def _health(self, request: web.Request) -> web.Response:
        busyness = "IDLE" if self._session is None else "BUSY"
        health: dict[str, Any] = {"healthStatus": "HEALTHY", "details": {}}
        return web.json_response({"status": {"busyStatus": busyness, "health": health}})

    async def _start(self, request: web.Request) -> web.Response:
        if self._session is not None:
            return web.Response(status=412)
        try:
            call = await request.json()
            if not all(call.get("callLoginParams", {}).get(part) for part in ("domain", "username", "password")):
                return web.Response(status=412)  # as Jibri's HttpApi.kt says it
            session, address = str(call["sessionId"]), str(call["youTubeStreamKey"])
        except (ValueError, KeyError, TypeError):
            return web.Response(status=400)
        if call.get("sinkType") != "stream" or not address.startswith(("rtmp://", "rtmps://")):
            return web.Response(status=400)
        self._session = session
        room = str(call["callParams"]["callUrlInfo"]["callName"])
        self._encoder = await asyncio.create_subprocess_exec(
            *_encoder(self._picture, room, address), stdin=PIPE, stdout=DEVNULL, stderr=DEVNULL
        )
        self._watch = self._tasks.create_task(self._wait(self._encoder, session))
        return web.Response()

    async def _stop(self, request: web.Request) -> web.Response:
        await self._end()
        return web.Response()

    async def _wait(self, encoder: Process, session: str) -> None:
        """An encoder that ends by itself is a failed session, and a Jibri that is free again."""
        await encoder.wait()
        if self._encoder is encoder:
            self._encoder, self._session = None, None
            self.failures += 1
            log.warning("encoder_died", session=session)

    async def _end(self) -> None:
        """As Jibri does: ask ffmpeg to finish by its `q`, kill it if it does not."""
        encoder, self._encoder, self._session = self._encoder, None, None
        if encoder is None or self._watch is None:
            return
        try:
            async with asyncio.timeout(3):
                await encoder.communicate(b"q")
        except TimeoutError:
            encoder.kill()
        await self._watch


def _encoder(picture: Picture, room: str, address: str) -> list[str]:
    size = f"{picture.width}x{picture.height}"
    height = picture.height // 8
    words = "".join(letter if letter.isalnum() else " " for letter in room)
    video = (
        f"testsrc2=s={size}:r={picture.fps},"
        f"drawtext=font=monospace:text='{words}':fontsize={height // 2}:fontcolor=white:box=1:boxcolor=black@0.6"
        f":boxborderw=8:x=(w-tw)/2:y=h*0.68,"
        f"drawtext=font=monospace:text='%{{localtime\\:%H\\\\\\:%M\\\\\\:%S}}':fontsize={height}:fontcolor=white"
        ":box=1:boxcolor=black@0.6:boxborderw=8:x=(w-tw)/2:y=h*0.8"
    )
    inputs = ["-re", "-f", "lavfi", "-i", video, "-re", "-f", "lavfi", "-i", "sine=frequency=220:sample_rate=44100"]
    output = [part for name, value in encoding(picture.fps).items() for part in (f"-{name}", str(value))]
    return ["ffmpeg", "-hide_banner", "-loglevel", "error", *inputs, *output, "-ac", "2", "-f", "flv", address]
