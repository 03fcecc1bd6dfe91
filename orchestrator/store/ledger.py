"""The record: what happened in each session, in order, chained by hashes. `Ledger.append` is its only writer.

Everything that follows from a batch of messages is written in one transaction: the events, the effects that machines
must perform (outbox), the jobs, the answers to those who asked over HTTP (inbox), and the NOTIFY that wakes readers.

Two fences keep a session to one conductor. `version`, the seq of the last event, must be the one the conductor
decided upon; and `term`, which counts the conductors of a session, must be its own: the moment another takes the
session over, the one before cannot write any more, not even if nothing has been written since.

The chain. Each event's hash is

    sha256(previous hash ‖ canonical JSON of {"at", "body", "name", "recorded_at", "seq"})

where the previous hash of the first event is 32 zero bytes, and canonical JSON has its keys sorted, no spaces, no
floating point, and is UTF-8 (`codec.canonical`). Where something personal would stand in the body, its commitment does
(`personal.py`): what is personal can be pruned, and neither a row of `event` nor a hash is ever changed.

A line of `record.jsonl` holds these five, both hashes in hexadecimal, and under `personal` what the commitments stand
for, as long as that is kept. `verify` needs nothing else, and says which line was touched.
"""

from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg

from orchestrator.council.convocation import Convocation
from orchestrator.council.effects import Effect
from orchestrator.council.events import Event, PersonalDataPruned, SecretClosed, SecretOpened
from orchestrator.council.glance import Glance
from orchestrator.council.members import SessionId
from orchestrator.council.observations import JournalMark
from orchestrator.council.privacy import Personal
from orchestrator.council.session import Phase
from orchestrator.store import alerts, connections, jobs, personal
from orchestrator.store.codec import NAMES, canonical, decode_event, encode, name_of, timestamp
from orchestrator.store.inbox import Answer, write_answers
from orchestrator.store.listener import Channel, notify
from orchestrator.store.outbox import write_effects
from orchestrator.store.webhook_messages import plan_messages
from orchestrator.verifier.record import GENESIS, Broken, check_record, event_hash


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
    """A conductor's right to write. `before_alive_at`: when the one before it last said that it lived. `mark`: up to
    where the record holds the journal of the room."""

    term: int
    before_alive_at: datetime | None
    mark: JournalMark | None


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
                INSERT INTO session (id, entity, body, title, starts_at, room, phase, version, is_public, is_rehearsal)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
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
                convocation.is_public and not convocation.is_rehearsal,
                convocation.is_rehearsal,
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
            "UPDATE session SET term = term + 1 WHERE id = $1 RETURNING term, alive_at, journal, journal_seq",
            session_id,
        )
        if row is None:
            raise NoSuchSession(session_id)
        mark = JournalMark(journal=row["journal"], seq=row["journal_seq"]) if row["journal"] else None
        return Tenure(term=row["term"], before_alive_at=row["alive_at"], mark=mark)

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
        mark: JournalMark | None = None,
        glance: Glance | None = None,
    ) -> int:
        """Write what was decided; all of it or nothing. Returns the new version. What is over is to be sealed, anew
        after every word that is added.

        `phase` and `glance` are the session's after these events, for lists; `mark` is up to where they hold the
        journal of the room.
        Without `term` only the version fences.
        Raises `Fenced` when another conductor has the session.
        """
        async with self.pool.acquire() as connection, connection.transaction():
            fenced = await connection.fetchval(
                """
                UPDATE session SET version = $2 + $5, phase = coalesce($4, phase),
                    journal = coalesce($6, journal), journal_seq = coalesce($7, journal_seq),
                    glance = coalesce($8, glance)
                WHERE id = $1 AND version = $2 AND ($3::integer IS NULL OR term = $3) RETURNING id
                """,
                session_id,
                expected_version,
                term,
                phase,
                len(events),
                mark and mark.journal,
                mark and mark.seq,
                glance and encode(glance),
            )
            if fenced is None:
                raise Fenced(session_id)
            await _append(connection, session_id, events, effects, expected_version, now)
            await write_answers(connection, answers, now)
            if events and phase is Phase.ADJOURNED:
                await connections.forget(connection, session_id)
                await _plan_seal(connection, session_id, expected_version + len(events))
        return expected_version + len(events)

    async def prune(self, session_id: SessionId, kinds: Collection[Personal], now: datetime) -> int:
        """Take personal details of these kinds off the record of a session that is over, say so on it, and have it
        sealed again; and empty its inbox and outbox, which repeat what is on the record, with names.

        Returns how many details it was. Raises `NoSuchSession` when there is none, or it is not over.
        """
        async with self.pool.acquire() as connection, connection.transaction():
            version: int | None = await connection.fetchval(
                "UPDATE session SET version = version + 1 WHERE id = $1 AND phase = $2 RETURNING version - 1",
                session_id,
                Phase.ADJOURNED,
            )
            if version is None:
                raise NoSuchSession(session_id)
            details = await personal.prune(connection, session_id, kinds)
            event = PersonalDataPruned(at=now, kinds=tuple(sorted(kinds)), details=details)
            await _append(connection, session_id, [event], [], version, now)
            await _plan_seal(connection, session_id, version + 1)
        return details

    async def load(self, session_id: SessionId, after: int = 0, until: int | None = None) -> list[Recorded]:
        """What is on the record after that seq, up to and with `until`, in order; `version` is the last one's seq."""
        rows = await self.pool.fetch(
            """
            SELECT seq, name, body, recorded_at, hash FROM event
            WHERE session = $1 AND seq > $2 AND ($3::integer IS NULL OR seq <= $3) ORDER BY seq
            """,
            session_id,
            after,
            until,
        )
        named = [(row["name"], personal.body_of(row["body"])) for row in rows]
        await personal.disclose(self.pool, session_id, named)
        return [
            Recorded(
                seq=row["seq"],
                event=decode_event(name, canonical(body)),
                recorded_at=row["recorded_at"],
                hash=row["hash"],
            )
            for row, (name, body) in zip(rows, named, strict=True)
        ]

    async def was_secret(self, session_id: SessionId, seq: int) -> bool:
        """Whether an item was held in secret when that event went on the record."""
        last = await self.pool.fetchval(
            """
            SELECT name FROM event WHERE session = $1 AND seq < $2 AND name = ANY ($3) ORDER BY seq DESC LIMIT 1
            """,
            session_id,
            seq,
            [NAMES[SecretOpened], NAMES[SecretClosed]],
        )
        return bool(last == NAMES[SecretOpened])

    async def heading(self, session_id: SessionId) -> dict[str, str | bool]:
        """What a session is, for whoever is told of one of its events alone."""
        row = await self.pool.fetchrow("SELECT entity, body, is_rehearsal FROM session WHERE id = $1", session_id)
        if row is None:
            raise NoSuchSession(session_id)
        return {"entity": row["entity"], "body": row["body"], "rehearsal": row["is_rehearsal"]}

    async def record_lines(self, session_id: SessionId) -> AsyncIterator[str]:
        """The lines of `record.jsonl`, without line ends, read in one snapshot."""
        async with (
            self.pool.acquire() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            kept = await personal.kept_openings(connection, session_id)
            async for row in connection.cursor("SELECT * FROM event WHERE session = $1 ORDER BY seq", session_id):
                body = personal.body_of(row["body"])
                entry = _entry(row["seq"], row["name"], row["at"], row["recorded_at"], body)
                entry |= {"previous": row["previous"].hex(), "hash": row["hash"].hex()}
                if opened := personal.openings(row["name"], body, kept):
                    entry["personal"] = opened
                yield canonical(entry)


def verify(lines: Iterable[str]) -> int:
    """Check the chain of a whole `record.jsonl`; returns how many events it holds. Raises `BrokenChain`."""
    try:
        return len(check_record(lines).hashes)
    except Broken as broken:
        raise BrokenChain(broken.line, broken.problem) from None


async def _plan_seal(connection: asyncpg.pool.PoolConnectionProxy, session_id: SessionId, version: int) -> None:
    """A rehearsal is never sealed: the database would refuse it."""
    if await connection.fetchval("SELECT NOT is_rehearsal FROM session WHERE id = $1", session_id):
        await jobs.enqueue(connection, jobs.SEAL_SESSION, session_id, occasion=str(version))


async def _append(
    connection: asyncpg.pool.PoolConnectionProxy,
    session_id: SessionId,
    events: Sequence[Event],
    effects: Sequence[Effect],
    version: int,
    now: datetime,
) -> None:
    """Chain the events to those that are there. The caller holds the session's row."""
    last: bytes | None = await connection.fetchval(
        "SELECT hash FROM event WHERE session = $1 AND seq = $2", session_id, version
    )
    previous = last.hex() if last else GENESIS
    named = [(name_of(event), personal.body_of(encode(event))) for event in events]
    await personal.withhold(connection, session_id, named)
    rows = []
    for seq, (event, (name, body)) in enumerate(zip(events, named, strict=True), start=version + 1):
        digest = event_hash(previous, _entry(seq, name, event.at, now, body))
        both = (bytes.fromhex(previous), bytes.fromhex(digest))
        rows.append((session_id, seq, name, event.at, now, canonical(body), *both))
        previous = digest
    if rows:
        await connection.executemany("INSERT INTO event VALUES ($1, $2, $3, $4, $5, $6, $7, $8)", rows)
        await notify(connection, Channel.RECORD, session_id)
        await alerts.project(connection, session_id, events)
        await plan_messages(connection, session_id, [(seq, name) for _, seq, name, *_ in rows], now)
    await write_effects(connection, session_id, effects, now)


def _entry(seq: int, name: str, at: datetime, recorded_at: datetime, body: object) -> dict[str, object]:
    return {"seq": seq, "name": name, "at": timestamp(at), "recorded_at": timestamp(recorded_at), "body": body}
