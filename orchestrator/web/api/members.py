"""Who is in a body: the whole list at once, as JSON or as CSV."""

from aiohttp import web

from orchestrator.access import Operation
from orchestrator.council.members import Body, BodyId, Member
from orchestrator.documents.csv_lines import Unreadable
from orchestrator.documents.members_csv import read_members, write_members
from orchestrator.web.api.bodies import stored_body
from orchestrator.web.api.entities import BodyOut, MembersIn, body_out, entity_of
from orchestrator.web.etags import IF_MATCH, require_match, tag_of, tagged
from orchestrator.web.problems import Kind, Problem
from orchestrator.web.request import body_of, house_of, language_of
from orchestrator.web.route import Route

CSV = "text/csv"


async def replace_members(request: web.Request) -> web.Response:
    """From now on the body's members are these; sessions already convened keep theirs.

    A list that is there is replaced only by who has seen it (`If-Match`).
    """
    entity, body = entity_of(request), BodyId(request.match_info["body"])
    members = await _sent(request)

    def unchanged(stored: Body) -> None:
        require_match(request, tag_of(body_out(stored)) if stored.members else None)

    await house_of(request).records.put_members(entity, body, members, unchanged)
    return tagged(request, body_out(await stored_body(request)))


async def download_members(request: web.Request) -> web.Response:
    """The list to edit and send back; of an empty body, an example to write over."""
    body = await stored_body(request)
    return web.Response(
        body=write_members(body.members, language_of(request)),
        content_type=CSV,
        charset="utf-8",
        headers={"Content-Disposition": f'attachment; filename="{body.id}.csv"'},
    )


async def _sent(request: web.Request) -> list[Member]:
    """Every mistake of a CSV is told with its line, its heading and how to mend it."""
    if request.content_type != CSV:
        return [member.member() for member in (await body_of(request, MembersIn)).members]
    try:
        return list(read_members(await request.read()))
    except Unreadable as unreadable:
        language = language_of(request)
        raise Problem(
            Kind.INVALID,
            errors=[
                {
                    "at": f"line {mistake.line}",
                    "kind": mistake.fault.value,
                    "message": mistake.problem(language),
                    "line": str(mistake.line),
                    "column": mistake.column,
                    "remedy": mistake.remedy(language),
                }
                for mistake in unreadable.mistakes
            ],
        ) from None


ROUTES = (
    Route(
        method="PUT",
        path="/api/v1/entities/{entity}/bodies/{body}/members",
        operation=Operation.REPLACE_MEMBERS,
        handler=replace_members,
        summary="Replace the members of a body, all or none; a CSV is read in Catalan, Spanish or English",
        takes=MembersIn,
        takes_also=(CSV,),
        gives=BodyOut,
        parameters=(IF_MATCH,),
        is_tagged=True,
    ),
    Route(
        method="GET",
        path="/api/v1/entities/{entity}/bodies/{body}/members.csv",
        operation=Operation.DOWNLOAD_MEMBERS,
        handler=download_members,
        summary="The members as CSV, to edit and send back; of an empty body, an example",
        also=(CSV,),
    ),
)
