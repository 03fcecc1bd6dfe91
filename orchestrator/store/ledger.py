"""The record: what happened in each session, in order, chained by hashes. `Ledger.append` is its only writer.

Everything that follows from a batch of messages is written in one transaction: the events, the effects that machines
must perform (outbox), the jobs, the answers to those who asked over HTTP (inbox), and the NOTIFY that wakes readers.

Two fences keep a session to one conductor. `version`, the seq of the last event, must be the one the conductor
decided upon; and `term`, which counts the conductors of a session, must be its own: the moment another takes the
session over, the one before cannot write any more, not even if nothing has been written since.

The chain. Each event's hash is

    sha256(previous hash ‖ canonical JSON of {"at", "body", "name", "recorded_at", "seq"})

where the previous hash of the first event is 32 zero bytes, and canonical JSON has its keys sorted, no spaces, no
floating point, and is UTF-8 (`codec.canonical`). A line of `record.jsonl` holds these five and both hashes in
hexadecimal; `verify` needs nothing else, and says which line was touched.
"""

import hashlib
import json
from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import asyncpg

from orchestrator.council.convocation import Convocation
from orchestrator.council.effects import Effect
from orchestrator.council.events import Event
from orchestrator.council.members import SessionId
from orchestrator.council.session import Phase
from orchestrator.store import jobs
from orchestrator.store.codec import canonical, decode_event, encode, name_of, timestamp
from orchestrator.store.inbox import Answer, write_answers
from orchestrator.store.listener import Channel, notify
from orchestrator.store.outbox import write_effects

GENESIS: Final = bytes(32)


class Fenced(Exception):
    """Another conductor has this session, or has written in it: stop, touch nothing more."""


class AlreadyConvened(Exception):
    """There is a session with this id already."""


class NoSuchSession(LookupError):
    """There is no session with this id."""


class BrokenChain(Exception):
    """The record was changed. `line` counts from 1."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(f"line {line}: {problem}")
        self.line = line
        self.problem = problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """An event as it stands on the record. `recorded_at` is when it was written, `event.at` when it happened."""

    seq: int
    event: Event
    recorded_at: datetime
    hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenure:
    """A conductor's right to write. `before_alive_at`: when the one before it last said that it lived."""

    term: int
    before_alive_at: datetime | None


@dataclass(frozen=True, slots=True)
class Ledger:
    """The record of all sessions in one database."""

    pool: asyncpg.Pool

    async def convene(
        self,
        convocation: Convocation,
        events: Sequence[Event],
        effects: Sequence[Effect],
        now: datetime,
        *,
        gathering: timedelta = timedelta(0),
    ) -> int:
        """Begin the record of a session, and plan the job that conducts it from `gathering` before its hour.

        Returns the version. Raises `AlreadyConvened`.
        """
        session_id = convocation.session
        async with self.pool.acquire() as connection, connection.transaction():
            inserted = await connection.fetchval(
                """
                INSERT INTO session (id, entity, body, title, starts_at, room, phase, version)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
                ON CONFLICT (id) DO NOTHING RETURNING id
                """,
                session_id,
                convocation.entity.id,
                convocation.body.id,
                convocation.body.name,
                convocation.starts_at,
                convocation.room,
                Phase.CONVENED,
                len(events),
            )
            if inserted is None:
                raise AlreadyConvened(session_id)
            await _append(connection, session_id, events, effects, 0, now)
            await jobs.enqueue(
                connection, jobs.CONDUCT_SESSION, session_id, delay=convocation.starts_at - gathering - now
            )
        return len(events)

    async def take(self, session_id: SessionId) -> Tenure:
        """Become the session's conductor: from now on only appends with the tenure's term are accepted.

        Raises `NoSuchSession`.
        """
        row = await self.pool.fetchrow(
            "UPDATE session SET term = term + 1 WHERE id = $1 RETURNING term, alive_at", session_id
        )
        if row is None:
            raise NoSuchSession(session_id)
        return Tenure(term=row["term"], before_alive_at=row["alive_at"])

    async def mark_alive(self, session_ids: Sequence[SessionId], now: datetime) -> None:
        """Say that the conductors of these sessions live: whoever takes one over knows since when nobody watched."""
        await self.pool.execute("UPDATE session SET alive_at = $2 WHERE id = ANY($1)", list(session_ids), now)

    async def append(
        self,
        session_id: SessionId,
        events: Sequence[Event],
        effects: Sequence[Effect],
        expected_version: int,
        now: datetime,
        *,
        term: int | None = None,
        phase: Phase | None = None,
        answers: Sequence[Answer] = (),
    ) -> int:
        """Write what was decided; all of it or nothing. Returns the new version.

        `phase` is the session's after these events, for lists. Without `term` only the version fences.
        Raises `Fenced` when another conductor has the session.
        """
        async with self.pool.acquire() as connection, connection.transaction():
            fenced = await connection.fetchval(
                """
                UPDATE session SET version = $2 + $5, phase = coalesce($4, phase)
                WHERE id = $1 AND version = $2 AND ($3::integer IS NULL OR term = $3) RETURNING id
                """,
                session_id,
                expected_version,
                term,
                phase,
                len(events),
            )
            if fenced is None:
                raise Fenced(session_id)
            await _append(connection, session_id, events, effects, expected_version, now)
            await write_answers(connection, answers, now)
        return expected_version + len(events)

    async def load(self, session_id: SessionId, after: int = 0) -> list[Recorded]:
        """What is on the record after that seq, in order; `version` is the last one's seq."""
        rows = await self.pool.fetch(
            "SELECT seq, name, body, recorded_at, hash FROM event WHERE session = $1 AND seq > $2 ORDER BY seq",
            session_id,
            after,
        )
        return [
            Recorded(
                seq=row["seq"],
                event=decode_event(row["name"], row["body"]),
                recorded_at=row["recorded_at"],
                hash=row["hash"],
            )
            for row in rows
        ]

    async def record_lines(self, session_id: SessionId) -> AsyncIterator[str]:
        """The lines of `record.jsonl`, without line ends, read in one snapshot."""
        async with (
            self.pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            async for row in connection.cursor("SELECT * FROM event WHERE session = $1 ORDER BY seq", session_id):
                entry = _entry(row["seq"], row["name"], row["at"], row["recorded_at"], json.loads(row["body"]))
                yield canonical(entry | {"previous": row["previous"].hex(), "hash": row["hash"].hex()})


def verify(lines: Iterable[str]) -> int:
    """Check the chain of a whole `record.jsonl`; returns how many events it holds. Raises `BrokenChain`."""
    previous = GENESIS
    seq = 0
    for seq, line in enumerate(lines, start=1):
        try:
            entry = json.loads(line)
            stated, stated_previous = bytes.fromhex(entry.pop("hash")), bytes.fromhex(entry.pop("previous"))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise BrokenChain(seq, "not a line of a record") from None
        if entry.get("seq") != seq:
            raise BrokenChain(seq, "out of order")
        if stated_previous != previous:
            raise BrokenChain(seq, "does not follow the line before it")
        if _hash(previous, entry) != stated:
            raise BrokenChain(seq, "is not what was hashed")
        previous = stated
    return seq


async def _append(
    connection: asyncpg.pool.PoolConnectionProxy,
    session_id: SessionId,
    events: Sequence[Event],
    effects: Sequence[Effect],
    version: int,
    now: datetime,
) -> None:
    """Chain the events to those that are there. The caller holds the session's row."""
    previous: bytes = (
        await connection.fetchval("SELECT hash FROM event WHERE session = $1 AND seq = $2", session_id, version)
        if version
        else GENESIS
    )
    rows = []
    for seq, event in enumerate(events, start=version + 1):
        body = encode(event)
        digest = _hash(previous, _entry(seq, name_of(event), event.at, now, json.loads(body)))
        rows.append((session_id, seq, name_of(event), event.at, now, body, previous, digest))
        previous = digest
    if rows:
        await connection.executemany("INSERT INTO event VALUES ($1, $2, $3, $4, $5, $6, $7, $8)", rows)
        await notify(connection, Channel.RECORD, session_id)
    await write_effects(connection, session_id, effects, now)


def _entry(seq: int, name: str, at: datetime, recorded_at: datetime, body: object) -> dict[str, object]:
    return {"seq": seq, "name": name, "at": timestamp(at), "recorded_at": timestamp(recorded_at), "body": body}


def _hash(previous: bytes, entry: dict[str, object]) -> bytes:
    return hashlib.sha256(previous + canonical(entry).encode()).digest()
