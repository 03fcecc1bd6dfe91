"""The crest of an entity, for the cards of its broadcasts."""

from aiohttp import web

from orchestrator.access import Operation
from orchestrator.store.crests import Crests
from orchestrator.web.api.entities import entity_of
from orchestrator.web.problems import Kind, Problem
from orchestrator.web.request import house_of
from orchestrator.web.route import Route

_PNG, _SVG = "image/png", "image/svg+xml"


async def read_crest(request: web.Request) -> web.Response:
    """As it is drawn: a PNG of at most 512 points."""
    image = await Crests(house_of(request).records.pool).image(entity_of(request))
    if image is None:
        raise Problem(Kind.NOT_FOUND)
    return web.Response(body=image, content_type=_PNG)


async def put_crest(request: web.Request) -> web.Response:
    """Broadcasts that begin from now on have it. Whatever else was in the file is not kept."""
    entity, house = entity_of(request), house_of(request)
    if request.content_type not in (_PNG, _SVG) or house.crest is None:
        raise Problem(Kind.UNSUPPORTED_MEDIA_TYPE)
    try:
        image = await house.crest(await request.read())
    except ValueError as refusal:
        error = {"at": "", "kind": str(refusal), "message": "a PNG or SVG of at least 16 points"}
        raise Problem(Kind.INVALID, errors=[error]) from None
    if await house.records.entity(entity) is None:
        raise Problem(Kind.NOT_FOUND)
    await Crests(house.records.pool).put(entity, image, house.now())
    return web.Response(status=204)


async def remove_crest(request: web.Request) -> web.Response:
    """Cards have none from now on."""
    if not await Crests(house_of(request).records.pool).remove(entity_of(request)):
        raise Problem(Kind.NOT_FOUND)
    return web.Response(status=204)


_PATH = "/api/v1/entities/{entity}/crest"

ROUTES = (
    Route(
        method="GET",
        path=_PATH,
        operation=Operation.READ_CREST,
        handler=read_crest,
        summary="The crest, as it is on the cards",
        also=(_PNG,),
    ),
    Route(
        method="PUT",
        path=_PATH,
        operation=Operation.PUT_CREST,
        handler=put_crest,
        summary="Put the crest on the cards: a PNG or an SVG of at most 512 kB",
        takes_also=(_PNG, _SVG),
        status=204,
    ),
    Route(
        method="DELETE",
        path=_PATH,
        operation=Operation.REMOVE_CREST,
        handler=remove_crest,
        summary="Take the crest off the cards",
        status=204,
    ),
)
