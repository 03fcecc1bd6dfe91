"""Alerts reach real servers: a mailbox, a receiver of chat, an Alertmanager's API; and no address is ever told."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from zoneinfo import ZoneInfo

import aiohttp
import pytest
from structlog.testing import capture_logs

from orchestrator.council.commands import Role
from orchestrator.council.events import AlertRaised, AlertResolved
from orchestrator.council.members import Entity
from orchestrator.council.observations import Link
from orchestrator.notices.alertmanager import Alertmanager
from orchestrator.notices.people import BadAddress, addressees, lines_of
from orchestrator.notices.telling import Telling
from orchestrator.notices.whom import Whom, quiet_hours
from orchestrator.store.alerts import AlertId
from orchestrator.store.deliveries import Deliveries, Delivery, State
from orchestrator.wording import Language
from tests.notices.receivers import postbox, receiver
from tests.scenarios.play import EIGHT
from tests.stage import SESSION, Clock, Store, convened, open_store
from tests.web.town import HERE, served

PASSWORD = "the-password-of-the-mailbox"


def telling(store: Store, clock: Clock, first: str, further: str = "", **more: object) -> Telling:
    people, (names, next_names) = addressees(lines_of(first), lines_of(further))
    zone = ZoneInfo("Europe/Madrid")
    fields = {"alertmanager": None} | more
    return Telling(
        deliveries=Deliveries(store.pool),
        people=people,
        whom=Whom(first=names, next=next_names, quiet=quiet_hours("", zone)),
        language=Language.CA,
        zone=zone,
        public_url="https://plenari.example",
        now=clock,
        **fields,
    )


async def write(store: Store, *events: object) -> None:
    version = len(await store.ledger.load(SESSION))
    await store.ledger.append(SESSION, events, [], version, EIGHT)


async def alarmed(store: Store, clock: Clock) -> None:
    await store.pool.execute(
        "INSERT INTO entity (id, name, kind, regime, population) VALUES ('vila', $1, 'municipality', 'common', 900)",
        "Ajuntament de la Vila",
    )
    await convened(store, clock())
    await write(store, AlertRaised(at=clock(), key="relay", link=Link.RELAY, cause="key_refused"))
    clock.jump(20)


async def deliveries(store: Store) -> dict[str, Delivery]:
    found = (await Deliveries(store.pool).of([AlertId(1)]))[AlertId(1)]
    return {f"{delivery.occasion} {delivery.target}": delivery for delivery in found}


@asynccontextmanager
async def opened(dsn: str) -> AsyncIterator[tuple[Store, Clock]]:
    async with open_store(dsn) as store:
        yield store, Clock()


def test_an_alert_comes_by_mail_and_as_json_with_where_what_and_the_way_to_its_page(dsn):
    async def main():
        async with opened(dsn) as (store, clock), receiver() as chat, postbox() as box:
            await alarmed(store, clock)
            address = f"mailto://127.0.0.1:{box.port}/?from=plenari@a.cat&to=guardia@b.cat&mode=insecure"
            tell = telling(store, clock, address, f"json://127.0.0.1:{chat.port}/hook")
            await tell.tell_people()
            await tell.tell_people()
            (letter,) = box.letters
            assert letter["Subject"] == "Alerta · Ajuntament de la Vila: Enviament: el canal no admet la clau"
            body = letter.get_body(("html", "plain")).get_content()
            assert "https://plenari.example/sessions/s1/timeline" in body
            assert "crítica" in body
            assert chat.posted == []
            assert (await deliveries(store))["raised E-Mail 1"].state is State.SENT

            await store.pool.execute("UPDATE alert SET escalated_at = $1", clock())
            await tell.tell_people()
            ((path, posted),) = chat.posted
            assert path == "/hook"
            assert posted["title"].startswith("Ningú no se n'encarrega · Ajuntament de la Vila")
            assert len(box.letters) == 2

            await write(store, AlertResolved(at=clock(), key="relay"))
            await tell.tell_people()
            assert len(box.letters) == 2
            clock.jump(301)
            await tell.tell_people()
            assert [letter["Subject"].split(" ")[0] for letter in box.letters] == ["Alerta", "Ningú", "Resolta"]

    asyncio.run(main())


def test_a_server_that_is_away_is_tried_again_and_nothing_of_its_address_is_said(dsn, caplog, capfd):
    async def main():
        async with opened(dsn) as (store, clock):
            await alarmed(store, clock)
            with socket.socket() as taken:
                taken.bind(("127.0.0.1", 0))  # bound and not listening: nobody answers there
                tell = telling(store, clock, f"json://token:{PASSWORD}@127.0.0.1:{taken.getsockname()[1]}/hook")
                await tell.tell_people()
                first = (await deliveries(store))["raised JSON 1"]
                assert (first.state, first.attempts, first.failure) == (State.PENDING, 1, "refused")
                await tell.tell_people()
                assert (await deliveries(store))["raised JSON 1"].attempts == 1
                clock.jump(16)
                await tell.tell_people()
                assert (await deliveries(store))["raised JSON 1"].attempts == 2
                clock.jump(13 * 3600)
                await tell.tell_people()
                assert (await deliveries(store))["raised JSON 1"].state is State.FAILED
                assert PASSWORD not in repr(tell)

    with capture_logs() as logs:
        asyncio.run(main())
    out, err = capfd.readouterr()
    assert [entry["event"] for entry in logs].count("alert_not_told") == 3
    for said in (str(logs), caplog.text, out, err):
        assert PASSWORD not in said
        assert "127.0.0.1" not in said


def test_what_is_over_before_it_could_be_told_is_not_told(dsn):
    async def main():
        async with opened(dsn) as (store, clock), receiver() as chat:
            await alarmed(store, clock)
            chat.status = 500
            tell = telling(store, clock, f"json://127.0.0.1:{chat.port}/hook")
            await tell.tell_people()
            await write(store, AlertResolved(at=clock(), key="relay"))
            chat.status = 200
            clock.jump(400)
            await tell.tell_people()
            await tell.tell_people()
            assert len(chat.posted) == 1
            assert {name: d.state for name, d in (await deliveries(store)).items()} == {
                "raised JSON 1": State.NOT_NEEDED
            }

    asyncio.run(main())


def test_two_machines_tell_once(dsn):
    async def main():
        async with opened(dsn) as (store, clock), receiver() as chat:
            await alarmed(store, clock)
            tellers = [telling(store, clock, f"json://127.0.0.1:{chat.port}/hook") for _ in range(3)]
            async with asyncio.TaskGroup() as tasks:
                for teller in tellers:
                    tasks.create_task(teller.tell_people())
            assert len(chat.posted) == 1

    asyncio.run(main())


def test_alertmanager_is_told_what_is_open_and_what_ended(dsn):
    async def main():
        async with opened(dsn) as (store, clock), receiver() as server, aiohttp.ClientSession() as client:
            await alarmed(store, clock)
            manager = Alertmanager(client=client, url=f"http://127.0.0.1:{server.port}", public_url="https://p.example")
            tell = telling(store, clock, "", alertmanager=manager)
            server.status = 503
            await tell.tell_alertmanager()
            assert (await deliveries(store))["raised Alertmanager"].failure == "http_503"
            server.status = 200
            await tell.tell_alertmanager()
            assert (await deliveries(store))["raised Alertmanager"].state is State.SENT
            path, (alert,) = server.posted[-1]
            assert path == "/api/v2/alerts"
            assert alert["labels"] == {
                "alertname": "plenari_key_refused",
                "severity": "critical",
                "key": "relay",
                "entity": "vila",
                "session": "s1",
            }
            assert alert["generatorURL"] == "https://p.example/sessions/s1/timeline"
            assert alert["startsAt"] < alert["endsAt"]
            await write(store, AlertResolved(at=clock() - timedelta(seconds=5), key="relay"))
            await tell.tell_alertmanager()
            (ended,) = server.posted[-1][1]
            assert ended["endsAt"] < alert["endsAt"]
            assert ended["labels"] == alert["labels"]

    asyncio.run(main())


def test_a_drill_proves_the_whole_way_and_the_page_says_how_far_it_got(dsn):
    async def main():
        async with served(dsn) as town, receiver() as chat:
            await town.house.records.put_entity(Entity(id=HERE, name="Ajuntament de la Vila"))
            tell = telling(
                town.store,
                town.clock,
                f"json://127.0.0.1:{chat.port}/hook",
                f"jsons://127.0.0.1:{chat.port}/nobody-speaks-tls-there",
            )
            town.house.told = tell.names
            operator = {"headers": town.bearer(Role.OPERATOR) | {"Accept": "text/html"}}
            for _ in range(2):  # a drill is another each time
                async with town.client.post("/alerts/drill", allow_redirects=False, **operator) as answer:
                    assert (answer.status, answer.headers["Location"]) == (303, "/alerts")
                await tell.tell_people()
            assert [posted["title"] for _, posted in chat.posted] == [
                "Alerta · De la instal·lació: Simulacre: no passa res, només es prova que l'avís arriba"
            ] * 2
            async with town.client.get("/alerts", **operator) as answer:
                page = await answer.text()
            assert "</span> JSON 1</span> <i>alerta · enviat 20:00:0" in page
            assert "</span> JSON 2</span> <i>alerta · pendent" in page
            assert "el servei no l&#39;ha acceptat" in page
            assert str(chat.port) not in page

    asyncio.run(main())


def test_without_addresses_the_page_says_that_nobody_is_told(dsn):
    async def main():
        async with served(dsn) as town:
            answer = await town.client.get("/alerts", headers=town.bearer(Role.OPERATOR))
            assert "PLENARI_ALERT_URLS" in await answer.text()

    asyncio.run(main())


def test_an_address_that_nobody_knows_is_named_by_its_place():
    with pytest.raises(BadAddress, match="address 2") as bad:
        addressees(lines_of(f"json://127.0.0.1/\nno-such-service://{PASSWORD}\n"))
    assert PASSWORD not in str(bad.value)
