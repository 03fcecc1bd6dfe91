"""How members' connections were found: a verdict, and what is wrong. No numbers, nothing of a device; and when the
session is over, nothing at all."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from orchestrator.convening.check import Check, State
from orchestrator.convening.connection import worst
from orchestrator.council.members import MemberId, SessionId
from orchestrator.council.session import Phase


@dataclass(frozen=True, slots=True, kw_only=True)
class Tested:
    """A member's last test. `findings` are what is not well: topic, finding, state."""

    member: MemberId
    at: datetime
    state: State
    findings: tuple[tuple[str, str, State], ...]


@dataclass(frozen=True, slots=True)
class Connections:
    """The tests for all sessions in one database."""

    pool: asyncpg.Pool

    async def put(self, session: SessionId, member: MemberId, checks: Iterable[Check], now: datetime) -> None:
        """Keep the latest test of a member; of a session that is over none is kept."""
        found = tuple(checks)
        wrong = [[c.topic, c.finding, c.state] for c in found if c.state is not State.WELL]
        await self.pool.execute(
            """
            INSERT INTO connection_check (session, member, at, state, findings)
            SELECT id, $2, $3, $4, $5 FROM session WHERE id = $1 AND phase <> $6
            ON CONFLICT (session, member) DO UPDATE
            SET at = excluded.at, state = excluded.state, findings = excluded.findings
            """,
            session,
            member,
            now,
            worst(found),
            json.dumps(wrong),
            Phase.ADJOURNED,
        )

    async def of(self, session: SessionId) -> dict[MemberId, Tested]:
        """Who has tested, and how it was."""
        rows = await self.pool.fetch(
            "SELECT member, at, state, findings FROM connection_check WHERE session = $1", session
        )
        return {
            row["member"]: Tested(
                member=row["member"],
                at=row["at"],
                state=State(row["state"]),
                findings=tuple((topic, finding, State(state)) for topic, finding, state in json.loads(row["findings"])),
            )
            for row in rows
        }


async def forget(connection: asyncpg.pool.PoolConnectionProxy, session: SessionId) -> None:
    """Part of the transaction that adjourns the session."""
    await connection.execute("DELETE FROM connection_check WHERE session = $1", session)
