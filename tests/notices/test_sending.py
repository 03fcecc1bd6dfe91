"""Calls by mail, over a real SMTP server and read back by Python's own parser and icalendar."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar, Event, Timezone

from orchestrator.council.commands import DeclareNotHeld
from orchestrator.council.convocation import Cause
from orchestrator.council.members import MemberId, SessionId
from orchestrator.council.session import Session
from orchestrator.entrance import PATH, link_of
from orchestrator.notices.calendar import Calling
from orchestrator.notices.post import Post, Security
from orchestrator.notices.sending import Sending, calling_of, invite, tell_cancelled, tell_moved
from orchestrator.sessions import Sessions
from orchestrator.store.contacts import Contact, Contacts
from orchestrator.store.entrances import Entrances
from orchestrator.store.jobs import REMIND_MEMBERS, SEND_LETTERS
from orchestrator.store.letters import IN_HAND, Kind, Letters, State
from orchestrator.store.records import Records
from tests.notices.mailroom import Mailroom, calendar_of, mailroom, text_of
from tests.scenarios.play import MAYOR, NURIA, PAU, SECRETARY, convocation
from tests.stage import ADMIN, SESSION, Performer, Store, convened, open_store, until

SECRET = "the-secret-that-signs-links-in-tests-of-mail"
CALLED = datetime(2026, 3, 20, 9, tzinfo=UTC)
"""Before the clocks change, on 29 March."""
AFTER = datetime(2026, 3, 30, 17, 0, tzinfo=UTC)
"""Seven in the evening in the town, after it."""
ADDRESSES = {MAYOR: "marta@vila.cat", PAU: "pau@vila.cat", SECRETARY: "rosa@vila.cat"}


@dataclass
class Office:
    """A session of the town that has a mail server."""

    store: Store
    room: Mailroom
    at: datetime = CALLED

    @property
    def sending(self) -> Sending:
        return self.through(self.room.post)

    def through(self, post: Post) -> Sending:
        return Sending(
            ledger=self.store.ledger, post=post, base="https://plens.cat", secret=SECRET, now=lambda: self.at
        )

    @property
    def deliveries(self) -> Letters:
        return Letters(self.store.pool)

    async def session(self, session: SessionId = SESSION) -> Session:
        return await Records(self.store.pool).replayed(session)

    async def invite(self, *members: MemberId) -> None:
        await invite(self.store.ledger, await self.session(), members or tuple(ADDRESSES), self.at)
        await self.sending.send(SESSION)

    async def states(self) -> dict[MemberId, tuple[State, str]]:
        return {d.member: (d.state, d.problem) for d in await self.deliveries.of(SESSION)}

    async def planned(self, job: str) -> int:
        count: int = await self.store.pool.fetchval("SELECT count(*) FROM pgqueuer WHERE entrypoint = $1", job)
        return count


@asynccontextmanager
async def office(dsn, **changes):
    async with open_store(dsn) as store, mailroom() as room:
        await Records(store.pool).put_entity(convocation().entity)
        contacts = {member: Contact(email=email) for member, email in ADDRESSES.items()}
        await Contacts(store.pool).put(convocation().entity.id, contacts)
        await convened(store, CALLED, **{"starts_at": AFTER} | changes)
        yield Office(store, room)


def event_in(calendar: Calendar) -> Event:
    (event,) = calendar.walk("VEVENT")
    assert isinstance(event, Event)
    return event


def attached(letter: EmailMessage) -> list[Calendar]:
    return [Calendar.from_ical(part.get_content()) for part in letter.iter_attachments()]


def test_a_call_is_read_back_right_across_a_change_of_summer_time(dsn):
    async def main():
        async with office(dsn) as town:
            await town.invite()
            letter = town.room.to("pau@vila.cat")
            assert letter["Subject"] == "Convocatòria: Ple, dilluns, 30 de març del 2026, 19:00"
            assert str(letter["From"]) == "Ajuntament de la Vila <plens@vila.cat>"
            assert letter["Reply-To"] == "rosa@vila.cat"
            for kind in ("plain", "html"):
                assert "dilluns, 30 de març del 2026, 19:00" in text_of(letter, kind)
                assert "Reglament orgànic" in text_of(letter, kind)
                assert "dimecres, 1 d’abril del 2026, 19:00" in text_of(letter, kind)  # the second call
            calendar = calendar_of(letter)
            event = event_in(calendar)
            assert str(calendar["METHOD"]) == "REQUEST"
            assert event.start == datetime(2026, 3, 30, 19, 0, tzinfo=ZoneInfo("Europe/Madrid"))
            assert event.start.utcoffset() == timedelta(hours=2)
            found = (str(event["UID"]), event["SEQUENCE"], str(event["STATUS"]))
            assert found == (f"{SESSION}@plenari", 0, "CONFIRMED")
            # A program that knows no zones: what the calendar itself says of Europe/Madrid.
            (zone,) = calendar.walk("VTIMEZONE")
            assert isinstance(zone, Timezone)
            own = zone.to_tz(lookup_tzid=False)
            assert str(event["DTSTART"].params["TZID"]) == str(zone["TZID"]) == "Europe/Madrid"
            assert event.start.replace(tzinfo=own).astimezone(UTC) == AFTER
            assert datetime(2026, 3, 28, 19, tzinfo=own).utcoffset() == timedelta(hours=1)

    asyncio.run(main())


def test_each_has_a_link_of_their_own_and_no_one_elses_address(dsn):
    async def main():
        async with office(dsn) as town:
            await town.invite()
            links = {}
            for member, email in ADDRESSES.items():
                letter = town.room.to(email)
                event = event_in(calendar_of(letter))
                link = str(event["CONFERENCE"])
                assert link in text_of(letter)
                assert link in text_of(letter, "html")
                assert link.startswith(f"https://plens.cat{PATH}#")
                links[member] = link_of(link.partition("#")[2], secret=SECRET)
                assert str(event["ATTENDEE"]) == f"mailto:{email}"
                others = [other for other in ADDRESSES.values() if other not in (email, "rosa@vila.cat")]
                assert not any(other in letter.as_string() for other in others)
            issued = {link.member: link.id for link in await Entrances(town.store.pool).links(SESSION)}
            assert links == issued
            assert event_in(calendar_of(town.room.to("marta@vila.cat")))["ATTENDEE"].params["ROLE"] == "CHAIR"

    asyncio.run(main())


def test_the_second_call_is_an_event_of_its_own_and_tentative(dsn):
    async def main():
        async with office(dsn) as town:
            await town.invite()
            first, second = map(event_in, attached(town.room.to("pau@vila.cat")))
            assert str(second["STATUS"]) == "TENTATIVE"
            assert second.start == datetime(2026, 4, 1, 19, 0, tzinfo=ZoneInfo("Europe/Madrid"))
            assert (str(second["UID"]), str(second["RELATED-TO"])) == (f"{SESSION}-2@plenari", str(first["UID"]))

    asyncio.run(main())


@pytest.mark.parametrize(
    ("language", "subject"),
    [
        ("es", "Convocatoria: Ple, lunes, 30 de marzo de 2026, 19:00"),
        ("en", "Call: Ple, Monday, March 30, 2026, 19:00"),
    ],
)
def test_a_letter_is_in_its_readers_language(dsn, language, subject):
    async def main():
        async with office(dsn) as town:
            await Contacts(town.store.pool).put(
                convocation().entity.id, {PAU: Contact(email="pau@vila.cat", language=language)}
            )
            await town.invite()
            assert town.room.to("pau@vila.cat")["Subject"] == subject
            assert town.room.to("marta@vila.cat")["Subject"].startswith("Convocatòria")

    asyncio.run(main())


def test_a_session_that_is_put_off_moves_in_the_calendar(dsn):
    async def main():
        async with office(dsn) as town:
            await town.invite()
            later = SessionId("s2")
            await convened(town.store, CALLED, session=later, starts_at=AFTER + timedelta(days=7), room="another")
            await tell_moved(town.store.ledger, await town.session(), await town.session(later), town.at)
            await town.sending.send(later)
            letter = town.room.to("pau@vila.cat")
            assert letter["Subject"] == "Nova data: Ple, dilluns, 6 d’abril del 2026, 19:00"
            assert "Abans era: dilluns, 30 de març del 2026, 19:00" in text_of(letter)
            event = event_in(calendar_of(letter))
            assert (str(event["UID"]), event["SEQUENCE"]) == (f"{SESSION}@plenari", 1)
            assert event.start == datetime(2026, 4, 6, 19, 0, tzinfo=ZoneInfo("Europe/Madrid"))

    asyncio.run(main())


def test_a_session_that_is_cancelled_goes_out_of_the_calendar(dsn):
    async def main():
        async with office(dsn) as town:
            await town.invite(MAYOR, PAU)
            sessions = Sessions(town.store.pool, town.store.listener, Performer(), lambda: town.at)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(sessions.conduct(SESSION))
                await until(lambda: sessions.current(SESSION) is not None)
                await sessions.ask(
                    SESSION, DeclareNotHeld(asker=ADMIN, cause=Cause.CANCELLED, note="Obres a la sala de plens.")
                )
            await tell_cancelled(town.store.ledger, await town.session(), town.at)
            await town.sending.send(SESSION)
            assert len(town.room.letters) == 4
            letter = town.room.to("pau@vila.cat")
            assert "Obres a la sala de plens." in text_of(letter)
            assert PATH not in text_of(letter)
            calendar = calendar_of(letter)
            event = event_in(calendar)
            assert (str(calendar["METHOD"]), str(event["STATUS"]), event["SEQUENCE"]) == ("CANCEL", "CANCELLED", 1)
            assert str(event["UID"]) == f"{SESSION}@plenari"
            assert str(event_in(attached(letter)[1])["STATUS"]) == "CANCELLED"
            # Nobody is called to what is not held.
            await invite(town.store.ledger, await town.session(), (SECRETARY,), town.at)
            await town.sending.send(SESSION)
            assert (await town.states())[SECRETARY] == (State.FAILED, "overtaken")

    asyncio.run(main())


def test_an_address_that_is_refused_is_said_and_the_others_have_their_letter(dsn):
    async def main():
        async with office(dsn) as town:
            town.room.refuses = {"pau@vila.cat": "550 no such user", "marta@vila.cat": "451 try again later"}
            await town.invite(*ADDRESSES, NURIA)
            assert await town.states() == {
                MAYOR: (State.WAITING, "address_refused"),
                PAU: (State.FAILED, "address_refused"),
                SECRETARY: (State.SENT, ""),
                NURIA: (State.FAILED, "no_address"),
            }
            assert await town.planned(SEND_LETTERS) == 2  # the first one, and another attempt
            town.room.refuses = {}
            await town.sending.send(SESSION)
            assert (await town.states())[MAYOR] == (State.SENT, "")

    asyncio.run(main())


def test_a_server_that_is_away_is_asked_again_for_a_day(dsn):
    async def main():
        async with office(dsn) as town:
            closed = Post(host="127.0.0.1", port=1, security=Security.NONE, sender="plens@vila.cat")
            await invite(town.store.ledger, await town.session(), (PAU,), town.at)
            await town.through(closed).send(SESSION)
            assert await town.states() == {PAU: (State.WAITING, "server_unreachable")}
            town.at += timedelta(hours=25)
            await town.through(closed).send(SESSION)
            assert await town.states() == {PAU: (State.FAILED, "server_unreachable")}

    asyncio.run(main())


def test_two_workers_send_a_letter_once_and_what_a_dead_one_left_is_sent(dsn):
    async def main():
        async with office(dsn) as town:
            await invite(town.store.ledger, await town.session(), tuple(ADDRESSES), town.at)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(town.sending.send(SESSION))
                tasks.create_task(town.sending.send(SESSION))
            assert len(town.room.letters) == len(ADDRESSES)
            await invite(town.store.ledger, await town.session(), (PAU,), town.at)
            await town.deliveries.take(SESSION, town.at)  # and then it dies
            await town.sending.send(SESSION)
            assert len(town.room.letters) == len(ADDRESSES)
            town.at += IN_HAND
            await town.sending.send(SESSION)
            assert len(town.room.letters) == len(ADDRESSES) + 1

    asyncio.run(main())


def test_the_day_before_those_who_were_called_are_reminded(dsn):
    async def main():
        async with office(dsn) as town:
            await town.invite(PAU, MAYOR)
            assert await town.planned(REMIND_MEMBERS) == 1
            town.at = AFTER - timedelta(hours=24)
            await town.sending.remind(SESSION)
            await town.sending.send(SESSION)
            letter = town.room.to("pau@vila.cat")
            assert letter["Subject"] == "Recordatori: Ple, dilluns, 30 de març del 2026, 19:00"
            assert f"https://plens.cat{PATH}#" in text_of(letter)
            assert [d.kind for d in await town.deliveries.of(SESSION)].count(Kind.REMINDER) == 2

    asyncio.run(main())


def test_the_second_call_that_comes_about_confirms_the_event_that_was_tentative(dsn):
    async def main():
        async with office(dsn) as town:
            await town.invite()
            again = SessionId("s2")
            await convened(town.store, CALLED, session=again, call=2, follows=SESSION, room="another")
            calling = await calling_of(town.store.ledger, await town.session(again))
            assert calling == Calling(uid=f"{SESSION}-2@plenari", sequence=1)

    asyncio.run(main())
