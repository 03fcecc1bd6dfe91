"""The operator's pages: the wall in the order of trouble, one session's timeline, and the buttons of an alert."""

import asyncio
import re
from datetime import timedelta

import pytest
from playwright.async_api import expect

from orchestrator.council.commands import Role
from orchestrator.council.members import Entity, EntityId, SessionId
from orchestrator.council.observations import Grade, Link, LinkDown, LinkUp, Sighting
from orchestrator.council.session import Phase
from orchestrator.store.alerts import Alert, AlertId
from orchestrator.store.standing import Standing, standing
from orchestrator.web.wall import lay_out
from tests.scenarios.play import EIGHT, FIRST, JOAN, MAYOR, NURIA, PAU, SECRETARY
from tests.stage import SESSION
from tests.web.browser import browsing
from tests.web.town import HERE, Town, served

QUORUM = (MAYOR, FIRST, PAU, NURIA, JOAN, SECRETARY)


def session(name: str, phase: Phase = Phase.OPEN) -> Standing:
    return Standing(
        session=SessionId(name),
        entity=EntityId(name),
        entity_name=name,
        title="Ple",
        starts_at=EIGHT,
        phase=phase,
        glance=None,
    )


def alert(number: int, of: str | None, cause: str, *, is_acknowledged: bool = False) -> Alert:
    return Alert(
        id=AlertId(number),
        session=SessionId(of) if of else None,
        entity=None,
        key=cause,
        scope="record",
        link=None,
        cause=cause,
        times=1,
        raised_at=EIGHT,
        resolved_at=None,
        acknowledged_at=EIGHT if is_acknowledged else None,
        acknowledged_by="operator" if is_acknowledged else None,
        escalated_at=None,
    )


def test_the_wall_is_ordered_by_trouble_and_what_somebody_looks_after_waits():
    sessions = [
        session("a-over", Phase.ADJOURNED),
        session("b-convened", Phase.CONVENED),
        session("c-fine"),
        session("d-no-quorum"),
        session("e-taken"),
        session("f-dark"),
        session("g-clock"),
    ]
    wall = lay_out(
        sessions,
        [
            alert(1, "d-no-quorum", "quorum_lost"),
            alert(2, "e-taken", "key_refused", is_acknowledged=True),
            alert(3, "f-dark", "quorum_lost"),
            alert(4, "f-dark", "key_refused"),
            alert(5, "g-clock", "record_behind"),
            alert(6, None, "disk_low"),
        ],
    )
    assert [tile.standing.entity for tile in wall.tiles] == [
        "f-dark",
        "g-clock",
        "d-no-quorum",
        "e-taken",
        "c-fine",
        "b-convened",
        "a-over",
    ]
    assert [a.cause for a in wall.tiles[0].alerts] == ["key_refused", "quorum_lost"]
    assert (wall.live, wall.soon, len(wall.alerts), wall.unattended) == (5, 1, 6, 5)
    assert [a.cause for a in wall.of_the_house] == ["disk_low"]


async def down(town: Town, link: Link = Link.RELAY, cause: str = "key_refused") -> None:
    await town.see(LinkDown(seen=Sighting(grade=Grade.PRESENCE, at=town.clock()), link=link, cause=cause))


async def up(town: Town, link: Link = Link.RELAY) -> None:
    await town.see(LinkUp(seen=Sighting(grade=Grade.PRESENCE, at=town.clock()), link=link))


async def page(town: Town, path: str) -> str:
    async with town.client.get(path, headers=town.bearer(Role.OPERATOR)) as answer:
        assert answer.status == 200, await answer.text()
        return await answer.text()


def test_an_empty_wall_says_what_will_come(dsn):
    async def main():
        async with served(dsn) as town:
            assert "Ara no hi ha cap sessió" in await page(town, "/wall")
            assert "Cap alerta oberta" in await page(town, "/alerts")

    asyncio.run(main())


def test_what_is_over_leaves_the_wall_and_what_is_tomorrow_is_not_on_it_yet(dsn):
    async def main():
        async with served(dsn) as town:
            await town.house.records.put_entity(Entity(id=HERE, name="Ajuntament de la Vila"))
            await town.convened()
            await town.convened(session=SessionId("tomorrow"), room="other", starts_at=EIGHT + timedelta(days=1))
            text = await page(town, "/wall")
            assert re.findall(r'id="tile-([^"]+)"', text) == [SESSION]
            assert "Ajuntament de la Vila" in text
            hour = timedelta(hours=1)
            assert [s.session for s in await standing(town.store.pool, town.clock(), ahead=hour)] == [SESSION]
            await town.store.pool.execute("UPDATE session SET phase = 'adjourned'")
            assert await standing(town.store.pool, town.clock(), ahead=hour) == []

    asyncio.run(main())


def test_the_wall_shows_how_a_session_stands_without_reading_its_record(dsn):
    async def main():
        async with served(dsn) as town:
            await town.gathered(*QUORUM)
            (found,) = await standing(town.store.pool, town.clock(), ahead=timedelta(hours=1))
            assert found.glance
            assert (found.glance.present, found.glance.needed, found.glance.is_met) == (5, 5, True)
            await town.store.pool.execute("""UPDATE session SET glance = '{"from": "another version"}'""")
            (found,) = await standing(town.store.pool, town.clock(), ahead=timedelta(hours=1))
            assert found.glance is None

    asyncio.run(main())


def test_the_timeline_tells_what_happened_what_was_done_and_by_whom(dsn):
    async def main():
        async with served(dsn) as town:
            await town.gathered(*QUORUM)
            await down(town)
            path = f"/sessions/{SESSION}/timeline"
            (number,) = re.findall(r'action="/alerts/(\d+)/acknowledge"', await page(town, path))
            form = {
                "headers": town.bearer(Role.OPERATOR) | {"Accept": "text/html"},
                "data": {"back": "timeline", "text": "<b>He trucat</b>"},
                "allow_redirects": False,
            }
            for deed in ("acknowledge", "notes", "escalate"):
                async with town.client.post(f"/alerts/{number}/{deed}", **form) as answer:
                    assert (answer.status, answer.headers["Location"]) == (303, path)
            await town.house.alerts.note(AlertId(int(number)), "Fet", by="M. Àngels Roca", now=town.clock())
            await up(town)
            text = await page(town, path)
            assert "· M. Àngels Roca: <q>Fet</q>" in text
            for line in (
                "Alerta als operadors: enviament (el canal no admet la clau)",
                "Algú s&#39;encarrega de: Enviament: el canal no admet la clau · operació",
                "&lt;b&gt;He trucat&lt;/b&gt;",
                "Escalada: Enviament",
                "Cap alerta oberta en aquesta sessió",
            ):
                assert line in text, line
            assert "He trucat" in await page(town, "/alerts")
            async with town.client.post(f"/alerts/{number}/notes", **form | {"data": {"text": " "}}) as answer:
                assert answer.status == 422

    asyncio.run(main())


@pytest.mark.slow
def test_a_change_reaches_the_wall_and_is_handled_by_keyboard(dsn):
    async def main():
        async with served(dsn) as town:
            await town.gathered(*QUORUM)
            await town.convened(session=SessionId("s2"), room="other", starts_at=EIGHT - timedelta(minutes=5))
            async with browsing(town, Role.OPERATOR, path="/wall", locale="ca-ES") as page:
                tiles = page.locator("#tiles > li")
                await expect(tiles.first).to_have_attribute("id", "tile-s2")
                await page.focus("#tile-s2 a")
                await down(town)
                await expect(tiles.first).to_have_attribute("id", f"tile-{SESSION}")
                await expect(tiles.first).to_contain_text("el canal no admet la clau")
                await expect(page.locator("#told")).to_contain_text("1 alertes, 1 sense atendre")
                assert await page.evaluate("document.activeElement.closest('li').id") == "tile-s2"

                await page.click(f"#tile-{SESSION} h2 a")
                await expect(page.locator("#opened ol").first).to_contain_text("Copieu de nou la clau")
                await page.focus("button[id^=take-]")
                await page.keyboard.press("Enter")
                await expect(page.locator("#opened")).to_contain_text("algú se n'encarrega")
                await page.click("summary >> text=Afegeix una nota")
                await page.fill("input[name=text]", "Clau nova demanada")
                await page.keyboard.press("Enter")
                await expect(page.locator("#timeline")).to_contain_text("Clau nova demanada")
                await up(town)
                await expect(page.locator("#opened")).to_contain_text("Cap alerta oberta")
                await page.goto(str(town.client.make_url("/alerts")))
                await page.click("#resolved summary")
                await expect(page.locator("#resolved")).to_contain_text("Clau nova demanada")

    asyncio.run(main())
