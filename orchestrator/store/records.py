"""The read side, and what a session is convened from: entities, bodies, members, lists of sessions.

Attendance, turns and votes of one session are read by replaying its record (`replayed`): the state has the intervals.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from orchestrator.council.members import Body, BodyId, BodyKind, Entity, EntityId, Member, SessionId
from orchestrator.council.session import Phase, Session, replay
from orchestrator.store.codec import decode, encode
from orchestrator.store.ledger import Ledger, NoSuchSession


class NoSuchBody(LookupError):
    """There is no such entity, or no such body in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A session in a list."""

    id: SessionId
    entity: EntityId
    body: BodyId
    title: str
    starts_at: datetime
    room: str
    phase: Phase
    version: int


@dataclass(frozen=True, slots=True)
class Records:
    """Entities, bodies and lists of sessions in one database."""

    pool: asyncpg.Pool

    async def put_entity(self, entity: Entity) -> None:
        """Add an entity, or rename it."""
        await self.pool.execute(
            "INSERT INTO entity (id, name) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET name = excluded.name",
            entity.id,
            entity.name,
        )

    async def entities(self) -> list[Entity]:
        """All of them, by name."""
        rows = await self.pool.fetch("SELECT id, name FROM entity ORDER BY name, id")
        return [Entity(id=row["id"], name=row["name"]) for row in rows]

    async def entity(self, entity: EntityId) -> Entity | None:
        """One of them."""
        row = await self.pool.fetchrow("SELECT id, name FROM entity WHERE id = $1", entity)
        return None if row is None else Entity(id=row["id"], name=row["name"])

    async def put_body(self, entity: EntityId, body: Body) -> None:
        """Add a body with its members, or replace it. Raises `NoSuchBody` when there is no such entity."""
        async with self.pool.acquire() as connection, connection.transaction():
            try:
                await connection.execute(
                    """
                    INSERT INTO body (entity, id, name, kind, legal_number) VALUES ($1, $2, $3, $4, $5)
                    ON CONFLICT (entity, id) DO UPDATE
                    SET name = excluded.name, kind = excluded.kind, legal_number = excluded.legal_number
                    """,
                    entity,
                    body.id,
                    body.name,
                    body.kind,
                    body.legal_number,
                )
            except asyncpg.ForeignKeyViolationError:
                raise NoSuchBody(entity) from None
            await _replace_members(connection, entity, body.id, body.members)

    async def put_members(self, entity: EntityId, body: BodyId, members: Sequence[Member]) -> None:
        """Replace the whole list; sessions already convened keep theirs. Raises `NoSuchBody`."""
        async with self.pool.acquire() as connection, connection.transaction():
            found = await connection.fetchval(
                "SELECT true FROM body WHERE entity = $1 AND id = $2 FOR UPDATE", entity, body
            )
            if not found:
                raise NoSuchBody(body)
            await _replace_members(connection, entity, body, members)

    async def bodies(self, entity: EntityId) -> list[Body]:
        """An entity's bodies as they stand now, by name."""
        rows = await self.pool.fetch(
            """
            SELECT body.*, (SELECT array_agg(content ORDER BY position) FROM member
                            WHERE member.entity = body.entity AND member.body = body.id) AS members
            FROM body WHERE entity = $1 ORDER BY name, id
            """,
            entity,
        )
        return [
            Body(
                id=row["id"],
                name=row["name"],
                kind=BodyKind(row["kind"]),
                legal_number=row["legal_number"],
                members=tuple(decode(Member, content) for content in row["members"] or ()),
            )
            for row in rows
        ]

    async def body(self, entity: EntityId, body: BodyId) -> Body | None:
        """One of them."""
        return next((found for found in await self.bodies(entity) if found.id == body), None)

    async def sessions(
        self,
        *,
        entity: EntityId | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> list[Entry]:
        """Sessions that start in [since, until), earliest first."""
        rows = await self.pool.fetch(
            """
            SELECT * FROM session
            WHERE ($1::text IS NULL OR entity = $1)
              AND ($2::timestamptz IS NULL OR starts_at >= $2) AND ($3::timestamptz IS NULL OR starts_at < $3)
            ORDER BY starts_at, id
            """,
            entity,
            since,
            until,
        )
        return [_entry(row) for row in rows]

    async def session(self, session_id: SessionId) -> Entry | None:
        """One of them."""
        row = await self.pool.fetchrow("SELECT * FROM session WHERE id = $1", session_id)
        return None if row is None else _entry(row)

    async def replayed(self, session_id: SessionId) -> Session:
        """The session as its record tells it now. Raises `NoSuchSession`."""
        recorded = await Ledger(self.pool).load(session_id)
        if not recorded:
            raise NoSuchSession(session_id)
        return replay(entry.event for entry in recorded)


async def _replace_members(
    connection: asyncpg.pool.PoolConnectionProxy, entity: EntityId, body: BodyId, members: Sequence[Member]
) -> None:
    await connection.execute("DELETE FROM member WHERE entity = $1 AND body = $2", entity, body)
    await connection.executemany(
        "INSERT INTO member (entity, body, id, position, content) VALUES ($1, $2, $3, $4, $5)",
        [(entity, body, member.id, position, encode(member)) for position, member in enumerate(members)],
    )


def _entry(row: asyncpg.Record) -> Entry:
    return Entry(
        id=row["id"],
        entity=row["entity"],
        body=row["body"],
        title=row["title"],
        starts_at=row["starts_at"],
        room=row["room"],
        phase=Phase(row["phase"]),
        version=row["version"],
    )
