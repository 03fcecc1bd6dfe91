"""The encoder of a broadcast, at simulated Jibris: another when one dies, the same one after a restart of ours."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta

import aiohttp
import pytest

from orchestrator import encoders
from orchestrator.council.members import SessionId
from orchestrator.encoders import Encoding, survey
from orchestrator.store.encoders import Encoders, EncoderState
from recorder.graph import Picture
from recorder.jibri import Account, Jibri
from simulator.demo import now
from simulator.jibri import SimulatedJibri
from simulator.public_server import PublicServer
from tests.recorder.waiting import until
from tests.stage import open_store

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

TINY = Picture(width=160, height=90, fps=30)
SESSION = SessionId("ple")


@dataclass(slots=True)
class Room:
    """Two Jibris, and a server in the hub's place to which they send."""

    jibris: list[SimulatedJibri]
    clients: tuple[Jibri, ...]
    bookings: Encoders
    address: str
    told: list[str] = field(default_factory=list)

    def encoding(self) -> Encoding:
        async def report(cause: str) -> None:
            self.told.append(cause)

        return Encoding(
            session_id=SESSION,
            jibris=self.clients,
            jitsi_url="https://meet.example",
            room="ple",
            account=Account(domain="hidden.meet.example", username="recorder", password="secret"),
            address=self.address,
            report=report,
            bookings=self.bookings,
            now=now,
        )

    def encoding_now(self) -> list[int]:
        return [n for n, jibri in enumerate(self.jibris) if jibri.encoder_pid is not None]

    async def states(self) -> list[EncoderState]:
        return [encoder.state for encoder in await survey(self.clients, self.bookings)]


@asynccontextmanager
async def room(dsn: str, folder: object) -> AsyncIterator[Room]:
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(open_store(dsn))
        server = await stack.enter_async_context(PublicServer(folder))  # type: ignore[arg-type]
        client = await stack.enter_async_context(aiohttp.ClientSession())
        jibris = [await stack.enter_async_context(SimulatedJibri(picture=TINY)) for _ in range(2)]
        clients = tuple(Jibri(client, jibri.url) for jibri in jibris)
        yield Room(jibris, clients, Encoders(store.pool), f"{server.address}/key")


def run(dsn: str, folder: object, story: Callable[[Room, Encoding, asyncio.TaskGroup], object]) -> None:
    async def play() -> None:
        async with room(dsn, folder) as stage, asyncio.TaskGroup() as tasks:
            encoding = stage.encoding()
            keeping = tasks.create_task(encoding.keep())
            await story(stage, encoding, tasks)  # type: ignore[misc]
            keeping.cancel()
            await encoding.close()

    asyncio.run(play())


def test_when_one_dies_the_other_takes_the_room_and_when_asked_again_the_first(dsn, tmp_path) -> None:
    async def story(stage: Room, encoding: Encoding, tasks: asyncio.TaskGroup) -> None:
        assert await stage.states() == [EncoderState.FREE, EncoderState.FREE]
        encoding.want(True, 0)
        await until(lambda: stage.encoding_now() == [0], 20)
        encoding.hear(has_source=True)
        assert await stage.states() == [EncoderState.BOOKED, EncoderState.FREE]
        await stage.clients[0].stop()
        assert await encoding.explain("source_closed") == "encoder_left"
        encoding.hear(has_source=False)
        await until(lambda: stage.encoding_now() == [1], 20)
        known = await stage.bookings.bookings()
        assert known[stage.clients[0].url].cause == "encoder_left"
        encoding.hear(has_source=True)
        encoding.want(True, 1)
        await until(lambda: stage.encoding_now() == [], 20)
        encoding.hear(has_source=False)
        await until(lambda: stage.encoding_now() == [0], 20)
        encoding.want(False, 1)
        await until(lambda: stage.encoding_now() == [], 20)

    run(dsn, tmp_path, story)


def test_a_stall_is_sat_out_and_another_comes_only_when_it_lasts(dsn, tmp_path, monkeypatch) -> None:
    async def story(stage: Room, encoding: Encoding, tasks: asyncio.TaskGroup) -> None:
        encoding.want(True, 0)
        await until(lambda: stage.encoding_now() == [0], 20)
        for _ in range(2):
            encoding.hear(has_source=True)
            await asyncio.sleep(0.1)
            encoding.hear(has_source=False, is_stalled=True)
            await asyncio.sleep(1.5)
            assert stage.encoding_now() == [0], "as when it began to stall"
        encoding.hear(has_source=True)
        await asyncio.sleep(0.1)
        monkeypatch.setattr(encoders, "_STALL", timedelta(seconds=0.2))
        encoding.hear(has_source=False, is_stalled=True)
        await until(lambda: stage.encoding_now() == [1], 20)
        assert (await stage.bookings.bookings())[stage.clients[0].url].cause == "source_stalled"

    run(dsn, tmp_path, story)


def test_one_that_goes_while_it_stalls_is_replaced_at_once(dsn, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(encoders, "_STALL", timedelta(hours=1))

    async def story(stage: Room, encoding: Encoding, tasks: asyncio.TaskGroup) -> None:
        encoding.want(True, 0)
        await until(lambda: stage.encoding_now() == [0], 20)
        encoding.hear(has_source=True)
        await asyncio.sleep(0.1)
        encoding.hear(has_source=False, is_stalled=True)
        await asyncio.sleep(0.1)
        encoding.hear(has_source=False)
        await until(lambda: stage.encoding_now() == [1], 20)

    run(dsn, tmp_path, story)


def test_one_that_gives_up_before_it_sends_is_not_waited_for(dsn, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(encoders, "_PATIENCE", timedelta(hours=1))

    async def story(stage: Room, encoding: Encoding, tasks: asyncio.TaskGroup) -> None:
        encoding.address = "rtmp://127.0.0.1:1/live/key"
        encoding.want(True, 0)
        await until(lambda: "encoder_gave_up" in stage.told, 40)
        await until(lambda: stage.jibris[1].failures > 0, 40)
        assert (await stage.bookings.bookings())[stage.clients[0].url].cause == "encoder_gave_up"

    run(dsn, tmp_path, story)


def test_an_encoder_outlives_the_process_that_started_it_and_is_found_again(dsn, tmp_path) -> None:
    async def play() -> None:
        async with room(dsn, tmp_path) as stage:
            async with asyncio.TaskGroup() as tasks:
                first = stage.encoding()
                keeping = tasks.create_task(first.keep())
                first.want(True, 0)
                await until(lambda: stage.encoding_now() == [0], 20)
                first.hear(has_source=True)
                pid = stage.jibris[0].encoder_pid
                await asyncio.sleep(0.2)
                keeping.cancel()
            assert stage.jibris[0].encoder_pid == pid
            async with asyncio.TaskGroup() as tasks:
                second = stage.encoding()
                keeping = tasks.create_task(second.keep())
                second.hear(has_source=True)
                second.want(True, 0)
                await until(lambda: second._jibri is not None, 20)
                assert stage.encoding_now() == [0]
                assert stage.jibris[0].encoder_pid == pid
                keeping.cancel()
            await second.close()
            assert stage.encoding_now() == []
            assert await stage.states() == [EncoderState.FREE, EncoderState.FREE]

    asyncio.run(play())


def test_one_that_does_not_answer_is_sick(dsn, tmp_path) -> None:
    async def play() -> None:
        async with room(dsn, tmp_path) as stage, aiohttp.ClientSession() as client:
            gone = Jibri(client, "http://127.0.0.1:1")
            (state,) = await survey([gone], stage.bookings)
            assert state.state is EncoderState.SICK

    asyncio.run(play())
