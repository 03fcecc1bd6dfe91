"""Clients that begin and never end: they hold their connection, and nobody else's."""

import asyncio

import pytest

from tests.web.town import served

CROWD = 200


@pytest.mark.parametrize(
    "beginning",
    [
        b"",
        b"GET / HTTP/1.1\r\nHost: plenari.example\r\nX-Slow: ",
        b"POST /enter HTTP/1.1\r\nHost: plenari.example\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        b"Content-Length: 400000\r\n\r\nlogin=",
    ],
    ids=["silence", "half a header", "half a body"],
)
def test_a_crowd_that_never_finishes_its_requests_keeps_nobody_else_waiting(dsn, beginning: bytes) -> None:
    async def main() -> None:
        async with served(dsn) as town:
            host, port = town.client.server.host, town.client.server.port
            crowd = [await asyncio.open_connection(host, port) for _ in range(CROWD)]
            for _, writer in crowd:
                writer.write(beginning)
                await writer.drain()
            async with asyncio.timeout(30):
                for path in ("/version", "/enter"):
                    assert (await town.client.get(path)).status == 200
                answer = await town.client.get("/api/v1/entities", headers=town.bearer())
                assert answer.status == 200
            for _, writer in crowd:
                writer.transport.abort()

    asyncio.run(main())
