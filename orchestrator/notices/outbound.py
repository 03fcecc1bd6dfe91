"""The way out to addresses that people enter: only to the public internet, so that nobody can have us call our own
house (SSRF).

A name is resolved once and the connection is made to the address that was looked at, so that it cannot be another by
then. Redirects are not followed, proxies of the environment not used.
"""

from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from socket import AF_INET, AddressFamily
from typing import Final

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import ThreadedResolver

_TRANSLATED: Final = IPv6Network("64:ff9b::/96")
"""IPv4 addresses behind a NAT64 (RFC 6052)."""


class ForbiddenAddress(OSError):
    """It is not on the public internet."""


def is_public(address: str) -> bool:
    """Whether an address is of the public internet; an IPv4 address within an IPv6 one is judged by itself."""
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return all(part.is_global and not part.is_multicast for part in (ip, *_within(ip)))


def is_forbidden_host(host: str, allowed: Collection[str]) -> bool:
    """Whether a host is written as an address that we do not call. What a name stands for is looked at later."""
    if host in allowed:
        return False
    try:
        ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".local", ".internal"))
    return not is_public(host)


class PublicResolver(AbstractResolver):
    """Finds public addresses only; the hosts `allowed` may be anywhere."""

    def __init__(self, allowed: Collection[str]) -> None:
        self._allowed = frozenset(allowed)
        self._inner = ThreadedResolver()

    async def resolve(self, host: str, port: int = 0, family: AddressFamily = AF_INET) -> list[ResolveResult]:
        found = await self._inner.resolve(host, port, family)
        if host not in self._allowed and not all(is_public(result["host"]) for result in found):
            raise ForbiddenAddress(f"{host} is not on the public internet")
        return found

    async def close(self) -> None:
        await self._inner.close()


@asynccontextmanager
async def outbound(allowed: Collection[str] = ()) -> AsyncIterator[aiohttp.ClientSession]:
    """A client that gets out only. Whoever uses it says `allow_redirects=False`, and asks `is_forbidden_host` first:
    a host that is an address is not resolved."""
    connector = aiohttp.TCPConnector(
        resolver=PublicResolver(allowed), use_dns_cache=False, force_close=True, limit=50, limit_per_host=10
    )
    async with aiohttp.ClientSession(
        connector=connector, trust_env=False, cookie_jar=aiohttp.DummyCookieJar(), auto_decompress=False
    ) as client:
        yield client


def _within(ip: IPv4Address | IPv6Address) -> tuple[IPv4Address, ...]:
    """The IPv4 addresses that an IPv6 address leads to: mapped, 6to4, Teredo, NAT64."""
    if isinstance(ip, IPv4Address):
        return ()
    translated = IPv4Address(int(ip) & 0xFFFFFFFF) if ip in _TRANSLATED else None
    return tuple(part for part in (ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ()), translated) if part)
