"""The ingest against real connections of the loopback; no ffmpeg."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest

import recorder.ingest
from recorder.flv import Kind, Tag
from recorder.ingest import Ingest
from recorder.rtmp import PublishAccepted, PublishRefused, PublishSession
from tests.recorder.media import picture, video_header
from tests.recorder.waiting import until

KEY = "an-unguessable-key"


class Watcher:
    """A source's listener that remembers what it was told."""

    def __init__(self) -> None:
        self.connections = 0
        self.losses = 0
        self.tags: list[Tag] = []
        self.stale = False

    def connected(self) -> None:
        self.connections += 1

    def feed(self, tag: Tag) -> None:
        self.tags.append(tag)

    def disconnected(self) -> None:
        self.losses += 1

    async def beat(self) -> None:
        await asyncio.sleep(0)

    def is_stale(self) -> bool:
        return self.stale


opened: list[asyncio.StreamWriter] = []


async def connect(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    opened.append(writer)
    return reader, writer


class Publisher:
    """A client that publishes by hand."""

    def __init__(self, port: int, key: str, app: str = "live") -> None:
        self._port = port
        self.session = PublishSession(address=f"rtmp://127.0.0.1/{app}", app=app, key=key)

    async def ask(self) -> bool:
        """Whether it was let in."""
        self.reader, self.writer = await connect(self._port)
        while True:
            self.writer.write(self.session.outgoing())
            data = await self.reader.read(4096)
            assert data, "closed without an answer"
            for fact in self.session.feed(data):
                if isinstance(fact, PublishAccepted | PublishRefused):
                    return isinstance(fact, PublishAccepted)

    def publish(self, *tags: Tag) -> None:
        for tag in tags:
            self.session.publish(tag)
        self.writer.write(self.session.outgoing())

    async def is_closed(self) -> bool:
        async with asyncio.timeout(5):
            try:
                while await self.reader.read(4096):
                    pass
            except ConnectionError:
                pass
        return True


@asynccontextmanager
async def ingest(watcher: Watcher) -> AsyncIterator[int]:
    async with asyncio.TaskGroup() as tasks:
        connections = tasks.create_task(serve(watcher, started := asyncio.get_running_loop().create_future()))
        yield await started
        connections.cancel()


async def serve(watcher: Watcher, started: "asyncio.Future[int]") -> None:
    async with asyncio.TaskGroup() as tasks:
        server = await Ingest(KEY, watcher).open("127.0.0.1", 0, tasks)
        started.set_result(server.sockets[0].getsockname()[1])
        try:
            await asyncio.Event().wait()
        finally:
            server.close()


def run(story: Callable[[int, Watcher], Awaitable[None]]) -> None:
    async def play() -> None:
        watcher = Watcher()
        async with ingest(watcher) as port:
            await story(port, watcher)
        for writer in opened:
            writer.transport.abort()
        opened.clear()
        await asyncio.sleep(0)

    asyncio.run(play())


TAGS = (
    Tag(Kind.VIDEO, 0, video_header(b"src")),
    Tag(Kind.VIDEO, 0, picture(b"src", 0, is_key=True)),
    Tag(Kind.VIDEO, 33, picture(b"src", 1, is_key=False)),
)


def test_who_knows_the_key_is_let_in_and_heard() -> None:
    async def story(port: int, watcher: Watcher) -> None:
        publisher = Publisher(port, KEY)
        assert await publisher.ask()
        publisher.publish(*TAGS)
        await until(lambda: len(watcher.tags) == 3)
        assert watcher.tags == list(TAGS)
        publisher.writer.transport.abort()
        await until(lambda: watcher.losses == 1)

    run(story)


@pytest.mark.parametrize(("app", "key"), [("live", "guess"), ("live", ""), ("live", KEY + "x"), ("live2", KEY)])
def test_who_does_not_know_the_key_is_refused_and_does_no_harm(app: str, key: str) -> None:
    async def story(port: int, watcher: Watcher) -> None:
        stranger = Publisher(port, key, app)
        assert not await stranger.ask()
        assert await stranger.is_closed()
        assert watcher.connections == 0
        assert await Publisher(port, KEY).ask()

    run(story)


def test_a_second_publisher_is_refused_while_the_first_is_alive_and_replaces_it_when_it_is_stale() -> None:
    async def story(port: int, watcher: Watcher) -> None:
        first, second, third = (Publisher(port, KEY) for _ in range(3))
        assert await first.ask()
        assert not await second.ask()
        watcher.stale = True
        assert await third.ask()
        assert await first.is_closed()
        third.publish(*TAGS)
        await until(lambda: len(watcher.tags) == 3)
        assert (watcher.connections, watcher.losses) == (2, 0)

    run(story)


def test_garbage_silence_and_port_scans_do_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder.ingest, "_MEETING_LIMIT", 0.3)

    async def story(port: int, watcher: Watcher) -> None:
        publisher = Publisher(port, KEY)
        assert await publisher.ask()
        silent, _ = await connect(port)
        for garbage in (b"", b"GET / HTTP/1.1\r\n\r\n", b"\x03" + bytes(3072) + b"\xff" * 500, b"\x03" * 4000):
            _, writer = await connect(port)
            writer.write(garbage)
            writer.close()
        async with asyncio.timeout(5):
            assert await silent.read() == b""
        publisher.publish(*TAGS)
        await until(lambda: len(watcher.tags) == 3)
        assert (watcher.connections, watcher.losses) == (1, 0)

    run(story)


def test_a_crowd_of_strangers_is_turned_away_at_the_door() -> None:
    async def story(port: int, watcher: Watcher) -> None:
        crowd = [await connect(port) for _ in range(40)]
        async with asyncio.timeout(5):
            with_end = 0
            for reader, _ in crowd[16:]:
                try:
                    with_end += await reader.read() == b""
                except ConnectionError:
                    with_end += 1
        assert with_end == 24

    run(story)
