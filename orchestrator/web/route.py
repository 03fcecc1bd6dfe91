"""A row of the route table: from it come the router, who may pass, and the OpenAPI description."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from aiohttp import web
from pydantic import BaseModel

from orchestrator.access import Operation
from orchestrator.web.middleware import PUBLIC

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A parameter of a query, or (`where`) a header."""

    name: str
    description: str
    kind: str = "string"
    choices: tuple[str, ...] = ()
    where: str = "query"
    is_required: bool = False
    least: int | None = None
    most: int | None = None


IDEMPOTENCY_KEY = Parameter(
    name="Idempotency-Key",
    where="header",
    description="The same request with the same key is carried out once; the second is given the answer to the first",
    most=255,
)
"""What every POST of the API takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One operation. `takes` and `gives` are the models of its bodies; `takes_also` and `also` are further media types,
    `also_status` further answers that are no problem. `is_tagged`: its answer has an ETag.

    An operation that is a word and no `Operation` is public.
    """

    method: str
    path: str
    operation: Operation | str
    handler: Handler
    summary: str
    takes: type[BaseModel] | None = None
    gives: type[BaseModel] | None = None
    status: int = 200
    parameters: tuple[Parameter, ...] = ()
    also: tuple[str, ...] = ()
    is_tagged: bool = False
    also_status: Mapping[int, str] = field(default_factory=dict)
    takes_also: tuple[str, ...] = ()

    @property
    def is_public(self) -> bool:
        """Whether it needs no access."""
        return not isinstance(self.operation, Operation)

    @property
    def all_parameters(self) -> tuple[Parameter, ...]:
        """Its own, and those that come with its method."""
        has_key = self.method == "POST" and self.path.startswith("/api/v1/") and not self.is_public
        return (*self.parameters, IDEMPOTENCY_KEY) if has_key else self.parameters

    def add_to(self, app: web.Application) -> None:
        """Give the route to the application, named so that the middleware knows who may pass."""
        name = f"{PUBLIC}{self.operation}" if self.is_public else str(self.operation)
        if self.method == "GET":
            app.router.add_get(self.path, self.handler, name=name)
        else:
            app.router.add_route(self.method, self.path, self.handler, name=name)
