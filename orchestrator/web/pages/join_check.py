"""The connection check on a member's link: camera, microphone, and the ways to us and to the meeting.

Pictures and sound stay in the browser. What it found is judged here and kept, without a number, until the session is
over.
"""

import asyncio
import json
from typing import Final
from urllib.parse import urlsplit

from aiohttp import WSMsgType, hdrs, web

from orchestrator.convening.connection import Measured, judge, worst
from orchestrator.store.connections import Connections
from orchestrator.web.pages.join import CHECK, guest_of
from orchestrator.web.pages.rendering import page, render
from orchestrator.web.policy import content_policy
from orchestrator.web.problems import Kind, Problem
from orchestrator.web.request import house_of, language_of, parse
from orchestrator.web.route import Route

_PIECE: Final = b"\x5a" * 65_536
_MOST_BYTES: Final = 4 * 1024 * 1024
_MOST_ECHOES: Final = 400
_LONGEST_ECHO: Final = 256
_PATIENCE_SECONDS: Final = 60.0


async def show(request: web.Request) -> web.Response:
    """The page. It alone may use camera and microphone, and ask the meeting's server."""
    house = house_of(request)
    link, session = await guest_of(request)
    meeting = _meeting(house.jitsi(session.convened.entity.id).address, session.convened.room)
    values = {
        "call": session.convened,
        "member": session.body.member(link.member),
        "meeting": meeting,
        "servers": json.dumps(house.relays.servers(house.now())),
    }
    response = page(request, "join_check.html", language_of(request), values)
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(meeting))
    response.headers["Content-Security-Policy"] = content_policy({"connect-src": origin, "media-src": "'self' blob:"})
    response.headers["Permissions-Policy"] = "camera=(self), microphone=(self), geolocation=()"
    response.headers[hdrs.CACHE_CONTROL] = "no-store"
    return response


async def keep(request: web.Request) -> web.Response:
    """What the browser found, judged: the answer is what to do, in words."""
    house, (link, _) = house_of(request), await guest_of(request)
    if request.content_type != "application/json":
        raise Problem(Kind.UNSUPPORTED_MEDIA_TYPE)
    checks = judge(parse(Measured, await request.read()))
    await Connections(house.ledger.pool).put(link.session, link.member, checks, house.now())
    values = {"found": checks, "state": worst(checks)}
    response = web.Response(text=render("join_found.html", language_of(request), values), content_type="text/html")
    response.headers[hdrs.CACHE_CONTROL] = "no-store"
    return response


async def echo(request: web.Request) -> web.WebSocketResponse:
    """Everything back at once: the browser measures delay, jitter and what never comes back."""
    await guest_of(request)
    socket = web.WebSocketResponse(max_msg_size=_LONGEST_ECHO, compress=False)
    await socket.prepare(request)
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            for _ in range(_MOST_ECHOES):
                message = await socket.receive()
                if message.type is not WSMsgType.TEXT:
                    break
                await socket.send_str(message.data)
    except TimeoutError:
        pass
    await socket.close()
    return socket


async def load(request: web.Request) -> web.StreamResponse:
    """Some megabytes that say nothing, to measure how fast they come."""
    await guest_of(request)
    response = web.StreamResponse(headers={hdrs.CACHE_CONTROL: "no-store", hdrs.CONTENT_ENCODING: "identity"})
    response.content_type = "application/octet-stream"
    await response.prepare(request)
    for _ in range(_MOST_BYTES // len(_PIECE)):
        await response.write(_PIECE)
    await response.write_eof()
    return response


async def unload(request: web.Request) -> web.Response:
    """Some megabytes that nobody keeps."""
    await guest_of(request)
    taken = 0
    async for piece in request.content.iter_chunked(len(_PIECE)):
        taken += len(piece)
        if taken > _MOST_BYTES:
            raise Problem(Kind.TOO_LARGE)
    return web.json_response({"bytes": taken}, headers={hdrs.CACHE_CONTROL: "no-store"})


def _meeting(address: str, room: str) -> str:
    """The websocket that a Jitsi client opens (`/xmpp-websocket`, mod_websocket)."""
    there = urlsplit(address)
    scheme = "ws" if there.scheme == "http" else "wss"
    return f"{scheme}://{there.netloc}{there.path.rstrip('/')}/xmpp-websocket?room={room}"


ROUTES = (
    Route(method="GET", path=CHECK, operation="join_check", handler=show, summary="The connection check"),
    Route(method="POST", path=CHECK, operation="join_check_keep", handler=keep, summary="What the browser found"),
    Route(method="GET", path=f"{CHECK}/echo", operation="join_check_echo", handler=echo, summary="Back at once"),
    Route(method="GET", path=f"{CHECK}/load", operation="join_check_load", handler=load, summary="Down"),
    Route(method="POST", path=f"{CHECK}/load", operation="join_check_unload", handler=unload, summary="Up"),
)
