"""What tests of the store and of the conductor stand on: a store, a clock, a performer, a session of thirteen."""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import asyncpg

from orchestrator.council.commands import Asker, Channel, Convene, Role
from orchestrator.council.effects import Effect
from orchestrator.council.members import MemberId, SessionId
from orchestrator.council.observations import ChamberEntered, DeviceId, Grade, MemberConnected, Sighting
from orchestrator.council.session import Session
from orchestrator.sessions import convene
from orchestrator.store.inbox import Inbox
from orchestrator.store.ledger import Ledger
from orchestrator.store.listener import Listener
from orchestrator.store.outbox import Outbox
from orchestrator.store.pool import open_pool
from tests.scenarios.play import EIGHT, MAYOR, convocation

SESSION = SessionId("s1")
ADMIN = Asker(role=Role.ADMIN, channel=Channel.WEB)
PRESIDENT = Asker(role=Role.MEMBER, channel=Channel.CHAT, member=MAYOR)


@dataclass(frozen=True, slots=True)
class Store:
    """A pool on a database, and a listener that listens."""

    pool: asyncpg.Pool
    listener: Listener

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.pool)

    @property
    def outbox(self) -> Outbox:
        return Outbox(self.pool)

    @property
    def inbox(self) -> Inbox:
        return Inbox(self.pool, self.listener)


@asynccontextmanager
async def open_store(dsn: str) -> AsyncIterator[Store]:
    """The store of a test's database."""
    async with open_pool(dsn, least=1, most=12) as pool:
        listener = Listener(pool)
        async with asyncio.TaskGroup() as tasks:
            listening = tasks.create_task(listener.run())
            try:
                yield Store(pool, listener)
            finally:
                listening.cancel()


class Clock:
    """Tells eight in the evening when the test begins; `jump` moves it on."""

    def __init__(self) -> None:
        self._begin = time.monotonic()
        self._ahead = timedelta(0)

    def __call__(self) -> datetime:
        return EIGHT + timedelta(seconds=time.monotonic() - self._begin) + self._ahead

    def jump(self, seconds: float) -> None:
        self._ahead += timedelta(seconds=seconds)


@dataclass(slots=True)
class Performer:
    """Remembers what it performed. `errors` are raised, one a call, before an effect of that kind is performed; while
    `gates` holds an event for a kind, its effects wait for it."""

    done: list[Effect] = field(default_factory=list)
    errors: defaultdict[type, list[Exception]] = field(default_factory=lambda: defaultdict(list))
    gates: dict[type, asyncio.Event] = field(default_factory=dict)

    async def __call__(self, session_id: SessionId, session: Session, effect: Effect) -> None:
        if gate := self.gates.get(type(effect)):
            await gate.wait()
        if self.errors[type(effect)]:
            raise self.errors[type(effect)].pop(0)
        self.done.append(effect)

    def kinds(self) -> list[str]:
        return [type(effect).__name__ for effect in self.done]


class Passing(Exception):
    """An edge error that will pass."""

    is_retryable = True


async def convened(store: Store, now: datetime = EIGHT, **changes: Any) -> SessionId:
    """A session of thirteen councillors, on the record. `changes` are fields of its call."""
    call = convocation(**changes)
    await convene(store.ledger, Convene(asker=ADMIN, convocation=call), now)
    return call.session


def entered(at: datetime, *members: MemberId) -> ChamberEntered:
    """The bot sees these members in the room."""
    devices = tuple((member, DeviceId(f"{member}-1")) for member in members)
    return ChamberEntered(seen=Sighting(grade=Grade.PRESENCE, at=at), devices=devices)


def connected(at: datetime, member: MemberId) -> MemberConnected:
    """The member's device enters the room."""
    return MemberConnected(seen=Sighting(grade=Grade.PRESENCE, at=at), member=member, device=DeviceId(f"{member}-1"))


async def until(condition: Callable[[], bool], patience: float = 10.0) -> None:
    """Wait until it holds. Raises TimeoutError."""
    async with asyncio.timeout(patience):
        while not condition():
            await asyncio.sleep(0.005)
