"""Convening with the form: what comes by itself, what is pointed out, what is refused, and how it is undone."""

import asyncio
import re
from datetime import timedelta

import pytest
from icalendar import Calendar

from orchestrator.council.commands import Role
from orchestrator.council.convocation import Cause
from orchestrator.council.members import SessionId
from orchestrator.council.session import Phase
from orchestrator.store.contacts import Contact, Contacts
from orchestrator.store.letters import Letters, State
from tests.scenarios.play import EIGHT, MAYOR, PLENARY, convocation
from tests.web.town import HERE, served

AGENDA = "ORDRE DEL DIA\n1. Aprovació de l'acta anterior\n2. Pressupost (majoria absoluta)\n3. Precs i preguntes"
FORM = {
    "entity": HERE,
    "body": "ple",
    "day": "2026-04-09",
    "clock": "19:00",
    "kind": "ordinary",
    "language": "ca",
    "ground": "lrbrl_46_3",
    "public": "on",
    "agenda": AGENDA,
    "key": "one-form",
}
NEW = "/sessions/new"


async def settled(town, **house):
    """The town of the plays with its plenary, and a secretary's way in."""
    await town.house.records.put_entity(convocation().entity)
    await town.house.records.put_body(HERE, PLENARY)
    town.house.encoders = house.get("encoders", 2)
    return town.bearer(Role.SECRETARY) | {"Accept": "text/html"}


async def sent(town, headers, path=NEW, **fields):
    form = {name: value for name, value in (FORM | fields).items() if value is not None}
    return await town.client.post(path, data=form, headers=headers, allow_redirects=False)


def marked(text):
    """The fields that are marked as wrong, and what is said of each."""
    found = re.findall(r'id="wrong-([\w-]+)"><span aria-hidden="true">✕</span> ([^<]*)<', text)
    return dict(found)


def test_the_form_knows_the_body_and_what_was_usual(dsn):
    async def main():
        async with served(dsn) as town:
            headers = await settled(town)
            await town.convened(language="es", starts_at=EIGHT + timedelta(hours=1))
            page = await (await town.client.get(NEW, headers=headers)).text()
            assert 'aria-current="true" href="/sessions/new?entity=vila&amp;body=ple"' in page
            assert 'name="clock" value="21:00"' in page
            assert '<option value="es" selected>' in page
            assert 'name="day" value="2026-04-02"' in page  # a Thursday, as before

    asyncio.run(main())


def test_a_session_is_convened_from_pasted_text_and_only_once(dsn):
    async def main():
        async with served(dsn) as town:
            headers = await settled(town)
            answer = await sent(town, headers)
            assert answer.status == 303
            session_id = SessionId(answer.headers["Location"].split("/")[2])
            call = (await town.house.read(session_id)).session.convened
            assert [(i.number, i.title, i.majority) for i in call.agenda] == [
                (1, "Aprovació de l'acta anterior", "simple"),
                (2, "Pressupost", "absolute"),
                (3, "Precs i preguntes", "simple"),
            ]
            assert call.starts_at.isoformat() == "2026-04-09T17:00:00+00:00"
            assert call.rule is not None
            again = await sent(town, headers)
            assert again.headers["Location"] == answer.headers["Location"]
            people = await (await town.client.get(answer.headers["Location"], headers=headers)).text()
            assert "dijous, 9 d’abril del 2026, 19:00" in people
            assert "Marta Roca" in people
            assert "dissabte, 11 d’abril del 2026, 19:00" in people  # the second call

    asyncio.run(main())


@pytest.mark.parametrize(
    ("fields", "field", "said"),
    [
        ({"day": ""}, "day", "Hi falta el dia."),
        ({"day": "2026-03-25"}, "day", "Aquest moment ja ha passat."),
        ({"day": "2028-03-25"}, "day", "Falta més d&#39;un any: mireu si l&#39;any és el que voleu."),
        ({"clock": "set"}, "clock", "Hi falta l&#39;hora."),
        ({"day": "2027-03-28", "clock": "02:30"}, "clock", "Aquella nit el rellotge s&#39;avança"),
        ({"day": "2026-10-25", "clock": "02:30"}, "clock", "Aquella nit el rellotge es retarda"),
        ({"agenda": " \n"}, "agenda", "Hi falta l&#39;ordre del dia."),
        ({"language": "fr"}, "language", "Trieu-ne un de la llista."),
    ],
)
def test_what_is_wrong_is_said_at_its_field_and_what_was_written_stays(dsn, fields, field, said):
    async def main():
        async with served(dsn) as town:
            headers = await settled(town)
            answer = await sent(town, headers, **fields)
            page = await answer.text()
            assert answer.status == 422
            assert list(marked(page)) == [field]
            assert marked(page)[field].startswith(said)
            if field != "agenda":
                assert "2. Pressupost (majoria absoluta)" in page
            assert await town.house.records.sessions() == []

    asyncio.run(main())


def test_an_hour_that_comes_twice_can_be_told(dsn):
    async def main():
        async with served(dsn) as town:
            headers = await settled(town)
            answer = await sent(town, headers, day="2026-10-25", clock="02:30", which="2", confirmed="on")
            session_id = SessionId(answer.headers["Location"].split("/")[2])
            call = (await town.house.read(session_id)).session.convened
            assert call.starts_at.isoformat() == "2026-10-25T01:30:00+00:00"

    asyncio.run(main())


def test_what_clashes_is_pointed_out_and_done_when_it_is_confirmed(dsn):
    async def main():
        async with served(dsn) as town:
            headers = await settled(town, encoders=1)
            await sent(town, headers, key="the-other")
            answer = await sent(town, headers, clock="20:00")
            page = await answer.text()
            assert answer.status == 409
            assert "14 persones també són convocades a Ple" in page or "persones també són convocades a Ple" in page
            assert "A aquella hora en calen 2 i només n&#39;hi ha 1." in page
            assert 'name="confirmed"' in page
            assert len(await town.house.records.sessions()) == 1
            assert (await sent(town, headers, clock="20:00", confirmed="on")).status == 303

    asyncio.run(main())


def test_the_checks_come_while_one_writes(dsn):
    async def main():
        async with served(dsn) as town:
            headers = await settled(town)
            answer = await sent(town, headers, f"{NEW}/checks?lang=en", day="2026-03-27")
            text = await answer.text()
            assert "The agenda as it was read (3 items)" in text
            assert "Too short (LRBRL 46.2.b): called now, it cannot be held before 31/03/2026 00:00" in text
            assert await town.house.records.sessions() == []

    asyncio.run(main())


def test_a_body_that_the_law_gives_no_figures_for_says_what_to_enter(dsn):
    async def main():
        async with served(dsn) as town:
            headers = await settled(town)
            await town.house.records.put_body(
                HERE,
                PLENARY.__class__(
                    id="districte", name="Districte", kind="district_board", legal_number=13, members=PLENARY.members
                ),
            )
            answer = await sent(town, headers, body="districte")
            assert answer.status == 422
            assert "La llei no diu quin quòrum" in marked(await answer.text())["body"]

    asyncio.run(main())


def test_addresses_are_kept_with_the_entity_and_wrong_ones_are_said(dsn):
    async def main():
        async with served(dsn) as town:
            headers = await settled(town)
            path = (await sent(town, headers)).headers["Location"]
            fields = {f"email-{MAYOR}": "marta@vila", f"phone-{MAYOR}": "972 11 22 33"}
            answer = await town.client.post(path, data=fields, headers=headers, allow_redirects=False)
            assert answer.status == 422
            assert marked(await answer.text()) == {f"email-{MAYOR}": "No sembla una adreça electrònica."}
            fields[f"email-{MAYOR}"] = "marta@vila.cat"
            answer = await town.client.post(path, data=fields, headers=headers, allow_redirects=False)
            assert answer.status == 303
            contacts = await Contacts(town.store.pool).of(HERE)
            assert contacts == {MAYOR: Contact(email="marta@vila.cat", phone="972 11 22 33")}
            record = "\n".join([line async for line in town.store.ledger.record_lines(SessionId(path.split("/")[2]))])
            assert "vila.cat" not in record

    asyncio.run(main())


def test_a_call_is_taken_back_and_says_so(dsn):
    async def main():
        async with served(dsn) as town:
            headers = await settled(town)
            path = (await sent(town, headers)).headers["Location"]
            session_id = SessionId(path.split("/")[2])
            await town.conduct(session_id)
            path = path.replace("people", "cancel")
            answer = await town.client.post(
                path, data={"note": "Obres a la sala"}, headers=headers, allow_redirects=False
            )
            assert answer.status == 303
            session = (await town.house.read(session_id)).session
            assert (session.phase, session.not_held.cause, session.not_held.note) == (
                Phase.ADJOURNED,
                Cause.CANCELLED,
                "Obres a la sala",
            )
            assert session.is_complete  # it waits for no recording
            page = await (await town.client.get(answer.headers["Location"], headers=headers)).text()
            assert "La sessió s&#39;ha desconvocat. Obres a la sala" in page
            assert "/cancel" not in page

    asyncio.run(main())


def test_a_session_that_is_put_off_is_convened_anew_in_another_room(dsn):
    async def main():
        async with served(dsn) as town:
            headers = await settled(town)
            path = (await sent(town, headers)).headers["Location"]
            first = SessionId(path.split("/")[2])
            await town.conduct(first)
            path = path.replace("people", "postpone")
            wrong = await town.client.post(path, data={"day": "2026-03-01", "clock": "19:00"}, headers=headers)
            assert (wrong.status, list(marked(await wrong.text()))) == (422, ["day"])
            fields = {"day": "2026-04-16", "clock": "18:30", "note": "Vaga"}
            answer = await town.client.post(path, data=fields, headers=headers, allow_redirects=False)
            second = SessionId(answer.headers["Location"].split("/")[2])
            before, after = [(await town.house.read(s)).session for s in (first, second)]
            assert before.not_held.cause is Cause.POSTPONED
            assert after.convened.starts_at.isoformat() == "2026-04-16T16:30:00+00:00"
            assert after.convened.agenda == before.convened.agenda
            assert after.convened.room != before.convened.room

    asyncio.run(main())


def test_the_call_is_sent_from_the_list_and_once_more_to_one(dsn):
    async def main():
        async with served(dsn) as town:
            headers = await settled(town)
            path = (await sent(town, headers)).headers["Location"]
            session_id = SessionId(path.split("/")[2])
            await Contacts(town.store.pool).put(HERE, {MAYOR: Contact(email="marta@vila.cat", phone="972 11 22 33")})
            there = path.replace("people", "invitations")
            answer = await town.client.post(there, data={}, headers=headers, allow_redirects=False)
            assert answer.status == 409  # there is no mail server
            town.house.has_mail = True
            page = await (await town.client.get(path, headers=headers)).text()
            assert "Envia la convocatòria (1)" in page
            assert (await town.client.post(there, data={}, headers=headers, allow_redirects=False)).status == 303
            deliveries = await Letters(town.store.pool).of(session_id)
            assert [(d.member, d.state) for d in deliveries] == [(MAYOR, State.WAITING)]
            page = await (await town.client.get(path, headers=headers)).text()
            assert "s&#39;està enviant" in page
            assert "Envia la convocatòria" not in page
            await Letters(town.store.pool).settle(deliveries[0].id, State.FAILED, town.clock(), "address_refused")
            page = await (await town.client.get(path, headers=headers)).text()
            assert "el servidor de correu refusa l&#39;adreça" in page
            assert 'href="tel:972112233"' in page
            await town.client.post(there, data={"member": MAYOR}, headers=headers, allow_redirects=False)
            assert (await Letters(town.store.pool).of(session_id))[0].state is State.WAITING

    asyncio.run(main())


def test_anybody_may_subscribe_to_what_a_body_holds_in_public(dsn):
    async def main():
        async with served(dsn) as town:
            headers = await settled(town)
            await sent(town, headers)
            await sent(town, headers, key="b", day="2026-04-23", public=None)
            await sent(town, headers, key="c", day="2026-04-24", rehearsal="on", confirmed="on")
            answer = await town.client.get("/calendar/vila/ple.ics?lang=ca")
            assert (answer.status, answer.content_type) == (200, "text/calendar")
            text = await answer.text()
            calendar = Calendar.from_ical(text)
            (event,) = calendar.walk("VEVENT")
            assert event.start.isoformat() == "2026-04-09T19:00:00+02:00"
            assert str(calendar["X-WR-CALNAME"]) == "Ple · Ajuntament de la Vila"
            assert "Marta" not in text
            assert "/join" not in text
            assert (await town.client.get("/calendar/vila/none.ics")).status == 404

    asyncio.run(main())
