"""What a handler reads from a request: the house, who asks, in which language, and the body as a model."""

from collections.abc import Sequence
from typing import TypeVar

from aiohttp import hdrs, web
from babel import negotiate_locale
from pydantic import BaseModel, ValidationError

from orchestrator.access import Access, Operation
from orchestrator.council.members import EntityId, SessionId
from orchestrator.web.house import House, Reading
from orchestrator.web.problems import Kind, Problem
from orchestrator.wording import Language

HOUSE = web.AppKey("house", House)
ACCESS = web.RequestKey("access", Access)
CONCERNS = web.RequestKey("concerns", tuple[EntityId, SessionId | None])
"""Whose matter the request is about, once that is known."""
SESSION_LANGUAGE = web.RequestKey("session_language", str)
LANGUAGE_COOKIE = "plenari_language"

Model = TypeVar("Model", bound=BaseModel)


def house_of(request: web.Request) -> House:
    """What the request may use."""
    return request.app[HOUSE]


def access_of(request: web.Request) -> Access:
    """Who asks. Only for routes that need access: the middleware has put it there."""
    return request[ACCESS]


def signature_of(request: web.Request) -> str:
    """Who asks, as it is written beside what they did."""
    return access_of(request).signature


def principal_of(access: Access) -> str:
    """Whose requests are counted together, and whose keys are their own."""
    return access.account or f"{access.role}:{access.entity or ''}:{access.member or ''}"


def require_entity(request: web.Request, entity: EntityId) -> None:
    """Raises `Problem` (NOT_FOUND) for another entity's: that it exists is nobody else's business."""
    if not access_of(request).reaches(entity):
        raise Problem(Kind.NOT_FOUND)
    request[CONCERNS] = (entity, None)


def require_operation(request: web.Request, operation: Operation) -> None:
    """Raises `Problem` (FORBIDDEN) when the role may not."""
    if not access_of(request).may(operation):
        raise Problem(Kind.FORBIDDEN)


async def session_of(request: web.Request) -> Reading:
    """The session in the path, as it is now. Raises `Problem` (NOT_FOUND)."""
    reading = await house_of(request).read(SessionId(request.match_info["id"]))
    if not access_of(request).sees(reading.session.convened):
        raise Problem(Kind.NOT_FOUND)
    call = reading.session.convened
    request[SESSION_LANGUAGE] = call.language
    request[CONCERNS] = (call.entity.id, call.session)
    return reading


async def body_of(request: web.Request, model: type[Model]) -> Model:
    """The JSON body. Raises `Problem` with the place and kind of every mistake, never with the values."""
    if request.content_type != "application/json":
        raise Problem(Kind.UNSUPPORTED_MEDIA_TYPE)
    return parse(model, await request.read())


def parse(model: type[Model], text: bytes) -> Model:
    """JSON as a model. Raises `Problem` (INVALID)."""
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        raise invalid(error) from None


async def parse_fields(request: web.Request, model: type[Model], *names: str) -> Model:
    """Fields of a form as a model. Raises `Problem` (INVALID)."""
    sent = await request.post()
    try:
        return model.model_validate({name: sent[name] for name in names if isinstance(sent.get(name), str)})
    except ValidationError as error:
        raise invalid(error) from None


def invalid(error: ValidationError) -> Problem:
    """The mistakes of a body, each with the path to its place."""
    mistakes = error.errors(include_url=False, include_input=False, include_context=False)
    return Problem(
        Kind.INVALID,
        errors=[{"at": "/".join(map(str, m["loc"])), "kind": m["type"], "message": m["msg"]} for m in mistakes],
    )


def language_of(request: web.Request) -> Language:
    """The language to answer in: asked for with `?lang`, else on a page the one chosen before or the session's, and
    in the API what `Accept-Language` says."""
    is_page = not request.path.startswith("/api/")
    chosen = (request.cookies.get(LANGUAGE_COOKIE), request.get(SESSION_LANGUAGE)) if is_page else ()
    accepted = negotiate_locale(_accepted(request.headers.get(hdrs.ACCEPT_LANGUAGE, "")), list(Language), sep="-")
    for language in (request.query.get("lang"), *chosen, accepted, request.get(SESSION_LANGUAGE)):
        if language in set(Language):
            return Language(language)
    return Language.CA


def _accepted(header: str) -> Sequence[str]:
    """The languages of `Accept-Language`, the most wanted first."""
    wanted = []
    for part in header.split(",")[:20]:
        tag, _, weight = part.partition(";q=")
        try:
            wanted.append((-float(weight or 1), tag.strip()))
        except ValueError:
            continue
    return [tag for _, tag in sorted(wanted, key=lambda pair: pair[0]) if tag]


def wants(request: web.Request, media_type: str) -> bool:
    """Whether `Accept` names that type."""
    return media_type in request.headers.get(hdrs.ACCEPT, "")
