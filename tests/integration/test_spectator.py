"""What the public sees, watched at a real RTMP server and over its HLS: real pictures, real black, real silence."""

import asyncio
import contextlib
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest

from orchestrator.council.commands import GrantFloor, TakeFloor
from orchestrator.council.members import ChannelId
from orchestrator.council.observations import ChannelOpened, Link, Reach
from orchestrator.spectating import SEEN, Pace, Spectator
from recorder.config import Destination
from recorder.errors import ViewingFailed
from recorder.graph import encoding
from recorder.look import is_true
from recorder.sight import Flaw, Observer, Patience
from recorder.viewing import can_view, view
from simulator.public_server import PublicServer
from tests.recorder.waiting import until
from tests.scenarios.play import JOAN, MAYOR, QUORATE, Play

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

QUICK = Patience(stalled=5, black=3, frozen=5, silent=3)
TALK, HUSH = "sine=frequency=220:sample_rate=44100", "anullsrc=r=44100:cl=stereo"
GRAIN = "noise=alls=12:allf=t"
SOURCES = {
    "good": (f"testsrc2=s=320x180:r=30,{GRAIN}", TALK),
    "black": ("color=black:s=320x180:r=30", TALK),
    "frozen": ("smptebars=s=320x180:r=30", TALK),
    "silent": (f"testsrc2=s=320x180:r=30,{GRAIN}", HUSH),
}
SEEN_BY = {"good": set(), "black": {Flaw.BLACK, Flaw.FROZEN}, "frozen": {Flaw.FROZEN}, "silent": {Flaw.SILENT}}


@contextlib.contextmanager
def published(address: str, *names: str) -> Iterator[None]:
    """Encoders with Jibri's arguments, in real time, each under its own name."""
    arguments = [part for name, value in encoding(30).items() for part in (f"-{name}", str(value))]
    encoders = []
    try:
        for name in names:
            picture, sound = SOURCES[name]
            inputs = ["-re", "-f", "lavfi", "-i", picture, "-re", "-f", "lavfi", "-i", sound]
            command = ["ffmpeg", "-nostdin", "-v", "quiet", *inputs, *arguments, "-ac", "2", "-f", "flv"]
            encoders.append(subprocess.Popen([*command, f"{address}/{name}"]))
        yield
    finally:
        for encoder in encoders:
            encoder.kill()
            encoder.wait()


async def flaws_of(address: str, client: aiohttp.ClientSession) -> set[Flaw]:
    """What is proven against the stream after some seconds of it."""
    observer = Observer(QUICK, time.monotonic())
    first = None
    async for tag in view(address, client):
        observer.feed(tag, time.monotonic())
        first = tag.ts if first is None else first
        if tag.ts - first > 8500:
            break
    return {flaw for flaw in observer.suspicions(time.monotonic()) if await is_true(flaw, observer)}


def test_each_fault_is_seen_at_the_public_servers_rtmp_and_none_where_there_is_none(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with PublicServer(tmp_path) as server, aiohttp.ClientSession() as client:
            with published(server.address, *SOURCES):
                async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
                    seen = {name: tasks.create_task(flaws_of(f"{server.address}/{name}", client)) for name in SOURCES}
            assert {name: task.result() for name, task in seen.items()} == SEEN_BY

    asyncio.run(scenario())


def test_hls_is_watched_like_anybody_watches_it(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with PublicServer(tmp_path, has_hls=True) as server, aiohttp.ClientSession() as client:
            assert can_view(server.playlist("black"))
            with pytest.raises(ViewingFailed, match="public_refused"):
                await flaws_of(server.playlist("black"), client)
            with published(server.address, "black", "good"):
                await until(lambda: all((tmp_path / "hls" / f"{n}.m3u8").exists() for n in ("black", "good")), 30)
                async with asyncio.timeout(60), asyncio.TaskGroup() as tasks:
                    black = tasks.create_task(flaws_of(server.playlist("black"), client))
                    good = tasks.create_task(flaws_of(server.playlist("good"), client))
            assert Flaw.BLACK in black.result()
            assert good.result() == set()

    asyncio.run(scenario())


def test_a_page_is_no_stream_and_nobody_there_is_said() -> None:
    async def scenario() -> None:
        assert not can_view("https://tv.example/ple")
        async with aiohttp.ClientSession() as client:
            with pytest.raises(ViewingFailed, match="public_unreachable"):
                await flaws_of("rtmp://127.0.0.1:1/live/a-key", client)

    asyncio.run(scenario())


@asynccontextmanager
async def spectated(server: PublicServer, key: str, play: Play) -> AsyncIterator[tuple[Spectator, list[str]]]:
    told: list[str] = []

    async def tell(verdict: str) -> None:
        told.append(verdict)
        play.link_up(Link.PUBLIC) if verdict == SEEN else play.link_down(verdict, Link.PUBLIC)

    async with aiohttp.ClientSession() as client:
        pace = Pace(look=0.2, retry=0.2, settling=0)
        session_id = play.session.convened.session
        spectator = Spectator(session_id=session_id, client=client, tell=tell, patience=QUICK, pace=pace)
        spectator.sent_to(Destination(name="c.main", address=server.address, key=key))
        async with asyncio.TaskGroup() as tasks:
            watching = tasks.create_task(spectator.run())
            yield spectator, told
            watching.cancel()


def on_the_air() -> Play:
    play = Play().opened(*QUORATE, JOAN)
    play.link_up(Link.ENCODER)
    play.link_up(Link.RELAY)
    return play


def test_silence_is_a_fault_only_while_somebody_has_the_floor(tmp_path: Path) -> None:
    async def scenario() -> None:
        play = on_the_air()
        async with PublicServer(tmp_path) as server, spectated(server, "silent", play) as (spectator, told):
            with published(server.address, "silent"):
                spectator.see(play.session)
                await until(lambda: told == [SEEN], 30)
                await asyncio.sleep(QUICK.silent)
                assert told == [SEEN]
                play.says(MAYOR, GrantFloor, member=JOAN, limit=timedelta(minutes=5))
                spectator.see(play.session)
                await until(lambda: told == [SEEN, "sound_silent"], 30)
                assert Link.PUBLIC not in play.session.links
                play.says(MAYOR, TakeFloor)
                spectator.see(play.session)
                await until(lambda: told == [SEEN, "sound_silent", SEEN], 30)
                assert not play.session.alerts

    asyncio.run(scenario())


def test_a_public_server_that_shows_nothing_any_more_is_told_and_its_return(tmp_path: Path) -> None:
    async def scenario() -> None:
        play = on_the_air()
        async with PublicServer(tmp_path) as server, spectated(server, "good", play) as (spectator, told):
            with published(server.address, "good"):
                spectator.see(play.session)
                await until(lambda: told == [SEEN], 30)
                await server.kill()
                await until(lambda: told == [SEEN, "public_unreachable"], 30)
            await server.start()
            with published(server.address, "good"):
                await until(lambda: told == [SEEN, "public_unreachable", SEEN], 30)

    asyncio.run(scenario())


def test_of_a_server_that_never_gave_anything_nothing_is_said_unless_its_public_address_is_known() -> None:
    async def scenario() -> None:
        play = on_the_air()
        async with PublicServerGone() as gone, spectated(gone, "good", play) as (spectator, told):
            spectator.see(play.session)
            await asyncio.sleep(1)
            assert told == []
            reach = Reach(channel=ChannelId("c"), name="Canal", watch=f"{gone.address}/watch")
            play.tell(ChannelOpened(seen=play.seen(), reach=reach, cause="planned"))
            spectator.see(play.session)
            await until(lambda: told == ["public_unreachable"], 30)

    asyncio.run(scenario())


class PublicServerGone(PublicServer):
    """An address at which nobody listens."""

    def __init__(self) -> None:
        super().__init__(Path("/nowhere"))

    async def start(self) -> None:
        pass
