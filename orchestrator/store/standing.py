"""How all the live sessions stand, read in one query, however many they are."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import asyncpg

from orchestrator.council.glance import Glance
from orchestrator.council.members import EntityId, SessionId
from orchestrator.council.session import Phase
from orchestrator.store.codec import Undecodable, decode


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A session that is live, about to be, or has an open alert. `glance` is None until it is conducted."""

    session: SessionId
    entity: EntityId
    entity_name: str
    title: str
    starts_at: datetime
    phase: Phase
    glance: Glance | None


async def standing(pool: asyncpg.Pool, now: datetime, *, ahead: timedelta) -> list[Standing]:
    """Those that are not over and began within a day, or begin within `ahead`; and whatever has an open alert."""
    rows = await pool.fetch(
        """
        SELECT session.id, session.entity, coalesce(entity.name, session.entity) AS entity_name, title, starts_at,
            phase, glance
        FROM session LEFT JOIN entity ON entity.id = session.entity
        WHERE phase <> 'adjourned' AND starts_at BETWEEN $1::timestamptz - interval '1 day' AND $1::timestamptz + $2
           OR session.id IN (SELECT session FROM alert WHERE resolved_at IS NULL)
        """,
        now,
        ahead,
    )
    return [
        Standing(
            session=row["id"],
            entity=row["entity"],
            entity_name=row["entity_name"],
            title=row["title"],
            starts_at=row["starts_at"],
            phase=Phase(row["phase"]),
            glance=_glance(row["glance"]),
        )
        for row in rows
    ]


def _glance(text: str | None) -> Glance | None:
    """What an older program wrote may not be readable; the session's next event writes it anew."""
    try:
        return None if text is None else decode(Glance, text)
    except Undecodable:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What waits: since when the oldest request to a session, and how many messages about alerts, of which so many were
    not taken when they were last tried."""

    oldest_asked_at: datetime | None
    deliveries: int
    failing: int


async def backlog(pool: asyncpg.Pool) -> Backlog:
    """As it is now."""
    (row,) = await pool.fetch(
        """
        SELECT (SELECT min(asked_at) FROM inbox JOIN session ON session.id = inbox.session
                WHERE answered_at IS NULL AND phase <> 'adjourned') AS oldest,
            count(*) AS deliveries, count(*) FILTER (WHERE failure IS NOT NULL) AS failing
        FROM alert_delivery WHERE state = 'pending'
        """
    )
    return Backlog(oldest_asked_at=row["oldest"], deliveries=row["deliveries"], failing=row["failing"])
