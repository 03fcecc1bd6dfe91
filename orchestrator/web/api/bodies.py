"""The bodies of an entity: what they are, and who is in them."""

from aiohttp import web
from pydantic import BaseModel

from orchestrator.access import Operation
from orchestrator.council.members import Body, BodyId
from orchestrator.web.api.entities import BodyIn, BodyOut, MemberOut, body_out, create_body, entity_of, json
from orchestrator.web.etags import IF_NONE_MATCH, NOT_MODIFIED, tag_of, tagged
from orchestrator.web.paging import PARAMETERS, PageOut, page_asked
from orchestrator.web.problems import Kind, Problem
from orchestrator.web.request import house_of
from orchestrator.web.route import Route


class BodiesOut(PageOut):
    """An entity's bodies, by id."""

    bodies: tuple[BodyOut, ...]


class MembersOut(BaseModel):
    """Who is in a body, in the order in which they are shown."""

    members: tuple[MemberOut, ...]


async def list_bodies(request: web.Request) -> web.Response:
    """As they stand now."""
    entity, asked = entity_of(request), page_asked(request)
    records = house_of(request).records
    if await records.entity(entity) is None:
        raise Problem(Kind.NOT_FOUND)
    bodies = sorted(await records.bodies(entity), key=lambda body: body.id)
    after = asked.after[0] if asked.after else ""
    page, following = asked.cut([body for body in bodies if body.id > after], lambda body: (body.id,))
    return json(BodiesOut(bodies=tuple(map(body_out, page)), next=following))


async def read_body(request: web.Request) -> web.Response:
    """One of them, with its tag."""
    return tagged(request, body_out(await stored_body(request)))


async def read_members(request: web.Request) -> web.Response:
    """Who is in it; the tag is the body's, for to replace them is to change it."""
    body = body_out(await stored_body(request))
    return tagged(request, MembersOut(members=body.members), tag_of(body))


async def stored_body(request: web.Request) -> Body:
    """The body in the path. Raises `Problem` (NOT_FOUND)."""
    body = await house_of(request).records.body(entity_of(request), BodyId(request.match_info["body"]))
    if body is None:
        raise Problem(Kind.NOT_FOUND)
    return body


ROUTES = (
    Route(
        method="POST",
        path="/api/v1/entities/{entity}/bodies",
        operation=Operation.CREATE_BODY,
        handler=create_body,
        summary="Add a body with its members, or replace it",
        takes=BodyIn,
        gives=BodyOut,
        status=201,
    ),
    Route(
        method="GET",
        path="/api/v1/entities/{entity}/bodies",
        operation=Operation.LIST_BODIES,
        handler=list_bodies,
        summary="The bodies of an entity, with their members",
        gives=BodiesOut,
        parameters=PARAMETERS,
    ),
    Route(
        method="GET",
        path="/api/v1/entities/{entity}/bodies/{body}",
        operation=Operation.READ_BODY,
        handler=read_body,
        summary="A body with its members",
        gives=BodyOut,
        parameters=(IF_NONE_MATCH,),
        is_tagged=True,
        also_status=NOT_MODIFIED,
    ),
    Route(
        method="GET",
        path="/api/v1/entities/{entity}/bodies/{body}/members",
        operation=Operation.READ_MEMBERS,
        handler=read_members,
        summary="Who is in a body",
        gives=MembersOut,
        parameters=(IF_NONE_MATCH,),
        is_tagged=True,
        also_status=NOT_MODIFIED,
    ),
)
