"""The OpenAPI 3.1 description, from the route table and the pydantic models.

Pydantic writes the schemas (JSON Schema 2020-12 is what OpenAPI 3.1 uses), so that all that is left to do is to lay
the table out.
"""

import re
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, Field
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from orchestrator.access import MAY, Operation
from orchestrator.web.problems import TYPE
from orchestrator.web.route import Parameter, Route


class ProblemOut(BaseModel):
    """Problem details (RFC 9457). `type` is stable, `detail` is for people."""

    type: str = Field(examples=[f"{TYPE}refused"])
    status: int
    title: str
    detail: str
    reason: str | None = Field(default=None, description="With `refused`: why, as a stable code")
    about: dict[str, str] | None = Field(default=None, description="With `refused`: what it is about")
    errors: list[dict[str, str]] | None = Field(default=None, description="With `invalid`: every mistake and its place")


def describe(routes: Iterable[Route], version: str) -> dict[str, Any]:
    """The whole description, ready to be JSON."""
    table = tuple(routes)
    models: list[tuple[type[BaseModel], JsonSchemaMode]] = [(ProblemOut, "serialization")]
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
        "paths": paths,
        "components": {
            "schemas": definitions.get("$defs", {}),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
        },
        "security": [{"token": []}],
    }


def _operation(route: Route, takes: object, gives: object, problem: object) -> dict[str, Any]:
    content = {"application/json": {"schema": gives}} if gives else {}
    content |= {media_type: {} for media_type in route.also}
    operation: dict[str, Any] = {
        "operationId": str(route.operation),
        "summary": route.summary,
        "parameters": [*_in_path(route.path), *map(_parameter, route.parameters)],
        "responses": {
            str(route.status): {"description": "Done", **({"content": content} if content else {})},
            "default": {
                "description": "A problem",
                "content": {"application/problem+json": {"schema": problem}},
            },
        },
    }
    if takes:
        taken: dict[str, Any] = {"application/json": {"schema": takes}} | {media: {} for media in route.takes_also}
        operation["requestBody"] = {"required": True, "content": taken}
    if isinstance(route.operation, Operation):
        roles = sorted(role.value for role in MAY.get(route.operation, ()))
        operation["description"] = f"Roles: {', '.join(roles)}."
        operation["x-roles"] = roles
    else:
        operation["security"] = []
    return operation


def _in_path(path: str) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)}", path)
    ]


def _parameter(parameter: Parameter) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": parameter.kind}
    if parameter.choices:
        schema["enum"] = list(parameter.choices)
    return {
        "name": parameter.name,
        "in": parameter.where,
        "required": False,
        "description": parameter.description,
        "schema": schema,
    }
