"""A request that is sent twice with its key is carried out once, whatever becomes of the first."""

import asyncio

from aiohttp import ClientResponse, web

from orchestrator.council.commands import Role
from orchestrator.store.answered import Answered, InProgress
from orchestrator.web.once import HEADER
from tests.scenarios.play import PAU
from tests.stage import SESSION
from tests.web.town import HERE, served

LINK = f"/api/v1/sessions/{SESSION}/members/{PAU}/link"


def test_the_answer_is_given_again_to_its_sender_alone_and_lies_encrypted(dsn):
    async def main():
        async with served(dsn) as town:
            await town.convened()
            pau = town.bearer(Role.MEMBER, member=PAU) | {HEADER: "k"}
            first = await town.client.post(LINK, headers=pau)
            town.clock.jump(60)
            again = await town.client.post(LINK, headers=pau)
            assert (again.status, await again.json()) == (201, await first.json())
            assert "Idempotent-Replayed" not in first.headers
            assert again.headers["Idempotent-Replayed"] == "true"
            secretary = await town.client.post(LINK, headers=town.bearer(Role.SECRETARY) | {HEADER: "k"})
            assert "Idempotent-Replayed" not in secretary.headers
            kept = b"".join([row["answer"] for row in await town.store.pool.fetch("SELECT answer FROM answered")])
            assert kept
            assert b"link" not in kept
            town.clock.jump(24 * 3600)
            pau = town.bearer(Role.MEMBER, member=PAU) | {HEADER: "k"}
            fresh = await town.client.post(LINK, headers=pau)
            assert "Idempotent-Replayed" not in fresh.headers

    asyncio.run(main())


def test_what_was_refused_may_be_asked_again_and_other_words_under_the_key_are_not_taken(dsn):
    async def main():
        async with served(dsn) as town:
            admin, path = town.bearer() | {HEADER: "k"}, "/api/v1/entities"
            sent = {"id": HERE, "name": "La Vila"}
            assert (await town.client.post(path, json={"id": HERE}, headers=admin)).status == 422
            assert (await town.client.post(path, json=sent, headers=admin)).status == 201
            other = await town.client.post(path, json=sent | {"name": "X"}, headers=admin)
            assert (other.status, (await other.json())["type"]) == (422, "urn:plenari:problem:key_reused")
            elsewhere = await town.client.post(f"{path}/{HERE}/bodies", json=sent, headers=admin)
            assert elsewhere.status == 422
            for bad in ("x" * 256, "ñ"):
                assert (await town.client.post(path, json=sent, headers=admin | {HEADER: bad})).status == 422

    asyncio.run(main())


def test_two_at_once_are_one_and_one_that_was_lost_is_free_after_a_minute(dsn):
    async def main():
        async with served(dsn) as town:
            answered: Answered = town.house.answered
            admin, sent = town.bearer() | {HEADER: "k"}, {"id": HERE, "name": "La Vila"}
            digest = b"of a request whose process was killed"
            assert await answered.claim("admin::", "k", digest, town.clock()) is None
            try:
                await answered.claim("admin::", "k", digest, town.clock())
            except InProgress:
                pass
            else:
                raise AssertionError("claimed twice")
            busy = await town.client.post("/api/v1/entities", json=sent, headers=admin)
            assert busy.status == 422
            town.clock.jump(61)
            free = await town.client.post("/api/v1/entities", json=sent, headers=admin)
            assert free.status == 201
            both = town.bearer() | {HEADER: "both"}

            async def post() -> ClientResponse:
                return await town.client.post("/api/v1/entities", json=sent, headers=both)

            async with asyncio.TaskGroup() as tasks:
                asked = [tasks.create_task(post()) for _ in range(5)]
            answers = [task.result() for task in asked]
            assert {answer.status for answer in answers} <= {201, 409}
            made = [answer for answer in answers if answer.status == 201]
            assert ["Idempotent-Replayed" in answer.headers for answer in made].count(False) == 1
            assert all(answer.headers["Retry-After"] == "1" for answer in answers if answer.status == 409)

    asyncio.run(main())


def test_a_failure_of_ours_frees_the_key(dsn):
    async def main():
        async with served(dsn) as town:
            put = type(town.house.records).put_entity

            async def fail(*_: object) -> None:
                raise web.HTTPServiceUnavailable

            admin, sent = town.bearer() | {HEADER: "k"}, {"id": HERE, "name": "La Vila"}
            type(town.house.records).put_entity = fail
            try:
                assert (await town.client.post("/api/v1/entities", json=sent, headers=admin)).status >= 500
            finally:
                type(town.house.records).put_entity = put
            assert (await town.client.post("/api/v1/entities", json=sent, headers=admin)).status == 201

    asyncio.run(main())
