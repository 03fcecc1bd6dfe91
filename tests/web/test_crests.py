"""The crest of an entity, put, read and taken off over the API."""

import asyncio

from orchestrator.council.commands import Role
from orchestrator.council.members import Entity
from orchestrator.store.crests import Crests
from tests.web.town import ELSEWHERE, HERE, served

PATH = f"/api/v1/entities/{HERE}/crest"


async def cleaned(sent: bytes) -> bytes:
    if sent == b"bad":
        raise ValueError("cannot_be_read")
    return b"clean " + sent


def test_a_crest_is_put_read_and_taken_off(dsn):
    async def main():
        async with served(dsn) as town:
            await town.house.records.put_entity(Entity(id=HERE, name="Vila"))
            town.house.crest = cleaned
            png = town.bearer(Role.SECRETARY) | {"Content-Type": "image/png"}
            assert (await town.client.get(PATH, headers=png)).status == 404
            assert (await town.client.put(PATH, headers=png, data=b"picture")).status == 204
            answer = await town.client.get(PATH, headers=town.bearer(Role.PRESS))
            assert (answer.content_type, await answer.read()) == ("image/png", b"clean picture")
            assert await Crests(town.store.pool).image(HERE) == b"clean picture"
            assert (await town.client.delete(PATH, headers=png)).status == 204
            assert (await town.client.delete(PATH, headers=png)).status == 404

    asyncio.run(main())


def test_what_is_no_crest_or_not_theirs_is_not_put(dsn):
    async def main():
        async with served(dsn) as town:
            await town.house.records.put_entity(Entity(id=HERE, name="Vila"))
            town.house.crest = cleaned
            secretary = town.bearer(Role.SECRETARY)
            bad = await town.client.put(PATH, headers=secretary | {"Content-Type": "image/png"}, data=b"bad")
            assert (bad.status, (await bad.json())["errors"][0]["kind"]) == (422, "cannot_be_read")
            jpeg = await town.client.put(PATH, headers=secretary | {"Content-Type": "image/jpeg"}, data=b"x")
            assert jpeg.status == 415
            stranger = town.bearer(Role.SECRETARY, ELSEWHERE) | {"Content-Type": "image/png"}
            assert (await town.client.put(PATH, headers=stranger, data=b"x")).status == 404
            admin = town.bearer(Role.ADMIN) | {"Content-Type": "image/png"}
            nowhere = await town.client.put("/api/v1/entities/nowhere/crest", headers=admin, data=b"x")
            assert nowhere.status == 404

    asyncio.run(main())
