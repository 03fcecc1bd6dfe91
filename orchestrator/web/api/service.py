"""Whether the service lives, is ready, and what it is."""

from aiohttp import hdrs, web
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel, Field

from orchestrator.access import Operation
from orchestrator.web.api.entities import json
from orchestrator.web.metrics import scrape
from orchestrator.web.request import house_of
from orchestrator.web.route import Route


class ReadyOut(BaseModel):
    """Part by part, whether what the service needs is there."""

    is_ready: bool
    parts: dict[str, bool]
    clock_ahead_ms: int | None = Field(description="Of the other clock; negative: behind; null: it did not answer")
    clock_of: str = Field(description="The clock ours was compared with: `time_server`, or `database`")


class VersionOut(BaseModel):
    """What is running."""

    name: str
    version: str


async def healthz(_request: web.Request) -> web.Response:
    """The process answers."""
    return web.Response(text="ok\n")


async def readyz(request: web.Request) -> web.Response:
    """503 while a part is missing."""
    found = await house_of(request).checks()
    is_ready = all(found.parts.values())
    ready = ReadyOut(
        is_ready=is_ready,
        parts=dict(found.parts),
        clock_ahead_ms=None if found.clock_ahead is None else round(found.clock_ahead.total_seconds() * 1000),
        clock_of=found.clock_of,
    )
    return json(ready, 200 if is_ready else 503)


async def version(request: web.Request) -> web.Response:
    """What is running."""
    return json(VersionOut(name="plenari", version=house_of(request).version))


async def metrics(request: web.Request) -> web.Response:
    """For Prometheus, with an operator's token."""
    return web.Response(body=await scrape(house_of(request)), headers={hdrs.CONTENT_TYPE: CONTENT_TYPE_LATEST})


ROUTES = (
    Route(
        method="GET",
        path="/metrics",
        operation=Operation.READ_METRICS,
        handler=metrics,
        summary="Figures for Prometheus",
        also=("text/plain",),
    ),
    Route(
        method="GET",
        path="/healthz",
        operation="healthz",
        handler=healthz,
        summary="The process answers",
        also=("text/plain",),
    ),
    Route(
        method="GET",
        path="/readyz",
        operation="readyz",
        handler=readyz,
        summary="Whether everything is there that the service needs; 503 while something is not",
        gives=ReadyOut,
        also_status={503: "A part is missing"},
    ),
    Route(method="GET", path="/version", operation="version", handler=version, summary="What runs", gives=VersionOut),
)
