"""The list of the hour before, on a page that keeps itself current."""

from aiohttp import web

from orchestrator.access import Operation
from orchestrator.council.session import Phase
from orchestrator.web.api.preflight import found, is_ready
from orchestrator.web.pages.rendering import page
from orchestrator.web.request import access_of, house_of, language_of, session_of
from orchestrator.web.route import Route


async def show(request: web.Request) -> web.Response:
    """What is there, what is not, and whose it is to see to it."""
    house, session = house_of(request), (await session_of(request)).session
    items = () if session.phase is Phase.ADJOURNED else await found(house, session)
    values = {
        "access": access_of(request),
        "call": session.convened,
        "items": items,
        "is_over": session.phase is Phase.ADJOURNED,
        "is_ready": is_ready(items),
        "open_items": sum(item.duty is not None for item in items),
        "now": house.now(),
    }
    return page(request, "preflight.html", language_of(request), values)


ROUTES = (
    Route(
        method="GET",
        path="/sessions/{id}/preflight",
        operation=Operation.PAGE_PREFLIGHT,
        handler=show,
        summary="What a session needs before it begins",
    ),
)
