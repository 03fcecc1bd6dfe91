"""What is to be sent to the members of a session, and what became of it. No addresses: those are `contacts.py`."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NewType

import asyncpg

from orchestrator.council.members import MemberId, SessionId
from orchestrator.store import jobs

DeliveryId = NewType("DeliveryId", int)

IN_HAND: Final = timedelta(minutes=5)
"""So long one that somebody took in hand is left alone: whoever it was may have died over it."""


class Kind(StrEnum):
    """The call; that the session was put off (with its new call); that it will not be held; that it is tomorrow."""

    CALL = "call"
    MOVED = "moved"
    CANCELLED = "cancelled"
    REMINDER = "reminder"


class State(StrEnum):
    """WAITING to be sent, perhaps once more; SENT: the mail server took it; FAILED: it will not be tried again."""

    WAITING = "waiting"
    SENT = "sent"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One letter to one member. `problem` is why it has not been sent, a code."""

    id: DeliveryId
    session: SessionId
    member: MemberId
    kind: Kind
    state: State
    problem: str
    asked_at: datetime
    sent_at: datetime | None
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EventOf:
    """Which event in people's calendars a session is: `notices.calendar.Calling`, as it is kept."""

    uid: str
    sequence: int
    moved_from: datetime | None


@dataclass(frozen=True, slots=True)
class Letters:
    """The letters of all sessions in one database."""

    pool: asyncpg.Pool

    async def ask(self, session: SessionId, members: Iterable[MemberId], kind: Kind, now: datetime) -> None:
        """Have it sent to these members: what failed is tried again, and what was sent is sent again."""
        async with self.pool.acquire() as connection, connection.transaction():
            await connection.executemany(
                """
                INSERT INTO letter (session, member, kind, state, asked_at) VALUES ($1, $2, $3, 'waiting', $4)
                ON CONFLICT (session, member, kind) DO UPDATE
                SET state = 'waiting', problem = '', asked_at = excluded.asked_at, attempts = 0, tried_at = NULL
                """,
                [(session, member, kind, now) for member in members],
            )
            await jobs.enqueue(connection, jobs.SEND_LETTERS, session, occasion=f"{kind} {now.isoformat()}")

    async def remind(self, session: SessionId, delay: timedelta, occasion: str) -> None:
        """Plan the reminder."""
        async with self.pool.acquire() as connection:
            await jobs.enqueue(connection, jobs.REMIND_MEMBERS, session, delay=delay, occasion=occasion)

    async def again(self, session: SessionId, delay: timedelta, occasion: str) -> None:
        """Plan another attempt at what still waits."""
        async with self.pool.acquire() as connection:
            await jobs.enqueue(connection, jobs.SEND_LETTERS, session, delay=delay, occasion=occasion)

    async def of(self, session: SessionId) -> list[Delivery]:
        """Everything that was to be sent of a session, as it was asked for."""
        rows = await self.pool.fetch(f"{_DELIVERIES} WHERE session = $1 ORDER BY id", session)
        return [_delivery(row) for row in rows]

    async def take(self, session: SessionId, now: datetime) -> list[Delivery]:
        """What waits, taken in hand: no other worker sends it meanwhile."""
        rows = await self.pool.fetch(
            """
            UPDATE letter SET tried_at = $2, attempts = attempts + 1
            WHERE session = $1 AND state = 'waiting' AND (tried_at IS NULL OR tried_at <= $3)
            RETURNING id, session, member, kind, state, problem, asked_at, sent_at, attempts
            """,
            session,
            now,
            now - IN_HAND,
        )
        return sorted((_delivery(row) for row in rows), key=lambda delivery: delivery.id)

    async def settle(self, delivery: DeliveryId, state: State, now: datetime, problem: str = "") -> None:
        """What came of it. What waits on may be taken in hand at once."""
        await self.pool.execute(
            """
            UPDATE letter
            SET state = $2, problem = $3, tried_at = NULL, sent_at = CASE WHEN $2 = 'sent' THEN $4 ELSE sent_at END
            WHERE id = $1
            """,
            delivery,
            state,
            problem,
            now,
        )

    async def event_of(self, session: SessionId) -> EventOf | None:
        """Which calendar event it is, if it was ever called."""
        row = await self.pool.fetchrow("SELECT uid, sequence, moved_from FROM calling WHERE session = $1", session)
        return None if row is None else EventOf(**dict(row))

    async def events_of(self, sessions: Iterable[SessionId]) -> dict[SessionId, EventOf]:
        """The same for many."""
        rows = await self.pool.fetch("SELECT * FROM calling WHERE session = ANY($1)", list(sessions))
        return {
            row["session"]: EventOf(uid=row["uid"], sequence=row["sequence"], moved_from=row["moved_from"])
            for row in rows
        }

    async def keep_event(self, session: SessionId, event: EventOf) -> None:
        """From now on it is this one."""
        await self.pool.execute(
            """
            INSERT INTO calling (session, uid, sequence, moved_from) VALUES ($1, $2, $3, $4)
            ON CONFLICT (session) DO UPDATE
            SET uid = excluded.uid, sequence = excluded.sequence, moved_from = excluded.moved_from
            """,
            session,
            event.uid,
            event.sequence,
            event.moved_from,
        )


_DELIVERIES = "SELECT id, session, member, kind, state, problem, asked_at, sent_at, attempts FROM letter"


def _delivery(row: asyncpg.Record) -> Delivery:
    return Delivery(**dict(row) | {"kind": Kind(row["kind"]), "state": State(row["state"])})
