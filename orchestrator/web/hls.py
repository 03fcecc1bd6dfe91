"""The public broadcast from our own web server, as HLS: for towns without a channel, and for the press.

The recorder writes the files; it does so only for sessions that are held in public and are no rehearsal, and never
anything of a closed part. `/directe/{entity}/live.m3u8` is the address to hand out: it leads to what is on the air.
"""

import re
from datetime import timedelta
from pathlib import Path

from aiohttp import hdrs, web

from orchestrator.council.members import EntityId
from orchestrator.council.session import Phase
from orchestrator.web.house import House
from orchestrator.web.problems import Kind, Problem
from orchestrator.web.request import house_of
from orchestrator.web.route import Route

PLAYLIST = "live.m3u8"
_FOLDER = "page"
_NAME = re.compile(r"[A-Za-z0-9-]+\.(m3u8|ts)")
_SESSION = re.compile(r"[A-Za-z0-9_-]+")
_TYPES = {".m3u8": "application/vnd.apple.mpegurl", ".ts": "video/mp2t"}
_AROUND = timedelta(hours=24)


async def on_air(house: House, entity: EntityId) -> str | None:
    """The address of the playlist of what the entity broadcasts now: of several, the one that began last."""
    now = house.now()
    entries = await house.records.sessions(entity=entity, since=now - _AROUND, until=now + _AROUND, is_public_only=True)
    for entry in sorted(entries, key=lambda entry: entry.starts_at, reverse=True):
        if entry.phase is not Phase.ADJOURNED and _file(house, entry.id, PLAYLIST):
            return f"/hls/{entry.id}/{PLAYLIST}"
    return None


async def lead(request: web.Request) -> web.StreamResponse:
    """To the playlist of what is on the air."""
    address = await on_air(house_of(request), EntityId(request.match_info["entity"]))
    if address is None:
        raise Problem(Kind.NOT_FOUND)
    raise web.HTTPTemporaryRedirect(address, headers=_headers("no-store"))


async def play(request: web.Request) -> web.StreamResponse:
    """A playlist, or a piece of the programme."""
    file = _file(house_of(request), request.match_info["session"], request.match_info["file"])
    if file is None:
        raise Problem(Kind.NOT_FOUND)
    is_list = file.suffix == ".m3u8"
    headers = _headers("no-cache" if is_list else "public, max-age=60")
    return web.FileResponse(file, headers={**headers, hdrs.CONTENT_TYPE: _TYPES[file.suffix]})


def _file(house: House, session: str, name: str) -> Path | None:
    """Beside the folder lie the keys of the broadcast: no name may lead out of it."""
    if house.broadcasts is None or not _SESSION.fullmatch(session) or not _NAME.fullmatch(name):
        return None
    file = house.broadcasts / session / _FOLDER / name
    return file if file.is_file() else None


def _headers(cache: str) -> dict[str, str]:
    """Players on the pages of others may read it: it is public."""
    return {
        hdrs.CACHE_CONTROL: cache,
        hdrs.ACCESS_CONTROL_ALLOW_ORIGIN: "*",
        "Cross-Origin-Resource-Policy": "cross-origin",
    }


ROUTES = (
    Route(
        method="GET",
        path=f"/directe/{{entity}}/{PLAYLIST}",
        operation="hls",
        handler=lead,
        summary="To what the entity broadcasts now, as HLS",
    ),
    Route(method="GET", path="/hls/{session}/{file}", operation="hls_file", handler=play, summary="A piece of HLS"),
)
