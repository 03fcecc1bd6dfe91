"""Webhooks through the API and on their pages: who may have them, what is shown once, and what the form refuses."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from orchestrator.council.commands import Role
from orchestrator.council.members import Entity
from orchestrator.store.webhooks import Family
from tests.notices.webhook_receiver import Receiver, in_turn
from tests.scenarios.play import QUORATE
from tests.stage import SESSION
from tests.web.town import ELSEWHERE, HERE, Town, served

PATH = "/api/v1/webhooks"
SENT = {"url": "https://example.cat/in", "entity": HERE, "events": ["quorum_lost.v1"], "note": "Expedients"}
FORM = {"Sec-Fetch-Site": "same-origin", "Accept": "text/html"}


@asynccontextmanager
async def settled(dsn: str) -> AsyncIterator[Town]:
    async with served(dsn) as town:
        for entity in (HERE, ELSEWHERE):
            await town.house.records.put_entity(Entity(id=entity, name=entity.title()))
        yield town


def test_one_is_added_read_changed_and_removed_and_its_secret_is_shown_once(dsn):
    async def main():
        async with settled(dsn) as town:
            secretary = town.bearer(Role.SECRETARY)
            made = await town.client.post(PATH, json=SENT, headers=secretary)
            webhook = await made.json()
            assert made.status == 201
            assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", webhook["secret"])
            stored = str(await town.store.pool.fetchrow("SELECT *, encode(secret, 'escape') AS s FROM webhook"))
            assert webhook["secret"][6:] not in stored
            place = made.headers["Location"]
            read = await town.client.get(place, headers=secretary)
            shown = await read.json()
            assert shown == {k: v for k, v in webhook.items() if k != "secret"}
            assert (await (await town.client.get(PATH, headers=secretary)).json())["webhooks"] == [shown]
            change = {"url": SENT["url"], "events": [], "paused": True}
            assert (await town.client.put(place, json=change, headers=secretary)).status == 428
            seen = secretary | {"If-Match": read.headers["ETag"]}
            changed = await town.client.put(place, json=change, headers=seen)
            assert (changed.status, (await changed.json())["paused"]) == (200, "stopped")
            assert (await town.client.put(place, json=change, headers=seen)).status == 412
            rotated = await (await town.client.post(f"{place}/secret", headers=secretary)).json()
            assert rotated["secret"] != webhook["secret"]
            assert (await town.client.delete(place, headers=secretary)).status == 204
            assert (await town.client.get(place, headers=secretary)).status == 404

    asyncio.run(main())


@pytest.mark.parametrize(
    "change",
    [
        {"url": "http://example.cat/in"},
        {"url": "https://10.0.0.1/in"},
        {"url": "https://[::1]/in"},
        {"url": "https://db.internal/in"},
        {"url": "https://me:secret@example.cat/"},
        {"url": "https://example.cat/#token"},
        {"url": "https:///in"},
        {"url": "https://example.cat:99999/"},
        {"url": "ftp://example.cat/"},
        {"events": ["device_joined.v1"]},
        {"paused": True},
    ],
)
def test_what_cannot_be_called_or_told_is_refused(dsn, change):
    async def main():
        async with settled(dsn) as town:
            answer = await town.client.post(PATH, json=SENT | change, headers=town.bearer())
            assert answer.status == 422
            assert await town.store.pool.fetchval("SELECT count(*) FROM webhook") == 0

    asyncio.run(main())


def test_nobody_sees_or_touches_another_entitys_and_only_the_admin_has_one_for_all(dsn):
    async def main():
        async with settled(dsn) as town:
            stranger, admin = town.bearer(Role.SECRETARY, ELSEWHERE), town.bearer()
            own = (await town.client.post(PATH, json=SENT, headers=admin)).headers["Location"]
            of_all = await town.client.post(PATH, json={"url": SENT["url"]}, headers=admin)
            assert of_all.status == 201
            assert (await town.client.post(PATH, json={"url": SENT["url"]}, headers=stranger)).status == 403
            assert (await town.client.post(PATH, json=SENT, headers=stranger)).status == 404
            assert (await (await town.client.get(PATH, headers=stranger)).json())["webhooks"] == []
            for place in (own, of_all.headers["Location"]):
                for method, path in (
                    ("GET", place),
                    ("PUT", place),
                    ("DELETE", place),
                    ("POST", f"{place}/secret"),
                    ("POST", f"{place}/test"),
                    ("GET", f"{place}/messages"),
                    ("POST", f"{place}/replay"),
                    ("POST", f"{place}/messages/1/replay"),
                    ("GET", place.removeprefix("/api/v1")),
                    ("POST", place.removeprefix("/api/v1")),
                ):
                    answer = await town.client.request(method, path, headers=stranger, allow_redirects=False)
                    assert answer.status == 404, (method, path)
            assert len((await (await town.client.get(PATH, headers=admin)).json())["webhooks"]) == 2

    asyncio.run(main())


def test_messages_are_listed_in_pages_and_sent_again(dsn):
    async def main():
        async with settled(dsn) as town, Receiver(answer=in_turn(200, 500)).open() as receiver:
            admin = town.bearer()
            made = await town.client.post(PATH, json={"url": receiver.url, "entity": HERE}, headers=admin)
            place = made.headers["Location"]
            assert await (await town.client.post(f"{place}/test", headers=admin)).json() == {
                "is_delivered": True,
                "status": 200,
                "failure": "",
            }
            await town.gathered(*QUORATE)
            await town.house.posting.post(SESSION)
            waiting = await (await town.client.get(f"{place}/messages?state=waiting", headers=admin)).json()
            total = len(waiting["messages"])
            assert waiting["messages"][-1]["failure"] == "refused"
            page = await (await town.client.get(f"{place}/messages?limit=2", headers=admin)).json()
            rest = await (await town.client.get(f"{place}/messages?cursor={page['next']}", headers=admin)).json()
            assert len(page["messages"]) + len(rest["messages"]) == total
            replayed = await town.client.post(f"{place}/replay", headers=admin)
            assert await replayed.json() == {"replayed": total}
            await town.house.posting.post(SESSION)
            one = page["messages"][0]["id"]
            assert (await town.client.post(f"{place}/messages/{one}/replay", headers=admin)).status == 200
            for nothing in ("0", "x", "9" * 30):
                assert (await town.client.post(f"{place}/messages/{nothing}/replay", headers=admin)).status == 404

    asyncio.run(main())


def test_a_secretary_adds_one_on_the_page_tries_it_stops_it_and_takes_it_away(dsn):
    async def main():
        async with settled(dsn) as town, Receiver().open() as receiver:
            headers = town.bearer(Role.SECRETARY) | FORM

            async def press(path: str, **form: object) -> tuple[int, str]:
                answer = await town.client.post(path, data=form, headers=headers)
                return answer.status, await answer.text()

            assert "Encara no hi ha cap webhook" in await (await town.client.get("/webhooks", headers=headers)).text()
            typed = {"entity": HERE, "url": receiver.url, "note": "Gestor"}
            for wrong in ({"family": []}, {"family": ["life"], "url": "https://10.0.0.1/"}):
                status, text = await press("/webhooks", **typed | wrong)
                assert (status, "No s&#39;ha pogut desar" in text) == (422, True)
            status, text = await press("/webhooks", **typed, family=["life", "votes"])
            (secret,) = re.findall(r"whsec_[^<]+", text)
            (webhook,) = await town.house.posting.webhooks.all()
            assert (status, webhook.families) == (201, {Family.LIFE, Family.VOTES})
            page = f"/webhooks/{webhook.id}"
            assert secret not in await (await town.client.get(page, headers=headers)).text()
            status, text = await press(page, act="test")
            assert (status, "La prova ha arribat" in text, len(receiver.taken)) == (200, True, 1)
            await town.gathered(*QUORATE)
            await press(page, act="pause")
            await town.house.posting.post(SESSION)
            assert len(receiver.taken) == 1
            _, text = await press(page, act="resume")
            await town.house.posting.post(SESSION)
            assert len(receiver.taken) > 1
            assert "En espera" in text
            _, text = await press(page, act="rotate")
            assert re.findall(r"whsec_[^<]+", text) != [secret]
            _, text = await press(page, act="change", url=receiver.url, note="Expedients", family=list(Family))
            assert "Expedients" in text
            assert (await town.house.posting.webhooks.webhook(webhook.id)).events == ()
            assert (await press(page, act="nonsense"))[0] == 422
            _, text = await press(page, act="remove")
            assert "Encara no hi ha cap webhook" in text

    asyncio.run(main())
