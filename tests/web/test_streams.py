"""Server-sent events: everything once, in order, from where one was."""

import asyncio
import json
from collections.abc import AsyncIterator

from aiohttp import ClientResponse
from structlog.testing import capture_logs

from orchestrator.council.commands import Role
from tests.scenarios.play import FIRST, JOAN, LAIA, MAYOR, NURIA, PAU, SECRETARY
from tests.stage import SESSION, connected, until
from tests.web.town import served

STREAM = {"Accept": "text/event-stream"}


async def items(answer: ClientResponse) -> AsyncIterator[dict[str, str]]:
    """The events of a stream, as a browser would put them together."""
    item: dict[str, str] = {}
    async for line in answer.content:
        name, _, value = line.decode().rstrip("\r\n").partition(": ")
        if name:
            item[name] = f"{item[name]}\n{value}" if name in item else value
        elif item:
            yield item
            item = {}


async def take(answer: ClientResponse, count: int) -> list[dict[str, str]]:
    taken: list[dict[str, str]] = []
    async with asyncio.timeout(10):
        async for item in items(answer):
            taken.append(item)
            if len(taken) == count:
                break
    return taken


def test_a_stream_of_events_tells_what_was_and_then_what_comes(dsn):
    async def main():
        async with served(dsn) as town:
            await town.gathered(MAYOR, SECRETARY)
            path, headers = f"/api/v1/sessions/{SESSION}/events", town.bearer(Role.SECRETARY) | STREAM
            before = len(await town.store.ledger.load(SESSION))
            async with town.client.get(path, headers=headers) as answer:
                assert answer.content_type == "text/event-stream"
                told = await take(answer, before)
                assert [int(item["id"]) for item in told] == list(range(1, before + 1))
                town.sessions.deliver(SESSION, connected(town.clock(), PAU))
                come = await take(answer, 2)
            assert [item["event"] for item in come] == ["device_joined.v1", "member_arrived.v1"]
            assert json.loads(come[1]["data"])["body"]["member"] == PAU

    asyncio.run(main())


def test_who_comes_back_with_the_last_event_id_misses_nothing_and_hears_nothing_twice(dsn):
    async def main():
        async with served(dsn) as town:
            await town.gathered(MAYOR, SECRETARY)
            path, headers = f"/api/v1/sessions/{SESSION}/events", town.bearer(Role.SECRETARY) | STREAM
            async with town.client.get(path, headers=headers) as answer:
                last = (await take(answer, 3))[-1]["id"]
            await town.see(connected(town.clock(), PAU))
            all_of_it = [record.seq for record in await town.store.ledger.load(SESSION)]
            async with town.client.get(path, headers=headers | {"Last-Event-ID": last}) as answer:
                rest = await take(answer, len(all_of_it) - int(last))
            assert [int(item["id"]) for item in rest] == all_of_it[int(last) :]
            async with town.client.get(f"{path}?after={all_of_it[-2]}", headers=headers) as answer:
                assert [int(item["id"]) for item in await take(answer, 1)] == all_of_it[-1:]

    asyncio.run(main())


def test_the_live_picture_is_sent_at_once_and_after_every_change(dsn):
    async def main():
        async with served(dsn) as town:
            await town.gathered(MAYOR, FIRST, PAU, NURIA, SECRETARY)
            path, headers = f"/api/v1/sessions/{SESSION}/live", town.bearer(Role.MEMBER) | STREAM
            async with town.client.get(path, headers=headers) as answer:
                first = json.loads((await take(answer, 1))[0]["data"])
                town.sessions.deliver(SESSION, connected(town.clock(), JOAN))
                second = json.loads((await take(answer, 1))[0]["data"])
            assert (first["quorum"]["light"], second["quorum"]["light"]) == ("gathering", "edge")
            assert second["version"] > first["version"]

    asyncio.run(main())


def test_the_feed_of_the_page_is_its_parts_for_whoever_looks(dsn):
    async def main():
        async with served(dsn) as town:
            await town.gathered(MAYOR, FIRST, PAU, NURIA, JOAN, SECRETARY)
            path = f"/sessions/{SESSION}/feed"
            for role, may_open in ((Role.PRESIDENT, True), (Role.AUDITOR, False)):
                async with town.client.get(f"{path}?lang=es", headers=town.bearer(role) | STREAM) as answer:
                    html = (await take(answer, 1))[0]["data"]
                assert "Hay quórum" in html
                assert ("open_session" in html) is may_open

    asyncio.run(main())


def test_a_reader_who_goes_away_is_no_error(dsn):
    async def main():
        async with served(dsn) as town:
            await town.gathered(MAYOR, SECRETARY)
            path, headers = f"/api/v1/sessions/{SESSION}/live", town.bearer(Role.OPERATOR) | STREAM
            with capture_logs() as logs:
                answer = await town.client.get(path, headers=headers)
                await take(answer, 1)
                answer.close()
                for member in (LAIA, PAU, NURIA):
                    await town.see(connected(town.clock(), member))
                await until(lambda: any(line.get("route") == "/api/v1/sessions/{id}/live" for line in logs), 15)
            assert [line for line in logs if line["event"] == "request_failed" or line.get("status", 200) != 200] == []

    asyncio.run(main())


def test_many_readers_hear_of_a_change_and_streams_end_when_the_house_closes(dsn):
    async def main():
        async with served(dsn) as town:
            await town.gathered(MAYOR, SECRETARY)
            path, headers = f"/api/v1/sessions/{SESSION}/live", town.bearer(Role.OPERATOR) | STREAM
            answers = [await town.client.get(path, headers=headers) for _ in range(20)]
            for answer in answers:
                await take(answer, 1)
            town.sessions.deliver(SESSION, connected(town.clock(), LAIA))
            for answer in answers:
                assert LAIA in (await take(answer, 1))[0]["data"]
            town.house.close()
            async with asyncio.timeout(5):
                for answer in answers:
                    assert await answer.content.read() == b""

    asyncio.run(main())
