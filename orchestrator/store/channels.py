"""The channels on which the public watches. Keys and tokens go in once and come out only for who sends: encrypted at
rest, and in no value that could be printed, logged or put on the wire."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import asyncpg

from orchestrator.council.members import ChannelId, EntityId, SessionId
from orchestrator.store.records import NoSuchBody
from orchestrator.strongbox import Strongbox


class ChannelKind(StrEnum):
    """RTMP: an address and a key, anywhere. YOUTUBE: through its API, with the owner's consent."""

    RTMP = "rtmp"
    YOUTUBE = "youtube"


class NotYours(Exception):
    """Another entity has a channel of that id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A channel. `address` is a plain one's, without the key; `watch` is where people see it. `is_shared`: entities
    without a channel of their own use it. `is_ready`: it has its key, or its owner's consent."""

    id: ChannelId
    entity: EntityId
    name: str
    kind: ChannelKind
    address: str = ""
    watch: str = ""
    is_shared: bool = False
    is_ready: bool = False


@dataclass(frozen=True, slots=True)
class Channels:
    """All channels in one database."""

    pool: asyncpg.Pool
    box: Strongbox

    async def put(self, channel: Channel, *, key: str = "", by: str, now: datetime) -> None:
        """Add a channel, or replace what is known of it; without a `key` the one it has stays, but not for another
        address. Raises `NotYours`, and `NoSuchBody` when there is no such entity."""
        locked = self.box.lock(key, _of_key(channel.id)) if key else None
        try:
            written = await self.pool.execute(
                """
                INSERT INTO channel AS known
                    (id, entity, name, kind, address, watch, is_shared, key, entered_at, entered_by)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
                ON CONFLICT (id) DO UPDATE
                SET name = excluded.name, kind = excluded.kind, address = excluded.address, watch = excluded.watch,
                    is_shared = excluded.is_shared, entered_at = excluded.entered_at, entered_by = excluded.entered_by,
                    key = CASE WHEN known.kind = excluded.kind AND known.address = excluded.address
                               THEN COALESCE(excluded.key, known.key) ELSE excluded.key END
                WHERE known.entity = excluded.entity
                """,
                channel.id,
                channel.entity,
                channel.name,
                channel.kind,
                channel.address,
                channel.watch,
                channel.is_shared,
                locked,
                now,
                by,
            )
        except asyncpg.ForeignKeyViolationError:
            raise NoSuchBody(channel.entity) from None
        if written == "INSERT 0 0":
            raise NotYours(channel.id)

    async def remove(self, entity: EntityId, channel: ChannelId) -> bool:
        """Forget a channel and its secrets; False when the entity has none of that id."""
        removed = await self.pool.execute("DELETE FROM channel WHERE entity = $1 AND id = $2", entity, channel)
        return bool(removed == "DELETE 1")

    async def all(self, entity: EntityId | None = None) -> list[Channel]:
        """All, or those that an entity has itself; by name."""
        rows = await self.pool.fetch(
            "SELECT * FROM channel WHERE $1::text IS NULL OR entity = $1 ORDER BY entity, name, id", entity
        )
        return [_channel(row) for row in rows]

    async def usable(self, entity: EntityId) -> Sequence[Channel]:
        """Those that an entity's sessions may go to, in the order in which they are tried: its own, then those that
        others share. Of several, the one entered first is the first."""
        rows = await self.pool.fetch(
            """
            SELECT * FROM channel WHERE entity = $1 OR is_shared
            ORDER BY entity <> $1, (key IS NULL AND refresh_token IS NULL), entered_at, id
            """,
            entity,
        )
        return [_channel(row) for row in rows]

    async def channel(self, channel: ChannelId) -> Channel | None:
        """One of them."""
        row = await self.pool.fetchrow("SELECT * FROM channel WHERE id = $1", channel)
        return None if row is None else _channel(row)

    async def key(self, channel: ChannelId) -> str:
        """The stream key of a plain channel; empty when it has none. Raises `Unreadable`."""
        locked = await self.pool.fetchval("SELECT key FROM channel WHERE id = $1", channel)
        return self.box.open(locked, _of_key(channel)) if locked else ""

    async def refresh_token(self, channel: ChannelId) -> str:
        """What its owner's consent gave us; empty when there is none. Raises `Unreadable`."""
        locked = await self.pool.fetchval("SELECT refresh_token FROM channel WHERE id = $1", channel)
        return self.box.open(locked, _of_token(channel)) if locked else ""

    async def put_refresh_token(self, channel: ChannelId, token: str) -> None:
        """Keep what a consent gave; empty forgets it. The streams of whoever consented before are not ours any more."""
        locked = self.box.lock(token, _of_token(channel)) if token else None
        async with self.pool.acquire() as connection, connection.transaction():
            await connection.execute(
                "UPDATE channel SET refresh_token = $2 WHERE id = $1 AND kind = 'youtube'", channel, locked
            )
            await connection.execute("UPDATE channel_use SET stream = '' WHERE channel = $1", channel)

    async def take(self, channel: Channel, session: SessionId) -> str | None:
        """Have the channel for a session: the id of the stream that it may use there, empty for a new one; None when
        others have it. A plain channel has one key, and carries one session at a time."""
        async with self.pool.acquire() as connection, connection.transaction():
            if not await connection.fetchval("SELECT true FROM channel WHERE id = $1 FOR UPDATE", channel.id):
                return None
            uses = await connection.fetch(
                """
                SELECT number, stream, session IS NOT DISTINCT FROM $2 AS is_own, NOT EXISTS (
                    SELECT FROM session WHERE session.id = channel_use.session AND phase <> 'adjourned'
                ) AS is_free
                FROM channel_use WHERE channel = $1 ORDER BY is_own DESC, number
                """,
                channel.id,
                session,
            )
            for use in uses:
                if use["is_own"] or use["is_free"]:
                    await connection.execute(
                        "UPDATE channel_use SET session = $3 WHERE channel = $1 AND number = $2",
                        channel.id,
                        use["number"],
                        session,
                    )
                    return str(use["stream"])
            if uses and channel.kind is ChannelKind.RTMP:
                return None
            await connection.execute(
                "INSERT INTO channel_use (channel, number, session) VALUES ($1, $2, $3)",
                channel.id,
                len(uses) + 1,
                session,
            )
            return ""

    async def free(self, channel: ChannelId, session: SessionId) -> None:
        """The session is no longer there."""
        await self.pool.execute(
            "UPDATE channel_use SET session = NULL WHERE channel = $1 AND session = $2", channel, session
        )

    async def put_stream(self, channel: ChannelId, session: SessionId, stream: str) -> None:
        """Remember YouTube's id of the stream that the session uses, for those that come after it."""
        await self.pool.execute(
            "UPDATE channel_use SET stream = $3 WHERE channel = $1 AND session = $2", channel, session, stream
        )


def _of_key(channel: ChannelId) -> str:
    return f"channel {channel} key"


def _of_token(channel: ChannelId) -> str:
    return f"channel {channel} refresh token"


def _channel(row: asyncpg.Record) -> Channel:
    kind = ChannelKind(row["kind"])
    return Channel(
        id=row["id"],
        entity=row["entity"],
        name=row["name"],
        kind=kind,
        address=row["address"],
        watch=row["watch"],
        is_shared=row["is_shared"],
        is_ready=row["key" if kind is ChannelKind.RTMP else "refresh_token"] is not None,
    )
