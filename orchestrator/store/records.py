"""The read side, and what a session is convened from: entities, bodies, members, lists of sessions.

Attendance, turns and votes of one session are read by replaying its record (`replayed`): the state has the intervals.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from orchestrator.council.members import (
    Body,
    BodyId,
    BodyKind,
    Entity,
    EntityId,
    EntityKind,
    Member,
    Regime,
    SessionId,
)
from orchestrator.council.rules.own import revised
from orchestrator.council.rules.shape import QuorumRule, Regulation, Switches
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
    is_rehearsal: bool
    is_public: bool


@dataclass(frozen=True, slots=True)
class Records:
    """Entities, bodies and lists of sessions in one database."""

    pool: asyncpg.Pool

    async def put_entity(self, entity: Entity) -> None:
        """Add an entity, or replace what is known of it."""
        await self.pool.execute(
            """
            INSERT INTO entity (id, name, kind, regime, population) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (id) DO UPDATE
            SET name = excluded.name, kind = excluded.kind, regime = excluded.regime, population = excluded.population
            """,
            entity.id,
            entity.name,
            entity.kind,
            entity.regime,
            entity.population,
        )

    async def entities(self) -> list[Entity]:
        """All of them, by name."""
        return [_entity(row) for row in await self.pool.fetch("SELECT * FROM entity ORDER BY name, id")]

    async def entity(self, entity: EntityId) -> Entity | None:
        """One of them."""
        row = await self.pool.fetchrow("SELECT * FROM entity WHERE id = $1", entity)
        return None if row is None else _entity(row)

    async def regulation(self, entity: EntityId) -> Regulation:
        """The entity's own law as it stands; version 0 where none was entered."""
        async with self.pool.acquire() as connection:
            return await _regulation(connection, entity)

    async def put_regulation(
        self,
        entity: EntityId,
        rules: Sequence[QuorumRule],
        switches: Switches,
        *,
        by: str,
        now: datetime,
        guard: Callable[[Regulation], None] = lambda _: None,
    ) -> Regulation:
        """From now on the entity's own law is this; what it was is kept, and sessions already convened keep theirs.

        `guard` sees what is there first, while nobody else can change it, and raises to leave it so.
        Raises `NoSuchBody` when there is no such entity.
        """
        async with self.pool.acquire() as connection, connection.transaction():
            if not await connection.fetchval("SELECT true FROM entity WHERE id = $1 FOR UPDATE", entity):
                raise NoSuchBody(entity)
            stored = await _regulation(connection, entity)
            guard(stored)
            regulation = revised(stored, rules, switches)
            await connection.execute(
                "INSERT INTO regulation (entity, version, content, entered_at, entered_by) VALUES ($1, $2, $3, $4, $5)",
                entity,
                regulation.version,
                encode(regulation),
                now,
                by,
            )
        return regulation

    async def put_body(self, entity: EntityId, body: Body) -> None:
        """Add a body with its members, or replace it. Raises `NoSuchBody` when there is no such entity."""
        async with self.pool.acquire() as connection, connection.transaction():
            try:
                await connection.execute(
                    """
                    INSERT INTO body (entity, id, name, kind, legal_number, in_fact_by) VALUES ($1, $2, $3, $4, $5, $6)
                    ON CONFLICT (entity, id) DO UPDATE
                    SET name = excluded.name, kind = excluded.kind, legal_number = excluded.legal_number,
                        in_fact_by = excluded.in_fact_by
                    """,
                    entity,
                    body.id,
                    body.name,
                    body.kind,
                    body.legal_number,
                    body.in_fact_by,
                )
            except asyncpg.ForeignKeyViolationError:
                raise NoSuchBody(entity) from None
            await _replace_members(connection, entity, body.id, body.members)

    async def put_members(
        self,
        entity: EntityId,
        body: BodyId,
        members: Sequence[Member],
        guard: Callable[[Body], None] = lambda _: None,
    ) -> None:
        """Replace the whole list; sessions already convened keep theirs. `guard` as with `put_regulation`.

        Raises `NoSuchBody`.
        """
        async with self.pool.acquire() as connection, connection.transaction():
            found = await connection.fetchval(
                "SELECT true FROM body WHERE entity = $1 AND id = $2 FOR UPDATE", entity, body
            )
            if not found:
                raise NoSuchBody(body)
            guard(next(stored for stored in await _bodies(connection, entity) if stored.id == body))
            await _replace_members(connection, entity, body, members)

    async def bodies(self, entity: EntityId) -> list[Body]:
        """An entity's bodies as they stand now, by name."""
        return await _bodies(self.pool, entity)

    async def body(self, entity: EntityId, body: BodyId) -> Body | None:
        """One of them."""
        return next((found for found in await self.bodies(entity) if found.id == body), None)

    async def sessions(
        self,
        *,
        entity: EntityId | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
        is_public_only: bool = False,
        after: tuple[datetime, SessionId] | None = None,
        limit: int | None = None,
    ) -> list[Entry]:
        """Sessions that start in [since, until), earliest first: at most `limit`, those that come `after` one; only
        those held in public, if that is asked for."""
        rows = await self.pool.fetch(
            """
            SELECT * FROM session
            WHERE ($1::text IS NULL OR entity = $1)
              AND ($2::timestamptz IS NULL OR starts_at >= $2) AND ($3::timestamptz IS NULL OR starts_at < $3)
              AND (is_public OR NOT $4)
              AND ($5::timestamptz IS NULL OR (starts_at, id) > ($5, $6))
            ORDER BY starts_at, id LIMIT $7
            """,
            entity,
            since,
            until,
            is_public_only,
            after and after[0],
            after and after[1],
            limit,
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


async def _bodies(connection: asyncpg.Pool | asyncpg.pool.PoolConnectionProxy, entity: EntityId) -> list[Body]:
    rows = await connection.fetch(
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
            in_fact_by=row["in_fact_by"],
        )
        for row in rows
    ]


async def _regulation(connection: asyncpg.pool.PoolConnectionProxy, entity: EntityId) -> Regulation:
    content = await connection.fetchval(
        "SELECT content FROM regulation WHERE entity = $1 ORDER BY version DESC LIMIT 1", entity
    )
    return Regulation() if content is None else decode(Regulation, content)


async def _replace_members(
    connection: asyncpg.pool.PoolConnectionProxy, entity: EntityId, body: BodyId, members: Sequence[Member]
) -> None:
    await connection.execute("DELETE FROM member WHERE entity = $1 AND body = $2", entity, body)
    await connection.executemany(
        "INSERT INTO member (entity, body, id, position, content) VALUES ($1, $2, $3, $4, $5)",
        [(entity, body, member.id, position, encode(member)) for position, member in enumerate(members)],
    )


def _entity(row: asyncpg.Record) -> Entity:
    return Entity(
        id=row["id"],
        name=row["name"],
        kind=EntityKind(row["kind"]),
        regime=Regime(row["regime"]),
        population=row["population"],
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
        is_rehearsal=row["is_rehearsal"],
        is_public=row["is_public"],
    )
