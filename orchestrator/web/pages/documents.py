"""The page of a session's documents, and the page where anybody checks the code on one."""

from aiohttp import web

from orchestrator.access import Operation
from orchestrator.council.session import Phase
from orchestrator.web.api.documents import VERIFY, verified, within_reach
from orchestrator.web.api.evidence import current_seal, film
from orchestrator.web.pages.rendering import page
from orchestrator.web.request import access_of, house_of, language_of, session_of
from orchestrator.web.route import Route


async def show(request: web.Request) -> web.Response:
    """What the bearer may take away, in each language."""
    reading = await session_of(request)
    call, access = reading.session.convened, access_of(request)
    may_prove = access.may(Operation.READ_BUNDLE) and reading.session.phase is Phase.ADJOURNED and not call.is_rehearsal
    values = {
        "access": access,
        "call": call,
        "documents": within_reach(access, call),
        "has_bundle": may_prove,
        "has_film": film(house_of(request), reading) is not None,
        "seal": await current_seal(house_of(request), reading) if may_prove else None,
    }
    return page(request, "documents.html", language_of(request), values)


async def check(request: web.Request) -> web.Response:
    """A form for a code, and what the record says of it. Public: the code is all that one needs."""
    code = request.query.get("code", "").strip()
    found = await verified(request, code) if code else None
    return page(request, "verify.html", language_of(request), {"code": code, "found": found})


ROUTES = (
    Route(
        method="GET",
        path="/sessions/{id}/documents",
        operation=Operation.PAGE_DOCUMENTS,
        handler=show,
        summary="A session's documents",
    ),
    Route(method="GET", path=VERIFY, operation="verify", handler=check, summary="Whether a document is ours"),
)
