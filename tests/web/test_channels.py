"""Channels over HTTP: keys go in and never come out; a session's streams are what its record says."""

import asyncio

import pytest

from orchestrator.council.commands import Role
from orchestrator.council.members import ChannelId, Entity
from orchestrator.council.observations import ChannelLost, ChannelOpened, Grade, Reach, Sighting
from tests.scenarios.play import MAYOR, SECRETARY
from tests.stage import SESSION
from tests.web.town import ELSEWHERE, HERE, served

KEY = "abcd-efgh-ijkl-mnop"
OURS = {"id": "vila-tv", "name": "Vila TV", "address": "rtmps://tv.example/live", "key": KEY}
SAME_SITE = {"Sec-Fetch-Site": "same-origin", "Accept": "text/html"}


async def founded(town):
    for entity in (HERE, ELSEWHERE):
        await town.house.records.put_entity(Entity(id=entity, name=f"Ajuntament de {entity}"))


async def put(town, channel, entity=HERE, role=Role.SECRETARY):
    async with town.client.post(
        f"/api/v1/entities/{entity}/channels", json=channel, headers=town.bearer(role, entity)
    ) as answer:
        return answer.status, await answer.text()


def test_a_key_goes_in_once_and_is_never_shown(dsn):
    async def main():
        async with served(dsn) as town:
            await founded(town)
            status, text = await put(town, OURS)
            assert (status, KEY in text, '"is_ready":true' in text) == (201, False, True)
            for path in ("/api/v1/channels", f"/api/v1/entities/{HERE}/channels", "/channels"):
                async with town.client.get(path, headers=town.bearer(Role.SECRETARY)) as answer:
                    text = await answer.text()
                    assert (answer.status, "Vila TV" in text, KEY in text) == (200, True, False)
            assert await town.house.channels.key(ChannelId("vila-tv")) == KEY

    asyncio.run(main())


@pytest.mark.parametrize(
    "change",
    [
        {"address": "https://tv.example/live"},
        {"address": "rtmps://tv.example"},
        {"address": "rtmp://[bad/x"},
        {"key": f"rtmps://tv.example/live/{KEY}"},
        {"watch": "javascript:alert(1)"},
        {"watch": "https://user@tv.example/"},
        {"kind": "youtube"},
    ],
)
def test_what_is_no_channel_is_refused_without_repeating_the_key(dsn, change):
    async def main():
        async with served(dsn) as town:
            await founded(town)
            status, text = await put(town, OURS | change)
            assert (status, KEY in text) == (422, False)

    asyncio.run(main())


def test_sharing_is_for_who_answers_for_all_and_others_channels_are_out_of_reach(dsn):
    async def main():
        async with served(dsn) as town:
            await founded(town)
            assert (await put(town, OURS | {"is_shared": True}))[0] == 403
            assert (await put(town, OURS))[0] == 201
            assert (await put(town, OURS, ELSEWHERE))[0] == 409
            stranger = town.bearer(Role.SECRETARY, ELSEWHERE)
            async with town.client.get("/api/v1/channels", headers=stranger) as answer:
                assert await answer.json() == {"channels": []}
            async with town.client.delete(f"/api/v1/entities/{HERE}/channels/vila-tv", headers=stranger) as answer:
                assert answer.status == 404
            async with town.client.post("/channels/vila-tv/remove", headers=stranger | SAME_SITE) as answer:
                assert answer.status == 404
            assert (await put(town, OURS | {"id": "consorci", "is_shared": True}, ELSEWHERE, Role.OPERATOR))[0] == 201
            async with town.client.get(f"/api/v1/entities/{HERE}/channels", headers=town.bearer()) as answer:
                assert [c["id"] for c in (await answer.json())["channels"]] == ["vila-tv", "consorci"]

    asyncio.run(main())


def test_the_form_enters_a_channel_says_what_is_wrong_and_takes_it_away(dsn):
    async def main():
        async with served(dsn) as town:
            await founded(town)
            headers = town.bearer(Role.SECRETARY) | SAME_SITE
            form = OURS | {"entity": HERE, "kind": "rtmp", "watch": ""}
            wrong = form | {"id": "Vila TV", "address": "tv.example"}
            async with town.client.post("/channels", data=wrong, headers=headers) as answer:
                text = await answer.text()
                assert (answer.status, KEY in text, text.count('aria-invalid="true"')) == (422, False, 1)
            async with town.client.post("/channels", data=form | {"address": "tv.example"}, headers=headers) as answer:
                assert 'id="address"' in (text := await answer.text())
                assert (
                    'value="tv.example" autocomplete="off" autocapitalize="off" spellcheck="false" aria-invalid' in text
                )
            async with town.client.post("/channels", data=form, headers=headers, allow_redirects=False) as answer:
                assert (answer.status, answer.headers["Location"]) == (303, "/channels")
            assert [c.id for c in await town.house.channels.all()] == ["vila-tv"]
            async with town.client.post("/channels/vila-tv/remove", headers=headers, allow_redirects=False) as answer:
                assert answer.status == 303
            assert await town.house.channels.all() == []

    asyncio.run(main())


def test_the_streams_of_a_session_are_what_its_record_says(dsn):
    async def main():
        async with served(dsn) as town:
            await town.gathered(MAYOR, SECRETARY)

            def opened(channel, cause, **more):
                seen = Sighting(grade=Grade.PRESENCE, at=town.clock())
                reach = Reach(channel=ChannelId(channel), name=channel.title(), **more)
                return ChannelOpened(seen=seen, reach=reach, cause=cause)

            await town.see(opened("vila-tv", "planned", video="abc"))
            lost = Sighting(grade=Grade.PRESENCE, at=town.clock())
            await town.see(ChannelLost(seen=lost, channel=ChannelId("vila-tv"), cause="relay_lost"))
            await town.see(opened("consorci", "relay_lost", is_shared=True))
            path = f"/api/v1/sessions/{SESSION}/streams"
            async with town.client.get(path, headers=town.bearer(Role.AUDITOR)) as answer:
                first, second = (await answer.json())["streams"]
            assert (first["channel"], first["video"], first["cause"]) == ("vila-tv", "abc", "planned")
            assert first["until"] == second["since"] <= second["recorded_at"]
            assert (second["is_shared"], second["until"]) == (True, None)

    asyncio.run(main())


def test_an_operator_changes_the_channel_to_one_that_the_entity_may_use(dsn):
    async def main():
        async with served(dsn) as town:
            await town.gathered(MAYOR, SECRETARY)
            await founded(town)
            await put(town, OURS)
            path = f"/api/v1/sessions/{SESSION}/commands"

            async def change(channel, role=Role.OPERATOR):
                sent = {"name": "change_channel", "channel": channel}
                async with town.client.post(path, json=sent, headers=town.bearer(role)) as answer:
                    return answer.status, (await answer.json()).get("reason")

            assert await change("nowhere") == (409, "no_such_channel")
            assert await change("vila-tv", Role.PRESIDENT) == (409, "not_allowed")
            assert await change("vila-tv") == (200, None)
            assert (await town.house.read(SESSION)).session.airing.ordered == "vila-tv"

    asyncio.run(main())


def test_the_page_of_a_session_says_which_channel_it_is_on_and_offers_the_others_to_who_minds_it(dsn):
    async def main():
        async with served(dsn) as town:
            await town.gathered(MAYOR, SECRETARY)
            await founded(town)
            await put(town, OURS)
            seen = Sighting(grade=Grade.PRESENCE, at=town.clock())
            reach = Reach(channel=ChannelId("consorci"), name="Consorci", is_shared=True)
            await town.see(ChannelOpened(seen=seen, reach=reach, cause="planned"))
            for role, is_offered in ((Role.OPERATOR, True), (Role.AUDITOR, False)):
                headers = town.bearer(role) | {"Accept": "text/html"}
                async with town.client.get(f"/sessions/{SESSION}", headers=headers) as answer:
                    text = await answer.text()
                    assert "Canal: Consorci (compartit)" in text
                    assert ('<option value="vila-tv">' in text) is is_offered
            form = {"name": "change_channel", "channel": "vila-tv"}
            headers = town.bearer(Role.OPERATOR) | SAME_SITE
            path = f"/sessions/{SESSION}/commands"
            async with town.client.post(path, data=form, headers=headers, allow_redirects=False) as answer:
                assert answer.status == 303
            assert (await town.house.read(SESSION)).session.airing.ordered == "vila-tv"

    asyncio.run(main())
