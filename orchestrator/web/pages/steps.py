"""An entity's way to its first session: what is there, what is not yet, and where to do it."""

from aiohttp import web

from orchestrator.access import Operation
from orchestrator.convening.steps import steps
from orchestrator.council.members import EntityId
from orchestrator.store.beginnings import beginning
from orchestrator.web.pages.rendering import page
from orchestrator.web.problems import Kind, Problem
from orchestrator.web.request import access_of, house_of, language_of, require_entity
from orchestrator.web.route import Route


async def show(request: web.Request) -> web.Response:
    """The list, as it stands now."""
    house, access = house_of(request), access_of(request)
    wanted = EntityId(request.match_info["entity"])
    require_entity(request, wanted)
    entity = await house.records.entity(wanted)
    if entity is None:
        raise Problem(Kind.NOT_FOUND)
    lines = steps(await beginning(house.records.pool, wanted))
    values = {
        "access": access,
        "entity": entity,
        "lines": [(line, line.asks is None or access.may(line.asks)) for line in lines],
        "left": sum(not line.is_done for line in lines),
    }
    return page(request, "steps.html", language_of(request), values)


ROUTES = (
    Route(
        method="GET",
        path="/entities/{entity}/steps",
        operation=Operation.PAGE_STEPS,
        handler=show,
        summary="An entity's way to its first session",
    ),
)
