"""The citizen's page of an entity: one address, whatever channel a session is on. It is public and needs no script;
with one it follows what happens, without touching a player that still shows the right thing."""

from hashlib import sha256

from aiohttp import hdrs, web

from orchestrator.council.members import Entity, EntityId
from orchestrator.web.pages.rendering import page, render
from orchestrator.web.policy import content_policy
from orchestrator.web.problems import Kind, Problem
from orchestrator.web.request import house_of, language_of
from orchestrator.web.route import Route
from orchestrator.web.watching import FRAMES, programme

_POLICY = content_policy({"frame-src": FRAMES, "media-src": "'self'"})
_SECONDS_KEPT = 5
"""How long a proxy may answer for us: an evening has thousands of viewers, who ask every few seconds."""


async def show(request: web.Request) -> web.Response:
    """The whole page."""
    house, entity = house_of(request), await _entity(request)
    values = {
        "entity": entity,
        "now": house.now(),
        "zone": house.time_zone.key,
        "programme": await programme(house, entity.id, with_past=True),
    }
    response = page(request, "watch.html", language_of(request), values)
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers[hdrs.CACHE_CONTROL] = "no-cache"
    return response


async def follow(request: web.Request) -> web.Response:
    """The part that changes; 304 for who has it."""
    house, entity, language = house_of(request), await _entity(request), language_of(request)
    values = {
        "entity": entity,
        "now": house.now(),
        "zone": house.time_zone.key,
        "programme": await programme(house, entity.id, with_past=False),
    }
    text = render("watch_now.html", language, values)
    tag = f'"{sha256(text.encode()).hexdigest()[:24]}"'
    headers = {hdrs.ETAG: tag, hdrs.CACHE_CONTROL: f"public, max-age={_SECONDS_KEPT}", hdrs.CONTENT_LANGUAGE: language}
    if request.headers.get(hdrs.IF_NONE_MATCH) == tag:
        return web.Response(status=304, headers=headers)
    return web.Response(text=text, content_type="text/html", headers=headers)


async def _entity(request: web.Request) -> Entity:
    entity = await house_of(request).records.entity(EntityId(request.match_info["entity"]))
    if entity is None:
        raise Problem(Kind.NOT_FOUND)
    return entity


ROUTES = (
    Route(method="GET", path="/directe/{entity}", operation="watch", handler=show, summary="An entity's broadcasts"),
    Route(
        method="GET", path="/directe/{entity}/now", operation="watch_now", handler=follow, summary="What is on the air"
    ),
)
