"""The chamber on a real Prosody: orders once each, the floor enforced, and what is lost without our module."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from orchestrator.chamber import Chamber
from orchestrator.council.commands import Asker, Channel, GrantFloor, OpenSession, Role, TakeFloor
from orchestrator.council.effects import AllowToSpeak, Silence
from orchestrator.council.events import MemberArrived, ObservationRecovered, SessionOpened
from orchestrator.council.observations import Grade
from orchestrator.council.session import Phase
from simulator.councillor import Councillor
from tests.integration.book import SID, Book
from tests.integration.faults import ROOM
from tests.integration.jitsi import PATIENCE, Town, account_on, now, play
from tests.scenarios.play import MAYOR, PAU, QUORATE, SECOND

pytestmark = pytest.mark.slow

MEMBERS = (*QUORATE, SECOND)
SECRETARY = Asker(role=Role.SECRETARY, channel=Channel.WEB)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.01)


@asynccontextmanager
async def sitting(town: Town, book: Book) -> AsyncIterator[Chamber]:
    chamber = Chamber(account_on(town.prosody), f"muc.{town.prosody.domain}", book, now)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(chamber.run())
        await until(lambda: book.session.is_observed)
        await until(lambda: bool(chamber._inside))
        yield chamber
        running.cancel()


@asynccontextmanager
async def seated(town: Town, book: Book) -> AsyncIterator[dict[str, Councillor]]:
    async with asyncio.TaskGroup() as tasks:
        there = {member: town.councillor(ROOM, member) for member in MEMBERS}
        is_over = asyncio.Event()

        async def sit(councillor: Councillor) -> None:
            async with councillor:
                await councillor.enter()
                await is_over.wait()

        for councillor in there.values():
            tasks.create_task(sit(councillor))
        await until(lambda: book.session.attendance.present() == set(MEMBERS))
        yield there
        is_over.set()


def test_an_order_given_while_the_bot_is_away_is_carried_out_once(tmp_path: Path) -> None:
    async def scene(town: Town) -> None:
        book = Book()
        async with sitting(town, book) as chamber, seated(town, book) as there:
            assert chamber.has_journal
            bot = chamber._bot
            assert bot is not None
            bot._xmpp.abort()
            await there[MAYOR].say("!obre")
            await until(lambda: book.session.phase is Phase.OPEN)
            await there[MAYOR].say("!quorum")
            line = await there[MAYOR].hear(lambda line: line.is_private and "quòrum" in line.text.lower())
            assert line.nick == ""
            assert sum(isinstance(event, SessionOpened) for event in book.events) == 1
            assert sum(isinstance(event, ObservationRecovered) for event in book.events) == 1
            assert book.session.blind == ()
            assert {e.grade for e in book.events if isinstance(e, MemberArrived)} == {Grade.JOURNAL}

    play(tmp_path, scene)


def test_the_floor_is_enforced_where_the_audio_is_moderated(tmp_path: Path) -> None:
    async def scene(town: Town) -> None:
        book = Book()
        async with sitting(town, book) as chamber, seated(town, book) as there:
            await book.ask(SID, OpenSession(asker=SECRETARY))
            await book.ask(SID, GrantFloor(asker=SECRETARY, member=PAU))
            # Nothing is moderated: nobody is asked to unmute.
            await chamber.perform(SID, book.session, AllowToSpeak(member=PAU))
            bot = chamber._bot
            assert bot is not None
            room = town.prosody.room(ROOM)
            await bot.moderation.turn(room, is_on=True)
            await chamber.perform(SID, book.session, AllowToSpeak(member=PAU))
            await until(lambda: any(n.get("approved") for n in there[PAU].news))
            assert sum(bool(n.get("approved")) for n in there[PAU].news) == 1
            await there[PAU].unmute()
            await book.ask(SID, TakeFloor(asker=SECRETARY))
            await chamber.perform(SID, book.session, Silence(member=PAU))
            await until(lambda: any(n.get("removed") for n in there[PAU].news))
            await until(lambda: not there[PAU].is_sending)

    play(tmp_path, scene)


def test_without_the_module_what_nobody_saw_stays_unobserved(tmp_path: Path) -> None:
    async def scene(town: Town) -> None:
        book = Book()
        async with sitting(town, book) as chamber, seated(town, book) as there:
            assert not chamber.has_journal
            bot = chamber._bot
            assert bot is not None
            bot._xmpp.abort()
            await until(lambda: not book.session.is_observed)
            await there[SECOND].leave()
            await until(lambda: book.session.is_observed)
            assert len(book.session.blind) == 1
            await until(lambda: not book.session.attendance.of(SECOND).devices)
            await there[MAYOR].say("!obre")
            await until(lambda: book.session.phase is Phase.OPEN)
            assert {e.grade for e in book.events if isinstance(e, MemberArrived)} == {Grade.PRESENCE}

    play(tmp_path, scene, has_journal=False)
