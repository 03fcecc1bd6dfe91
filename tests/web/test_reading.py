"""What can be read of an entity and of a session: page by page, and not again when nothing changed."""

import asyncio

from orchestrator.council.commands import Role
from orchestrator.council.members import Entity, EntityId
from orchestrator.council.voting import Choice
from tests.scenarios.play import JOAN, PAU, QUORATE
from tests.stage import SESSION
from tests.web.test_api import CALL, MEMBERS, convened
from tests.web.town import HERE, Town, served

ENTITY = f"/api/v1/entities/{HERE}"


async def pages(town: Town, path: str, name: str, limit: int) -> list[list[dict]]:
    """The whole list, page by page."""
    found, query = [], {"limit": str(limit)}
    while True:
        page = await (await town.client.get(path, params=query, headers=town.bearer())).json()
        found.append(page[name])
        if page["next"] is None:
            return found
        query["cursor"] = page["next"]


def test_lists_come_in_pages_and_nothing_comes_twice_when_they_grow(dsn):
    async def main():
        async with served(dsn) as town:
            await convened(town)
            for day in ("26", "27", "25"):
                await town.client.post(
                    "/api/v1/sessions", json=CALL | {"starts_at": f"2026-03-{day}T20:00"}, headers=town.bearer()
                )
            found = await pages(town, "/api/v1/sessions", "sessions", 2)
            assert [[row["starts_at"][8:10] for row in page] for page in found] == [["25", "26"], ["26", "27"]]
            assert len({row["id"] for page in found for row in page}) == 4
            first = await (await town.client.get("/api/v1/entities?limit=1", headers=town.bearer())).json()
            await town.house.records.put_entity(Entity(id=EntityId("aaa"), name="Z"))
            await town.house.records.put_entity(Entity(id=EntityId("zzz"), name="A"))
            rest = f"/api/v1/entities?cursor={first['next'] or ''}"
            assert [row["id"] for row in first["entities"]] == [HERE]
            assert first["next"] is None
            assert (await town.client.get(rest, headers=town.bearer())).status == 422
            assert [[row["id"] for row in page] for page in await pages(town, "/api/v1/entities", "entities", 1)] == [
                ["aaa"],
                [HERE],
                ["zzz"],
            ]
            assert [len(page) for page in await pages(town, f"{ENTITY}/bodies", "bodies", 1)] == [1]
            for query in ("limit=0", "limit=501", "limit=x", "limit=²", "cursor=bm8", "cursor=%00", "cursor=W10"):
                for path in ("/api/v1/sessions", "/api/v1/entities"):
                    answer = await town.client.get(f"{path}?{query}", headers=town.bearer())
                    assert answer.status == 422, (path, query)

    asyncio.run(main())


def test_what_was_read_is_not_sent_again_and_what_was_not_seen_is_not_overwritten(dsn):
    async def main():
        async with served(dsn) as town:
            await convened(town)
            for path in (ENTITY, f"{ENTITY}/bodies/ple", f"{ENTITY}/bodies/ple/members", f"{ENTITY}/rules"):
                answer = await town.client.get(path, headers=town.bearer(Role.MEMBER))
                tag = answer.headers["ETag"]
                assert answer.status == 200
                headers = town.bearer(Role.MEMBER) | {"If-None-Match": f'"other", W/{tag}'}
                again = await town.client.get(path, headers=headers)
                assert (again.status, again.headers["ETag"], await again.read()) == (304, tag, b"")
                other = town.bearer(Role.SECRETARY, EntityId("another-town"))
                assert (await town.client.get(path, headers=other)).status == 404
            path, admin = f"{ENTITY}/bodies/ple/members", town.bearer()
            tag = (await town.client.get(path, headers=admin)).headers["ETag"]
            sent = {"members": [*MEMBERS, {"id": "nuria", "name": "Núria Sala"}]}
            assert (await town.client.put(path, json=sent, headers=admin)).status == 428
            answer = await town.client.put(path, json=sent, headers=admin | {"If-Match": tag})
            assert answer.status == 200
            stale = await town.client.put(path, json={"members": MEMBERS}, headers=admin | {"If-Match": tag})
            assert (stale.status, (await stale.json())["type"]) == (412, "urn:plenari:problem:precondition_failed")
            now = await town.client.get(path, headers=admin)
            assert [m["id"] for m in (await now.json())["members"]] == ["mayor", "pau", "secretary", "nuria"]
            assert now.headers["ETag"] == answer.headers["ETag"]

    asyncio.run(main())


def test_turns_votes_and_incidents_of_a_session(dsn):
    async def main():
        async with served(dsn) as town:
            await town.gathered(*QUORATE, JOAN)
            path, president = f"/api/v1/sessions/{SESSION}", town.bearer(Role.PRESIDENT)

            async def ask(own: str | None = None, **command: object) -> None:
                headers = town.bearer(Role.MEMBER, member=own) if own else president
                answer = await town.client.post(f"{path}/commands", json=command, headers=headers)
                assert answer.status == 200, await answer.text()

            await ask(name="open_session")
            await ask(name="call_item", number=1)
            await ask(name="open_debate")
            await ask(name="grant_floor", member=PAU)
            town.clock.jump(60)
            await ask(name="take_floor")
            await ask(name="open_vote")
            await ask(PAU, name="cast_vote", choice="no")
            await ask(name="close_vote")
            read = {}
            for name in ("turns", "votes", "incidents"):
                assert (await town.client.get(f"{path}/{name}", headers=town.bearer(Role.MEMBER))).status == 403
                read[name] = (await (await town.client.get(f"{path}/{name}", headers=president)).json())[name]
            (turn,) = read["turns"]
            assert (turn["member"], turn["item"], turn["kind"], turn["total_s"]) == (PAU, 1, "first", 60)
            (vote,) = read["votes"]
            assert (vote["item"], vote["tally"]["no"], vote["is_annulled"]) == (1, 1, False)
            assert {"member": PAU, "name": "Pau Ferrer", "choice": Choice.NO, "deemed": False} in vote["votes"]
            assert read["incidents"] == []

    asyncio.run(main())
