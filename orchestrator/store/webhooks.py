"""Webhooks: the addresses of other programs that are told of what goes on the record, and the secrets that sign it."""

import base64
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, NewType, get_args

import asyncpg

from orchestrator.council import events as e
from orchestrator.council.members import EntityId
from orchestrator.store.codec import NAMES
from orchestrator.strongbox import Strongbox

WebhookId = NewType("WebhookId", str)

OVERLAP: Final = timedelta(hours=24)
"""How long the secret before signs beside the new one."""

_UNTOLD: Final = (e.DeviceJoined, e.DeviceGone, e.VoiceHeard, e.GhostSuspected, e.GhostCleared)
"""Of devices and of whose voice is heard: nobody's business outside the house."""


class Family(StrEnum):
    """What events are about: for people, who do not choose among fifty names."""

    LIFE = "life"
    ATTENDANCE = "attendance"
    AGENDA = "agenda"
    FLOOR = "floor"
    VOTES = "votes"
    BROADCAST = "broadcast"
    ENTRANCE = "entrance"


def _names(union: object) -> tuple[str, ...]:
    return tuple(NAMES[kind] for kind in get_args(union) if kind not in _UNTOLD)


FAMILIES: Final[Mapping[Family, tuple[str, ...]]] = {
    Family.LIFE: _names(e.SessionEvent),
    Family.ATTENDANCE: _names(e.AttendanceEvent),
    Family.AGENDA: _names(e.AgendaEvent),
    Family.FLOOR: _names(e.FloorEvent),
    Family.VOTES: _names(e.VotingEvent),
    Family.BROADCAST: _names(e.BroadcastEvent),
    Family.ENTRANCE: _names(e.EntranceEvent),
}
TOLD: Final = frozenset(name for names in FAMILIES.values() for name in names)
"""The names of all events that a webhook may be told of."""


class Pause(StrEnum):
    """Why a webhook is told nothing for now: somebody stopped it, or it answered that it is gone (410)."""

    STOPPED = "stopped"
    GONE = "gone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """An address that is told; `entity` None: of every entity. `events` are names, none of them: all.

    While it is `paused` its messages wait, and are sent in order when it goes on.
    """

    id: WebhookId
    entity: EntityId | None
    url: str
    events: tuple[str, ...] = ()
    note: str = ""
    paused: Pause | None = None

    @property
    def families(self) -> frozenset[Family]:
        """The families of which it is told anything."""
        return frozenset(f for f, names in FAMILIES.items() if not self.events or set(names) & set(self.events))


@dataclass(frozen=True, slots=True)
class Webhooks:
    """All webhooks of one database."""

    pool: asyncpg.Pool
    box: Strongbox

    async def add(
        self, entity: EntityId | None, url: str, events: Sequence[str], note: str, *, by: str, now: datetime
    ) -> tuple[Webhook, str]:
        """A new one, and its secret, which nobody is told again."""
        webhook = Webhook(
            id=WebhookId(f"wh-{secrets.token_hex(8)}"), entity=entity, url=url, events=tuple(events), note=note
        )
        secret = _new_secret()
        await self.pool.execute(
            """
            INSERT INTO webhook (id, entity, url, events, note, secret, made_at, made_by)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
            """,
            webhook.id,
            entity,
            url,
            list(events),
            note,
            self.box.lock(secret, _place(webhook.id)),
            now,
            by,
        )
        return webhook, secret

    async def all(self) -> list[Webhook]:
        """All of them, by id."""
        return [_webhook(row) for row in await self.pool.fetch("SELECT * FROM webhook ORDER BY id")]

    async def webhook(self, webhook: WebhookId) -> Webhook | None:
        """One of them."""
        row = await self.pool.fetchrow("SELECT * FROM webhook WHERE id = $1", webhook)
        return None if row is None else _webhook(row)

    async def change(self, changed: Webhook, seen: Webhook) -> bool:
        """Make it what is said, if it still is as it was `seen`; False if not."""
        done = await self.pool.fetchval(
            """
            UPDATE webhook SET url = $2, events = $3, note = $4, paused = $5
            WHERE id = $1 AND (url, events, note) = ($6, $7, $8) AND paused IS NOT DISTINCT FROM $9 RETURNING true
            """,
            changed.id,
            changed.url,
            list(changed.events),
            changed.note,
            changed.paused,
            seen.url,
            list(seen.events),
            seen.note,
            seen.paused,
        )
        return done is not None

    async def pause(self, webhook: WebhookId, why: Pause) -> None:
        """From now on it is told nothing."""
        await self.pool.execute("UPDATE webhook SET paused = $2 WHERE id = $1", webhook, why)

    async def remove(self, webhook: WebhookId) -> bool:
        """Forget it, and what it was to be told; False when there is none."""
        return await self.pool.fetchval("DELETE FROM webhook WHERE id = $1 RETURNING true", webhook) is not None

    async def rotate(self, webhook: WebhookId, now: datetime) -> str | None:
        """A new secret; the one before signs beside it for a day. None when there is no such webhook."""
        secret = _new_secret()
        done = await self.pool.fetchval(
            """
            UPDATE webhook SET former_secret = secret, former_until = $3, secret = $2 WHERE id = $1 RETURNING true
            """,
            webhook,
            self.box.lock(secret, _place(webhook)),
            now + OVERLAP,
        )
        return secret if done else None

    async def secrets(self, webhook: WebhookId, now: datetime) -> tuple[str, ...]:
        """What signs its messages now: the secret, and the one before while that still counts."""
        row = await self.pool.fetchrow("SELECT secret, former_secret, former_until FROM webhook WHERE id = $1", webhook)
        if row is None:
            return ()
        former = row["former_secret"] if row["former_until"] and row["former_until"] > now else None
        return tuple(self.box.open(locked, _place(webhook)) for locked in (row["secret"], former) if locked)


def _new_secret() -> str:
    """As Standard Webhooks has it: 24 to 64 random bytes in base64, with its prefix."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


def _place(webhook: WebhookId) -> str:
    return f"webhook {webhook}"


def _webhook(row: asyncpg.Record) -> Webhook:
    return Webhook(
        id=row["id"],
        entity=row["entity"],
        url=row["url"],
        events=tuple(row["events"]),
        note=row["note"],
        paused=Pause(row["paused"]) if row["paused"] else None,
    )
