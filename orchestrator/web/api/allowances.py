"""Attendance over a period, for those who pay allowances."""

import asyncio
from datetime import UTC, date, datetime, timedelta

from aiohttp import hdrs, web
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from orchestrator.access import Operation
from orchestrator.council.members import EntityId
from orchestrator.documents.allowances import Allowance, Turnout, allowances, allowances_csv, allowances_workbook
from orchestrator.documents.attendance import report
from orchestrator.documents.ods import MIME as ODS
from orchestrator.documents.ods import write_ods
from orchestrator.documents.shelf import CSV, XLSX
from orchestrator.documents.xlsx import write_xlsx
from orchestrator.web.api.entities import json
from orchestrator.web.house import Reading
from orchestrator.web.problems import Kind, Problem
from orchestrator.web.request import house_of, invalid, language_of, require_entity
from orchestrator.web.route import Parameter, Route
from orchestrator.wording import word

_DAY = TypeAdapter(date)


class AllowanceOut(BaseModel):
    """One member of one body over the period."""

    body_id: str
    body: str
    member_id: str
    name: str
    group: str
    mandate_from: date | None
    mandate_until: date | None
    called: int = Field(description="Sessions held and adjourned in the period, within the mandate")
    attended: int = Field(description="The whole session, but for a minute")
    partial: int
    excused: int
    absent: int
    total_s: int = Field(description="Seconds present between opening and adjournment")


class AllowancesOut(BaseModel):
    """Attendance for allowances from the first day to the last, both included."""

    entity: str
    since: date
    until: date
    members: tuple[AllowanceOut, ...]


async def read_allowances(request: web.Request) -> web.Response:
    """By member and body, as JSON, CSV, XLSX or ODS."""
    house = house_of(request)
    require_entity(request, EntityId(request.match_info["entity"]))
    entity = await house.records.entity(EntityId(request.match_info["entity"]))
    if entity is None:
        raise Problem(Kind.NOT_FOUND)
    since, until = _day(request, "from"), _day(request, "to")
    form = request.query.get("format", "json")
    if form not in ("json", "csv", "xlsx", "ods"):
        raise Problem(Kind.NOT_ACCEPTABLE)
    begin = datetime.combine(since, datetime.min.time(), house.time_zone)
    end = datetime.combine(until + timedelta(days=1), datetime.min.time(), house.time_zone)
    entries = await house.records.sessions(entity=entity.id, since=begin.astimezone(UTC), until=end.astimezone(UTC))
    readings = [await house.read(entry.id) for entry in entries]
    now = house.now()
    rows = await asyncio.to_thread(_rows, readings, now)
    language = language_of(request)
    if form == "json":
        return json(AllowancesOut(entity=entity.name, since=since, until=until, members=tuple(map(_out, rows))))
    if form == "csv":
        content, media_type = allowances_csv(rows), CSV
    else:
        book = allowances_workbook(rows, entity=entity.name, since=since, until=until, language=language, at=now)
        write, media_type = (write_xlsx, XLSX) if form == "xlsx" else (write_ods, ODS)
        content = await asyncio.to_thread(write, book)
    name = f"{word(language, 'document.file_allowances')}-{entity.id}-{since:%Y%m%d}-{until:%Y%m%d}.{form}"
    headers = {hdrs.CONTENT_DISPOSITION: f'attachment; filename="{name}"'}
    charset = "utf-8" if form == "csv" else None
    return web.Response(body=content, content_type=media_type, charset=charset, headers=headers)


def _rows(readings: list[Reading], now: datetime) -> tuple[Allowance, ...]:
    return allowances(report(reading.session, reading.records, now) for reading in readings)


def _day(request: web.Request, name: str) -> date:
    """A day of the query. Raises `Problem` (INVALID) for one that is missing or none."""
    try:
        return _DAY.validate_python(request.query.get(name))
    except ValidationError as error:
        raise invalid(error) from None


def _out(row: Allowance) -> AllowanceOut:
    return AllowanceOut(
        body_id=row.body_id,
        body=row.body,
        member_id=row.member.id,
        name=row.member.name,
        group=row.member.group,
        mandate_from=row.member.mandate_from,
        mandate_until=row.member.mandate_until,
        called=len(row.entries),
        attended=row.count(Turnout.ATTENDED),
        partial=row.count(Turnout.PARTIAL),
        excused=row.count(Turnout.EXCUSED),
        absent=row.count(Turnout.ABSENT),
        total_s=round(row.time.total_seconds()),
    )


ROUTES = (
    Route(
        method="GET",
        path="/api/v1/entities/{entity}/allowances",
        operation=Operation.READ_ALLOWANCES,
        handler=read_allowances,
        summary="Attendance over a period, by member, for allowances",
        gives=AllowancesOut,
        also=(CSV, XLSX, ODS),
        parameters=(
            Parameter(name="from", description="The first day, as 2026-01-31", kind="date", is_required=True),
            Parameter(name="to", description="The last day", kind="date", is_required=True),
            Parameter(name="format", description="json if not given", choices=("json", "csv", "xlsx", "ods")),
        ),
    ),
)
