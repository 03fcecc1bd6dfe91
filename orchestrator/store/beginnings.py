"""How far an entity has come on its way to its first session."""

from dataclasses import dataclass

import asyncpg

from orchestrator.council.members import EntityId, SessionId


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """What is there. `empty` are the names of the bodies without members; `members` are persons, in however many
    bodies, of whom so many are `reachable` by mail. `next_session` is the next that is convened, rehearsals included.
    """

    bodies: int
    empty: tuple[str, ...]
    members: int
    reachable: int
    has_secretary: bool
    has_channel: bool
    has_rehearsed: bool
    has_session: bool
    next_session: SessionId | None


async def beginning(pool: asyncpg.Pool, entity: EntityId) -> Beginning:
    """In one query. A session counts as long as it was not called off before it was opened."""
    (row,) = await pool.fetch(
        """
        SELECT
            (SELECT count(*) FROM body WHERE entity = $1) AS bodies,
            ARRAY(SELECT name FROM body WHERE entity = $1 AND NOT EXISTS (
                SELECT FROM member WHERE member.entity = body.entity AND member.body = body.id
            ) ORDER BY name) AS empty,
            (SELECT count(DISTINCT id) FROM member WHERE entity = $1) AS members,
            (SELECT count(DISTINCT id) FROM member JOIN contact ON contact.entity = member.entity
                AND contact.member = member.id AND email <> '' WHERE member.entity = $1) AS reachable,
            EXISTS (SELECT FROM account WHERE entity = $1 AND role = 'secretary' AND disabled_at IS NULL)
                AS has_secretary,
            EXISTS (SELECT FROM channel WHERE (entity = $1 OR is_shared)
                AND (key IS NOT NULL OR refresh_token IS NOT NULL)) AS has_channel,
            EXISTS (SELECT FROM session JOIN event ON event.session = session.id AND event.name = 'session_opened.v1'
                WHERE entity = $1 AND is_rehearsal) AS has_rehearsed,
            EXISTS (SELECT FROM session WHERE entity = $1 AND NOT is_rehearsal AND (phase <> 'adjourned' OR EXISTS (
                SELECT FROM event WHERE event.session = session.id AND event.name = 'session_opened.v1'
            ))) AS has_session,
            (SELECT id FROM session WHERE entity = $1 AND phase = 'convened' ORDER BY starts_at, id LIMIT 1)
                AS next_session
        """,
        entity,
    )
    return Beginning(**dict(row) | {"empty": tuple(row["empty"])})
