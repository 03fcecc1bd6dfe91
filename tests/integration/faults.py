"""A session, its chamber and its town, all of which may be hurt; and what was true meanwhile.

The record is kept in memory and decided as a conductor decides it. A kill of the bot loses what it has heard and not
decided, and its line breaks without a word, as kill -9 does. The truth is what the members themselves did: a member who
was away for less than the grace was there all the time, and so was everybody while the server was down.
"""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from random import Random

from orchestrator.chamber import Chamber
from orchestrator.council.attendance import Interval
from orchestrator.council.members import MemberId
from simulator.councillor import Councillor, Declined
from simulator.focus import lasting_focus
from simulator.prosody import Prosody, prosody
from simulator.websocket import TokenRefused, WebsocketClosed
from tests.integration.book import GRACE, Book
from tests.integration.jitsi import Town, account_on, login_to, now
from tests.scenarios.play import PLENARY

LONG = 6.5
"""Seconds. Who is away for longer has left; nobody is away for a time between the grace and this."""
ROOM = "ple-vila"
_TOLERANCE = 1.7
"""Seconds between the truth and the record: a hibernation of one, and a busy machine."""


@dataclass(slots=True)
class Person:
    """A member with up to two browsers. `spells` is when they were in the room, as they know it themselves."""

    member: MemberId
    browsers: tuple[Councillor, Councillor]
    wants: int = 0
    away_since: datetime | None = None
    spells: list[list[datetime | None]] = field(default_factory=list)

    def came(self) -> None:
        if self.away_since is None or not self.spells or (now() - self.away_since).total_seconds() > GRACE:
            self.spells.append([now(), None])
        else:
            self.spells[-1][1] = None
        self.away_since = None

    def went(self, at: datetime) -> None:
        self.away_since = at
        self.spells[-1][1] = at


@dataclass(slots=True)
class Trouble:
    """The world of a fault test."""

    prosody: Prosody
    book: Book
    chamber: Chamber
    people: list[Person]
    random: Random
    tasks: asyncio.TaskGroup
    log: list[str] = field(default_factory=list)
    pauses: list[tuple[datetime, datetime]] = field(default_factory=list)
    _chamber_task: asyncio.Task[None] | None = None
    _focus_task: asyncio.Task[None] | None = None

    def note(self, what: str) -> None:
        self.log.append(f"{now():%H:%M:%S.%f} {what}")

    # The parts that run.

    async def start(self) -> None:
        self._focus_task = self.tasks.create_task(self._keep_focus())
        self.tasks.create_task(self.book.keep_time())
        self.start_chamber()
        await self.until_observed()

    def start_chamber(self) -> None:
        if self.book.is_dead:
            self.book.taken_over()
        account = account_on(self.prosody)
        self.chamber = Chamber(account, f"muc.{self.prosody.domain}", self.book, now)
        self._chamber_task = self.tasks.create_task(self.chamber.run())

    async def kill_chamber(self) -> None:
        """Bot and conductor end without a last word."""
        bot, task = self.chamber._bot, self._chamber_task
        self.book.is_dead = True
        assert task is not None
        if bot is not None:
            bot._xmpp.abort()
        task.cancel()
        await asyncio.wait({task})

    async def stop(self) -> None:
        for task in (self._chamber_task, self._focus_task):
            if task is not None:
                task.cancel()
                await asyncio.wait({task})

    async def until_observed(self) -> None:
        async with asyncio.timeout(30):
            while not (self.book.session.is_observed and self.chamber.is_connected):
                await asyncio.sleep(0.02)

    async def _keep_focus(self) -> None:
        login = login_to(self.prosody, self.prosody.focus_jid, self.prosody.focus_password)
        async with lasting_focus(login, self.prosody.domain, now):
            await asyncio.Event().wait()

    # What people do.

    async def move(self) -> None:
        """One member comes, goes, blinks, or takes a second browser."""
        person = self.random.choice(self.people)
        if person.wants == 0:
            await self._arrive(person)
            return
        deed = self.random.choice(["leave", "drop", "blink", "second", "none"])
        self.note(f"{person.member}: {deed}")
        match deed:
            case "leave":
                await self._depart(person)
            case "drop":
                await self._drop(person)
            case "blink":
                browser = next(b for b in person.browsers if b.is_inside)
                await browser.leave()
                await self._enter(browser)
            case "second" if person.wants == 1:
                await self._enter(person.browsers[1])
                person.wants = 2
            case "second":
                await person.browsers[1].leave()
                person.wants = 1
            case _:
                pass

    async def _arrive(self, person: Person) -> None:
        if person.away_since is not None and (now() - person.away_since).total_seconds() < LONG:
            return
        self.note(f"{person.member}: arrive")
        await self._enter(person.browsers[0])
        person.wants = 1
        person.came()

    async def _depart(self, person: Person) -> None:
        for browser in person.browsers:
            await browser.leave()
        person.wants = 0
        person.went(now())

    async def _drop(self, person: Person) -> None:
        """All lines break without a word; they are back on others before the server has given up the old ones."""
        inside = [b for b in person.browsers if b.is_inside]
        for browser in inside:
            await browser.drop()
        for browser in inside:
            await self._enter(browser)

    async def _enter(self, browser: Councillor) -> None:
        async with asyncio.timeout(30):
            while not browser.is_inside:
                with suppress(WebsocketClosed, Declined, OSError, TokenRefused, TimeoutError):
                    await browser.enter()
                    return
                await asyncio.sleep(0.05)

    async def come_back(self) -> None:
        """After the server went down every browser connects again by itself."""
        for person in self.people:
            for browser in person.browsers[: person.wants]:
                await browser.leave()
                await self._enter(browser)

    # What goes wrong.

    async def hurt(self) -> None:
        """One fault, with people coming and going before, during and after it."""
        fault = self.random.choice(_FAULTS)
        self.note(f"-- {fault}")
        await getattr(self, fault)()
        await self.move()

    async def bot_killed(self) -> None:
        await self.kill_chamber()
        for _ in range(self.random.randint(1, 3)):
            await self.move()
        self.start_chamber()

    async def bot_killed_twice(self) -> None:
        await self.bot_killed()
        await asyncio.sleep(self.random.random() * 0.3)
        await self.bot_killed()

    async def conductor_replaced(self) -> None:
        self.book.taken_over()
        await self.move()
        self.chamber.look_again()

    async def line_cut(self) -> None:
        if (bot := self.chamber._bot) is not None:
            bot._xmpp.abort()
        for _ in range(self.random.randint(1, 3)):
            await self.move()

    async def stanzas_delayed(self) -> None:
        bot = self.chamber._bot
        transport = bot._xmpp.transport if bot is not None else None
        if transport is None or transport.is_closing():
            return
        transport.pause_reading()
        for _ in range(self.random.randint(1, 3)):
            await self.move()
        if not transport.is_closing():
            transport.resume_reading()

    async def server_paused(self) -> None:
        begin = now()
        self.prosody.process.send_signal(signal.SIGSTOP)
        await asyncio.sleep(self.random.random() * 0.8)
        self.prosody.process.send_signal(signal.SIGCONT)
        self.pauses.append((begin, now()))

    async def module_reloaded(self) -> None:
        assert "OK" in await self.prosody.shell("module", "reload", "plenari", self.prosody.journal)

    async def server_killed(self) -> None:
        await asyncio.sleep(0.6)  # a sign of life after the last move
        await self.prosody.restart(signal.SIGKILL)
        await self.come_back()

    async def server_restarted(self) -> None:
        await asyncio.sleep(0.2)  # who left in the very moment in which the server ends has left, or has not
        await self.prosody.restart(signal.SIGTERM)
        await self.come_back()

    async def server_killed_while_the_bot_is_dead(self) -> None:
        await self.kill_chamber()
        await self.move()
        await self.server_killed()
        await self.move()
        self.start_chamber()

    # What came of it.

    async def settle(self) -> None:
        """Wait until everybody is there who wants to be, everything is told, and every grace is over."""
        await self.until_observed()
        async with asyncio.timeout(30):
            while self.book.session.attendance.in_grace():
                await asyncio.sleep(0.05)

    def differences(self) -> list[str]:
        """Where the record is not the truth."""
        found = []
        for person in self.people:
            recorded = self.book.session.attendance.of(person.member).intervals
            if not self._agree(recorded, person.spells):
                found.append(f"{person.member}: recorded {_shown(recorded)}, true {person.spells}")
                found += [f"    {event}" for event in self.book.events if getattr(event, "member", 0) == person.member]
        return found

    def _agree(self, recorded: tuple[Interval, ...], spells: list[list[datetime | None]]) -> bool:
        return len(recorded) == len(spells) and all(
            self._near(interval.start, start) and self._near(interval.end, end)
            for interval, (start, end) in zip(recorded, spells, strict=True)
        )

    def _near(self, recorded: datetime | None, true: datetime | None) -> bool:
        """A line that breaks is given up by the server a second later, which does not count while it stands still."""
        if recorded is None or true is None:
            return recorded is true
        stood = sum((end - begin).total_seconds() for begin, end in self.pauses if begin < recorded and end > true)
        return abs((recorded - true).total_seconds()) <= _TOLERANCE + stood


_FAULTS = [
    "bot_killed",
    "bot_killed_twice",
    "conductor_replaced",
    "line_cut",
    "stanzas_delayed",
    "server_paused",
    "module_reloaded",
    "server_killed",
    "server_restarted",
    "server_killed_while_the_bot_is_dead",
]


def _shown(intervals: tuple[Interval, ...]) -> list[tuple[str, str]]:
    return [(f"{i.start:%H:%M:%S.%f}", f"{i.end:%H:%M:%S.%f}" if i.end else "now") for i in intervals]


@asynccontextmanager
async def trouble(folder: Path, seed: int) -> AsyncIterator[Trouble]:
    """A town with a session under way and eight members, of whom five are there."""
    async with prosody(folder / "prosody", smacks_hibernation=1) as server, asyncio.TaskGroup() as tasks:
        town = Town(prosody=server, bot=None, jibris=None)  # type: ignore[arg-type]
        people = []
        for member in PLENARY.members[:8]:
            browsers = []
            for _ in range(2):
                browser = town.councillor(ROOM, member.id, town.token(ROOM, member.id, exp=4_000_000_000))
                tasks.create_task(_keep_open(browser))
                browsers.append(browser)
            people.append(Person(member=member.id, browsers=(browsers[0], browsers[1])))
        book = Book()
        world = Trouble(
            prosody=server,
            book=book,
            chamber=Chamber(account_on(server), f"muc.{server.domain}", book, now),
            people=people,
            random=Random(seed),
            tasks=tasks,
        )
        await asyncio.sleep(0)  # the browsers are open
        await world.start()
        for person in people[:5]:
            await world._arrive(person)
        yield world
        await world.stop()
        for person in people:
            for browser in person.browsers:
                await browser.leave()
        raise Over


class Over(Exception):
    """The way out of the tree of tasks."""


async def _keep_open(browser: Councillor) -> None:
    async with browser:
        await asyncio.Event().wait()
