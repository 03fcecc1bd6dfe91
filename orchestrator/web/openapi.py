"""The OpenAPI 3.1 description, from the route table and the pydantic models.

Pydantic writes the schemas (JSON Schema 2020-12 is what OpenAPI 3.1 uses), so that all that is left to do is to lay
the table out.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, Field
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from orchestrator.access import MAY, Operation
from orchestrator.web.problems import STATUS, TYPE, Kind
from orchestrator.web.route import Parameter, Route


class ProblemOut(BaseModel):
    """Problem details (RFC 9457). `type` is stable, `detail` is for people."""

    type: Literal[*(f"{TYPE}{kind}" for kind in Kind)] = Field(examples=[f"{TYPE}refused"])  # type: ignore[valid-type]
    status: int
    title: str
    detail: str
    reason: str | None = Field(default=None, description="With `refused`: why, as a stable code")
    about: dict[str, str] | None = Field(default=None, description="With `refused`: what it is about")
    errors: list[dict[str, str]] | None = Field(default=None, description="With `invalid`: every mistake and its place")


_SUBJECTS = {
    "entities": "Entities, their bodies, members and rules",
    "sessions": "Sessions: convening, the record, documents, commands",
    "webhooks": "Webhooks: other programs that are told of the record (Standard Webhooks)",
}

_FORMATS = ("date", "date-time")

_KINDS: Mapping[int, str] = {
    status: ", ".join(f"`{kind}`" for kind in Kind if STATUS[kind] == status) for status in sorted(set(STATUS.values()))
}
"""By status: the problems that it is the status of."""


class TellingData(BaseModel):
    """An event of the record, and the session that it is of."""

    entity: str
    body: str = Field(description="The id of the body that meets")
    rehearsal: bool = Field(description="It is not official")
    session: str
    seq: int
    recorded_at: AwareDatetime
    hash: str
    event: dict[str, Any] = Field(description="As `body` in `/sessions/{id}/events`")


class Telling(BaseModel):
    """A message to a webhook (Standard Webhooks). `webhook-id` is the same whenever the message is sent again."""

    type: str = Field(examples=["quorum_lost.v1"])
    timestamp: AwareDatetime = Field(description="When it happened")
    data: TellingData


def describe(routes: Iterable[Route], version: str) -> dict[str, Any]:
    """The whole description, ready to be JSON."""
    table = tuple(routes)
    models: list[tuple[type[BaseModel], JsonSchemaMode]] = [(ProblemOut, "serialization"), (Telling, "serialization")]
    models += [(r.takes, "validation") for r in table if r.takes]
    models += [(r.gives, "serialization") for r in table if r.gives]
    refs, definitions = models_json_schema(list(dict.fromkeys(models)), ref_template="#/components/schemas/{model}")
    paths: dict[str, dict[str, Any]] = {}
    for route in table:
        takes = refs[(route.takes, "validation")] if route.takes else None
        gives = refs[(route.gives, "serialization")] if route.gives else None
        problem = refs[(ProblemOut, "serialization")]
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, takes, gives, problem)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Plenari",
            "version": version,
            "summary": "Official record, quorum and broadcast of council meetings held on Jitsi Meet",
            "license": {"name": "EUPL-1.2", "identifier": "EUPL-1.2"},
        },
        "tags": [{"name": name, "description": text} for name, text in (*_SUBJECTS.items(), ("service", "The rest"))],
        "paths": paths,
        "webhooks": {"record": {"post": _telling(refs[(Telling, "serialization")])}},
        "components": {
            "schemas": definitions.get("$defs", {}),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
        "security": [{"token": []}],
    }


def _operation(route: Route, takes: object, gives: object, problem: object) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": str(route.operation),
        "summary": route.summary,
        "tags": [_subject(route.path)],
        "parameters": [*_in_path(route.path), *map(_parameter, route.all_parameters)],
        "responses": {
            str(route.status): _answer(route, gives),
            **{str(status): {"description": text} for status, text in route.also_status.items()},
            **{str(status): _problem(status, problem) for status in _problems(route)},
            "default": _problem(None, problem),
        },
    }
    if takes or route.takes_also:
        taken: dict[str, Any] = {"application/json": {"schema": takes}} if takes else {}
        taken |= {media_type: {"schema": _bytes(media_type)} for media_type in route.takes_also}
        operation["requestBody"] = {"required": True, "content": taken}
    if isinstance(route.operation, Operation):
        roles = sorted(role.value for role in MAY.get(route.operation, ()))
        operation["description"] = f"Roles: {', '.join(roles)}."
        operation["x-roles"] = roles
    else:
        operation["security"] = []
    return operation


def _telling(schema: object) -> dict[str, Any]:
    headers = ("webhook-id", "webhook-timestamp", "webhook-signature")
    return {
        "operationId": "told",
        "summary": "What a webhook is told when something goes on the record",
        "tags": ["webhooks"],
        "parameters": [{"name": h, "in": "header", "required": True, "schema": {"type": "string"}} for h in headers],
        "requestBody": {"required": True, "content": {"application/json": {"schema": schema}}},
        "responses": {"2XX": {"description": "Taken"}, "410": {"description": "Never call again"}},
    }


def _answer(route: Route, gives: object) -> dict[str, Any]:
    content = {"application/json": {"schema": gives}} if gives else {}
    content |= {media_type: {"schema": _bytes(media_type)} for media_type in route.also}
    answer: dict[str, Any] = {"description": "Done"} | ({"content": content} if content else {})
    headers = {}
    if route.is_tagged:
        headers["ETag"] = {"description": "For If-Match and If-None-Match", "schema": {"type": "string"}}
    if route.status == 201:
        headers["Location"] = {"description": "Where it is, if it has a place", "schema": {"type": "string"}}
    return answer | ({"headers": headers} if headers else {})


def _problem(status: int | None, problem: object) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "description": f"Problem: {_KINDS[status]}" if status else "Any other problem",
        "content": {"application/problem+json": {"schema": problem}},
    }
    if status == 429:
        answer["headers"] = {"Retry-After": {"description": "Seconds to wait", "schema": {"type": "integer"}}}
    return answer


def _problems(route: Route) -> Iterator[int]:
    """The statuses that the route's own shape brings with it."""
    if not route.is_public:
        yield from (401, 403)
    if "{" in route.path:
        yield 404
    if route.also and route.gives:
        yield 406
    if route.method == "POST" and not route.is_public:
        yield 409
    if any(parameter.name == "If-Match" for parameter in route.parameters):
        yield from (412, 428)
    if route.takes or route.takes_also:
        yield from (413, 415)
    yield from (422, 429)


def _bytes(media_type: str) -> dict[str, Any]:
    """In OpenAPI 3.1 what is no text has an empty schema with its media type."""
    return {"type": "string"} if media_type.startswith("text/") else {}


def _subject(path: str) -> str:
    """What the operation is listed under."""
    parts = path.removeprefix("/api/v1/").split("/")
    return parts[0] if path.startswith("/api/v1/") and parts[0] in _SUBJECTS else "service"


def _in_path(path: str) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in re.findall(r"{(\w+)}", path)
    ]


def _parameter(parameter: Parameter) -> dict[str, Any]:
    kind = parameter.kind
    schema: dict[str, Any] = {"type": "string", "format": kind} if kind in _FORMATS else {"type": kind}
    if parameter.choices:
        schema["enum"] = list(parameter.choices)
    if parameter.pattern:
        schema["pattern"] = parameter.pattern
    if parameter.least is not None:
        schema["minimum"] = parameter.least
    if parameter.most is not None:
        schema["maximum" if parameter.kind == "integer" else "maxLength"] = parameter.most
    return {
        "name": parameter.name,
        "in": parameter.where,
        "required": parameter.is_required,
        "description": parameter.description,
        "schema": schema,
    }
