"""The page of the trail: who did, and who looked at, what."""

from aiohttp import web

from orchestrator.access import Operation
from orchestrator.web.api.audit import MOST, found
from orchestrator.web.pages.rendering import page
from orchestrator.web.request import access_of, house_of, language_of
from orchestrator.web.route import Route

_ASKED = ("entity", "session", "who", "kind")


async def show(request: web.Request) -> web.Response:
    """A page of it, with what was asked for in the form."""
    house, access = house_of(request), access_of(request)
    traces = await found(request)
    entities = [entity for entity in await house.records.entities() if access.reaches(entity.id)]
    values = {
        "access": access,
        "now": house.now(),
        "zone": house.time_zone.key,
        "traces": traces,
        "before": traces[-1].id if len(traces) == MOST else None,
        "entities": entities,
        "names": {entity.id: entity.name for entity in entities},
        "asked": {name: request.query.get(name, "") for name in _ASKED},
    }
    return page(request, "audit.html", language_of(request), values)


ROUTES = (
    Route(method="GET", path="/audit", operation=Operation.PAGE_AUDIT, handler=show, summary="Who did and saw what"),
)
