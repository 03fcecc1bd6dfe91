"""How members are reached. Kept by entity and person, beside the bodies: what is on the record holds no addresses."""

from collections.abc import Mapping
from dataclasses import dataclass

import asyncpg

from orchestrator.council.members import EntityId, MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """An address for mail, a telephone, and the language of what is sent; each may be empty."""

    email: str = ""
    phone: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Contacts:
    """The contacts of all entities in one database."""

    pool: asyncpg.Pool

    async def of(self, entity: EntityId) -> dict[MemberId, Contact]:
        """Whom of an entity we know how to reach."""
        rows = await self.pool.fetch("SELECT member, email, phone, language FROM contact WHERE entity = $1", entity)
        return {
            MemberId(row["member"]): Contact(email=row["email"], phone=row["phone"], language=row["language"])
            for row in rows
        }

    async def put(self, entity: EntityId, contacts: Mapping[MemberId, Contact]) -> None:
        """From now on these people are reached so; an empty contact is forgotten."""
        async with self.pool.acquire() as connection, connection.transaction():
            await connection.executemany(
                """
                INSERT INTO contact (entity, member, email, phone, language) VALUES ($1, $2, $3, $4, $5)
                ON CONFLICT (entity, member) DO UPDATE
                SET email = excluded.email, phone = excluded.phone, language = excluded.language
                """,
                [(entity, member, c.email, c.phone, c.language) for member, c in contacts.items()],
            )
            await connection.execute("DELETE FROM contact WHERE entity = $1 AND email = '' AND phone = ''", entity)
