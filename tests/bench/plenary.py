"""A session of five with its conductor, record and bot, on a real Prosody: what is measured from a member's seat."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

import asyncpg

from orchestrator.chamber import Chamber
from orchestrator.council.commands import Asker, Channel, Convene, Role
from orchestrator.council.convocation import Policy
from orchestrator.council.effects import AllowToSpeak, Announce, Effect, LeaveChamber, Silence, WatchChamber
from orchestrator.council.members import MemberId, SessionId
from orchestrator.council.session import Session
from orchestrator.jitsi import Jitsi, join_link
from orchestrator.sessions import Sessions, convene
from orchestrator.store.ledger import Ledger
from orchestrator.store.listener import Listener
from simulator.councillor import Councillor, Line, Seat
from simulator.focus import focus
from simulator.prosody import Prosody, prosody
from tests.integration.jitsi import account_on, login_to
from tests.scenarios.play import JOAN, PLENARY, QUORATE, convocation

LOST, REACHED = "S'ha perdut el quòrum", "Quòrum assolit"


class Plenary:
    """The room, with just enough members for a quorum; the one who leaves and comes back is Joan."""

    def __init__(self, folder: Path, pool: asyncpg.Pool, now: Callable[[], datetime]) -> None:
        self._folder = folder
        self._now = now
        self._listener = Listener(pool)
        self._ledger = Ledger(pool)
        self._sessions = Sessions(pool, self._listener, self._perform, now)
        self._chamber: Chamber
        self._exits = AsyncExitStack()
        self.people: dict[MemberId, Councillor] = {}

    async def __aenter__(self) -> Self:
        server = await self._exits.enter_async_context(prosody(self._folder))
        login = login_to(server, server.focus_jid, server.focus_password)
        await self._exits.enter_async_context(focus(login, server.domain, self._now))
        self._chamber = Chamber(account_on(server), f"muc.{server.domain}", self._sessions, self._now)
        tasks = await self._exits.enter_async_context(asyncio.TaskGroup())
        running = [tasks.create_task(work) for work in (self._listener.run(), self._chamber.run())]
        session = await self._convene()
        running.append(tasks.create_task(self._sessions.conduct(session)))
        self._exits.callback(lambda: [task.cancel() for task in running])
        for member in (*QUORATE, JOAN):
            person = await self._exits.enter_async_context(Councillor(self._seat(server, member), self._now))
            await person.enter()
            self.people[member] = person
        await self._witness.hear(lambda line: line.text.startswith(REACHED))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._exits.aclose()

    @property
    def _witness(self) -> Councillor:
        return self.people[QUORATE[0]]

    async def trip(self) -> float:
        """Seconds that a line takes from Joan through the room to another."""
        since, begin = len(self._witness.lines), time.perf_counter()
        await self.people[JOAN].say("bona tarda")
        await self._witness.hear(lambda line: line.text == "bona tarda", since=since)
        return time.perf_counter() - begin

    async def loss(self) -> float:
        """Seconds from Joan's leaving until the room is told that the quorum is lost. Joan then comes back."""
        since, begin = len(self._witness.lines), time.perf_counter()
        leaving = asyncio.create_task(self.people[JOAN].leave())  # noqa: TID251 (measured while it closes)
        await self._told(LOST, since)
        spent = time.perf_counter() - begin
        await leaving
        await self.people[JOAN].enter()
        await self._told(REACHED, since)
        return spent

    async def _told(self, text: str, since: int) -> None:
        def is_it(line: Line) -> bool:
            return line.text.startswith(text) and not line.is_private

        await self._witness.hear(is_it, since=since)

    async def _convene(self) -> SessionId:
        """No grace and no pauses: what follows from a departure follows at once."""
        policy = Policy(grace=timedelta(0), edge_pause=timedelta(0))
        small = replace(PLENARY, members=tuple(m for m in PLENARY.members if m.id in (*QUORATE, JOAN)))
        call = convocation(policy=policy, body=small, is_public=False)
        admin = Asker(role=Role.ADMIN, channel=Channel.WEB)
        await convene(self._ledger, Convene(asker=admin, convocation=call), self._now())
        return call.session

    async def _perform(self, session_id: SessionId, session: Session, effect: Effect) -> None:
        if isinstance(effect, Announce | AllowToSpeak | Silence | WatchChamber | LeaveChamber):
            await self._chamber.perform(session_id, session, effect)

    def _seat(self, server: Prosody, member: MemberId) -> Seat:
        way = Jitsi(address="https://x", domain=server.domain, app_id=server.app_id, app_secret=server.app_secret)
        link = join_link(way, room=convocation().room, member=PLENARY.member(member), now=self._now())
        return Seat(
            name=str(member), websocket=server.websocket, domain=server.domain, room=link.room, token=link.token
        )
