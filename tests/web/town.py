"""A town hall on the web: the whole application over a real store, with sessions that are conducted here."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp.test_utils import TestClient, TestServer
from aiohttp.web import Application, AppRunner, Request

from orchestrator.access import Access, mint
from orchestrator.council.commands import Convene, Role
from orchestrator.council.members import EntityId, MemberId, SessionId
from orchestrator.council.observations import Observation
from orchestrator.jitsi import Jitsi
from orchestrator.notices.outbound import outbound
from orchestrator.notices.webhooks import Posting
from orchestrator.sessions import Sessions, convene
from orchestrator.store.answered import Answered
from orchestrator.store.channels import Channels
from orchestrator.store.inbox import Inbox
from orchestrator.store.ledger import Ledger
from orchestrator.store.pool import open_pool
from orchestrator.store.records import Records
from orchestrator.store.scope import EVERYTHING, within
from orchestrator.store.webhook_messages import Messages
from orchestrator.store.webhooks import Webhooks
from orchestrator.strongbox import Strongbox
from orchestrator.web.app import build_app
from orchestrator.web.house import House, Readiness
from tests.scenarios.play import MAYOR
from tests.stage import SESSION, Clock, Performer, Store, convened, entered, open_store, until

SECRET = "the-secret-that-signs-access-tokens-in-tests"
JITSI_SECRET = "the-secret-that-jitsi-shares-with-us-in-tests"
LOCAL = frozenset({"localhost"})
"""The hosts of our own network that webhooks may call."""
HERE, ELSEWHERE = EntityId("vila"), EntityId("another-town")

JITSI = Jitsi(address="https://meet.example", domain="meet.plenari", app_id="plenari", app_secret=JITSI_SECRET)

Client = TestClient[Request, Application]


@dataclass(slots=True)
class Town:
    """The server, a client of it, and the way to what happens in the room."""

    store: Store
    clock: Clock
    house: House
    sessions: Sessions
    client: Client
    tasks: asyncio.TaskGroup

    def token(
        self, role: Role = Role.ADMIN, entity: EntityId | None = HERE, member: str | None = None, hours: float = 1
    ) -> str:
        access = Access(
            role=role,
            expires=self.clock() + timedelta(hours=hours),
            entity=None if role in (Role.ADMIN, Role.OPERATOR) else entity,
            member=MemberId(member) if member else MAYOR if role in (Role.MEMBER, Role.SPOKESPERSON) else None,
        )
        return mint(access, secret=SECRET, now=self.clock())

    def bearer(
        self, role: Role = Role.ADMIN, entity: EntityId | None = HERE, member: str | None = None
    ) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token(role, entity, member)}"}

    async def convened(self, **changes: Any) -> SessionId:
        """The plenary of `tests.scenarios.play`, conducted here."""
        session_id = await convened(self.store, self.clock(), **changes)
        await self.conduct(session_id)
        return session_id

    async def conduct(self, session_id: SessionId) -> None:
        self.tasks.create_task(self.sessions.conduct(session_id))
        await until(lambda: self.sessions.current(session_id) is not None)

    async def see(self, observation: Observation, session_id: SessionId = SESSION) -> None:
        """Something happens in the room; returns when it is on the record."""
        before = len(await self.store.ledger.load(session_id))
        self.sessions.deliver(session_id, observation)
        async with asyncio.timeout(10):
            while len(await self.store.ledger.load(session_id)) == before:
                await asyncio.sleep(0.005)

    async def gathered(self, *members: MemberId, **changes: Any) -> SessionId:
        """A session that is watched, with these members in its room."""
        session_id = await self.convened(**changes)
        await self.see(entered(self.clock(), *members), session_id)
        return session_id


@asynccontextmanager
async def served(dsn: str) -> AsyncIterator[Town]:
    """The town, open for business on a port of the loopback interface."""
    async with (
        open_store(dsn) as store,
        open_pool(dsn, least=1, most=12, is_scoped=True) as pool,
        outbound(LOCAL) as out,
    ):
        clock, performer = Clock(), Performer()
        ledger = Ledger(pool)

        async def put_on_record(command: Convene) -> int:
            return await convene(ledger, command, clock())

        async def checks() -> Readiness:
            return Readiness(parts={"database": True})

        house = House(
            posting=Posting(
                webhooks=Webhooks(pool, Strongbox(bytes(32))),
                messages=Messages(pool),
                ledger=ledger,
                client=out,
                now=clock,
                allowed=LOCAL,
            ),
            records=Records(pool),
            channels=Channels(pool, Strongbox(bytes(32))),
            answered=Answered(pool, Strongbox(bytes(32))),
            ledger=ledger,
            inbox=Inbox(pool, store.listener),
            listener=store.listener,
            convene=put_on_record,
            checks=checks,
            jitsi=lambda _: JITSI,
            token_secret=SECRET,
            now=clock,
            public_url="http://plenari.example",
            time_zone=ZoneInfo("Europe/Madrid"),
            version="0.0.0",
        )
        async with TestClient(_Server(build_app(house))) as client:
            sessions = Sessions(store.pool, store.listener, performer, clock)
            try:
                # What a test does by itself it does as one that sees everything; requests say whose they are.
                async with asyncio.TaskGroup() as tasks:
                    with within(EVERYTHING):
                        yield Town(store, clock, house, sessions, client, tasks)
                    raise _Over
            except* _Over:
                pass


class _Server(TestServer):
    """Serves as the program does: a handler is not cancelled when its client goes away."""

    async def _make_runner(self, **options: Any) -> AppRunner:
        return AppRunner(self.app, **options | {"handler_cancellation": False, "access_log": None})


class _Over(Exception):
    """The test is over: whoever still conducts stops."""
