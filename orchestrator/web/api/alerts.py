"""Alerts: what is wrong now, or was; and what an operator says to one."""

from typing import Annotated

from aiohttp import web
from pydantic import AwareDatetime, BaseModel, Field, StringConstraints

from orchestrator.access import Access, Operation
from orchestrator.council.members import SessionId
from orchestrator.council.troubles import Severity
from orchestrator.facts import alert_text
from orchestrator.store.alerts import Alert, AlertId, Deed, Entry
from orchestrator.web.api.entities import In, json
from orchestrator.web.problems import Kind, Problem
from orchestrator.web.request import access_of, body_of, house_of, language_of
from orchestrator.web.route import Parameter, Route

_PAGE = 100


class NoteIn(In):
    """A line for the alert's history."""

    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]


class EntryOut(BaseModel):
    """A line of an alert's history. `by` is who did it; null: the machine."""

    at: AwareDatetime
    deed: Deed
    by: str | None
    note: str


class AlertOut(BaseModel):
    """An alert. One without a session concerns the installation. `text` is in the language asked for."""

    id: int
    session: str | None
    entity: str | None
    key: str = Field(description="Of one session (or the installation) at most one alert with this key is open")
    link: str | None
    cause: str
    severity: Severity
    text: str
    times: int = Field(description="How often its condition began; what comes back within five minutes is the same")
    raised_at: AwareDatetime
    resolved_at: AwareDatetime | None
    acknowledged_at: AwareDatetime | None
    acknowledged_by: str | None
    escalated_at: AwareDatetime | None


class AlertsOut(BaseModel):
    """The latest first. `next` is the `before` of the following page; null when this is the last."""

    alerts: tuple[AlertOut, ...]
    next: int | None


class AlertHistoryOut(AlertOut):
    """An alert with its history."""

    history: tuple[EntryOut, ...]


async def list_alerts(request: web.Request) -> web.Response:
    """The open ones, or with `state=all` those resolved too."""
    state = request.query.get("state", "open")
    if state not in ("open", "all"):
        raise Problem(Kind.INVALID, errors=[{"at": "state", "kind": "enum", "message": "open or all"}])
    before = _number(request.query["before"], "before") if "before" in request.query else None
    found = await house_of(request).alerts.find(
        entity=access_of(request).entity,
        session=SessionId(request.query["session"]) if "session" in request.query else None,
        is_open=state == "open",
        before=before,
        limit=_PAGE + 1,
    )
    page = found[:_PAGE]
    language = language_of(request)
    out = AlertsOut(
        alerts=tuple(alert_out(alert, language) for alert in page),
        next=page[-1].id if len(found) > _PAGE else None,
    )
    return json(out)


async def read_alert(request: web.Request) -> web.Response:
    """One, with its history."""
    return await _answer(request, (await alert_of(request)).id)


async def acknowledge_alert(request: web.Request) -> web.Response:
    """The asker has seen it and looks after it."""
    alert = await alert_of(request)
    house = house_of(request)
    await house.alerts.acknowledge(alert.id, by=known_as(access_of(request)), now=house.now())
    return await _answer(request, alert.id)


async def note_alert(request: web.Request) -> web.Response:
    """Write a line into its history."""
    sent = await body_of(request, NoteIn)
    alert = await alert_of(request)
    house = house_of(request)
    await house.alerts.note(alert.id, sent.text, by=known_as(access_of(request)), now=house.now())
    return await _answer(request, alert.id, 201)


async def escalate_alert(request: web.Request) -> web.Response:
    """Call the next ones."""
    alert = await alert_of(request)
    house = house_of(request)
    await house.alerts.escalate(alert.id, by=known_as(access_of(request)), now=house.now())
    return await _answer(request, alert.id)


async def alert_of(request: web.Request) -> Alert:
    """The alert in the path. Raises `Problem` (NOT_FOUND), also for another entity's and the house's own."""
    access = access_of(request)
    alert = await house_of(request).alerts.get(_number(request.match_info["alert"], "alert"))
    is_theirs = alert is not None and (access.entity is None or alert.entity == access.entity)
    if alert is None or not is_theirs:
        raise Problem(Kind.NOT_FOUND)
    return alert


def known_as(access: Access) -> str:
    """Who did something, as an alert's history says it: the name of who came in with an account, else the role."""
    return access.name or access.member or access.role.value


def alert_out(alert: Alert, language: str) -> AlertOut:
    """As the API tells it."""
    return AlertOut(
        id=alert.id,
        session=alert.session,
        entity=alert.entity,
        key=alert.key,
        link=alert.link,
        cause=alert.cause,
        severity=alert.severity,
        text=alert_text(language, alert.link, alert.cause),
        times=alert.times,
        raised_at=alert.raised_at,
        resolved_at=alert.resolved_at,
        acknowledged_at=alert.acknowledged_at,
        acknowledged_by=alert.acknowledged_by,
        escalated_at=alert.escalated_at,
    )


async def _answer(request: web.Request, alert_id: AlertId, status: int = 200) -> web.Response:
    house = house_of(request)
    alert = await house.alerts.get(alert_id)
    if alert is None:
        raise Problem(Kind.NOT_FOUND)
    history = (await house.alerts.entries([alert_id]))[alert_id]
    known = alert_out(alert, language_of(request))
    return json(AlertHistoryOut(**known.model_dump(), history=tuple(map(_entry_out, history))), status)


def _entry_out(entry: Entry) -> EntryOut:
    return EntryOut(at=entry.at, deed=entry.deed, by=entry.by, note=entry.note)


def _number(text: str, name: str) -> AlertId:
    """Raises `Problem`: NOT_FOUND for a path, INVALID for a query."""
    if text.isascii() and text.isdecimal() and len(text) < 18:
        return AlertId(int(text))
    if name == "alert":
        raise Problem(Kind.NOT_FOUND)
    raise Problem(Kind.INVALID, errors=[{"at": name, "kind": "int", "message": "a whole number"}])


ROUTES = (
    Route(
        method="GET",
        path="/api/v1/alerts",
        operation=Operation.LIST_ALERTS,
        handler=list_alerts,
        summary="What is wrong now, the latest first",
        gives=AlertsOut,
        parameters=(
            Parameter(name="state", choices=("open", "all"), description="Also those that are resolved"),
            Parameter(name="session", description="Only those of a session"),
            Parameter(name="before", kind="integer", description="Only those with a smaller id: `next` of a page"),
        ),
    ),
    Route(
        method="GET",
        path="/api/v1/alerts/{alert}",
        operation=Operation.READ_ALERT,
        handler=read_alert,
        summary="An alert with its history",
        gives=AlertHistoryOut,
    ),
    Route(
        method="POST",
        path="/api/v1/alerts/{alert}/acknowledge",
        operation=Operation.ACKNOWLEDGE_ALERT,
        handler=acknowledge_alert,
        summary="Say that you have seen it and look after it; the first one counts",
        gives=AlertHistoryOut,
    ),
    Route(
        method="POST",
        path="/api/v1/alerts/{alert}/notes",
        operation=Operation.NOTE_ALERT,
        handler=note_alert,
        summary="Write a line into its history",
        takes=NoteIn,
        gives=AlertHistoryOut,
        status=201,
    ),
    Route(
        method="POST",
        path="/api/v1/alerts/{alert}/escalate",
        operation=Operation.ESCALATE_ALERT,
        handler=escalate_alert,
        summary="Call the next ones; an alert is escalated once",
        gives=AlertHistoryOut,
    ),
)
