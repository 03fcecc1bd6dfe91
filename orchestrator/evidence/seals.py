"""The seals of records and the exhibits of their bundles, as they are kept in the database."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

import asyncpg

from orchestrator.council.members import SessionId
from orchestrator.store import jobs


class NotSealed(LookupError):
    """The session has no seal yet, or not one over what its record says now: it is being made."""


class Overtaken(Exception):
    """The record has grown, or was sealed by another, since it was read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """A signature over a manifest. `stamp` is the answer of the time-stamping authority (RFC 3161, DER), `stamped_at`
    its time; `stamp_problem` says why there is none yet."""

    number: int
    sealed_at: datetime
    last_seq: int
    last_hash: bytes
    manifest: bytes
    public_key: bytes
    signature: bytes
    stamp: bytes | None = None
    stamped_at: datetime | None = None
    stamp_problem: str | None = None

    @property
    def manifest_sha256(self) -> str:
        """Hexadecimal."""
        return sha256(self.manifest).hexdigest()

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the public key, hexadecimal."""
        return sha256(self.public_key).hexdigest()


@dataclass(frozen=True, slots=True)
class Seals:
    """Seals and exhibits of all sessions in one database."""

    pool: asyncpg.Pool

    async def of(self, session_id: SessionId) -> list[Seal]:
        """A session's seals, the first one first."""
        rows = await self.pool.fetch("SELECT * FROM seal WHERE session = $1 ORDER BY number", session_id)
        return [_seal(row) for row in rows]

    async def latest(self, session_id: SessionId) -> Seal | None:
        """The last one."""
        row = await self.pool.fetchrow("SELECT * FROM seal WHERE session = $1 ORDER BY number DESC LIMIT 1", session_id)
        return None if row is None else _seal(row)

    async def exhibits(self, session_id: SessionId) -> dict[str, bytes]:
        """What lies in the bundle beside record and seals, by path."""
        rows = await self.pool.fetch("SELECT path, content FROM exhibit WHERE session = $1 ORDER BY path", session_id)
        return {row["path"]: row["content"] for row in rows}

    async def keep(self, session_id: SessionId, path: str, content: bytes) -> None:
        """Keep something for the bundle that only the machine which made it has."""
        await self.pool.execute(_KEEP, session_id, path, content)

    async def put(
        self, session_id: SessionId, seal: Seal, exhibits: Mapping[str, bytes], *, is_to_be_stamped: bool
    ) -> None:
        """Keep a seal and the exhibits that it names; plan its stamping. Raises `Overtaken`."""
        async with self.pool.acquire() as connection, connection.transaction():
            version = await connection.fetchval("SELECT version FROM session WHERE id = $1 FOR UPDATE", session_id)
            last = await connection.fetchval("SELECT max(number) FROM seal WHERE session = $1", session_id)
            if (version, (last or 0) + 1) != (seal.last_seq, seal.number):
                raise Overtaken(session_id)
            await connection.execute(
                "DELETE FROM exhibit WHERE session = $1 AND starts_with(path, 'documents/')", session_id
            )
            await connection.executemany(_KEEP, [(session_id, path, content) for path, content in exhibits.items()])
            await connection.execute(
                """
                INSERT INTO seal (session, number, sealed_at, last_seq, last_hash, manifest, public_key, signature)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
                """,
                session_id,
                seal.number,
                seal.sealed_at,
                seal.last_seq,
                seal.last_hash,
                seal.manifest,
                seal.public_key,
                seal.signature,
            )
            if is_to_be_stamped:
                await jobs.enqueue(connection, jobs.STAMP_SEAL, session_id, occasion=str(seal.number))

    async def stamp(self, session_id: SessionId, number: int, stamp: bytes, at: datetime) -> None:
        """Keep what the authority answered; the first stamp stands."""
        await self.pool.execute(
            """
            UPDATE seal SET stamp = $3, stamped_at = $4, stamp_problem = NULL
            WHERE session = $1 AND number = $2 AND stamp IS NULL
            """,
            session_id,
            number,
            stamp,
            at,
        )

    async def stamp_failed(self, session_id: SessionId, number: int, problem: str) -> None:
        """Say why there is no stamp yet."""
        await self.pool.execute(
            "UPDATE seal SET stamp_problem = $3 WHERE session = $1 AND number = $2 AND stamp IS NULL",
            session_id,
            number,
            problem,
        )


def _seal(row: asyncpg.Record) -> Seal:
    return Seal(**{name: value for name, value in row.items() if name not in ("session", "is_rehearsal")})


_KEEP = """
    INSERT INTO exhibit (session, path, content) VALUES ($1, $2, $3)
    ON CONFLICT (session, path) DO UPDATE SET content = excluded.content
"""
