"""Which session has which encoder, for all machines: each serves one at a time, and stopping it names no session."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

import asyncpg

from orchestrator.council.members import SessionId

_STALE = timedelta(minutes=2)
"""An encoder that does nothing although it was booked so long ago is nobody's."""


class EncoderState(StrEnum):
    """FREE: takes a session. BOOKED: ours. BUSY: somebody else's. SICK: it says so, or does not answer."""

    FREE = "free"
    BOOKED = "booked"
    BUSY = "busy"
    SICK = "sick"


@dataclass(frozen=True, slots=True, kw_only=True)
class Booking:
    """What is known of an encoder: `session` has it since `booked_at`; it failed last at `failed_at`, because of
    `cause`."""

    url: str
    session: SessionId | None
    booked_at: datetime | None
    failed_at: datetime | None
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoder:
    """An encoder as it is now."""

    url: str
    state: EncoderState
    booking: Booking | None


@dataclass(frozen=True, slots=True)
class Encoders:
    """All bookings in one database."""

    pool: asyncpg.Pool

    async def book(self, url: str, session: SessionId, now: datetime) -> bool:
        """Take an encoder that says that it is free; False when another session was faster."""
        written = await self.pool.execute(
            """
            INSERT INTO encoder AS known (url, session, booked_at) VALUES ($1, $2, $3)
            ON CONFLICT (url) DO UPDATE SET session = excluded.session, booked_at = excluded.booked_at
            WHERE known.session IS NULL OR known.session = excluded.session OR known.booked_at < $4
            """,
            url,
            session,
            now,
            now - _STALE,
        )
        return bool(written == "INSERT 0 1")

    async def release(self, url: str, session: SessionId) -> None:
        """The session needs it no more. Safe to repeat; another's booking is left alone."""
        await self.pool.execute("UPDATE encoder SET session = NULL WHERE url = $1 AND session = $2", url, session)

    async def fail(self, url: str, cause: str, now: datetime) -> None:
        """It failed whoever had it: the others come first from now on."""
        await self.pool.execute("UPDATE encoder SET failed_at = $2, cause = $3 WHERE url = $1", url, now, cause)

    async def bookings(self) -> Mapping[str, Booking]:
        """By address."""
        rows = await self.pool.fetch("SELECT url, session, booked_at, failed_at, cause FROM encoder")
        return {row["url"]: Booking(**row) for row in rows}
