"""The clock against a time server that answers on a real socket, rightly, wrongly or not at all."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from orchestrator.clock import ClockUnknown, clock_ahead

THERE = datetime(2026, 3, 26, 19, 0, tzinfo=UTC)
TO_1900 = 2_208_988_800


def stamp(at: datetime) -> bytes:
    seconds = at.timestamp() + TO_1900
    return struct.pack("!II", int(seconds) & 0xFFFFFFFF, int(seconds % 1 * (1 << 32)))


class Server(asyncio.DatagramProtocol):
    """Says that it heard the question at `at` and answered a tenth of a second later."""

    def __init__(self, at: datetime, head: bytes, mark: bytes | None) -> None:
        self.at, self.head, self.mark = at, head, mark

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        mark = data[40:48] if self.mark is None else self.mark
        answer = self.head + bytes(22) + mark + stamp(self.at) + stamp(self.at + timedelta(seconds=0.1))
        self.transport.sendto(answer, addr)


@asynccontextmanager
async def serving(at: datetime = THERE, head: bytes = b"\x24\x02", mark: bytes | None = None) -> AsyncIterator[str]:
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: Server(at, head, mark), local_addr=("127.0.0.1", 0)
    )
    try:
        yield "127.0.0.1:{}".format(transport.get_extra_info("sockname")[1])
    finally:
        transport.close()


def clock(*readings: float):
    """A clock that shows these, in seconds after the server's, one after the other."""
    left = iter(readings)
    return lambda: THERE + timedelta(seconds=next(left))


@pytest.mark.parametrize(
    ("readings", "seconds"),
    [((0.0, 0.1), 0.0), ((-0.2, 0.3), 0.0), ((2.0, 2.1), 2.0), ((-1.5, -1.2), -1.4)],
)
def test_the_way_there_and_back_is_taken_out(readings, seconds):
    async def main():
        async with serving() as server:
            ahead = await clock_ahead(server, clock(*readings))
            assert ahead / timedelta(seconds=1) == pytest.approx(seconds, abs=1e-6)

    asyncio.run(main())


def test_after_2036_the_seconds_begin_anew():
    async def main():
        later = datetime(2036, 2, 8, tzinfo=UTC)
        async with serving(later) as server:
            ahead = await clock_ahead(server, lambda: later)
            assert abs(ahead) < timedelta(seconds=1)

    asyncio.run(main())


@pytest.mark.parametrize(
    "server",
    [{"head": b"\xe4\x02"}, {"head": b"\x24\x00"}, {"head": b"\x24\x10"}, {"head": b"\x23\x02"}, {"mark": bytes(8)}],
    ids=["out of step", "kiss of death", "far from any clock", "a client", "somebody else's answer"],
)
def test_a_server_that_does_not_know_is_not_believed(server):
    async def main():
        async with serving(**server) as address:
            with pytest.raises(ClockUnknown):
                await clock_ahead(address, lambda: THERE)

    asyncio.run(main())


def test_nobody_there():
    async def main():
        async with serving() as address:
            pass
        with pytest.raises(ClockUnknown):
            await clock_ahead(address, lambda: THERE)

    asyncio.run(main())
