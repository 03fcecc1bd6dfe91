"""What machines must still do because of what is on the record. Written with the events, settled when done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NewType

import asyncpg

from orchestrator.council.effects import Effect
from orchestrator.council.members import SessionId
from orchestrator.store.codec import decode_effect, encode, name_of

EffectId = NewType("EffectId", int)
"""In the order in which the effects were decided."""


@dataclass(frozen=True, slots=True)
class Outbox:
    """The effects of all sessions in one database."""

    pool: asyncpg.Pool

    async def pending(self, session_id: SessionId, after: EffectId = EffectId(0)) -> list[tuple[EffectId, Effect]]:
        """What is not settled yet, in order."""
        rows = await self.pool.fetch(
            "SELECT id, name, body FROM effect WHERE session = $1 AND id > $2 AND settled_at IS NULL ORDER BY id",
            session_id,
            after,
        )
        return [(EffectId(row["id"]), decode_effect(row["name"], row["body"])) for row in rows]

    async def settle(self, effect_id: EffectId, now: datetime, failure: str | None = None) -> bool:
        """It is done, or given up because of `failure`. False when it was settled already."""
        settled = await self.pool.fetchval(
            "UPDATE effect SET settled_at = $2, failure = $3 WHERE id = $1 AND settled_at IS NULL RETURNING true",
            effect_id,
            now,
            failure,
        )
        return settled is not None


async def write_effects(
    connection: asyncpg.pool.PoolConnectionProxy, session_id: SessionId, effects: Sequence[Effect], now: datetime
) -> None:
    """Part of the ledger's transaction."""
    if effects:
        await connection.executemany(
            "INSERT INTO effect (session, name, body, created_at) VALUES ($1, $2, $3, $4)",
            [(session_id, name_of(effect), encode(effect), now) for effect in effects],
        )
