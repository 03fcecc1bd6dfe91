"""What is told is heard, also after the connection was lost."""

import asyncio

from orchestrator.council.commands import OpenSession
from orchestrator.store.listener import Channel
from tests.stage import ADMIN, SESSION, convened, open_store


def test_after_a_lost_connection_everybody_looks_again_and_hears_again(dsn):
    async def main():
        async with open_store(dsn) as store:
            await convened(store)
            woken = asyncio.Event()

            async def wait():
                async with asyncio.timeout(10):
                    await woken.wait()
                woken.clear()

            with store.listener.hearing(Channel.INBOX, SESSION, woken.set):
                await store.inbox.ask(SESSION, OpenSession(asker=ADMIN), "1")
                await wait()
                killed = await store.pool.fetchval(
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                    " WHERE query LIKE 'LISTEN%' AND datname = current_database() AND pid <> pg_backend_pid()"
                )
                assert killed == 1
                await wait()
                await store.inbox.ask(SESSION, OpenSession(asker=ADMIN), "2")
                await wait()

    asyncio.run(main())


def test_only_the_key_that_was_told_is_woken(dsn):
    async def main():
        async with open_store(dsn) as store:
            await convened(store)
            mine, other = asyncio.Event(), []
            with (
                store.listener.hearing(Channel.INBOX, SESSION, mine.set),
                store.listener.hearing(Channel.INBOX, "another", lambda: other.append(1)),
            ):
                await store.inbox.ask(SESSION, OpenSession(asker=ADMIN), "1")
                async with asyncio.timeout(10):
                    await mine.wait()
                heard_at_the_start = len(other)
                mine.clear()
                await store.inbox.ask(SESSION, OpenSession(asker=ADMIN), "2")
                async with asyncio.timeout(10):
                    await mine.wait()
                assert len(other) == heard_at_the_start

    asyncio.run(main())
