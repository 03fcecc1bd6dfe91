"""Every role against every route, and every entity against every other.

`LAW` is written by hand: who adds a route writes here who may ask for it, and whoever reads this knows. That the
program keeps it is tried on the whole application: each role at each route, once at home and once as a stranger.
"""

import asyncio
import re
from collections.abc import Iterator
from typing import Any

import pytest

from orchestrator.access import MAY, Access, Operation
from orchestrator.council.commands import Role
from orchestrator.council.members import SessionId
from orchestrator.web.app import API, PAGES
from orchestrator.web.route import Route
from tests.scenarios.play import MAYOR, PAU, SECRETARY
from tests.stage import SESSION
from tests.web.town import ELSEWHERE, HERE, Town, served

BOARD, REHEARSAL = SessionId("of-the-board"), SessionId("of-a-rehearsal")

LAW = """
operation         admin operator secretary president spokesperson member staff press auditor

create_entity       x      .         .         .          .         .      .     .      .
list_entities       x      x         x         x          x         x      x     x      x
read_entity         x      x         x         x          x         x      x     x      x
list_bodies         x      x         x         x          x         x      x     x      x
read_body           x      x         x         x          x         x      x     x      x
read_members        x      x         x         x          x         x      x     x      x
create_body         x      .         x         .          .         .      .     .      .
replace_members     x      .         x         .          .         .      .     .      .
download_members    x      .         x         .          .         .      x     .      .
list_encoders       x      x         .         .          .         .      .     .      .
read_crest          x      x         x         x          x         x      x     x      x
put_crest           x      .         x         .          .         .      .     .      .
remove_crest        x      .         x         .          .         .      .     .      .
read_rules          x      x         x         x          x         x      x     x      x
replace_rules       x      .         x         .          .         .      .     .      .

convene_session     x      .         x         .          .         .      .     .      .
convene_again       x      .         x         .          .         .      .     .      .
list_sessions       x      x         x         x          x         x      x     x      x
read_session        x      x         x         x          x         x      x     x      x
read_quorum         x      x         x         x          x         x      x     x      x
read_live           x      x         x         x          x         x      x     .      x
read_attendance     x      x         x         x          x         .      x     .      x
list_documents      x      x         x         x          x         x      x     x      x
read_document       x      x         x         x          x         x      x     x      x
read_diligence      x      x         x         x          .         .      x     .      x
read_allowances     x      x         x         .          .         .      x     .      x
read_events         x      x         x         x          .         .      x     .      x
read_turns          x      x         x         x          .         .      x     .      x
read_votes          x      x         x         x          .         .      x     .      x
read_incidents      x      x         x         x          .         .      x     .      x
read_seals          x      x         x         x          .         .      x     .      x
read_bundle         x      x         x         .          .         .      .     .      x
command_session     x      x         x         x          x         x      .     .      .
list_streams        x      x         x         x          x         x      x     x      x
link_member         x      x         x         x          x         x      .     .      .
revoke_link         x      x         x         x          x         x      .     .      .
list_links          x      x         x         .          .         .      .     .      .

read_metrics        x      x         .         .          .         .      .     .      .
list_alerts         x      x         x         .          .         .      .     .      x
read_alert          x      x         x         .          .         .      .     .      x
acknowledge_alert   x      x         .         .          .         .      .     .      .
note_alert          x      x         .         .          .         .      .     .      .
escalate_alert      x      x         .         .          .         .      .     .      .

list_channels       x      x         x         .          .         .      .     .      .
list_usable_channels x      x         x         .          .         .      .     .      .
put_channel         x      x         x         .          .         .      .     .      .
remove_channel      x      x         x         .          .         .      .     .      .

read_audit          x      .         x         .          .         .      .     .      x
page_audit          x      .         x         .          .         .      .     .      x
page_accounts       x      .         .         .          .         .      .     .      .
page_add_account    x      .         .         .          .         .      .     .      .
page_change_account x      .         .         .          .         .      .     .      .
page_make_token     x      .         .         .          .         .      .     .      .
page_revoke_token   x      .         .         .          .         .      .     .      .
list_webhooks       x      .         x         .          .         .      .     .      .
add_webhook         x      .         x         .          .         .      .     .      .
read_webhook        x      .         x         .          .         .      .     .      .
replace_webhook     x      .         x         .          .         .      .     .      .
remove_webhook      x      .         x         .          .         .      .     .      .
rotate_webhook      x      .         x         .          .         .      .     .      .
test_webhook        x      .         x         .          .         .      .     .      .
list_webhook_messages  x  .  x  .  .  .  .  .  .
replay_webhook      x      .         x         .          .         .      .     .      .
replay_webhook_message  x  .  x  .  .  .  .  .  .
page_webhooks       x      .         x         .          .         .      .     .      .
page_add_webhook    x      .         x         .          .         .      .     .      .
page_webhook        x      .         x         .          .         .      .     .      .
page_act_on_webhook x      .         x         .          .         .      .     .      .

page_sessions       x      x         x         x          x         x      x     x      x
page_live           x      x         x         x          x         x      x     .      x
page_feed           x      x         x         x          x         x      x     .      x
page_documents      x      x         x         x          x         x      x     x      x
page_command        x      x         x         x          x         x      .     .      .
page_links          x      x         x         .          .         .      .     .      .
page_link_member    x      x         x         .          .         .      .     .      .
page_revoke_link    x      x         x         .          .         .      .     .      .
page_second_call    x      .         x         .          .         .      .     .      .
page_channels       x      x         x         .          .         .      .     .      .
page_put_channel    x      x         x         .          .         .      .     .      .
page_remove_channel x      x         x         .          .         .      .     .      .
page_ask_consent    x      x         x         .          .         .      .     .      .
page_take_consent   x      x         x         .          .         .      .     .      .
page_wall           x      x         .         .          .         .      .     .      .
page_wall_feed      x      x         .         .          .         .      .     .      .
page_alerts         x      x         .         .          .         .      .     .      .
page_alerts_feed    x      x         .         .          .         .      .     .      .
page_timeline       x      x         .         .          .         .      .     .      .
page_timeline_feed  x      x         .         .          .         .      .     .      .
page_acknowledge    x      x         .         .          .         .      .     .      .
page_note           x      x         .         .          .         .      .     .      .
page_escalate       x      x         .         .          .         .      .     .      .
page_convene        x      .         x         .          .         .      .     .      .
page_convene_send   x      .         x         .          .         .      .     .      .
page_convene_checks x      .         x         .          .         .      .     .      .
page_people         x      x         x         .          .         .      .     .      .
page_preflight      x      x         x         x          .         .      .     .      .
read_preflight      x      x         x         x          .         .      .     .      .
page_contacts       x      .         x         .          .         .      .     .      .
page_invite         x      .         x         .          .         .      .     .      .
page_cancel         x      .         x         .          .         .      .     .      .
page_postpone       x      .         x         .          .         .      .     .      .
page_drill          x      x         .         .          .         .      .     .      .
page_steps          x      x         x         .          .         .      .     .      .
read_figures        x      x         .         .          .         .      .     .      .
page_consortium     x      x         .         .          .         .      .     .      .
"""
"""What each role may ask for at all. Of a session, whose turn it is to do what is `council/authority.py`'s to say."""

ROUTES = [route for route in (*API, *PAGES) if isinstance(route.operation, Operation)]
OF_AN_ENTITY = [route for route in ROUTES if re.search(r"{(id|entity)}", route.path)]
BOUND = sorted(set(Role) - {Role.ADMIN, Role.OPERATOR})
THERE = {"id": SESSION, "entity": HERE, "body": "ple", "member": PAU, "name": "index.txt", "alert": "1"}
"""What there is at home for the parameters of a path."""

BODIES: dict[Operation, dict[str, Any]] = {Operation.COMMAND_SESSION: {"name": "open_session"}}
"""What is sent where an empty object would be refused before anybody looks whose it is."""


def law() -> dict[tuple[str, Role], bool]:
    """The table, cell by cell."""
    heads, *rows = (line.split() for line in LAW.splitlines() if line.strip())
    return {
        (operation, Role(role)): mark == "x"
        for operation, *marks in rows
        for role, mark in zip(heads[1:], marks, strict=True)
    }


def path_of(route: Route, **things: str) -> str:
    """The route's path, with what is there at home; what `THERE` does not know is not there."""
    return re.sub(r"{(\w+)}", lambda found: {**THERE, **things}.get(found[1], "nothing"), route.path)


def sent_to(route: Route) -> dict[str, Any]:
    if route.method in ("GET", "DELETE"):
        return {}
    kind = "json" if route.path.startswith("/api/") else "data"
    return {kind: BODIES.get(Operation(route.operation), {})}


async def status(town: Town, route: Route, **headers: str) -> int:
    async with town.client.request(
        route.method, path_of(route), headers=headers, allow_redirects=False, **sent_to(route)
    ) as answer:
        return answer.status


async def told(town: Town, route: Route, path: str, role: Role) -> tuple[int, str]:
    """What a stranger is answered."""
    async with town.client.request(
        route.method, path, headers=town.bearer(role, ELSEWHERE), allow_redirects=False, **sent_to(route)
    ) as answer:
        return answer.status, await answer.text() if answer.status >= 400 else f"{answer.headers}"


def test_every_route_that_is_not_public_is_in_the_table():
    assert {route.operation for route in ROUTES} == set(Operation)


def test_every_operation_and_every_role_is_in_the_law():
    assert {operation for operation, _ in law()} == set(Operation), "write into LAW who may ask for it"
    assert {role for _, role in law()} == set(Role)


def test_the_program_keeps_the_law():
    kept = {(operation.value, role): role in MAY[operation] for operation in Operation for role in Role}
    assert {cell: may for cell, may in kept.items() if law()[cell] is not may} == {}


def test_each_role_gets_past_the_door_exactly_where_the_law_says(dsn):
    async def main():
        async with served(dsn) as town:
            await town.gathered(MAYOR, SECRETARY, PAU)
            allowed = {}
            for route in ROUTES:
                for role in Role:
                    allowed[str(route.operation), role] = await status(town, route, **town.bearer(role)) != 403
            # Who is let in may still be told no by what is asked: a member has a link to the room for themself only.
            for role in (Role.PRESIDENT, Role.SPOKESPERSON, Role.MEMBER):
                allowed["link_member", role] = allowed["revoke_link", role] = True
            assert {cell: may for cell, may in allowed.items() if law()[cell] is not may} == {}

    asyncio.run(main())


def test_nobody_gets_in_without_a_token(dsn):
    async def main():
        async with served(dsn) as town:
            assert {str(route.operation): await status(town, route) for route in ROUTES} == {
                str(route.operation): 401 for route in ROUTES
            }

    asyncio.run(main())


def test_what_belongs_to_another_entity_looks_exactly_like_what_is_not_there(dsn):
    """Reads and writes alike, for every role that belongs to an entity."""

    async def main():
        async with served(dsn) as town:
            await town.gathered(MAYOR, SECRETARY, PAU)
            before = [line async for line in town.store.ledger.record_lines(SESSION)]
            bodies = await town.house.records.bodies(HERE)
            for route in OF_AN_ENTITY:
                for role in BOUND:
                    theirs = await told(town, route, path_of(route), role)
                    nobodys = await told(town, route, path_of(route, id="nothing", entity="nothing"), role)
                    assert theirs == nobodys, (role, route.operation)
                    assert theirs[0] in (403, 404, 422), (role, route.operation)
                    assert law()[str(route.operation), role] or theirs[0] == 403, (role, route.operation)
            assert [line async for line in town.store.ledger.record_lines(SESSION)] == before
            assert await town.house.records.bodies(HERE) == bodies

    asyncio.run(main())


def test_no_list_says_anything_of_another_entity(dsn):
    async def main():
        async with served(dsn) as town:
            await town.convened()
            marks = (f'"{SESSION}"', f"/sessions/{SESSION}", "Vila")
            for route in lists():
                for role in BOUND:
                    async with town.client.get(route.path, headers=town.bearer(role, ELSEWHERE)) as answer:
                        text = await answer.text()
                        assert [mark for mark in marks if mark in text] == [], (role, route.operation)

    asyncio.run(main())


def lists() -> Iterator[Route]:
    """What is read without naming whose it is."""
    return (route for route in ROUTES if route.method == "GET" and "{" not in route.path)


def test_the_press_sees_what_is_held_in_public_and_nothing_else(dsn):
    async def main():
        async with served(dsn) as town:
            await town.convened()
            await town.convened(session=BOARD, is_public=False)
            await town.convened(session=REHEARSAL, is_rehearsal=True, room="vila-ple-assaig")
            reporter = town.bearer(Role.PRESS)
            async with town.client.get("/api/v1/sessions", headers=reporter) as answer:
                assert [row["id"] for row in (await answer.json())["sessions"]] == [SESSION]
            async with town.client.get("/", headers=reporter) as answer:
                page = await answer.text()
                assert f'"/sessions/{SESSION}/documents"' in page
                assert BOARD not in page
                assert REHEARSAL not in page
            for hidden in (BOARD, REHEARSAL):
                for route in OF_AN_ENTITY:
                    if law()[str(route.operation), Role.PRESS] and "{id}" in route.path:
                        async with town.client.request(
                            route.method, path_of(route, id=hidden), headers=reporter
                        ) as answer:
                            assert answer.status == 404, route.operation
            async with town.client.get(f"/api/v1/sessions/{SESSION}/documents", headers=reporter) as answer:
                assert all(document["is_public"] for document in (await answer.json())["documents"])

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


@pytest.mark.parametrize("role", [Role.MEMBER, Role.SPOKESPERSON, Role.PRESIDENT])
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


def test_with_every_check_of_the_program_forgotten_the_database_still_shows_nothing(dsn, monkeypatch):
    """What lies beneath: the rows of another entity are not there, whatever a handler asks for."""
    monkeypatch.setattr(Access, "reaches", lambda *_: True)
    monkeypatch.setattr(Access, "sees", lambda *_: True)

    async def main():
        async with served(dsn) as town:
            await town.gathered(MAYOR, SECRETARY, PAU)
            before = [line async for line in town.store.ledger.record_lines(SESSION)]
            for route in (*OF_AN_ENTITY, *lists()):
                found, text = await told(town, route, path_of(route), Role.SECRETARY)
                assert f'"{SESSION}"' not in text, route.operation
                if "{id}" in route.path and law()[str(route.operation), Role.SECRETARY]:
                    assert found in (404, 422), route.operation
            assert [line async for line in town.store.ledger.record_lines(SESSION)] == before

    asyncio.run(main())
