"""What webhooks are to be told: an event of the record each, one after the other in every session.

A message is written in the transaction of its event, so that neither is there without the other. It is sent by whoever
holds it (`take`) until it is delivered, or given up a day after it was due; a session's next message waits for that.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NewType

import asyncpg

from orchestrator.council.members import SessionId
from orchestrator.store import jobs
from orchestrator.store.webhooks import TOLD, WebhookId

MessageId = NewType("MessageId", int)

PATIENCE: Final = timedelta(hours=24)
"""How long a message is tried."""
HELD: Final = timedelta(seconds=45)
"""How long somebody may take to send one, before they are taken for dead. Longer than any request lasts."""
_KEPT: Final = timedelta(days=30)


class State(StrEnum):
    """What became of a message. WITHHELD: what it tells of was dealt with in secret."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    DEAD = "dead"
    WITHHELD = "withheld"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message as it stands. `failure` is a code, and with `status` of the last attempt."""

    id: MessageId
    webhook: WebhookId
    session: SessionId
    seq: int
    name: str
    state: State
    since: datetime
    due_at: datetime
    attempts: int
    status: int | None
    failure: str | None
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class NotYet:
    """The next message is to be looked at again then: it is not due, or somebody is sending it."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Messages:
    """The messages in one database."""

    pool: asyncpg.Pool

    async def waiting_for(self, session: SessionId) -> list[WebhookId]:
        """The webhooks that are to be told something of a session, and may be."""
        rows = await self.pool.fetch(
            """
            SELECT DISTINCT webhook FROM webhook_message JOIN webhook ON webhook.id = webhook
            WHERE session = $1 AND state = 'waiting' AND paused IS NULL
            """,
            session,
        )
        return [row["webhook"] for row in rows]

    async def take(self, webhook: WebhookId, session: SessionId, now: datetime) -> Message | NotYet | None:
        """The next message in the order of the session, which is the caller's alone for `HELD`; None: there is none."""
        async with self.pool.acquire() as connection, connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", f"{webhook} {session}")
            row = await connection.fetchrow(
                """
                SELECT webhook_message.* FROM webhook_message JOIN webhook ON webhook.id = webhook
                WHERE webhook = $1 AND session = $2 AND state = 'waiting' AND paused IS NULL ORDER BY seq LIMIT 1
                """,
                webhook,
                session,
            )
            if row is None:
                return None
            at = max(row["due_at"], row["held_until"] or row["due_at"])
            if at > now:
                return NotYet(at)
            await connection.execute("UPDATE webhook_message SET held_until = $2 WHERE id = $1", row["id"], now + HELD)
        return _message(row)

    async def release(self, message: MessageId) -> None:
        """Nobody sends it after all: it is anybody's."""
        await self.pool.execute("UPDATE webhook_message SET held_until = NULL WHERE id = $1", message)

    async def settle(self, message: MessageId, state: State, now: datetime, status: int | None = None) -> None:
        """It was delivered, or is not to be."""
        await self.pool.execute(
            """
            UPDATE webhook_message SET state = $2, settled_at = $3, status = $4, failure = NULL, held_until = NULL,
                attempts = attempts + CASE WHEN $2 = 'delivered' THEN 1 ELSE 0 END
            WHERE id = $1
            """,
            message,
            state,
            now,
            status,
        )

    async def fail(
        self, message: MessageId, now: datetime, *, status: int | None, failure: str, again_at: datetime | None
    ) -> None:
        """An attempt failed; without `again_at` it was the last."""
        await self.pool.execute(
            """
            UPDATE webhook_message SET attempts = attempts + 1, status = $3, failure = $4, held_until = NULL,
                state = CASE WHEN $5::timestamptz IS NULL THEN 'dead' ELSE state END,
                due_at = coalesce($5, due_at), settled_at = CASE WHEN $5::timestamptz IS NULL THEN $2::timestamptz END
            WHERE id = $1
            """,
            message,
            now,
            status,
            failure,
            again_at,
        )

    async def of(
        self, webhook: WebhookId, *, state: State | None = None, before: MessageId | None = None, limit: int
    ) -> list[Message]:
        """A webhook's messages, the latest first."""
        rows = await self.pool.fetch(
            """
            SELECT * FROM webhook_message
            WHERE webhook = $1 AND ($2::text IS NULL OR state = $2) AND ($3::bigint IS NULL OR id < $3)
            ORDER BY id DESC LIMIT $4
            """,
            webhook,
            state,
            before,
            limit,
        )
        return [_message(row) for row in rows]

    async def counts(self) -> dict[WebhookId, dict[State, int]]:
        """How many messages of each webhook stand how."""
        rows = await self.pool.fetch(
            "SELECT webhook, state, count(*) AS n FROM webhook_message GROUP BY webhook, state"
        )
        found: dict[WebhookId, dict[State, int]] = {}
        for row in rows:
            found.setdefault(row["webhook"], {})[State(row["state"])] = row["n"]
        return found

    async def resume(self, webhook: WebhookId, now: datetime) -> None:
        """What waited while it was paused is sent, and has its day from now on."""
        await self._send_again(webhook, now, "state = 'waiting'")

    async def replay(self, webhook: WebhookId, now: datetime, message: MessageId | None = None) -> int:
        """Send again: one message whatever became of it, or all that were given up. What waits is tried at once.

        Returns how many will be sent. They have another day, and go before what came after them in their session.
        """
        if message is None:
            return await self._send_again(webhook, now, "state IN ('dead', 'waiting')")
        return await self._send_again(webhook, now, "state <> 'withheld' AND id = $3", message)

    async def _send_again(self, webhook: WebhookId, now: datetime, which: str, *values: object) -> int:
        """`which` is a condition of ours, never a word of anybody else's."""
        async with self.pool.acquire() as connection, connection.transaction():
            rows = await connection.fetch(
                f"""
                UPDATE webhook_message SET state = 'waiting', since = $2, due_at = $2, attempts = 0, settled_at = NULL
                WHERE webhook = $1 AND {which} RETURNING session
                """,  # noqa: S608
                webhook,
                now,
                *values,
            )
            for session in {row["session"] for row in rows}:
                await jobs.enqueue(connection, jobs.POST_WEBHOOKS, session, occasion=f"replay {now.isoformat()}")
        return len(rows)

    async def look_again(self, session: SessionId, after: timedelta, occasion: str) -> None:
        """Have the messages of a session looked at later."""
        async with self.pool.acquire() as connection:
            await jobs.enqueue(connection, jobs.POST_WEBHOOKS, session, delay=after, occasion=occasion)

    async def forget(self, now: datetime) -> None:
        """What was settled long ago; what is on the record stays there."""
        await self.pool.execute("DELETE FROM webhook_message WHERE settled_at < $1", now - _KEPT)


async def plan_messages(
    connection: asyncpg.pool.PoolConnectionProxy, session: SessionId, named: Sequence[tuple[int, str]], now: datetime
) -> None:
    """Part of the ledger's transaction: who is to be told of these events (seq and name)."""
    told = [(seq, name) for seq, name in named if name in TOLD]
    if not told:
        return
    planned = await connection.fetch(
        """
        INSERT INTO webhook_message (webhook, session, seq, name, since, due_at)
        SELECT webhook.id, session.id, event.seq, event.name, $4, $4
        FROM session JOIN webhook ON webhook.entity IS NULL OR webhook.entity = session.entity,
            unnest($2::integer[], $3::text[]) AS event (seq, name)
        WHERE session.id = $1 AND (webhook.events = '{}' OR event.name = ANY (webhook.events))
        ORDER BY event.seq RETURNING id
        """,
        session,
        [seq for seq, _ in told],
        [name for _, name in told],
        now,
    )
    if planned:
        await jobs.enqueue(connection, jobs.POST_WEBHOOKS, session, occasion=f"event {told[-1][0]}")


def _message(row: asyncpg.Record) -> Message:
    return Message(
        id=MessageId(row["id"]),
        webhook=row["webhook"],
        session=row["session"],
        seq=row["seq"],
        name=row["name"],
        state=State(row["state"]),
        since=row["since"],
        due_at=row["due_at"],
        attempts=row["attempts"],
        status=row["status"],
        failure=row["failure"],
        settled_at=row["settled_at"],
    )
