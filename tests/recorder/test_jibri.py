"""The client of Jibri's HTTP API against a Jibri of aiohttp's, and what the simulated one makes of it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from recorder.errors import JibriBusy, JibriRefused, JibriUnavailable, RecorderError
from recorder.jibri import Account, Busyness, Jibri, JibriHealth
from simulator.jibri import SimulatedJibri


class Service:
    """Answers as told, and remembers what it was asked."""

    def __init__(self, status: int = 200, body: Any = None) -> None:
        self.status = status
        self.body = body
        self.asked: list[Any] = []

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append(await request.json() if request.can_read_body else None)
        return web.Response(status=self.status) if self.body is None else web.json_response(self.body)


def run(service: Service, story: Callable[[Jibri], Awaitable[None]]) -> None:
    async def play() -> None:
        app = web.Application()
        app.router.add_route("*", "/jibri/api/v1.0/{what}", service.answer)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        try:
            async with aiohttp.ClientSession() as client:
                await story(Jibri(client, f"http://127.0.0.1:{runner.addresses[0][1]}"))
        finally:
            await runner.cleanup()

    asyncio.run(play())


RECORDER = Account(domain="hidden.meet", username="jibri", password="secret")


async def start(jibri: Jibri, account: Account = RECORDER, address: str = "rtmp://127.0.0.1/live/key") -> None:
    await jibri.start(session="s1", base="https://meet", room="ple", address=address, account=account)


def test_a_start_says_where_to_enter_and_where_to_send() -> None:
    service = Service()

    async def story(jibri: Jibri) -> None:
        await start(jibri)
        assert service.asked == [
            {
                "sessionId": "s1",
                "callParams": {"callUrlInfo": {"baseUrl": "https://meet", "callName": "ple"}},
                "callLoginParams": {"domain": "hidden.meet", "username": "jibri", "password": "secret"},
                "sinkType": "stream",
                "youTubeStreamKey": "rtmp://127.0.0.1/live/key",
            }
        ]

    run(service, story)


@pytest.mark.parametrize(
    ("status", "error"), [(412, JibriBusy), (400, JibriRefused), (500, JibriUnavailable), (503, JibriUnavailable)]
)
def test_each_refusal_has_its_own_error(status: int, error: type[RecorderError]) -> None:
    async def story(jibri: Jibri) -> None:
        with pytest.raises(error) as raised:
            await start(jibri)
        assert raised.value.is_retryable is (error is not JibriRefused)

    run(Service(status), story)


def test_health_is_parsed() -> None:
    async def story(jibri: Jibri) -> None:
        assert await jibri.health() == JibriHealth(busyness=Busyness.BUSY, is_healthy=False)

    run(Service(body={"status": {"busyStatus": "BUSY", "health": {"healthStatus": "UNHEALTHY"}}}), story)


@pytest.mark.parametrize("body", [{}, [], {"status": {"busyStatus": "ASLEEP", "health": {"healthStatus": "HEALTHY"}}}])
def test_a_health_that_cannot_be_read_is_none(body: Any) -> None:
    async def story(jibri: Jibri) -> None:
        with pytest.raises(JibriUnavailable):
            await jibri.health()

    run(Service(body=body), story)


def test_nobody_there_is_unavailable() -> None:
    async def play() -> None:
        async with aiohttp.ClientSession() as client:
            with pytest.raises(JibriUnavailable):
                await Jibri(client, "http://127.0.0.1:1").stop()

    asyncio.run(play())


def test_the_simulated_jibri_refuses_what_a_real_one_would() -> None:
    async def play() -> None:
        async with SimulatedJibri() as simulated, aiohttp.ClientSession() as client:
            jibri = Jibri(client, simulated.url)
            assert await jibri.health() == JibriHealth(busyness=Busyness.IDLE, is_healthy=True)
            with pytest.raises(JibriRefused):
                await start(jibri, address="a-youtube-key")
            with pytest.raises(JibriBusy):
                await start(jibri, Account(domain="hidden.meet", username="recorder", password=""))
            await jibri.stop()
            assert simulated.encoder_pid is None

    asyncio.run(play())
