"""The crest of an entity: one PNG, small, of known origin."""

from dataclasses import dataclass
from datetime import datetime

import asyncpg

from orchestrator.council.members import EntityId
from orchestrator.store.records import NoSuchBody


@dataclass(frozen=True, slots=True)
class Crests:
    """All crests in one database."""

    pool: asyncpg.Pool

    async def put(self, entity: EntityId, image: bytes, now: datetime) -> None:
        """Add it, or replace the one there is. Raises `NoSuchBody` when there is no such entity."""
        try:
            await self.pool.execute(
                """
                INSERT INTO crest (entity, image, entered_at) VALUES ($1, $2, $3)
                ON CONFLICT (entity) DO UPDATE SET image = excluded.image, entered_at = excluded.entered_at
                """,
                entity,
                image,
                now,
            )
        except asyncpg.ForeignKeyViolationError:
            raise NoSuchBody(entity) from None

    async def image(self, entity: EntityId) -> bytes | None:
        """The PNG, if there is one."""
        image: bytes | None = await self.pool.fetchval("SELECT image FROM crest WHERE entity = $1", entity)
        return image

    async def remove(self, entity: EntityId) -> bool:
        """Forget it; False when there was none."""
        return bool(await self.pool.execute("DELETE FROM crest WHERE entity = $1", entity) == "DELETE 1")
