"""Which sessions are conducted here, and how they are reached."""

import asyncio

import pytest

from orchestrator.conductor import NotConducted
from orchestrator.council.commands import AdjournSession, Convene, OpenSession
from orchestrator.council.members import SessionId
from orchestrator.council.refusals import Reason, Refused
from orchestrator.council.session import Phase
from orchestrator.sessions import Sessions, convene
from orchestrator.store import jobs
from orchestrator.store.inbox import Accepted
from orchestrator.store.ledger import AlreadyConvened, Fenced, NoSuchSession
from tests.scenarios.play import EIGHT, FIRST, JOAN, MAYOR, NURIA, PAU, SECRETARY, convocation
from tests.stage import ADMIN, PRESIDENT, SESSION, Clock, Performer, Store, convened, entered, open_store, until

QUORUM = (MAYOR, FIRST, PAU, NURIA, JOAN, SECRETARY)


def sessions_of(store: Store, clock: Clock) -> Sessions:
    return Sessions(store.pool, store.listener, Performer(), clock)


async def planned(store: Store) -> list[str]:
    return [row["entrypoint"] for row in await store.pool.fetch("SELECT entrypoint FROM pgqueuer")]


def test_a_session_is_reached_while_it_is_conducted_and_followers_hear_when_that_changes(dsn):
    async def main():
        async with open_store(dsn) as store:
            clock = Clock()
            await convened(store, clock())
            sessions, heard = sessions_of(store, clock), []
            with sessions.following(lambda: heard.append(tuple(sessions))):
                assert sessions.current(SESSION) is None
                sessions.deliver(SESSION, entered(clock(), *QUORUM))  # lost: nobody conducts it here
                with pytest.raises(NotConducted):
                    await sessions.ask(SESSION, OpenSession(asker=PRESIDENT))
                async with asyncio.TaskGroup() as tasks:
                    conducting = tasks.create_task(sessions.conduct(SESSION))
                    await until(lambda: SESSION in sessions.sessions())
                    assert not sessions.sessions()[SESSION].is_observed
                    sessions.deliver(SESSION, entered(clock(), *QUORUM))
                    assert isinstance(await sessions.ask(SESSION, OpenSession(asker=PRESIDENT)), Accepted)
                    current = sessions.current(SESSION)
                    assert current is not None
                    assert current.phase is Phase.OPEN
                    await sessions.ask(SESSION, AdjournSession(asker=PRESIDENT))
                    async with asyncio.timeout(10):
                        await conducting
            assert sessions.current(SESSION) is None
            assert heard == [(SESSION,), ()]

    asyncio.run(main())


def test_the_job_that_convening_planned_conducts_it_and_http_is_answered(dsn):
    async def main():
        async with open_store(dsn) as store:
            clock = Clock()
            await convened(store, clock())
            sessions = sessions_of(store, clock)
            async with asyncio.TaskGroup() as tasks:
                working = tasks.create_task(jobs.work(store.pool, {jobs.CONDUCT_SESSION: sessions.conduct}))
                await until(lambda: SESSION in sessions.sessions())
                sessions.deliver(SESSION, entered(clock(), *QUORUM))
                for key, command in (("1", OpenSession(asker=PRESIDENT)), ("2", AdjournSession(asker=PRESIDENT))):
                    asked = await store.inbox.ask(SESSION, command, key)
                    assert isinstance(await store.inbox.answer(asked), Accepted)
                await until(lambda: not sessions.sessions())
                async with asyncio.timeout(10):
                    while await planned(store) != [jobs.SEAL_SESSION]:
                        await asyncio.sleep(0.02)
                working.cancel()

    asyncio.run(main())


def test_two_processes_conduct_the_same_session_and_one_is_fenced(dsn):
    async def main():
        async with open_store(dsn) as store:
            clock = Clock()
            await convened(store, clock())
            here, there = sessions_of(store, clock), sessions_of(store, clock)
            async with asyncio.TaskGroup() as tasks:
                losing = tasks.create_task(_fenced(here))
                await until(lambda: SESSION in here.sessions())
                winning = tasks.create_task(there.conduct(SESSION))
                await until(lambda: SESSION in there.sessions())
                here.deliver(SESSION, entered(clock(), MAYOR))
                there.deliver(SESSION, entered(clock(), SECRETARY))
                await losing
                await until(lambda: there.sessions()[SESSION].is_observed)
                winning.cancel()
            events = [r.event for r in await store.ledger.load(SESSION)]
            assert [getattr(e, "member", None) for e in events if type(e).__name__ == "MemberArrived"] == [SECRETARY]

    asyncio.run(main())


async def _fenced(sessions: Sessions) -> None:
    with pytest.raises(Fenced):
        await sessions.conduct(SESSION)


def test_what_is_not_convened_is_not_conducted(dsn):
    async def main():
        async with open_store(dsn) as store:
            with pytest.raises(NoSuchSession):
                await sessions_of(store, Clock()).conduct(SessionId("nowhere"))

    asyncio.run(main())


def test_convening_is_refused_to_who_may_not_and_done_once(dsn):
    async def main():
        async with open_store(dsn) as store:
            with pytest.raises(Refused) as refused:
                await convene(store.ledger, Convene(asker=PRESIDENT, convocation=convocation()), EIGHT)
            assert refused.value.reason is Reason.NOT_ALLOWED
            assert await convene(store.ledger, Convene(asker=ADMIN, convocation=convocation()), EIGHT) == 1
            with pytest.raises(AlreadyConvened):
                await convene(store.ledger, Convene(asker=ADMIN, convocation=convocation()), EIGHT)

    asyncio.run(main())
