"""The page to try the API: Swagger UI, served from here, over our own description."""

from aiohttp import hdrs, web
from swagger_ui_bundle import swagger_ui_path

from orchestrator.web.pages.rendering import page
from orchestrator.web.problems import Kind, Problem
from orchestrator.web.request import language_of
from orchestrator.web.route import Route

_FILES = ("swagger-ui.css", "swagger-ui-bundle.js")


async def show(request: web.Request) -> web.Response:
    """The page; what it shows is fetched by its script."""
    return page(request, "api_docs.html", language_of(request), {})


async def part(request: web.Request) -> web.StreamResponse:
    """A file of Swagger UI. No other file of the package is to be had."""
    name = request.match_info["name"]
    if name not in _FILES:
        raise Problem(Kind.NOT_FOUND)
    return web.FileResponse(swagger_ui_path / name, headers={hdrs.CACHE_CONTROL: "public, max-age=86400"})


ROUTES = (
    Route(method="GET", path="/api/docs", operation="api_docs", handler=show, summary="The API, to try it"),
    Route(method="GET", path="/api/docs/{name}", operation="api_docs_part", handler=part, summary="A file of it"),
)
