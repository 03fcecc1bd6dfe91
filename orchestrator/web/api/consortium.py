"""The consortium's figures over time: as JSON, and as CSV for whoever reports on the service."""

from datetime import timedelta
from typing import Annotated

from aiohttp import hdrs, web
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from orchestrator.access import Operation
from orchestrator.documents.figures_csv import figures_csv
from orchestrator.documents.shelf import CSV
from orchestrator.store.figures import Figures, monthly
from orchestrator.web.api.entities import json
from orchestrator.web.problems import Kind, Problem
from orchestrator.web.request import house_of, invalid, language_of
from orchestrator.web.route import Parameter, Route
from orchestrator.wording import word

A_YEAR = 12
_MOST = 120
_MONTHS = TypeAdapter(Annotated[int, Field(ge=1, le=_MOST)])


class FiguresOut(BaseModel):
    """What was held in a month of the installation's time zone, rehearsals and drills left out."""

    month: str = Field(description="As 2026-03")
    entities: int = Field(description="Those that held a session")
    sessions: int = Field(description="Those that were opened")
    total_s: int = Field(description="Seconds from opening to adjournment, recesses included")
    attendances_remote: int = Field(description="One a person and session: came into the room, not ticked in the hall")
    attendances_in_hall: int
    broadcasts: int
    incidents: int = Field(description="Alerts raised in the month")
    acknowledged: int
    acknowledged_after_s: int | None = Field(description="Median")
    resolved_after_s: int | None = Field(description="Median")


class ConsortiumOut(BaseModel):
    """The latest month first, without a gap, back to the first in which there was anything."""

    months: tuple[FiguresOut, ...]


async def read_figures(request: web.Request) -> web.Response:
    """By month, as JSON or CSV."""
    form = request.query.get("format", "json")
    if form not in ("json", "csv"):
        raise Problem(Kind.NOT_ACCEPTABLE)
    try:
        months = _MONTHS.validate_python(request.query.get("months", A_YEAR))
    except ValidationError as error:
        raise invalid(error) from None
    found = await figures_of(request, months)
    if form == "json":
        return json(ConsortiumOut(months=tuple(map(_out, found))))
    name = f"{word(language_of(request), 'consortium.file')}.csv"
    return web.Response(
        body=figures_csv(found),
        content_type=CSV,
        charset="utf-8",
        headers={hdrs.CONTENT_DISPOSITION: f'attachment; filename="{name}"'},
    )


async def figures_of(request: web.Request, months: int) -> list[Figures]:
    """This month's, and those before it."""
    house = house_of(request)
    return await monthly(house.records.pool, house.now().astimezone(house.time_zone), months=months)


def _out(figures: Figures) -> FiguresOut:
    return FiguresOut(
        month=figures.month,
        entities=figures.entities,
        sessions=figures.sessions,
        total_s=round(figures.time.total_seconds()),
        attendances_remote=figures.remote,
        attendances_in_hall=figures.in_hall,
        broadcasts=figures.broadcasts,
        incidents=figures.incidents,
        acknowledged=figures.acknowledged,
        acknowledged_after_s=_seconds(figures.acknowledged_after),
        resolved_after_s=_seconds(figures.resolved_after),
    )


def _seconds(time: timedelta | None) -> int | None:
    return None if time is None else round(time.total_seconds())


ROUTES = (
    Route(
        method="GET",
        path="/api/v1/consortium/figures",
        operation=Operation.READ_FIGURES,
        handler=read_figures,
        summary="What was held, who came, what was broadcast, what went wrong: by month",
        gives=ConsortiumOut,
        also=(CSV,),
        parameters=(
            Parameter(
                name="months", description="At most so many; 12 if not given", kind="integer", least=1, most=_MOST
            ),
            Parameter(name="format", description="json if not given", choices=("json", "csv")),
        ),
    ),
)
