"""A row of the route table: from it come the router, who may pass, and the OpenAPI description."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from aiohttp import web
from pydantic import BaseModel

from orchestrator.access import Operation
from orchestrator.web.middleware import PUBLIC
from orchestrator.web.parameters import IDEMPOTENCY_KEY, LANGUAGE, Handler, checked
from orchestrator.web.parameters import Parameter as Parameter


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
        """Its own, and those that come with every operation of the API."""
        if not self.is_api:
            return self.parameters
        own = {parameter.name for parameter in self.parameters}
        language = () if "lang" in own else (LANGUAGE,)
        key = (IDEMPOTENCY_KEY,) if self.method == "POST" and not self.is_public else ()
        return (*self.parameters, *language, *key)

    @property
    def is_api(self) -> bool:
        """Whether programs ask for it, by the description."""
        return self.path.startswith("/api/v1/")

    def add_to(self, app: web.Application) -> None:
        """Give the route to the application, named so that the middleware knows who may pass."""
        name = f"{PUBLIC}{self.operation}" if self.is_public else str(self.operation)
        handler = checked(self.handler, self.all_parameters) if self.is_api else self.handler
        if self.method == "GET":
            app.router.add_get(self.path, handler, name=name)
        else:
            app.router.add_route(self.method, self.path, handler, name=name)
