"""Commands over the database: each key once, each answered by whoever conducts."""

import asyncio
from datetime import timedelta

import pytest

from orchestrator.council.commands import AdjournSession, CallItem, OpenSession
from orchestrator.council.members import SessionId
from orchestrator.council.refusals import Reason, Refused
from orchestrator.council.session import Phase
from orchestrator.store.inbox import Accepted, Answer, KeyReused, NobodyToAsk
from tests.scenarios.play import EIGHT
from tests.stage import ADMIN, SESSION, convened, open_store


def test_the_same_key_gives_the_same_question_and_the_same_answer(dsn):
    async def main():
        async with open_store(dsn) as store:
            await convened(store)
            command = CallItem(asker=ADMIN, number=1)
            async with asyncio.TaskGroup() as tasks:
                asking = [tasks.create_task(store.inbox.ask(SESSION, command, "k")) for _ in range(5)]
            ids = {task.result() for task in asking}
            assert len(ids) == 1
            (asked,) = ids
            assert [a.message for a in await store.inbox.waiting(SESSION)] == [command]
            refusal = Refused(Reason.NO_SUCH_ITEM, number=1)
            await store.ledger.append(SESSION, [], [], 1, EIGHT, answers=[Answer(id=asked, outcome=refusal)])
            assert await store.inbox.ask(SESSION, command, "k") == asked
            answer = await store.inbox.answer(asked)
            assert isinstance(answer, Refused)
            assert (answer.reason, answer.detail) == (Reason.NO_SUCH_ITEM, {"number": "1"})
            assert await store.inbox.waiting(SESSION) == []

    asyncio.run(main())


def test_a_key_is_not_for_two_commands(dsn):
    async def main():
        async with open_store(dsn) as store:
            await convened(store)
            await store.inbox.ask(SESSION, OpenSession(asker=ADMIN), "k")
            with pytest.raises(KeyReused):
                await store.inbox.ask(SESSION, AdjournSession(asker=ADMIN), "k")

    asyncio.run(main())


def test_an_answer_wakes_who_waits_for_it(dsn):
    async def main():
        async with open_store(dsn) as store:
            await convened(store)
            asked = await store.inbox.ask(SESSION, OpenSession(asker=ADMIN), "k")
            async with asyncio.TaskGroup() as tasks:
                waiting = tasks.create_task(store.inbox.answer(asked))
                outcome = Accepted(version=1)
                await store.ledger.append(SESSION, [], [], 1, EIGHT, answers=[Answer(id=asked, outcome=outcome)])
            assert waiting.result() == outcome

    asyncio.run(main())


def test_nobody_waits_for_ever(dsn):
    async def main():
        async with open_store(dsn) as store:
            await convened(store)
            asked = await store.inbox.ask(SESSION, OpenSession(asker=ADMIN), "k")
            with pytest.raises(TimeoutError):
                await store.inbox.answer(asked, timedelta(seconds=0.05))

    asyncio.run(main())


def test_a_question_that_came_too_late_is_answered_when_it_is_asked_again(dsn):
    async def main():
        async with open_store(dsn) as store:
            await convened(store)
            asked = await store.inbox.ask(SESSION, OpenSession(asker=ADMIN), "k")
            await store.ledger.append(SESSION, [], [], 1, EIGHT, phase=Phase.ADJOURNED)
            assert await store.inbox.ask(SESSION, OpenSession(asker=ADMIN), "k") == asked
            answer = await store.inbox.answer(asked)
            assert isinstance(answer, Refused)
            assert answer.reason is Reason.ADJOURNED

    asyncio.run(main())


def test_a_session_that_does_not_exist_is_not_asked(dsn):
    async def main():
        async with open_store(dsn) as store:
            with pytest.raises(NobodyToAsk):
                await store.inbox.ask(SessionId("nowhere"), OpenSession(asker=ADMIN), "k")

    asyncio.run(main())
