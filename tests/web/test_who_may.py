"""Every role against every route, and every entity against every other."""

import asyncio

import pytest

from orchestrator.access import MAY, Operation
from orchestrator.council.commands import Role
from orchestrator.web.app import API, PAGES
from orchestrator.web.route import Route
from tests.scenarios.play import MAYOR, PAU, SECRETARY
from tests.stage import SESSION
from tests.web.town import ELSEWHERE, HERE, Town, served

ROUTES = [route for route in (*API, *PAGES) if isinstance(route.operation, Operation)]
OF_A_SESSION = [route for route in ROUTES if "{id}" in route.path]


def path_of(route: Route) -> str:
    return route.path.format(id=SESSION, entity=HERE, body="ple", member=PAU, name="index.txt")


async def status(town: Town, route: Route, **headers: str) -> int:
    body = {"json": {}} if route.method in ("POST", "PUT") else {}
    async with town.client.request(
        route.method, path_of(route), headers=headers, allow_redirects=False, **body
    ) as answer:
        return answer.status


def test_every_route_that_is_not_public_is_in_the_table():
    assert {route.operation for route in ROUTES} == set(Operation)


def test_each_role_gets_past_the_door_exactly_where_the_table_says(dsn):
    async def main():
        async with served(dsn) as town:
            await town.gathered(MAYOR, SECRETARY, PAU)
            allowed = {}
            for route in ROUTES:
                for role in Role:
                    allowed[route.operation, role] = await status(town, route, **town.bearer(role)) != 403
            # Who is let in may still be told no by what is asked: a member has a link to the room for themself only.
            allowed[Operation.LINK_MEMBER, Role.PRESIDENT] = allowed[Operation.LINK_MEMBER, Role.MEMBER] = True
            assert allowed == {(operation, role): role in MAY[operation] for operation in Operation for role in Role}

    asyncio.run(main())


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: str(route.operation))
def test_nobody_gets_in_without_a_token(dsn, route):
    async def main():
        async with served(dsn) as town:
            assert await status(town, route) == 401

    asyncio.run(main())


def test_what_belongs_to_another_entity_is_not_there(dsn):
    async def main():
        async with served(dsn) as town:
            await town.gathered(MAYOR, SECRETARY, PAU)
            for role in set(Role) - {Role.ADMIN, Role.OPERATOR}:
                for route in OF_A_SESSION:
                    expected = 404 if role in MAY[route.operation] else 403
                    sent = {"json": {"name": "open_session"}} if route.operation is Operation.COMMAND_SESSION else {}
                    async with town.client.request(
                        route.method, path_of(route), headers=town.bearer(role, ELSEWHERE), **sent
                    ) as answer:
                        assert answer.status == expected, (role, route.operation)

    asyncio.run(main())


def test_another_entitys_sessions_and_bodies_are_neither_listed_nor_written(dsn):
    async def main():
        async with served(dsn) as town:
            await town.convened()
            stranger = town.bearer(Role.SECRETARY, ELSEWHERE)
            async with town.client.get("/api/v1/sessions", headers=stranger) as answer:
                assert (await answer.json())["sessions"] == []
            async with town.client.get(f"/api/v1/sessions?entity={HERE}", headers=stranger) as answer:
                assert answer.status == 404
            async with town.client.get("/", headers=stranger) as answer:
                assert SESSION not in await answer.text()
            for method, path in (("POST", f"/entities/{HERE}/bodies"), ("PUT", f"/entities/{HERE}/bodies/ple/members")):
                async with town.client.request(method, f"/api/v1{path}", headers=stranger, json={}) as answer:
                    assert answer.status == 404
            call = {"entity": HERE, "body": "ple", "starts_at": "2026-03-26T19:00"}
            async with town.client.post("/api/v1/sessions", headers=stranger, json=call) as answer:
                assert answer.status == 404

    asyncio.run(main())


@pytest.mark.parametrize("role", [Role.MEMBER, Role.PRESIDENT])
def test_a_member_gets_the_way_in_for_nobody_else(dsn, role):
    async def main():
        async with served(dsn) as town:
            await town.convened()
            headers = town.bearer(role, member=PAU)
            async with town.client.post(f"/api/v1/sessions/{SESSION}/members/{PAU}/link", headers=headers) as answer:
                assert answer.status == 201
            async with town.client.post(f"/api/v1/sessions/{SESSION}/members/{MAYOR}/link", headers=headers) as answer:
                assert answer.status == 403

    asyncio.run(main())


def test_a_token_that_is_bad_or_old_says_so_and_opens_nothing(dsn):
    async def main():
        async with served(dsn) as town:
            old = town.token(Role.ADMIN)
            town.clock.jump(3601)
            for token, kind in (("nonsense", "bad_token"), (old, "token_expired")):
                headers = {"Authorization": f"Bearer {token}"}
                async with town.client.get("/api/v1/entities", headers=headers) as answer:
                    assert answer.status == 401
                    assert (await answer.json())["type"] == f"urn:plenari:problem:{kind}"
                    assert token not in await answer.text()

    asyncio.run(main())
