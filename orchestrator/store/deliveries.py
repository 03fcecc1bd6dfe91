"""Whom an alert is told to: planned once an occasion and target, tried until it got there or hope is given up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NewType

import asyncpg

from orchestrator.store.alerts import Alert, AlertId, alert_of_row
from orchestrator.store.listener import Channel, notify

DeliveryId = NewType("DeliveryId", int)

_FIRST_PAUSE: Final = timedelta(seconds=15)
_LONGEST_PAUSE: Final = timedelta(minutes=15)
_HOPE: Final = timedelta(hours=12)
"""How long after it was raised an alert is still worth telling."""
_BATCH: Final = 20


class Occasion(StrEnum):
    """Why somebody is told."""

    RAISED = "raised"
    ESCALATED = "escalated"
    RESOLVED = "resolved"


class State(StrEnum):
    """How far it got. NOT_NEEDED: it was over before it could be told."""

    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"
    NOT_NEEDED = "not_needed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """That an alert be told to a target, not before `due_at`."""

    alert: AlertId
    target: str
    occasion: Occasion
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One message to one target. `failure` is the last attempt's, as a code."""

    target: str
    occasion: Occasion
    state: State
    attempts: int
    due_at: datetime
    settled_at: datetime | None
    failure: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A delivery that is ours to try now, with what it is about. The names are of the session, where there is one."""

    id: DeliveryId
    target: str
    occasion: Occasion
    alert: Alert
    entity_name: str | None
    title: str | None


@dataclass(frozen=True, slots=True)
class Deliveries:
    """The deliveries of one database."""

    pool: asyncpg.Pool

    async def untold(self, now: datetime) -> list[Alert]:
        """The alerts about which somebody may have to be told: the open ones, and those resolved a short while ago."""
        rows = await self.pool.fetch(
            "SELECT * FROM alert WHERE resolved_at IS NULL OR resolved_at > $1::timestamptz - $2::interval ORDER BY id",
            now,
            timedelta(hours=1),
        )
        return [alert_of_row(row) for row in rows]

    async def plan(self, planned: Sequence[Planned]) -> None:
        """Plan those that are not planned yet. That it is over is told only to whom was told that it began."""
        if not planned:
            return
        async with self.pool.acquire() as connection, connection.transaction():
            await connection.executemany(
                """
                INSERT INTO alert_delivery (alert, target, occasion, due_at)
                SELECT $1::bigint, $2::text, $3::text, $4::timestamptz
                WHERE $3::text <> 'resolved'
                   OR EXISTS (SELECT FROM alert_delivery WHERE alert = $1 AND target = $2 AND state = 'sent')
                ON CONFLICT DO NOTHING
                """,
                [(p.alert, p.target, p.occasion, p.due_at) for p in planned],
            )
            await connection.execute(
                """
                UPDATE alert_delivery SET state = 'not_needed' FROM alert
                WHERE alert.id = alert AND state = 'pending' AND occasion <> 'resolved' AND resolved_at IS NOT NULL
                """
            )

    async def claim(self, now: datetime) -> list[Claimed]:
        """What is due, for whoever comes first. A claim runs out: who dies with it leaves it to the next."""
        rows = await self.pool.fetch(
            """
            WITH due AS (
                SELECT id FROM alert_delivery WHERE state = 'pending' AND due_at <= $1
                ORDER BY due_at, id LIMIT $2 FOR UPDATE SKIP LOCKED
            ), claimed AS (
                UPDATE alert_delivery AS d SET attempts = attempts + 1,
                    due_at = $1::timestamptz + least($3::interval * power(2, attempts), $4::interval)
                FROM due WHERE d.id = due.id RETURNING d.id, d.alert, d.target, d.occasion
            )
            SELECT claimed.id AS delivery, target, occasion, alert.*, entity.name AS entity_name, session.title
            FROM claimed JOIN alert ON alert.id = claimed.alert
            LEFT JOIN session ON session.id = alert.session LEFT JOIN entity ON entity.id = alert.entity
            ORDER BY claimed.id
            """,
            now,
            _BATCH,
            _FIRST_PAUSE,
            _LONGEST_PAUSE,
        )
        return [
            Claimed(
                id=DeliveryId(row["delivery"]),
                target=row["target"],
                occasion=Occasion(row["occasion"]),
                alert=alert_of_row(row),
                entity_name=row["entity_name"],
                title=row["title"],
            )
            for row in rows
        ]

    async def settle(self, delivery: DeliveryId, now: datetime, failure: str | None = None) -> None:
        """It got there; or it did not this time, and is tried again as long as there is hope."""
        async with self.pool.acquire() as connection, connection.transaction():
            session = await connection.fetchval(
                """
                UPDATE alert_delivery AS d SET failure = $3,
                    state = CASE WHEN $3::text IS NULL THEN 'sent'
                                 WHEN $2::timestamptz > raised_at + $4::interval THEN 'failed' ELSE 'pending' END,
                    settled_at = CASE WHEN $3::text IS NULL THEN $2::timestamptz END
                FROM alert WHERE d.id = $1 AND alert.id = d.alert RETURNING coalesce(session, '')
                """,
                delivery,
                now,
                failure,
                _HOPE,
            )
            await notify(connection, Channel.ALERTS, session or "")

    async def passed_on(self, alerts: Sequence[AlertId], target: str, now: datetime, failure: str | None) -> None:
        """A target that is told of all alerts at once got (or did not get) these."""
        await self.pool.executemany(
            """
            INSERT INTO alert_delivery (alert, target, occasion, due_at, attempts, state, failure, settled_at)
            VALUES ($1, $2, 'raised', $3, 1, $4, $5, $6)
            ON CONFLICT (alert, target, occasion) DO UPDATE SET attempts = alert_delivery.attempts + 1,
                state = excluded.state, failure = excluded.failure, settled_at = excluded.settled_at
            WHERE alert_delivery.state <> 'sent'
            """,
            [
                (alert, target, now, State.FAILED if failure else State.SENT, failure, None if failure else now)
                for alert in alerts
            ],
        )

    async def of(self, alerts: Sequence[AlertId]) -> Mapping[AlertId, list[Delivery]]:
        """Whom these were told to, in the order in which it was planned."""
        rows = await self.pool.fetch("SELECT * FROM alert_delivery WHERE alert = ANY($1) ORDER BY id", list(alerts))
        found: dict[AlertId, list[Delivery]] = {alert: [] for alert in alerts}
        for row in rows:
            delivery = Delivery(
                target=row["target"],
                occasion=Occasion(row["occasion"]),
                state=State(row["state"]),
                attempts=row["attempts"],
                due_at=row["due_at"],
                settled_at=row["settled_at"],
                failure=row["failure"],
            )
            found[AlertId(row["alert"])].append(delivery)
        return found
