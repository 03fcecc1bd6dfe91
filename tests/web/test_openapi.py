"""The description of the API is true to the routes and whole in itself."""

import asyncio
import json
import re

from orchestrator.access import MAY, Operation
from orchestrator.web.app import API
from orchestrator.web.openapi import describe
from tests.web.town import served

DESCRIPTION = describe(API, "1.2.3")


def test_every_route_is_described_once_with_who_may():
    operations = [o for path in DESCRIPTION["paths"].values() for o in path.values()]
    assert sorted(o["operationId"] for o in operations) == sorted(str(route.operation) for route in API)
    for operation in operations:
        if operation["operationId"] in set(Operation):
            may = MAY[Operation(operation["operationId"])]
            assert operation["x-roles"] == sorted(role.value for role in may)
        else:
            assert operation["security"] == []


def test_every_reference_leads_somewhere():
    references = set(re.findall(r'"\$ref": "([^"]+)"', json.dumps(DESCRIPTION)))
    schemas = {f"#/components/schemas/{name}" for name in DESCRIPTION["components"]["schemas"]}
    assert references
    assert references <= schemas


def test_commands_are_told_apart_by_their_name():
    schema = DESCRIPTION["components"]["schemas"]["CommandIn"]
    assert schema["discriminator"]["propertyName"] == "name"
    assert {"open_session", "call_item", "grant_floor", "cast_vote"} <= schema["discriminator"]["mapping"].keys()


def test_parameters_in_paths_are_declared():
    for path, operations in DESCRIPTION["paths"].items():
        for operation in operations.values():
            declared = {p["name"] for p in operation["parameters"] if p["in"] == "path"}
            assert declared == set(re.findall(r"{(\w+)}", path))


def test_it_is_served_to_anybody(dsn):
    async def main():
        async with served(dsn) as town:
            served_description = await (await town.client.get("/api/v1/openapi.json")).json()
            assert served_description["openapi"] == "3.1.0"
            assert served_description["paths"].keys() == DESCRIPTION["paths"].keys()

    asyncio.run(main())
