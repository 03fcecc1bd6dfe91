"""The trail: who did, and who looked at, what. It only grows."""

from dataclasses import dataclass
from datetime import datetime

import asyncpg

from orchestrator.council.commands import Role
from orchestrator.council.members import EntityId, SessionId


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """Somebody asked for something. `entity` is whose matter it was, `status` what they were answered."""

    at: datetime
    who: str
    account: str | None
    role: Role
    entity: EntityId | None
    session: SessionId | None
    operation: str
    is_change: bool
    status: int
    id: int = 0

    @property
    def is_refused(self) -> bool:
        """Whether they were told no."""
        return 400 <= self.status < 500


@dataclass(frozen=True, slots=True)
class Audit:
    """The trail in one database."""

    pool: asyncpg.Pool

    async def add(self, trace: Trace) -> None:
        """Write it down."""
        await self.pool.execute(
            """
            INSERT INTO audit (at, who, account, role, entity, session, operation, is_change, status)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
            """,
            trace.at,
            trace.who,
            trace.account,
            trace.role,
            trace.entity,
            trace.session,
            trace.operation,
            trace.is_change,
            trace.status,
        )

    async def traces(
        self,
        *,
        entity: EntityId | None = None,
        session: SessionId | None = None,
        who: str = "",
        is_change: bool | None = None,
        before: int | None = None,
        most: int = 100,
    ) -> list[Trace]:
        """The latest first; `before` goes on after the last one seen."""
        rows = await self.pool.fetch(
            """
            SELECT * FROM audit
            WHERE ($1::text IS NULL OR entity = $1) AND ($2::text IS NULL OR session = $2)
              AND ($3 = '' OR who ILIKE '%' || $3 || '%') AND ($4::boolean IS NULL OR is_change = $4)
              AND ($5::bigint IS NULL OR id < $5)
            ORDER BY id DESC LIMIT $6
            """,
            entity,
            session,
            who,
            is_change,
            before,
            most,
        )
        return [Trace(**dict(row) | {"role": Role(row["role"])}) for row in rows]
