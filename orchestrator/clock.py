"""How far this machine's clock is off: against a time server (SNTP, RFC 5905 section 14), one question at a time."""

import asyncio
import secrets
import struct
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

_PORT: Final = 123
_PATIENCE_SECONDS: Final = 2.0
_TO_1900: Final = 2_208_988_800
"""Seconds from 1900, where NTP's time begins, to 1970."""
_ASK: Final = 0x23
"""No warning of leap seconds, version 4, mode 3 (client)."""
_SERVER: Final = 4


class ClockUnknown(Exception):
    """The time server does not answer, or says itself that it does not know the time."""


async def clock_ahead(server: str, now: Callable[[], datetime]) -> timedelta:
    """By how much our clock is ahead of the server's (`host`, or `host:port`); negative when it is behind.

    Raises `ClockUnknown`.
    """
    host, port = _split(server)
    loop = asyncio.get_running_loop()
    answered: asyncio.Future[tuple[bytes, datetime]] = loop.create_future()
    mark = secrets.token_bytes(8)
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            transport, _ = await loop.create_datagram_endpoint(
                lambda: _Asking(answered, mark, now), remote_addr=(host, port)
            )
            try:
                sent = now()
                transport.sendto(struct.pack("!B39x", _ASK) + mark)
                answer, received = await answered
            finally:
                transport.close()
    except (OSError, TimeoutError):
        raise ClockUnknown(server) from None
    heard, said = _moments(answer)
    return ((sent - heard) + (received - said)) / 2


class _Asking(asyncio.DatagramProtocol):
    """Waits for the answer to `mark`: what comes from somebody else does not carry it back."""

    def __init__(
        self, answered: asyncio.Future[tuple[bytes, datetime]], mark: bytes, now: Callable[[], datetime]
    ) -> None:
        self._answered = answered
        self._mark = mark
        self._now = now

    def datagram_received(self, data: bytes, addr: object) -> None:
        if len(data) >= 48 and data[24:32] == self._mark and not self._answered.done():
            self._answered.set_result((data, self._now()))

    def error_received(self, exc: Exception) -> None:
        if not self._answered.done():
            self._answered.set_exception(exc)


def _moments(answer: bytes) -> tuple[datetime, datetime]:
    """When the server heard the question, and when it answered. Raises `ClockUnknown` for a server out of step."""
    leap, mode, stratum = answer[0] >> 6, answer[0] & 7, answer[1]
    if mode != _SERVER or leap == 3 or not 1 <= stratum <= 15:
        raise ClockUnknown("the time server does not know the time itself")
    return _moment(answer[32:40]), _moment(answer[40:48])


def _moment(stamp: bytes) -> datetime:
    seconds, fraction = struct.unpack("!II", stamp)
    era = 0 if seconds >= 1 << 31 else 1 << 32  # the seconds begin anew in 2036
    return datetime.fromtimestamp(seconds + era - _TO_1900, UTC) + timedelta(seconds=fraction / (1 << 32))


def _split(server: str) -> tuple[str, int]:
    host, colon, port = server.rpartition(":")
    is_named = colon and port.isdecimal() and not host.endswith(":")
    return (host.strip("[]"), int(port)) if is_named else (server.strip("[]"), _PORT)
