"""What every request passes: problems become answers, access is checked, other sites are kept out.

Nothing here, or in the handlers, logs a header, a cookie, a query or a body: tokens travel in them.
"""

import time
from collections.abc import Awaitable, Callable
from urllib.parse import quote, urlsplit

import asyncpg
import structlog
from aiohttp import hdrs, web

from orchestrator.access import Access, Operation
from orchestrator.council.refusals import Refused
from orchestrator.store.answered import InProgress
from orchestrator.store.inbox import KeyReused, NobodyToAsk
from orchestrator.store.ledger import NoSuchSession
from orchestrator.store.records import NoSuchBody
from orchestrator.store.scope import EVERYTHING, within
from orchestrator.web.identity import ACCESS_COOKIE, SAFE, access_by, note
from orchestrator.web.limits import seconds_to_wait
from orchestrator.web.pages.problem import problem_page
from orchestrator.web.policy import content_policy
from orchestrator.web.problems import Kind, Problem, from_status, refused
from orchestrator.web.request import ACCESS, house_of, language_of, principal_of, wants

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

log = structlog.get_logger()

PUBLIC = "public:"
"""The name of a route that anybody may ask for begins with this."""

_HEADERS = {
    "Content-Security-Policy": content_policy(),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}


async def harden(request: web.Request, response: web.StreamResponse) -> None:
    """Signal handler: the headers that every answer has. What depends on who asks is kept by nobody on the way."""
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if ACCESS in request:
        response.headers.setdefault(hdrs.CACHE_CONTROL, "no-store")


@web.middleware
async def answer(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Log the request by its route, and turn whatever went wrong into the right answer."""
    started = time.monotonic()
    try:
        response = await handler(request)
    except web.HTTPRedirection:
        raise
    except Exception as error:
        response = _answer_to(request, _problem_of(error, request))
    await _note(request, response.status)
    resource = request.match_info.route.resource
    route, seconds = resource.canonical if resource else "", time.monotonic() - started
    log.info(
        "request_served",
        method=request.method,
        route=route,
        status=response.status,
        milliseconds=round(seconds * 1000),
    )
    if response.content_type != "text/event-stream":
        house_of(request).served.count(request.method, route, response.status, seconds)
    return response


@web.middleware
async def admit(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let pass who may ask for this. A route without a name is for nobody."""
    if isinstance(request.match_info.http_exception, web.HTTPException):
        return await handler(request)
    _require_text(request)
    _require_patience(request)
    name = request.match_info.route.name or ""
    if name.startswith(PUBLIC):
        if request.method not in SAFE:
            _require_same_site(request)
        # Who asks is nobody's: what a public page shows of whom is its own to say.
        with within(EVERYTHING):
            return await handler(request)
    access = await _access(request)
    request[ACCESS] = access
    if name not in set(Operation) or not access.may(Operation(name)):
        raise Problem(Kind.FORBIDDEN)
    _require_pause(house_of(request).limits.people.take(principal_of(access)))
    with within(access.scope):
        return await handler(request)


def _require_text(request: web.Request) -> None:
    """What stands in an address is text; Postgres knows no NUL, and no half of a surrogate pair. Raises `Problem`."""
    for text in (*request.match_info.values(), *request.query.keys(), *request.query.values()):
        if not _is_text(text):
            raise Problem(Kind.NOT_FOUND if text in request.match_info.values() else Kind.INVALID)


def _is_text(text: str) -> bool:
    return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)


def _require_patience(request: web.Request) -> None:
    """Raises `Problem` (TOO_MANY_REQUESTS) for an address that asks too often."""
    limits = house_of(request).limits
    if address := limits.address_of(request):
        _require_pause(limits.addresses.take(address))


def _require_pause(wait: float) -> None:
    if wait:
        raise Problem(Kind.TOO_MANY_REQUESTS, retry_after_s=seconds_to_wait(wait))


async def _note(request: web.Request, status: int) -> None:
    """The trail of who asked for what. What was done cannot be undone for want of it: that is said in the log."""
    name = request.match_info.route.name or ""
    if ACCESS not in request or name not in set(Operation):
        return
    try:
        with within(EVERYTHING):
            await note(request, Operation(name), status)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        log.error("trail_not_written", operation=name, error=type(error).__name__)


async def _access(request: web.Request) -> Access:
    """From the bearer token or, for browsers, the cookie; a cookie's word counts only on our own pages."""
    scheme, _, token = request.headers.get(hdrs.AUTHORIZATION, "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        token = request.cookies.get(ACCESS_COOKIE, "")
        if token and request.method not in SAFE:
            _require_same_site(request)
    if not token:
        raise Problem(Kind.UNAUTHENTICATED)
    with within(EVERYTHING):
        return await access_by(house_of(request), token.strip())


def _require_same_site(request: web.Request) -> None:
    """Browsers say where a request comes from (Fetch Metadata; older ones `Origin`). Raises `Problem`."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        if site == "same-origin":
            return
        raise Problem(Kind.CROSS_SITE)
    origin = request.headers.get(hdrs.ORIGIN, "")
    ours = {request.host, urlsplit(house_of(request).public_url).netloc}
    if not origin or urlsplit(origin).netloc not in ours:
        raise Problem(Kind.CROSS_SITE)


def _problem_of(error: Exception, request: web.Request) -> Problem:
    match error:
        case Problem():
            return error
        case Refused():
            return refused(error)
        case NoSuchBody() | NoSuchSession() | NobodyToAsk():
            return Problem(Kind.NOT_FOUND)
        case KeyReused():
            return Problem(Kind.KEY_REUSED)
        case InProgress():
            return Problem(Kind.IN_PROGRESS)
        case TimeoutError():
            return Problem(Kind.UNAVAILABLE)
        case web.HTTPException():
            return from_status(error)
        case _:
            resource = request.match_info.route.resource
            log.error("request_failed", route=resource.canonical if resource else "", exc_info=error)
            return Problem(Kind.INTERNAL)


def _answer_to(request: web.Request, problem: Problem) -> web.Response:
    """JSON for machines; for people a page, or the way in."""
    language = language_of(request)
    if request.path.startswith("/api/") or not wants(request, "text/html"):
        return problem.response(language)
    if problem.kind is Kind.UNAUTHENTICATED:
        return web.Response(status=303, headers={hdrs.LOCATION: f"/enter?next={quote(request.path)}"})
    return problem_page(request, problem, language)
