"""A broadcast that is hurt in every way that has been seen to happen; on real processes, with the measured margins."""

import asyncio
import os
import signal
import socket
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import aiohttp
import psutil
import pytest

from recorder.archive import verify
from recorder.broadcasts import Broadcasts
from recorder.config import Destination
from recorder.errors import JibriBusy
from recorder.events import HubLost, OutputLive, OutputLost, SourceLive, SourceLost
from recorder.flv import Kind
from recorder.jibri import Account, Busyness, Jibri
from recorder.modes import Mode
from recorder.recording import Chapter
from simulator.jibri import SimulatedJibri
from simulator.public_server import PublicServer
from tests.integration.studio import (
    PLE,
    PUBLIC_KEY,
    SMALL,
    Studio,
    chapters_of,
    command_lines,
    decode,
    encode_clip,
    gaps,
    seconds,
    studio,
)
from tests.recorder.waiting import until

RECORDER = Account(domain="hidden.meet", username="recorder", password="secret")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("clip") / "clip.flv"
    encode_clip(file)
    return file


def play(
    folder: Path, clip: Path, story: Callable[[Studio], Awaitable[None]], mode: Mode = Mode.LIVE, delay: float = 0.0
) -> None:
    async def run() -> None:
        async with studio(folder, clip, mode, delay) as stage:
            await story(stage)

    asyncio.run(run())


def test_an_encoder_that_is_killed_and_returns_leaves_no_trace_in_the_public_stream(tmp_path: Path, clip: Path) -> None:
    async def story(stage: Studio) -> None:
        began = time.monotonic()
        encoder = stage.encode()
        await stage.source_on_air()
        await asyncio.sleep(2)
        killed = time.monotonic()
        encoder.kill()
        assert await stage.slate_on_air(killed) - killed <= 0.3
        await stage.happened(lambda event: isinstance(event, SourceLost) and event.cause == "source_closed")
        await asyncio.sleep(1)
        stage.encode()
        await stage.source_on_air(time.monotonic())
        await until(lambda: sum(isinstance(event, SourceLive) for event in stage.events) == 2)
        await asyncio.sleep(1)
        lasted = time.monotonic() - began
        recording = await stage.finish()
        assert stage.server.sessions() == 1
        (public,) = stage.server.recordings()
        steps = gaps(public)
        assert steps[Kind.VIDEO] <= 67
        assert steps[Kind.AUDIO] <= 120
        assert decode(public)[1] == ""
        pictures, complaints = decode(recording)
        assert complaints == ""
        assert pictures >= (lasted - 2) * 30
        assert seconds(recording) >= lasted - 2

    play(tmp_path, clip, story)


def test_a_kill_a_long_stall_and_six_closed_parts_are_one_publish_session(tmp_path: Path, clip: Path) -> None:
    async def story(stage: Studio) -> None:
        encoder = stage.encode()
        await stage.source_on_air()
        encoder.kill()
        await stage.slate_on_air(time.monotonic())
        encoder = stage.encode()
        await stage.source_on_air(time.monotonic())
        os.kill(encoder.pid, signal.SIGSTOP)
        stalled = time.monotonic()
        await stage.slate_on_air(stalled)
        await asyncio.sleep(8 - (time.monotonic() - stalled))
        os.kill(encoder.pid, signal.SIGCONT)
        await stage.source_on_air(time.monotonic())
        for _ in range(6):
            commanded = time.monotonic()
            await stage.broadcasts.set_mode(PLE, Mode.SECRET)
            closed = await stage.slate_on_air(commanded)
            assert closed - commanded <= 0.3
            await asyncio.sleep(0.5)
            reopened = time.monotonic()
            await stage.broadcasts.set_mode(PLE, Mode.LIVE)
            returned = await stage.source_on_air(reopened)
            rooms = [seen for seen in stage.public.pictures(is_slate=False, since=closed) if seen.at < returned]
            assert rooms == []
        assert not encoder.has_ended()
        recording = await stage.finish()
        assert stage.server.sessions() == 1
        (public,) = stage.server.recordings()
        steps = gaps(public)
        assert steps[Kind.VIDEO] <= 67
        assert steps[Kind.AUDIO] <= 120
        assert decode(public)[1] == ""
        assert decode(recording)[1] == ""

    play(tmp_path, clip, story)


def test_strangers_do_no_harm_and_no_key_is_shown(tmp_path: Path, clip: Path) -> None:
    async def story(stage: Studio) -> None:
        stage.encode()
        await stage.source_on_air()
        port = (await stage.status()).port
        with socket.create_connection(("127.0.0.1", port)), socket.create_connection(("127.0.0.1", port)) as garbage:
            garbage.sendall(b"\x03" + os.urandom(5000))
            thief = stage.encode(stage.address[:-6] + "wrong!")
            await until(thief.has_ended)
            second = stage.encode()
            await until(second.has_ended)
            await asyncio.sleep(1)
        status = await stage.status()
        assert status.source.connections == 1
        assert status.slate is None
        lines = command_lines()
        assert PUBLIC_KEY not in lines
        assert stage.address.rpartition("/")[2] not in lines
        words = (stage.folder / "broadcasts" / PLE / "hub.log").read_text()
        assert PUBLIC_KEY not in words
        assert stage.address.rpartition("/")[2] not in words
        await stage.broadcasts.stop(PLE)
        assert gaps(stage.server.recordings()[0])[Kind.VIDEO] <= 67

    play(tmp_path, clip, story)


def test_a_destination_that_dies_costs_the_archive_nothing_and_gets_the_picture_back(
    tmp_path: Path, clip: Path
) -> None:
    async def story(stage: Studio) -> None:
        began = time.monotonic()
        stage.encode()
        await stage.source_on_air()
        await asyncio.sleep(1)
        await stage.server.kill()
        await stage.happened(lambda event: isinstance(event, OutputLost) and event.name == "public")
        await asyncio.sleep(10)
        stage.events.clear()
        await stage.server.start()
        returned = time.monotonic()
        assert await stage.source_on_air(returned) - returned <= 4
        await stage.happened(lambda event: isinstance(event, OutputLive) and event.name == "public")
        lasted = time.monotonic() - began
        recording = await stage.finish()
        assert stage.server.sessions() == 2
        pictures, complaints = decode(recording)
        assert complaints == ""
        assert pictures >= (lasted - 1) * 30

    play(tmp_path, clip, story)


def test_destinations_come_and_go_in_mid_broadcast(tmp_path: Path, clip: Path) -> None:
    async def story(stage: Studio) -> None:
        stage.encode()
        await stage.source_on_air()
        first = Destination(name="public", address=stage.server.address, key=PUBLIC_KEY)
        async with PublicServer(stage.folder / "second") as server:
            second = Destination(name="consortium", address=server.address, key="another-key-nobody-may-see")
            await stage.broadcasts.set_destinations(PLE, [first, second])
            await stage.happened(lambda event: isinstance(event, OutputLive) and event.name == "consortium")
            await stage.broadcasts.set_destinations(PLE, [second])
            pid = (await stage.status()).pid
            os.kill(pid, signal.SIGKILL)
            await stage.another_hub(pid)
            assert [output.name for output in (await stage.status()).outputs] == ["consortium", "archive"]
            await until(lambda: server.sessions() == 2)
            await stage.broadcasts.set_destinations(PLE, [])
            await stage.broadcasts.set_destinations(PLE, [first])
            await until(lambda: stage.server.sessions() == 2)
        assert (await stage.status()).outputs[-1].starts == 1
        for public in (stage.server.recordings()[0], server.recordings()[0]):
            assert gaps(public)[Kind.VIDEO] <= 67
            assert decode(public)[1] == ""
        assert decode(await stage.finish())[1] == ""

    play(tmp_path, clip, story)


def test_a_hub_killed_in_a_closed_session_comes_back_closed(tmp_path: Path, clip: Path) -> None:
    async def story(stage: Studio) -> None:
        encoder = stage.encode()
        await stage.source_on_air()
        commanded = time.monotonic()
        await stage.broadcasts.set_mode(PLE, Mode.SECRET)
        acknowledged = time.monotonic()
        assert await stage.slate_on_air(commanded) - commanded <= 0.3
        await asyncio.sleep(1)
        killed_at, pid = stage.now(), (await stage.status()).pid
        os.kill(pid, signal.SIGKILL)
        await stage.another_hub(pid)
        assert any(isinstance(event, HubLost) for event in stage.events)
        await stage.happened(lambda event: isinstance(event, SourceLive) and event.at > killed_at)
        await asyncio.sleep(3)
        status = await stage.status()
        assert (status.mode, status.slate) == (Mode.SECRET, Mode.SECRET)
        assert stage.public.pictures(is_slate=False, since=acknowledged + 0.3) == []
        reopened = time.monotonic()
        await stage.broadcasts.set_mode(PLE, Mode.LIVE)
        assert await stage.source_on_air(reopened) - reopened <= 4
        assert not encoder.has_ended(), "it survives a crash of the hub"
        recording = await stage.finish()
        assert decode(recording)[1] == ""

    play(tmp_path, clip, story)


def test_a_stalled_encoder_is_covered_and_its_backlog_is_kept(tmp_path: Path, clip: Path) -> None:
    async def story(stage: Studio) -> None:
        encoder = stage.encode()
        await stage.source_on_air()
        await asyncio.sleep(2)
        os.kill(encoder.pid, signal.SIGSTOP)
        stalled = time.monotonic()
        assert 1.3 <= await stage.slate_on_air(stalled) - stalled <= 2.0
        await stage.happened(lambda event: isinstance(event, SourceLost) and event.cause == "source_stalled")
        await asyncio.sleep(1)
        os.kill(encoder.pid, signal.SIGCONT)
        await stage.source_on_air(time.monotonic())
        await asyncio.sleep(1)
        recording = await stage.finish()
        assert stage.server.sessions() == 1
        (public,) = stage.server.recordings()
        assert gaps(public)[Kind.VIDEO] <= 67
        assert decode(public)[1] == ""
        assert decode(recording)[1] == ""

    play(tmp_path, clip, story)


def test_an_archive_whose_writer_is_killed_is_found_again_and_whole(tmp_path: Path, clip: Path) -> None:
    async def story(stage: Studio) -> None:
        began = time.monotonic()
        stage.encode()
        await stage.source_on_air()
        await asyncio.sleep(3)
        pid = (await stage.status()).pid
        (writer,) = [child for child in psutil.Process(pid).children() if "segment" in child.cmdline()]
        writer.kill()
        await stage.happened(lambda event: isinstance(event, OutputLost) and event.name == "archive")
        await asyncio.sleep(3)
        lasted = time.monotonic() - began
        called = stage.now()
        await asyncio.sleep(1)
        await stage.broadcasts.stop(PLE)
        chapters = [
            Chapter(at=called - timedelta(hours=1), title="Obertura"),
            Chapter(at=called, title="Punt 1: «Sóc» = així; #1"),
            Chapter(at=called + timedelta(hours=1), title="Massa tard"),
        ]
        recording = await stage.broadcasts.finish(PLE, stage.folder / "ple.mp4", chapters)
        segments = verify(stage.broadcasts.archive(PLE))
        assert any(segment.recovered for segment in segments)
        opening, chapter = chapters_of(recording.file)
        assert opening == (0.0, "Obertura")
        assert chapter[1] == chapters[1].title
        assert abs(chapter[0] - (called - recording.began_at).total_seconds()) < 0.1
        assert recording.file.read_bytes()[:4096].find(b"moov") > 0, "it plays while it loads"
        assert recording.holes == ()
        pictures, complaints = decode(recording.file)
        assert complaints == ""
        assert (lasted - 2) * 30 <= pictures <= (lasted + 2) * 30 + 30
        assert stage.server.sessions() == 1

    play(tmp_path, clip, story)


def test_a_jibri_whose_encoder_dies_is_free_again(tmp_path: Path, clip: Path) -> None:
    async def story(stage: Studio) -> None:
        async with SimulatedJibri(picture=SMALL) as simulated, aiohttp.ClientSession() as client:
            jibri = Jibri(client, simulated.url)
            await jibri.start(
                session="s1", base="https://meet", room="ple's room", address=stage.address, account=RECORDER
            )
            with pytest.raises(JibriBusy):
                await jibri.start(
                    session="s2", base="https://meet", room="ple", address=stage.address, account=RECORDER
                )
            await stage.source_on_air()
            assert simulated.encoder_pid is not None
            killed = time.monotonic()
            os.kill(simulated.encoder_pid, signal.SIGKILL)
            await stage.slate_on_air(killed)
            await until(lambda: simulated.failures == 1)
            assert (await jibri.health()).busyness is Busyness.IDLE
            await jibri.start(session="s3", base="https://meet", room="ple", address=stage.address, account=RECORDER)
            await stage.source_on_air(time.monotonic())
            await jibri.stop()
            await stage.happened(lambda event: isinstance(event, SourceLost))
            assert simulated.failures == 1

    play(tmp_path, clip, story)


def test_a_hub_outlives_the_program_and_is_adopted(tmp_path: Path, clip: Path) -> None:
    async def story(stage: Studio) -> None:
        stage.encode()
        await stage.source_on_air()
        before = await stage.status()
        async with Broadcasts(stage.folder / "broadcasts", stage.now) as another:
            assert (await another.status(PLE)).pid == before.pid
        after = await stage.status()
        assert (after.pid, after.source.connections, after.slate) == (before.pid, 1, None)
        assert os.getsid(after.pid) == after.pid

    play(tmp_path, clip, story)


def test_a_hub_that_hangs_is_replaced(tmp_path: Path, clip: Path) -> None:
    async def story(stage: Studio) -> None:
        pid = (await stage.status()).pid
        os.kill(pid, signal.SIGSTOP)
        await stage.another_hub(pid)
        await stage.slate_on_air(time.monotonic())
        assert any(isinstance(event, HubLost) for event in stage.events)

    play(tmp_path, clip, story)


def test_with_a_delay_what_was_said_just_before_a_closed_session_never_airs(tmp_path: Path, clip: Path) -> None:
    async def story(stage: Studio) -> None:
        stage.encode()
        await stage.source_on_air()
        for _ in range(2):
            commanded = time.monotonic()
            await stage.broadcasts.set_mode(PLE, Mode.SECRET)
            assert await stage.slate_on_air(commanded) - commanded <= 0.3
            await asyncio.sleep(1)
            assert stage.public.pictures(is_slate=False, since=commanded + 0.3) == []
            reopened = time.monotonic()
            await stage.broadcasts.set_mode(PLE, Mode.LIVE)
            assert await stage.source_on_air(reopened) - reopened >= 1.5
        assert stage.server.sessions() == 1

    play(tmp_path, clip, story, delay=1.5)
