"""Forgetting on time: what is personal and no longer needed is taken off the records of sessions long over.

The chain and every seal still verify (`store.personal`). `Ledger.prune` does it: that it was done, and when, is put on
the record, and the record is sealed again with documents made anew.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import asyncpg

from orchestrator.council.members import SessionId
from orchestrator.council.privacy import Personal
from orchestrator.council.session import Phase

BY_DEFAULT: Final = frozenset({Personal.DEVICE, Personal.REMARK})
"""Names stay unless asked for: the minutes are public."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prunable:
    """How many personal details, and messages of inbox and outbox, a session of before that day still has."""

    session: SessionId
    title: str
    starts_at: datetime
    details: int
    messages: int


async def prunable(pool: asyncpg.Pool, before: datetime, kinds: Collection[Personal]) -> list[Prunable]:
    """What pruning would take off, the oldest first: of sessions that began before then and are over."""
    rows = await pool.fetch(
        """
        SELECT * FROM (
            SELECT id AS session, title, starts_at,
                   (SELECT count(*) FROM personal WHERE session = s.id AND kind = ANY($3)) AS details,
                   (SELECT count(*) FROM inbox WHERE session = s.id AND answered_at IS NOT NULL)
                 + (SELECT count(*) FROM effect WHERE session = s.id AND settled_at IS NOT NULL) AS messages
            FROM session s WHERE starts_at < $1 AND phase = $2
        ) AS found WHERE details + messages > 0 ORDER BY starts_at, session
        """,
        before,
        Phase.ADJOURNED,
        list(kinds),
    )
    return [Prunable(**row) for row in rows]
