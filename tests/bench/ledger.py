"""Events a second into the record, against the two ends of what bare Postgres does with the same rows."""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg

from orchestrator.council.events import Event, MemberArrived, SessionConvened
from orchestrator.council.members import MemberId, SessionId
from orchestrator.council.observations import Grade
from orchestrator.store.codec import encode, name_of
from orchestrator.store.embedded import embedded_postgres
from orchestrator.store.ledger import Ledger
from orchestrator.store.schema import migrate
from tests.bench.row import Row
from tests.scenarios.play import convocation

AT = datetime(2026, 3, 26, 19, tzinfo=UTC)
BATCH, BATCHES = 50, 60


def rows() -> list[Row]:
    """Group commits of 50 events each, as a storm of arrivals makes them."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_measure(Path(folder)))


async def _measure(folder: Path) -> list[Row]:
    async with embedded_postgres(folder) as dsn:
        await migrate(dsn)
        async with asyncpg.create_pool(dsn) as pool:
            await pool.execute("CREATE TABLE bare (session text, seq integer, name text, at timestamptz, body text)")
            ours = await _per_second(lambda: _append(pool))
            copy = await _per_second(lambda: _copy(pool))
            single = await _per_second(lambda: _insert(pool))
    against_copy = Row(name="ledger", unit="events/s", ours=ours, baseline=copy, against="bare COPY", is_cost=False)
    against_single = Row(
        name="ledger", unit="events/s", ours=ours, baseline=single, against="bare INSERT, one a commit", is_cost=False
    )
    return [against_copy, against_single]


async def _per_second(work: Callable[[], Awaitable[int]]) -> float:
    begin = time.perf_counter()
    return await work() / (time.perf_counter() - begin)


def _batch(number: int) -> list[Event]:
    at = AT + timedelta(seconds=number)
    return [MemberArrived(at=at, member=MemberId(f"m{i}"), grade=Grade.PRESENCE) for i in range(BATCH)]


async def _append(pool: asyncpg.Pool) -> int:
    ledger, session = Ledger(pool), SessionId("bench")
    call = convocation(session=session)
    version = await ledger.convene(call, [SessionConvened(at=AT, convocation=call)], [], AT)
    for number in range(BATCHES):
        version = await ledger.append(session, _batch(number), [], version, AT)
    return BATCHES * BATCH


def _bare(number: int) -> list[tuple[object, ...]]:
    return [("bench", i, name_of(event), event.at, encode(event)) for i, event in enumerate(_batch(number))]


async def _copy(pool: asyncpg.Pool) -> int:
    for number in range(BATCHES):
        await pool.copy_records_to_table("bare", records=_bare(number))
    return BATCHES * BATCH


async def _insert(pool: asyncpg.Pool) -> int:
    for row in _bare(0) * 4:
        await pool.execute("INSERT INTO bare VALUES ($1, $2, $3, $4, $5)", *row)
    return BATCH * 4
