"""Server-sent events: a stream that says something whenever the record of a session grows.

A stream is a level, not an edge: what has been missed is made up for by looking again, so that a browser which comes
back after an hour (`Last-Event-ID`) and one which is slow are told everything once, in order.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from aiohttp import web
from aiohttp_sse import EventSourceResponse

from orchestrator.council.members import SessionId
from orchestrator.web.house import House

_BEAT = 10.0
"""Seconds between the comments that keep a connection through proxies, and between looks at whether it is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One event of the stream. `version` is its id: where to go on from after it."""

    version: int
    name: str
    text: str


Since = Callable[[int], Awaitable[Sequence[Item]]]
"""What there is to say to somebody who knows the session up to that version."""


async def stream(
    request: web.Request, house: House, session_id: SessionId, since: Since, known: int
) -> web.StreamResponse:
    """Answer with a stream that begins after version `known`, until the client or the house goes."""
    with house.changes(session_id) as changed:
        return await follow(request, house, changed, since, known)


async def follow(
    request: web.Request, house: House, changed: asyncio.Event, since: Since, known: int, *, pause: float = 0
) -> web.StreamResponse:
    """The same, of whatever sets `changed`, which `pause` seconds at least lie between two looks at."""
    response = EventSourceResponse(ping_interval=_BEAT)
    with suppress(ConnectionError):
        await response.prepare(request)
        async with response:
            while response.is_connected() and not house.is_closing:
                changed.clear()
                for item in await since(known):
                    await response.send(item.text, id=str(item.version), event=item.name)
                    known = item.version
                await asyncio.sleep(pause)
                await _wait(changed, response)
    return response


def last_event_id(request: web.Request, otherwise: int = 0) -> int:
    """Where the client says it was: the header that browsers send when they come back."""
    text = request.headers.get("Last-Event-ID", "")
    return int(text) if text.isdecimal() and len(text) < 10 else otherwise


async def _wait(changed: asyncio.Event, response: EventSourceResponse) -> None:
    """Until something may be new, or the connection has been looked after."""
    while response.is_connected():
        try:
            async with asyncio.timeout(_BEAT):
                await changed.wait()
        except TimeoutError:
            continue
        return
