"""The web application, put together: the route table, the middleware, the files that never change.

`build_app` starts nothing and opens nothing. Whoever serves it must not log requests in a way that shows queries or
headers; the middleware logs what is needed (`AppRunner(app, access_log=None)`).
"""

from pathlib import Path

from aiohttp import web

from orchestrator.documents.press import Press
from orchestrator.web import hls
from orchestrator.web.api import (
    alerts,
    allowances,
    audit,
    bodies,
    calls,
    channels,
    commands,
    consortium,
    crests,
    documents,
    encoders,
    entities,
    evidence,
    links,
    members,
    preflight,
    proceedings,
    record,
    rules,
    service,
    sessions,
    webhooks,
)
from orchestrator.web.house import House
from orchestrator.web.middleware import PUBLIC, admit, answer, harden
from orchestrator.web.once import once
from orchestrator.web.openapi import describe
from orchestrator.web.pages import (
    accounts,
    api_docs,
    consent,
    convening,
    enter,
    join,
    live,
    people,
    timeline,
    wall,
    watch,
)
from orchestrator.web.pages import alerts as alerts_page
from orchestrator.web.pages import audit as audit_page
from orchestrator.web.pages import calendar as calendar_page
from orchestrator.web.pages import channels as channels_page
from orchestrator.web.pages import consortium as consortium_page
from orchestrator.web.pages import documents as documents_page
from orchestrator.web.pages import join_check as check_page
from orchestrator.web.pages import links as links_page
from orchestrator.web.pages import preflight as preflight_page
from orchestrator.web.pages import sessions as sessions_page
from orchestrator.web.pages import steps as steps_page
from orchestrator.web.pages import webhooks as webhooks_page
from orchestrator.web.request import HOUSE
from orchestrator.web.route import Route

_STATIC = Path(__file__).parent / "static"
_LARGEST_BODY = 512 * 1024

API = (
    *entities.ROUTES,
    *bodies.ROUTES,
    *members.ROUTES,
    *crests.ROUTES,
    *encoders.ROUTES,
    *rules.ROUTES,
    *sessions.ROUTES,
    *calls.ROUTES,
    *record.ROUTES,
    *preflight.ROUTES,
    *proceedings.ROUTES,
    *documents.ROUTES,
    *evidence.ROUTES,
    *allowances.ROUTES,
    *channels.ROUTES,
    *commands.ROUTES,
    *alerts.ROUTES,
    *links.ROUTES,
    *audit.ROUTES,
    *webhooks.ROUTES,
    *consortium.ROUTES,
    *service.ROUTES,
)
PAGES = (
    *enter.ROUTES,
    *hls.ROUTES,
    *sessions_page.ROUTES,
    *convening.ROUTES,
    *people.ROUTES,
    *preflight_page.ROUTES,
    *calendar_page.ROUTES,
    *live.ROUTES,
    *documents_page.ROUTES,
    *channels_page.ROUTES,
    *consent.ROUTES,
    *watch.ROUTES,
    *webhooks_page.ROUTES,
    *api_docs.ROUTES,
    *join.ROUTES,
    *check_page.ROUTES,
    *links_page.ROUTES,
    *wall.ROUTES,
    *alerts_page.ROUTES,
    *timeline.ROUTES,
    *accounts.ROUTES,
    *audit_page.ROUTES,
    *consortium_page.ROUTES,
    *steps_page.ROUTES,
)


def build_app(house: House) -> web.Application:
    """The application over what it is given."""
    app = web.Application(middlewares=[answer, admit, once], client_max_size=_LARGEST_BODY)
    app[HOUSE] = house
    app[documents.PRESS] = Press()
    app.on_response_prepare.append(harden)
    app.on_shutdown.append(_close)
    for route in (*API, *PAGES, _openapi_route(house)):
        route.add_to(app)
    app.router.add_static("/static", _STATIC, name=f"{PUBLIC}static")
    return app


def build_probes(house: House) -> web.Application:
    """What a machine without pages answers: whether it lives, is ready, and what it is."""
    app = web.Application(middlewares=[answer, admit])
    app[HOUSE] = house
    app.on_response_prepare.append(harden)
    app.on_shutdown.append(_close)
    for route in service.ROUTES:
        route.add_to(app)
    return app


def _openapi_route(house: House) -> Route:
    description = describe(API, house.version)

    async def openapi(_request: web.Request) -> web.Response:
        return web.json_response(description)

    return Route(
        method="GET",
        path="/api/v1/openapi.json",
        operation="openapi",
        handler=openapi,
        summary="This description",
    )


async def _close(app: web.Application) -> None:
    app[HOUSE].close()
