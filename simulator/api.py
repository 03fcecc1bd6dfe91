"""A client of Plenari's HTTP API, as any other program would write it: bearer tokens, JSON, server-sent events."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import aiohttp

from orchestrator.access import Access, Clock, mint
from orchestrator.council.commands import Role
from orchestrator.council.members import EntityId


class ApiRefused(Exception):
    """The API answered with a problem; the message is its own words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Api:
    """`base` is the address of the server; `secret` signs a token for whatever role a call is made with."""

    client: aiohttp.ClientSession
    base: str
    entity: str
    secret: str = field(repr=False)
    now: Clock

    def token(self, role: str) -> str:
        """An access token of the role, for the length of a play."""
        access = Access(role=Role(role), expires=self.now() + timedelta(hours=6), entity=EntityId(self.entity))
        return mint(access, secret=self.secret, now=self.now())

    async def get(self, path: str, *, role: str, **query: str) -> Any:
        """Raises `ApiRefused`."""
        return json.loads(await self.download(path, role=role, **query))

    async def download(self, path: str, *, role: str, **query: str) -> bytes:
        """The body as it is. Raises `ApiRefused`."""
        async with self.client.get(self._url(path), headers=self._headers(role), params=query) as answer:
            return await _body(answer)

    async def post(self, path: str, body: Any, *, role: str) -> Any:
        """Raises `ApiRefused`."""
        async with self.client.post(self._url(path), json=body, headers=self._headers(role)) as answer:
            return json.loads(await _body(answer))

    async def put(self, path: str, body: Any, *, role: str) -> Any:
        """Raises `ApiRefused`."""
        async with self.client.put(self._url(path), json=body, headers=self._headers(role)) as answer:
            return json.loads(await _body(answer))

    async def way_in(self, link: str) -> str:
        """Where a personal link leads, as a browser finds out: Jitsi's address, with a token. Raises `ApiRefused`."""
        browser = {"Origin": self.base, "Accept": "application/json"}
        token = {"token": link.partition("#")[2]}
        redeem = self.client.post(f"{self.base}/join", data=token, headers=browser, allow_redirects=False)
        async with redeem as answer:
            await _body(answer)
            cookies = {name: morsel.value for name, morsel in answer.cookies.items()}
        async with self.client.post(f"{self.base}/join/room", headers=browser, cookies=cookies) as answer:
            way: str = json.loads(await _body(answer))["link"]
        return way

    async def events(self, path: str, *, role: str) -> AsyncIterator[dict[str, Any]]:
        """The server-sent events of a path, from the first on, across lost connections."""
        last = "0"
        while True:
            headers = {**self._headers(role), "Accept": "text/event-stream", "Last-Event-ID": last}
            try:
                async with self.client.get(self._url(path), headers=headers, timeout=_ENDLESS) as answer:
                    async for line in answer.content:
                        key, _, value = line.decode().rstrip("\r\n").partition(": ")
                        if key == "id":
                            last = value
                        elif key == "data":
                            yield json.loads(value)
            except aiohttp.ClientError:
                continue

    def _url(self, path: str) -> str:
        return f"{self.base}/api/v1{path}"

    def _headers(self, role: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token(role)}"}


_ENDLESS = aiohttp.ClientTimeout(total=None)


async def _body(answer: aiohttp.ClientResponse) -> bytes:
    body = await answer.read()
    if answer.status >= 400:
        raise ApiRefused(f"{answer.method} {answer.url.path}: {answer.status} {body.decode(errors='replace')[:500]}")
    return body
