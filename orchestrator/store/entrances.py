"""Personal links: which were issued, which were taken back, and from how many browsers each was used.

Of a link only its id is kept. The link itself is signed with a secret that is not in the database.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import NewType

import asyncpg

from orchestrator.council.members import MemberId, SessionId

LinkId = NewType("LinkId", str)
BrowserId = NewType("BrowserId", str)
"""A browser in which a personal link was opened: a random number, which says nothing about it."""


def new_id() -> str:
    """An id that nobody can guess."""
    return secrets.token_urlsafe(12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A personal link. `entered_at` is when it last led into the room, `browsers` from how many places it has."""

    id: LinkId
    session: SessionId
    member: MemberId
    issued_at: datetime
    revoked_at: datetime | None
    entered_at: datetime | None = None
    browsers: int = 0


@dataclass(frozen=True, slots=True)
class Entrances:
    """The links to all sessions in one database."""

    pool: asyncpg.Pool

    async def issue(self, session: SessionId, member: MemberId, *, by: str, now: datetime) -> Link:
        """The member's link that is in force; a new one where there is none."""
        await self.pool.execute(
            """
            INSERT INTO join_link (id, session, member, issued_at, issued_by) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (session, member) WHERE revoked_at IS NULL DO NOTHING
            """,
            new_id(),
            session,
            member,
            now,
            by,
        )
        row = await self.pool.fetchrow(
            f"{_LINKS} WHERE session = $1 AND member = $2 AND revoked_at IS NULL", session, member
        )
        if row is None:  # taken back in this very moment
            return await self.issue(session, member, by=by, now=now)
        return _link(row)

    async def link(self, link: LinkId) -> Link | None:
        """One of them, in force or not."""
        row = await self.pool.fetchrow(f"{_LINKS} WHERE id = $1", link)
        return None if row is None else _link(row)

    async def links(self, session: SessionId) -> list[Link]:
        """Those of a session that are in force."""
        rows = await self.pool.fetch(f"{_LINKS} WHERE session = $1 AND revoked_at IS NULL ORDER BY member", session)
        return [_link(row) for row in rows]

    async def revoke(self, session: SessionId, member: MemberId, *, by: str, now: datetime) -> bool:
        """From now on the member's link opens nothing. False when there was none in force."""
        row = await self.pool.fetchrow(
            """
            UPDATE join_link SET revoked_at = $3, revoked_by = $4
            WHERE session = $1 AND member = $2 AND revoked_at IS NULL RETURNING id
            """,
            session,
            member,
            now,
            by,
        )
        return row is not None

    async def enter(self, link: Link, browser: BrowserId, now: datetime) -> None:
        """Note that a browser goes in."""
        await self.pool.execute(
            """
            INSERT INTO join_entry (session, link, browser, entered_at) VALUES ($1, $2, $3, $4)
            ON CONFLICT (link, browser) DO UPDATE SET entered_at = excluded.entered_at
            """,
            link.session,
            link.id,
            browser,
            now,
        )

    async def last_entry_elsewhere(self, link: LinkId, browser: BrowserId) -> datetime | None:
        """When another browser last went in by the link."""
        at: datetime | None = await self.pool.fetchval(
            "SELECT max(entered_at) FROM join_entry WHERE link = $1 AND browser <> $2", link, browser
        )
        return at


_LINKS = """
    SELECT id, session, member, issued_at, revoked_at,
           (SELECT max(entered_at) FROM join_entry WHERE link = join_link.id) AS entered_at,
           (SELECT count(*) FROM join_entry WHERE link = join_link.id) AS browsers
    FROM join_link
"""


def _link(row: asyncpg.Record) -> Link:
    return Link(**dict(row))
