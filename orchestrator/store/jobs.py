"""Long jobs on PgQueuer: which there are, how each is planned and run, and how one machine takes over from another.

What PgQueuer 1.6 does, as read and as tested. A worker marks a job *picked* and touches its `heartbeat` every
half of the heartbeat timeout; every `dequeue` of any worker also picks jobs whose heartbeat is older than that. So a
dead worker's jobs are taken after at most the timeout and one round of polling. A job that raises is deleted, unless
it raises `RetryRequested`; a worker that is told to shut down waits for its jobs to end by themselves.

Four things are added here:
- A job ends as soon as the worker shuts down, and is handed back to be picked at once by another.
- A job that fails is logged and tried again, with growing pauses. One session's bug does not stop the others.
- A worker that cannot reach its queue ends its jobs and says so, where PgQueuer would wait for them for ever.
- PgQueuer finishes, requeues and keeps alive jobs by their number alone. A worker that stood still for longer than the
  timeout would so delete the job from under the one that took it over; `_OwnJobs` touches only what is still its own.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Final, cast
from uuid import UUID

import asyncpg
import structlog
from pgqueuer.db import AsyncpgDriver
from pgqueuer.errors import RetryRequested
from pgqueuer.models import Job, TracebackRecord
from pgqueuer.qm import QueueManager
from pgqueuer.queries import Queries
from pgqueuer.types import JOB_STATUS, JobId

from orchestrator.council.members import SessionId

CONDUCT_SESSION: Final = "conduct_session"
CARRY_BROADCAST: Final = "carry_broadcast"
SEAL_SESSION: Final = "seal_session"
STAMP_SEAL: Final = "stamp_seal"
SEND_LETTERS: Final = "send_letters"
REMIND_MEMBERS: Final = "remind_members"
POST_WEBHOOKS: Final = "post_webhooks"

_LONGEST_PAUSE: Final = timedelta(seconds=30)
_BATCH: Final = 10
_LAST_WORDS_SECONDS: Final = 5.0

Work = Callable[[SessionId], Awaitable[None]]

log = structlog.get_logger()


class QueueLost(ConnectionError):
    """The worker's connection to Postgres is gone, and with it its jobs."""


async def enqueue(
    connection: asyncpg.pool.PoolConnectionProxy,
    name: str,
    session_id: SessionId,
    delay: timedelta = timedelta(0),
    occasion: str = "",
) -> None:
    """Plan a job of a session, in the caller's transaction. Nothing happens if it is planned or running already.

    A job that must run once more, even if it runs now, is another `occasion`.
    """
    await Queries(AsyncpgDriver(cast(asyncpg.Connection, connection))).enqueue(
        name,
        session_id.encode(),
        execute_after=max(delay, timedelta(0)),
        dedupe_key=f"{name}:{session_id}:{occasion}" if occasion else f"{name}:{session_id}",
        on_conflict="skip",
    )


async def work(
    pool: asyncpg.Pool,
    entrypoints: Mapping[str, Work],
    *,
    heartbeat: timedelta = timedelta(seconds=6),
    most: int = 400,
) -> None:
    """Run jobs until cancelled, at most that many at once; then hand them back.

    Another worker has a dead one's jobs after at most one and a half of `heartbeat`. Raises `QueueLost`.
    """
    async with pool.acquire() as connection:
        closing = asyncio.Event()
        queries = _OwnJobs(_Line(connection, closing))
        queue = QueueManager(queries)
        queue.shutdown = closing
        queries.owner = queue.queue_manager_id
        for name, run in entrypoints.items():
            queue.entrypoint(name, accepts_context=False)(_job(name, run, closing))
        try:
            async with asyncio.TaskGroup() as tasks:
                running = tasks.create_task(_run(queue, heartbeat, most), name="jobs")
                ending = tasks.create_task(_end(running, closing), name="end of jobs")
                try:
                    await asyncio.wait({running})
                except asyncio.CancelledError:
                    closing.set()
                    await asyncio.wait({running})
                    raise
                ending.cancel()
        finally:
            try:
                await connection.reset(timeout=_LAST_WORDS_SECONDS)  # PgQueuer leaves its LISTEN behind
            except (OSError, TimeoutError, asyncpg.InterfaceError, asyncpg.PostgresError):
                with suppress(asyncpg.InterfaceError):  # gone already, and taken back by the pool
                    connection.terminate()
    raise QueueLost("the job queue cannot be reached") from (None if running.cancelled() else running.result())


async def _run(queue: QueueManager, heartbeat: timedelta, most: int) -> Exception | None:
    """Until it is told to shut down, or its connection fails: then returns why."""
    try:
        await queue.run(
            dequeue_timeout=heartbeat / 4,
            heartbeat_timeout=heartbeat,
            batch_size=_BATCH,
            max_concurrent_tasks=max(most, 2 * _BATCH),
            log_aggregation_interval=timedelta(minutes=10),
        )
    except Exception as error:
        return error
    return None


async def _end(running: asyncio.Task[Exception | None], closing: asyncio.Event) -> None:
    """Once the worker closes, jobs are handed back and what was noted of them is written. On a dead connection
    PgQueuer would try that for ever."""
    await closing.wait()
    _, late = await asyncio.wait({running}, timeout=_LAST_WORDS_SECONDS)
    for task in late:
        task.cancel()


def _job(name: str, run: Work, closing: asyncio.Event) -> Callable[[Job], Awaitable[None]]:
    async def job(job: Job) -> None:
        session_id = SessionId((job.payload or b"").decode())
        # Both ways out of the group are RetryRequested, which PgQueuer recognises in a group as well.
        async with asyncio.TaskGroup() as tasks:
            watch = tasks.create_task(_hand_back(closing), name=f"hand back {name}")
            try:
                await run(session_id)
            except Exception as error:
                log.exception("job_failed", job=name, session_id=session_id, attempt=job.attempts)
                pause = min(timedelta(seconds=2 ** min(job.attempts, 8)), _LONGEST_PAUSE)
                raise RetryRequested(pause, type(error).__name__) from None
            watch.cancel()

    return job


async def _hand_back(closing: asyncio.Event) -> None:
    await closing.wait()
    raise RetryRequested(timedelta(0), "the worker shuts down")


class _Line(AsyncpgDriver):
    """The worker's connection. When a query fails the worker closes: PgQueuer would let the error out only after all
    its jobs had ended, and ours end when the worker closes."""

    def __init__(self, connection: asyncpg.pool.PoolConnectionProxy, closing: asyncio.Event) -> None:
        super().__init__(cast(asyncpg.Connection, connection))
        self._closing = closing

    async def fetch(self, query: str, *args: object) -> list[dict[str, object]]:
        try:
            return await super().fetch(query, *args)
        except Exception:
            self._closing.set()
            raise


class _OwnJobs(Queries):
    """PgQueuer's statements, for the jobs that this worker still owns."""

    owner: UUID | None = None

    async def log_jobs(self, job_status: list[tuple[Job, JOB_STATUS, TracebackRecord | None]]) -> None:
        own = await self._own([job.id for job, _, _ in job_status])
        await super().log_jobs([entry for entry in job_status if entry[0].id in own])

    async def retry_job(self, job: Job, delay: timedelta, traceback_record: TracebackRecord | None) -> None:
        if await self._own([job.id]):
            await super().retry_job(job, delay, traceback_record)

    async def update_heartbeat(self, job_ids: list[JobId]) -> None:
        await super().update_heartbeat(list(await self._own(job_ids)))

    async def _own(self, ids: list[JobId]) -> set[JobId]:
        table = self.qbq.qualified.queue_table
        rows = await self.driver.fetch(
            f"SELECT id FROM {table} WHERE id = ANY($1::bigint[]) AND queue_manager_id = $2",  # noqa: S608
            ids,
            self.owner,
        )
        return {JobId(row["id"]) for row in rows if isinstance(row["id"], int)}
