"""The parameters of an operation, beside its path and its body: described, and checked before its handler is asked.

A parameter that is not known is a mistake and not passed over: a filter with a slip in its name would show everything.
"""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass

from aiohttp import web

from orchestrator.web.problems import Kind, Problem
from orchestrator.wording import Language

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A parameter of a query, or (`where`) a header. `least` and `most` bound a number, `most` the length of a text."""

    name: str
    description: str
    kind: str = "string"
    choices: tuple[str, ...] = ()
    where: str = "query"
    is_required: bool = False
    least: int | None = None
    most: int | None = None
    pattern: str = ""


IDEMPOTENCY_KEY = Parameter(
    name="Idempotency-Key",
    where="header",
    description="The same request with the same key is carried out once; the second is given the answer to the first",
    most=255,
    pattern=r"^[\x20-\x7e]+$",
)
"""What every POST of the API takes."""

LANGUAGE = Parameter(
    name="lang", description="The language of what is worded, instead of Accept-Language", choices=tuple(Language)
)
"""What every operation of the API takes."""


def checked(handler: Handler, parameters: Sequence[Parameter]) -> Handler:
    """The handler, for queries that are as described. Raises `Problem`: NOT_ACCEPTABLE for a format that there is not,
    INVALID for anything else."""
    known = {parameter.name: parameter for parameter in parameters if parameter.where == "query"}

    async def check(request: web.Request) -> web.StreamResponse:
        if "format" in known and request.query.get("format", "json") not in known["format"].choices:
            raise Problem(Kind.NOT_ACCEPTABLE)
        if errors := [{"at": at, "kind": kind, "message": message} for at, kind, message in _mistakes(request, known)]:
            raise Problem(Kind.INVALID, errors=errors)
        return await handler(request)

    return check


def _mistakes(request: web.Request, known: dict[str, Parameter]) -> Iterator[tuple[str, str, str]]:
    for name in dict.fromkeys(request.query):
        if name not in known:
            yield name, "unknown", f"known here: {', '.join(sorted(known))}"
        elif len(request.query.getall(name)) > 1:
            yield name, "repeated", "once is enough"
        elif known[name].choices and request.query[name] not in known[name].choices:
            yield name, "choice", f"one of: {', '.join(known[name].choices)}"
    for parameter in known.values():
        if parameter.is_required and parameter.name not in request.query:
            yield parameter.name, "missing", parameter.description
