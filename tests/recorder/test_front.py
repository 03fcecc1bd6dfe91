"""A real nginx in front of an ingest of ours: who is let in, and what survives."""

import asyncio
import contextlib
import os
import signal
import stat
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

import recorder.front
from recorder.errors import FrontFailed
from recorder.flv import Kind, Tag
from recorder.front import Front, end
from recorder.ingest import APP, Ingest
from recorder.rtmp import PublishAccepted, PublishRefused, PublishSession
from tests.recorder.media import picture, video_header
from tests.recorder.waiting import until

pytestmark = pytest.mark.slow
KEY = "the-ingest-key"


class Hub:
    """The source's side of a hub, which can be killed and come back."""

    def __init__(self) -> None:
        self.tags: list[Tag] = []
        self.connections = 0
        self.port = 0
        self.running: asyncio.Task[None] | None = None

    def connected(self) -> None:
        self.connections += 1

    def feed(self, tag: Tag) -> None:
        self.tags.append(tag)

    def disconnected(self) -> None:
        self.tags.clear()

    async def beat(self) -> None:
        await asyncio.sleep(0)

    def is_stale(self) -> bool:
        return False

    async def serve(self, ready: asyncio.Event) -> None:
        async with asyncio.TaskGroup() as tasks:
            server = await Ingest(KEY, self).open("127.0.0.1", self.port, tasks)
            self.port = server.sockets[0].getsockname()[1]
            ready.set()
            try:
                await asyncio.Event().wait()
            finally:
                server.close()


class Publisher:
    """An encoder: it says who it is, and sends a picture when told to."""

    def __init__(self, stage: "Stage") -> None:
        self._stage = stage
        self._ts = 0
        self.has_ended = False

    async def publish(self, key: str = KEY, app: str = APP) -> bool:
        """Whether it is let in."""
        port = self._stage.front.port
        self._session = PublishSession(address=f"rtmp://127.0.0.1:{port}/{app}", app=app, key=key)
        reader, self._writer = await self._stage.connect()
        while True:
            self._writer.write(self._session.outgoing())
            data = await reader.read(4096)
            if not data:
                return False
            for fact in self._session.feed(data):
                if isinstance(fact, PublishAccepted):
                    self._stage.tasks.create_task(self._read(reader))
                    return True
                if isinstance(fact, PublishRefused):
                    return False

    async def _read(self, reader: asyncio.StreamReader) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(4096):
                self._session.feed(data)
        self.has_ended = True

    async def send(self, pictures: int = 1) -> None:
        if self._ts == 0:
            self._session.publish(Tag(Kind.VIDEO, 0, video_header(b"src")))
        for _ in range(pictures):
            self._ts += 33
            self._session.publish(Tag(Kind.VIDEO, self._ts, picture(b"src", self._ts, is_key=True)))
        self._writer.write(self._session.outgoing())
        await self._writer.drain()

    async def send_until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(15):
            while not condition():
                await self.send()
                await asyncio.sleep(0.03)


class Stage:
    """A front, a hub behind it, and all who connect."""

    def __init__(self, folder: Path, tasks: asyncio.TaskGroup) -> None:
        self.tasks = tasks
        self.hub = Hub()
        self.front = Front(folder, host="127.0.0.1", key=KEY)
        self._writers: list[asyncio.StreamWriter] = []

    async def open_hub(self) -> None:
        ready = asyncio.Event()
        self._serving = self.tasks.create_task(self.hub.serve(ready))
        await ready.wait()

    async def kill_hub(self) -> None:
        self._serving.cancel()
        await asyncio.wait([self._serving])

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.front.port)
        self._writers.append(writer)
        return reader, writer

    async def encoder(self) -> Publisher:
        """One that is in, and whose pictures arrive."""
        publisher = Publisher(self)
        assert await publisher.publish()
        await publisher.send_until(lambda: len(self.hub.tags) > 3)
        return publisher

    async def close(self) -> None:
        for writer in self._writers:
            writer.transport.abort()
        await self.front.end()
        await self.kill_hub()


def play(folder: Path, story: Callable[[Stage], Awaitable[None]]) -> None:
    async def run() -> None:
        async with asyncio.TaskGroup() as tasks:
            stage = Stage(folder, tasks)
            await stage.open_hub()
            try:
                await stage.front.open(stage.hub.port)
                await story(stage)
            finally:
                await stage.close()

    asyncio.run(run())


def pid(folder: Path) -> int:
    file = folder / "front" / "nginx.pid"
    return int(file.read_text() or 0) if file.exists() else 0


def test_only_the_key_opens_and_only_for_one(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        assert not await Publisher(stage).publish("another-key")
        assert not await Publisher(stage).publish(app="other")
        encoder, tags = await stage.encoder(), stage.hub.tags
        assert not await Publisher(stage).publish()
        count = len(tags)
        await encoder.send_until(lambda: len(tags) > count + 3)
        assert stage.hub.connections == 1

    play(tmp_path, story)


def test_strangers_who_say_nothing_or_nonsense_do_no_harm(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        strangers = [await stage.connect() for _ in range(6)]
        for _, writer in strangers[:2]:
            writer.write(b"GET / HTTP/1.1\r\n\r\n" + os.urandom(5000))
        for _, writer in strangers[2:4]:
            writer.write(b"\x03" + os.urandom(8000))
        strangers[4][1].transport.abort()
        await stage.encoder()

    play(tmp_path, story)


def test_the_encoder_survives_a_crash_of_the_hub(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        encoder = await stage.encoder()
        await stage.kill_hub()
        await encoder.send(20)
        await stage.open_hub()
        another, nginx = Front(tmp_path, host="127.0.0.1", key=KEY), pid(tmp_path)
        await another.open(stage.hub.port)
        assert (another.port, pid(tmp_path)) == (stage.front.port, nginx), "it is adopted"
        await encoder.send_until(lambda: len(stage.hub.tags) > 3)
        assert stage.hub.connections == 2
        assert not encoder.has_ended

    play(tmp_path, story)


def test_an_encoder_comes_in_while_there_is_no_hub(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        await stage.kill_hub()
        encoder = Publisher(stage)
        assert await encoder.publish()
        await encoder.send(20)
        await stage.open_hub()
        await encoder.send_until(lambda: len(stage.hub.tags) > 3)

    play(tmp_path, story)


def test_a_silent_encoder_makes_room_for_its_successor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder.front, "_IDLE_LIMIT", 2)

    async def story(stage: Stage) -> None:
        stale = await stage.encoder()
        await until(lambda: stale.has_ended)
        await stage.encoder()
        assert stage.hub.connections == 2

    play(tmp_path, story)


def test_it_is_started_again_on_its_port_and_ended_with_the_broadcast(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        keeping = stage.tasks.create_task(stage.front.keep())
        killed = pid(tmp_path)
        os.kill(killed, signal.SIGKILL)
        await until(lambda: pid(tmp_path) not in (0, killed))
        keeping.cancel()
        await stage.encoder()
        await end(tmp_path)
        assert not stage.front.is_running()

    play(tmp_path, story)


def test_the_key_stands_in_one_file_that_others_cannot_read(tmp_path: Path) -> None:
    async def story(stage: Stage) -> None:
        await stage.encoder()
        assert not await Publisher(stage).publish()
        holding = {file for file in tmp_path.rglob("*") if file.is_file() and KEY in file.read_text(errors="replace")}
        assert {file.name for file in holding} == {"nginx.conf"}
        assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in holding)

    play(tmp_path, story)


def test_without_the_module_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder.front, "MODULE", tmp_path / "absent.so")
    with pytest.raises(FrontFailed, match="libnginx-mod-rtmp"):
        asyncio.run(Front(tmp_path, host="127.0.0.1", key=KEY).open(1))
