"""What was answered to requests that came with a key of their sender's, so that the same request is carried out once.

The answer is kept for a day and encrypted: a way into a room, or a secret that is shown once, may be in it.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import asyncpg

from orchestrator.store.inbox import KeyReused
from orchestrator.strongbox import Strongbox

KEPT: Final = timedelta(hours=24)
_PATIENCE: Final = timedelta(seconds=60)
"""How long a request may be worked on before it is taken for lost, with the process that did."""


class InProgress(Exception):
    """The first request with the key has not been answered yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """An answer as it was given."""

    status: int
    headers: Mapping[str, str]
    body: str


@dataclass(frozen=True, slots=True)
class Answered:
    """The answers in one database."""

    pool: asyncpg.Pool
    box: Strongbox

    async def claim(self, principal: str, key: str, digest: bytes, now: datetime) -> Given | None:
        """The answer to the same request; None for the first, which is the caller's to carry out and then `keep` or
        `release`. Raises `KeyReused` when the key was for another request, and `InProgress`."""
        async with self.pool.acquire() as connection, connection.transaction():
            await connection.execute("DELETE FROM answered WHERE asked_at < $1", now - KEPT)
            is_first = await connection.fetchval(
                """
                INSERT INTO answered AS known (principal, key, digest, asked_at) VALUES ($1, $2, $3, $4)
                ON CONFLICT (principal, key) DO UPDATE SET digest = excluded.digest, asked_at = excluded.asked_at
                WHERE known.answer IS NULL AND known.asked_at < $5 RETURNING true
                """,
                principal,
                key,
                digest,
                now,
                now - _PATIENCE,
            )
            if is_first:
                return None
            row = await connection.fetchrow(
                "SELECT digest, answer FROM answered WHERE principal = $1 AND key = $2", principal, key
            )
        if row is None or (row["answer"] is None and row["digest"] == digest):
            raise InProgress(key)
        if row["digest"] != digest:
            raise KeyReused(key)
        return Given(**json.loads(self.box.open(row["answer"], _place(principal, key))))

    async def keep(self, principal: str, key: str, given: Given) -> None:
        """It was carried out: that is the answer from now on."""
        told = json.dumps({"status": given.status, "headers": dict(given.headers), "body": given.body})
        await self.pool.execute(
            "UPDATE answered SET answer = $3 WHERE principal = $1 AND key = $2",
            principal,
            key,
            self.box.lock(told, _place(principal, key)),
        )

    async def release(self, principal: str, key: str) -> None:
        """Nothing was done: the key is free again."""
        await self.pool.execute(
            "DELETE FROM answered WHERE principal = $1 AND key = $2 AND answer IS NULL", principal, key
        )


def _place(principal: str, key: str) -> str:
    return f"answer {principal} {key}"
