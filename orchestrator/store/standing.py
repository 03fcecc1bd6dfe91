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
