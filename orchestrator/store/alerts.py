"""Alerts as operators see them: what is wrong now, since when, who has seen it, and what was done.

The alerts of a session stand on its record; `project` brings them here in the transaction that writes them. What has
no session, or a session that nobody conducts, is watched from outside: `reconcile` opens and resolves by what holds.
What operators do about an alert is kept here and not on the record: it is no part of what the secretary certifies.

An alert whose condition comes back soon is the same alert, once more: nobody is called again for it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NewType

import asyncpg

from orchestrator.council.events import AlertRaised, AlertResolved, Event, RecordingMissing
from orchestrator.council.members import EntityId, SessionId
from orchestrator.council.troubles import Severity, Trouble, severity_of
from orchestrator.store.listener import Channel, notify

AlertId = NewType("AlertId", int)

RECORD: Final = "record"
"""The scope of what a session's record raises and resolves."""

SAME: Final = timedelta(minutes=5)
"""A condition that comes back within this time has not been away."""

_RECORDING: Final = "recording"
DRILL: Final = "drill"
_LASTING: Final = (_RECORDING, DRILL)
"""What is not mended by itself is over when somebody has acknowledged it: a recording that failed, and a drill."""

RESTLESS: Final = 3
"""An alert that began so often is not mended by itself."""


class Deed(StrEnum):
    """What happened to an alert."""

    RAISED = "raised"
    RETURNED = "returned"
    RESOLVED = "resolved"
    ACKNOWLEDGED = "acknowledged"
    NOTED = "noted"
    ESCALATED = "escalated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One alert. `session` and `entity` are None for the house's own; `times` is how often its condition began;
    `acknowledged_by` is a role or a member."""

    id: AlertId
    session: SessionId | None
    entity: EntityId | None
    key: str
    scope: str
    link: str | None
    cause: str
    times: int
    raised_at: datetime
    resolved_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    escalated_at: datetime | None

    @property
    def severity(self) -> Severity:
        """How bad its cause is."""
        return severity_of(self.cause)

    @property
    def is_on_record(self) -> bool:
        """Whether the record of its session tells of it as well."""
        return self.scope == RECORD

    @property
    def is_open(self) -> bool:
        """Whether its condition holds."""
        return self.resolved_at is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line of an alert's own history. `by` is None where nobody did it but the machine."""

    at: datetime
    deed: Deed
    by: str | None
    note: str


Condition = tuple[SessionId | None, str]
"""Whose it is, and the alert's key."""


@dataclass(frozen=True, slots=True)
class Alerts:
    """The alerts of one database."""

    pool: asyncpg.Pool

    async def find(
        self,
        *,
        entity: EntityId | None = None,
        session: SessionId | None = None,
        is_open: bool = True,
        before: AlertId | None = None,
        limit: int = 500,
    ) -> list[Alert]:
        """The latest first. With an entity its own; `is_open` leaves out what is resolved, `before` what is newer."""
        rows = await self.pool.fetch(
            """
            SELECT * FROM alert
            WHERE ($1::text IS NULL OR entity = $1) AND ($2::text IS NULL OR session = $2)
              AND (NOT $3 OR resolved_at IS NULL) AND ($4::bigint IS NULL OR id < $4)
            ORDER BY id DESC LIMIT $5
            """,
            entity,
            session,
            is_open,
            before,
            limit,
        )
        return [alert_of_row(row) for row in rows]

    async def get(self, alert: AlertId) -> Alert | None:
        """One of them."""
        row = await self.pool.fetchrow("SELECT * FROM alert WHERE id = $1", alert)
        return None if row is None else alert_of_row(row)

    async def entries(self, alerts: Sequence[AlertId]) -> Mapping[AlertId, list[Entry]]:
        """Their histories, each in order."""
        rows = await self.pool.fetch("SELECT * FROM alert_entry WHERE alert = ANY($1) ORDER BY id", list(alerts))
        found: dict[AlertId, list[Entry]] = {alert: [] for alert in alerts}
        for row in rows:
            entry = Entry(at=row["at"], deed=Deed(row["deed"]), by=row["by"], note=row["note"])
            found[AlertId(row["alert"])].append(entry)
        return found

    async def acknowledge(self, alert: AlertId, *, by: str, now: datetime) -> None:
        """Somebody has seen it and looks after it; the first one counts. Nothing if it is resolved."""
        async with self.pool.acquire() as connection, connection.transaction():
            row = await connection.fetchrow(
                """
                UPDATE alert SET acknowledged_at = $2::timestamptz, acknowledged_by = $3,
                    resolved_at = CASE WHEN key = ANY($4) THEN $2::timestamptz END
                WHERE id = $1 AND acknowledged_at IS NULL AND resolved_at IS NULL RETURNING id, session
                """,
                alert,
                now,
                by,
                list(_LASTING),
            )
            if row:
                await _enter(connection, row, Deed.ACKNOWLEDGED, now, by=by)

    async def drill(self, *, by: str, now: datetime) -> None:
        """Raise an alert that means nothing, to see whether it reaches people. A drill ends the one before."""
        async with self.pool.acquire() as connection, connection.transaction():
            await connection.execute(
                "UPDATE alert SET resolved_at = $2 WHERE key = $1 AND resolved_at IS NULL", DRILL, now
            )
            await _raise(connection, None, DRILL, Trouble.DRILL, now, scope=f"{DRILL}:{now.isoformat()}", by=by)

    async def note(self, alert: AlertId, text: str, *, by: str, now: datetime) -> None:
        """Write a line into its history; also when it is resolved."""
        async with self.pool.acquire() as connection, connection.transaction():
            row = await connection.fetchrow("SELECT id, session FROM alert WHERE id = $1", alert)
            if row:
                await _enter(connection, row, Deed.NOTED, now, by=by, note=text)

    async def escalate(self, alert: AlertId, *, by: str, now: datetime) -> None:
        """Call the next ones, once. Nothing if it is resolved."""
        async with self.pool.acquire() as connection, connection.transaction():
            row = await connection.fetchrow(
                """
                UPDATE alert SET escalated_at = $2
                WHERE id = $1 AND escalated_at IS NULL AND resolved_at IS NULL RETURNING id, session
                """,
                alert,
                now,
            )
            if row:
                await _enter(connection, row, Deed.ESCALATED, now, by=by)

    async def escalate_unattended(self, now: datetime, patience: Mapping[Severity, timedelta]) -> list[Alert]:
        """Escalate what nobody acknowledged within the patience for how bad it is, and what comes back again and again.

        Returns those; safe on many machines at once, each alert is escalated by one of them.
        """
        escalated = []
        async with self.pool.acquire() as connection, connection.transaction():
            rows = await connection.fetch(
                """
                SELECT * FROM alert WHERE resolved_at IS NULL AND escalated_at IS NULL
                AND (acknowledged_at IS NULL OR times >= $1) ORDER BY id FOR UPDATE SKIP LOCKED
                """,
                RESTLESS,
            )
            for row in rows:
                limit = patience.get(severity_of(row["cause"]))
                is_late = limit is not None and now - row["raised_at"] >= limit and row["acknowledged_at"] is None
                if limit is None or not (is_late or row["times"] >= RESTLESS):
                    continue
                await connection.execute("UPDATE alert SET escalated_at = $2 WHERE id = $1", row["id"], now)
                await _enter(connection, row, Deed.ESCALATED, now)
                escalated.append(alert_of_row(row, escalated_at=now))
        return escalated

    async def reconcile(self, scope: str, conditions: Mapping[Condition, str], now: datetime) -> None:
        """Open what holds and is not open, and resolve what was opened in that scope and holds no more.

        `conditions` gives the cause of each. Machines that watch the same scope take turns.
        """
        async with self.pool.acquire() as connection, connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock(hashtext($1))", f"alerts:{scope}")
            rows = await connection.fetch(
                "SELECT id, session, key FROM alert WHERE scope = $1 AND resolved_at IS NULL FOR UPDATE", scope
            )
            known = {(row["session"], row["key"]): row for row in rows}
            for condition in conditions.keys() - known.keys():
                session, key = condition
                await _raise(connection, session, key, conditions[condition], now, scope=scope)
            for condition in known.keys() - conditions.keys():
                row = known[condition]
                await connection.execute("UPDATE alert SET resolved_at = $2 WHERE id = $1", row["id"], now)
                await _enter(connection, row, Deed.RESOLVED, now)

    async def unconducted(self, now: datetime, *, gathering: timedelta, patience: timedelta) -> list[SessionId]:
        """Sessions that ought to be conducted by now, or are under way, and whose conductor gives no sign of life."""
        rows = await self.pool.fetch(
            """
            SELECT id FROM session
            WHERE phase <> 'adjourned' AND starts_at < $1::timestamptz + $2::interval - $3::interval
              AND starts_at > $1::timestamptz - interval '1 day'
              AND (alive_at IS NULL OR alive_at < $1::timestamptz - $3::interval)
            """,
            now,
            gathering,
            patience,
        )
        return [SessionId(row["id"]) for row in rows]

    async def behind(self, now: datetime, patience: timedelta) -> list[SessionId]:
        """Sessions of today in which somebody waits for an answer for longer than the patience."""
        rows = await self.pool.fetch(
            """
            SELECT DISTINCT inbox.session FROM inbox JOIN session ON session.id = inbox.session
            WHERE answered_at IS NULL AND asked_at < $1::timestamptz - $2::interval AND phase <> 'adjourned'
              AND starts_at BETWEEN $1::timestamptz - interval '1 day' AND $1::timestamptz + interval '1 hour'
            """,
            now,
            patience,
        )
        return [SessionId(row["session"]) for row in rows]

    async def clock_ahead(self, now: datetime) -> timedelta:
        """How far this machine's clock, which says `now`, is ahead of the database's; asking takes a moment of it."""
        there: datetime = await self.pool.fetchval("SELECT clock_timestamp()")
        return now - there


async def project(connection: asyncpg.pool.PoolConnectionProxy, session_id: SessionId, events: Sequence[Event]) -> None:
    """Part of the ledger's transaction: what these events of a session mean for its alerts."""
    for event in events:
        match event:
            case AlertRaised(at=at, key=key, link=link, cause=cause):
                await _raise(connection, session_id, key, cause, at, link=link)
            case AlertResolved(at=at, key=key):
                row = await connection.fetchrow(
                    """
                    UPDATE alert SET resolved_at = $3
                    WHERE session = $1 AND key = $2 AND resolved_at IS NULL RETURNING id, session
                    """,
                    session_id,
                    key,
                    at,
                )
                if row:
                    await _enter(connection, row, Deed.RESOLVED, at)
            case RecordingMissing(at=at, cause=cause) if cause != "nothing_recorded":
                await _raise(connection, session_id, _RECORDING, cause, at)
            case _:
                continue


async def _raise(
    connection: asyncpg.pool.PoolConnectionProxy,
    session: SessionId | None,
    key: str,
    cause: str,
    at: datetime,
    *,
    link: str | None = None,
    scope: str = RECORD,
    by: str | None = None,
) -> None:
    """Open it, or open it again if it was resolved a moment ago; nothing if it is open."""
    row = await connection.fetchrow(
        """
        UPDATE alert SET resolved_at = NULL, times = times + 1, cause = $4
        WHERE id = (SELECT id FROM alert WHERE session IS NOT DISTINCT FROM $1 AND key = $2 AND scope = $6
                    ORDER BY id DESC LIMIT 1)
          AND resolved_at > $3::timestamptz - $5::interval
        RETURNING id, session
        """,
        session,
        key,
        at,
        cause,
        SAME,
        scope,
    )
    if row:
        await _enter(connection, row, Deed.RETURNED, at)
        return
    row = await connection.fetchrow(
        """
        INSERT INTO alert (session, entity, key, scope, link, cause, raised_at)
        VALUES ($1, (SELECT entity FROM session WHERE id = $1), $2, $3, $4, $5, $6)
        ON CONFLICT ((coalesce(session, '')), scope, key) WHERE resolved_at IS NULL DO NOTHING
        RETURNING id, session
        """,
        session,
        key,
        scope,
        link,
        cause,
        at,
    )
    if row:
        await _enter(connection, row, Deed.RAISED, at, by=by)


async def _enter(
    connection: asyncpg.pool.PoolConnectionProxy,
    alert: asyncpg.Record,
    deed: Deed,
    at: datetime,
    *,
    by: str | None = None,
    note: str = "",
) -> None:
    await connection.execute(
        "INSERT INTO alert_entry (alert, at, deed, by, note) VALUES ($1, $2, $3, $4, $5)",
        alert["id"],
        at,
        deed,
        by,
        note,
    )
    await notify(connection, Channel.ALERTS, alert["session"] or "")


def alert_of_row(row: asyncpg.Record, escalated_at: datetime | None = None) -> Alert:
    """A row of the table as a value."""
    return Alert(
        id=AlertId(row["id"]),
        session=row["session"],
        entity=row["entity"],
        key=row["key"],
        scope=row["scope"],
        link=row["link"],
        cause=row["cause"],
        times=row["times"],
        raised_at=row["raised_at"],
        resolved_at=row["resolved_at"],
        acknowledged_at=row["acknowledged_at"],
        acknowledged_by=row["acknowledged_by"],
        escalated_at=escalated_at or row["escalated_at"],
    )
