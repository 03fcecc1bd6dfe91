"""The trail of who did and who looked at what, for whoever must be able to ask."""

from aiohttp import web
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from orchestrator.access import Operation
from orchestrator.council.commands import Role
from orchestrator.council.members import EntityId, SessionId
from orchestrator.store.audit import Trace
from orchestrator.web.api.entities import json
from orchestrator.web.problems import Kind, Problem
from orchestrator.web.request import access_of, house_of, require_entity
from orchestrator.web.route import Parameter, Route

MOST = 100


class TraceOut(BaseModel):
    """Somebody asked for something, and was answered."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    at: AwareDatetime
    who: str = Field(description="A name; of a signed token, its member or role")
    account: str | None
    role: Role
    entity: str | None = Field(description="Whose matter it was")
    session: str | None
    operation: str
    is_change: bool = Field(description="False: somebody only looked")
    status: int


class AuditOut(BaseModel):
    """The latest first. `before` asks for what comes after the last one; null: there is no more."""

    traces: tuple[TraceOut, ...]
    before: int | None


async def found(request: web.Request) -> list[Trace]:
    """What the query asks for, of what the bearer may see. Raises `Problem`."""
    query, access = request.query, access_of(request)
    entity = EntityId(query["entity"]) if query.get("entity") else access.entity
    if entity is not None:
        require_entity(request, entity)
    before = query.get("before", "")
    if before and not (before.isdecimal() and len(before) < 19):
        raise Problem(Kind.INVALID, errors=[{"at": "before", "kind": "int_parsing", "message": "not a number"}])
    return await house_of(request).audit.traces(
        entity=entity,
        session=SessionId(query["session"]) if query.get("session") else None,
        who=query.get("who", ""),
        is_change={"changes": True, "looks": False}.get(query.get("kind", "")),
        before=int(before) if before else None,
        most=MOST,
    )


async def read_audit(request: web.Request) -> web.Response:
    """A page of it."""
    traces = await found(request)
    return json(
        AuditOut(
            traces=tuple(TraceOut.model_validate(trace) for trace in traces),
            before=traces[-1].id if len(traces) == MOST else None,
        )
    )


ROUTES = (
    Route(
        method="GET",
        path="/api/v1/audit",
        operation=Operation.READ_AUDIT,
        handler=read_audit,
        summary="Who did, and who looked at, what; the latest first",
        gives=AuditOut,
        parameters=(
            Parameter(name="entity", description="Only this entity's"),
            Parameter(name="session", description="Only this session's"),
            Parameter(name="who", description="Part of a name"),
            Parameter(
                name="kind",
                description="Only what was changed, or only what was looked at",
                choices=("changes", "looks"),
            ),
            Parameter(name="before", description="Go on after the last one seen", kind="integer"),
        ),
    ),
)
