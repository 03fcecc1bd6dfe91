"""Long jobs: as many as it takes, handed back by who stops, taken from who dies, left alone by who was too slow."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest

from orchestrator.council.members import SessionId
from orchestrator.store import jobs
from tests.stage import SESSION, open_store, until

HEARTBEAT = timedelta(seconds=2)

WORKER = """
import asyncio, sys, asyncpg
from datetime import timedelta
from orchestrator.store import jobs

async def conduct(session_id):
    print("began", session_id, flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    print("ended", session_id, flush=True)

async def main():
    async with asyncpg.create_pool(sys.argv[1], min_size=1, max_size=4) as pool:
        await jobs.work(pool, {jobs.CONDUCT_SESSION: conduct}, heartbeat=timedelta(seconds=2))

asyncio.run(main())
"""


async def start_worker(dsn: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        WORKER,
        dsn,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )


async def says(worker: asyncio.subprocess.Process, line: str) -> None:
    async with asyncio.timeout(20):
        assert (await worker.stdout.readline()).decode().strip() == line


async def end(*workers: asyncio.subprocess.Process) -> None:
    for worker in workers:
        if worker.returncode is None:
            worker.kill()
        await worker.communicate()


async def plan(pool: asyncpg.Pool, *session_ids: str) -> None:
    async with pool.acquire() as connection, connection.transaction():
        for session_id in session_ids:
            await jobs.enqueue(connection, jobs.CONDUCT_SESSION, SessionId(session_id))


async def rows(pool: asyncpg.Pool) -> list[asyncpg.Record]:
    return await pool.fetch("SELECT * FROM pgqueuer ORDER BY id")


@asynccontextmanager
async def working(pool: asyncpg.Pool, run: Callable[[SessionId], Awaitable[None]]) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as tasks:
        working = tasks.create_task(jobs.work(pool, {jobs.CONDUCT_SESSION: run}, heartbeat=HEARTBEAT))
        yield
        working.cancel()


@pytest.mark.slow
def test_after_kill_9_of_a_worker_another_has_its_jobs(dsn):
    async def main():
        async with open_store(dsn) as store:
            await plan(store.pool, SESSION)
            first = await start_worker(dsn)
            await says(first, f"began {SESSION}")
            second = await start_worker(dsn)
            os.kill(first.pid, signal.SIGKILL)
            killed = time.monotonic()
            await says(second, f"began {SESSION}")
            assert time.monotonic() - killed < 1.5 * HEARTBEAT.total_seconds() + 2
            await end(first, second)

    asyncio.run(main())


@pytest.mark.slow
def test_a_worker_that_stood_still_cannot_take_the_job_from_who_took_it_over(dsn):
    async def main():
        async with open_store(dsn) as store:
            await plan(store.pool, SESSION)
            first = await start_worker(dsn)
            await says(first, f"began {SESSION}")
            os.kill(first.pid, signal.SIGSTOP)
            second = await start_worker(dsn)
            await says(second, f"began {SESSION}")
            (taken,) = await rows(store.pool)
            os.kill(first.pid, signal.SIGCONT)
            first.stdin.write(b"end\n")
            await says(first, f"ended {SESSION}")
            first.terminate()
            await first.wait()
            (still,) = await rows(store.pool)
            assert (still["status"], still["queue_manager_id"]) == ("picked", taken["queue_manager_id"])
            second.stdin.write(b"end\n")
            await says(second, f"ended {SESSION}")
            async with asyncio.timeout(10):
                while await rows(store.pool):
                    await asyncio.sleep(0.02)
            await end(first, second)

    asyncio.run(main())


def test_one_worker_runs_hundreds_of_long_jobs_and_keeps_them(dsn):
    async def main():
        async with open_store(dsn) as store:
            names = [f"s{n}" for n in range(300)]
            begun: list[SessionId] = []

            async def conduct(session_id: SessionId) -> None:
                begun.append(session_id)
                await asyncio.Event().wait()

            await plan(store.pool, *names)
            async with working(store.pool, conduct):
                await until(lambda: len(begun) == len(names), 30)
                assert sorted(begun) == sorted(names)
                async with asyncio.timeout(20):
                    while any(row["heartbeat"] <= row["updated"] for row in await rows(store.pool)):
                        await asyncio.sleep(0.1)
                assert {row["status"] for row in await rows(store.pool)} == {"picked"}

    asyncio.run(main())


def test_a_worker_that_stops_hands_its_jobs_back_at_once(dsn):
    async def main():
        async with open_store(dsn) as store:
            await plan(store.pool, SESSION)
            begun: list[str] = []
            closed: list[str] = []

            def conduct(name: str) -> Callable[[SessionId], Awaitable[None]]:
                async def run(_: SessionId) -> None:
                    begun.append(name)
                    try:
                        await asyncio.Event().wait()
                    finally:
                        closed.append(name)

                return run

            async with working(store.pool, conduct("first")):
                await until(lambda: begun == ["first"])
            assert closed == ["first"]
            assert [row["status"] for row in await rows(store.pool)] == ["queued"]
            stopped = time.monotonic()
            async with working(store.pool, conduct("second")):
                await until(lambda: begun == ["first", "second"])
                assert time.monotonic() - stopped < HEARTBEAT.total_seconds() / 2

    asyncio.run(main())


def test_a_job_that_fails_is_tried_again_and_the_others_go_on(dsn):
    async def main():
        async with open_store(dsn) as store:
            attempts: list[SessionId] = []
            ended: list[SessionId] = []

            async def conduct(session_id: SessionId) -> None:
                attempts.append(session_id)
                if session_id == "bad" and attempts.count(session_id) == 1:
                    raise RuntimeError("a bug")
                ended.append(session_id)

            await plan(store.pool, "bad", "good")
            async with working(store.pool, conduct):
                await until(lambda: sorted(ended) == ["bad", "good"])
            assert attempts.count(SessionId("bad")) == 2
            assert attempts.count(SessionId("good")) == 1
            assert await rows(store.pool) == []

    asyncio.run(main())


def test_a_session_has_one_job_of_a_kind_at_a_time(dsn):
    async def main():
        async with open_store(dsn) as store:
            await plan(store.pool, SESSION, SESSION)
            await plan(store.pool, SESSION)
            assert len(await rows(store.pool)) == 1
            begun: list[SessionId] = []
            may_end = asyncio.Event()

            async def conduct(session_id: SessionId) -> None:
                begun.append(session_id)
                await may_end.wait()

            async with working(store.pool, conduct):
                await until(lambda: len(begun) == 1)
                await plan(store.pool, SESSION)
                assert len(await rows(store.pool)) == 1
                may_end.set()
                async with asyncio.timeout(10):
                    while await rows(store.pool):
                        await asyncio.sleep(0.02)
                await plan(store.pool, SESSION)
                await until(lambda: len(begun) == 2)

    asyncio.run(main())


def test_a_job_planned_in_a_transaction_that_fails_is_not_planned(dsn):
    async def main():
        async with open_store(dsn) as store:
            async with store.pool.acquire() as connection:
                transaction = connection.transaction()
                await transaction.start()
                await jobs.enqueue(connection, jobs.CONDUCT_SESSION, SESSION)
                await transaction.rollback()
            assert await rows(store.pool) == []

    asyncio.run(main())


def test_a_worker_that_loses_its_connection_ends_its_jobs_and_says_so(dsn):
    async def main():
        async with open_store(dsn) as store:
            await plan(store.pool, SESSION)
            begun, closed = asyncio.Event(), asyncio.Event()

            async def conduct(_: SessionId) -> None:
                begun.set()
                try:
                    await asyncio.Event().wait()
                finally:
                    closed.set()

            async with asyncio.TaskGroup() as tasks:
                working = tasks.create_task(
                    _error_of(jobs.work(store.pool, {jobs.CONDUCT_SESSION: conduct}, heartbeat=HEARTBEAT))
                )
                await begun.wait()
                await store.pool.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
                async with asyncio.timeout(15):
                    error = await working
            assert closed.is_set()
            assert isinstance(error, jobs.QueueLost)
            assert [row["id"] for row in await rows(store.pool)] == [1]

    asyncio.run(main())


async def _error_of(work: Awaitable[None]) -> Exception | None:
    try:
        await work
    except Exception as error:
        return error
    return None
