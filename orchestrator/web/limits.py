"""How often one person, or one address, may ask: a bucket of requests for each, which fills again steadily.

Each process has its own buckets: with several of them behind one address a sender gets so much from each.
"""

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Final

from aiohttp import hdrs, web

Network = IPv4Network | IPv6Network

_KEPT: Final = 20_000
"""Buckets in memory; the one that was used longest ago goes first, and comes back full."""
_SECONDS_FULL: Final = 15
"""How many seconds' worth a full bucket holds, at the least one request: pages ask for several things at once."""


@dataclass(slots=True)
class Buckets:
    """A bucket for each key. `a_minute` is how many requests come in; 0 is no limit."""

    a_minute: int
    clock: Callable[[], float] = time.monotonic
    _filled: OrderedDict[str, tuple[float, float]] = field(default_factory=OrderedDict)

    def take(self, key: str) -> float:
        """Take one request out. Returns 0, or how many seconds to wait until there is one."""
        if not self.a_minute:
            return 0.0
        now, a_second = self.clock(), self.a_minute / 60
        most = max(1.0, a_second * _SECONDS_FULL)
        level, at = self._filled.pop(key, (most, now))
        level = min(most, level + (now - at) * a_second)
        wait = 0.0 if level >= 1 else (1 - level) / a_second
        self._filled[key] = (level if wait else level - 1, now)
        if len(self._filled) > _KEPT:
            self._filled.popitem(last=False)
        return wait


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """`proxies` are the reverse proxies whose word on where a request comes from is believed."""

    people: Buckets = field(default_factory=lambda: Buckets(0))
    addresses: Buckets = field(default_factory=lambda: Buckets(0))
    proxies: tuple[Network, ...] = ()

    def address_of(self, request: web.Request) -> str | None:
        """Where the request comes from: the last address in `X-Forwarded-For` that no proxy of ours wrote down for
        another. None for whoever asks on this machine itself, past the proxy."""
        address = _parse(request.remote or "")
        if address is None:
            return None
        forwarded = [part for value in request.headers.getall(hdrs.X_FORWARDED_FOR, ()) for part in value.split(",")]
        while forwarded and self._is_proxy(address):
            further = _parse(forwarded.pop().strip())
            if further is None:
                break
            address = further
        return None if address.is_loopback else str(address)

    def _is_proxy(self, address: IPv4Address | IPv6Address) -> bool:
        return any(address in network for network in self.proxies if network.version == address.version)


def seconds_to_wait(wait: float) -> int:
    """As `Retry-After` says it: whole, and never too few."""
    return max(1, math.ceil(wait))


def _parse(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
