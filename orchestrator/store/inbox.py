"""Messages to a session from any machine: rows that its conductor takes and answers. Commands from HTTP and the
command line, and what the broadcast reports, which another machine may carry.

The answer is written in the transaction of the events that follow from the command, so that there is never one
without the other. The asker names each command with a key: asking again with the same key gives the same answer.
"""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NewType
from uuid import uuid4

import asyncpg

from orchestrator.council.commands import Command, CorrectAttendance, DeclareNotHeld, ExcuseAbsence
from orchestrator.council.convocation import Cause
from orchestrator.council.members import SessionId
from orchestrator.council.observations import Observation, RecordingFailed, RecordingMade
from orchestrator.council.refusals import Reason, Refused
from orchestrator.council.session import Phase
from orchestrator.store import jobs
from orchestrator.store.codec import canonical, decode_message, encode, name_of
from orchestrator.store.listener import Channel, Listener, notify

AskedId = NewType("AskedId", int)

_AFTER_THE_END = (RecordingMade, RecordingFailed, CorrectAttendance, ExcuseAbsence)
"""What may still be put on the record of a session that is over."""


_SIGN_OF_LIFE = timedelta(seconds=10)
"""A conductor that has been silent for longer conducts no more (it says that it lives each two seconds)."""


class KeyReused(Exception):
    """The key was used before, for another command."""


class NobodyToAsk(LookupError):
    """There is no such session."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The command was carried out; `version` is the session's after it."""

    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A message that waits for its answer."""

    id: AskedId
    message: Command | Observation


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the conductor answers to a row of the inbox."""

    id: AskedId
    outcome: Accepted | Refused


@dataclass(frozen=True, slots=True)
class Inbox:
    """The messages to all sessions in one database."""

    pool: asyncpg.Pool
    listener: Listener

    async def ask(self, session_id: SessionId, command: Command, key: str) -> AskedId:
        """Put a command before the session's conductor. Raises `KeyReused`, `NobodyToAsk`."""
        return await self._put(session_id, command, key)

    async def report(self, session_id: SessionId, observation: Observation) -> None:
        """Put an observation before the session's conductor; nobody waits for an answer. Raises `NobodyToAsk`."""
        await self._put(session_id, observation, str(uuid4()))

    async def _put(self, session_id: SessionId, message: Command | Observation, key: str) -> AskedId:
        name, body = name_of(message), encode(message)
        async with self.pool.acquire() as connection, connection.transaction():
            phase = await connection.fetchval("SELECT phase FROM session WHERE id = $1", session_id)
            if phase is None:
                raise NobodyToAsk(session_id)
            inserted: int | None = await connection.fetchval(
                """
                INSERT INTO inbox (session, key, name, body) VALUES ($1, $2, $3, $4)
                ON CONFLICT (session, key) DO NOTHING RETURNING id
                """,
                session_id,
                key,
                name,
                body,
            )
            asked = await _asked_before(connection, session_id, key, name, body) if inserted is None else inserted
            if phase == Phase.ADJOURNED and isinstance(message, _AFTER_THE_END):
                # What comes after the end has a conductor called for it, even if one is just leaving.
                await jobs.enqueue(connection, jobs.CONDUCT_SESSION, session_id, occasion=f"message {asked}")
            elif phase == Phase.CONVENED and _takes_back(message) and not await _is_conducted(connection, session_id):
                # Days before its hour nobody conducts it; somebody must, to take the call back.
                await jobs.enqueue(connection, jobs.CONDUCT_SESSION, session_id, occasion=f"message {asked}")
            elif phase == Phase.ADJOURNED:
                # Nobody conducts it any more; an answer must come nevertheless.
                answer = Answer(id=AskedId(asked), outcome=Refused(Reason.ADJOURNED))
                await write_answers(connection, [answer], await connection.fetchval("SELECT now()"))
            await notify(connection, Channel.INBOX, session_id)
        return AskedId(asked)

    async def answer(self, asked: AskedId, patience: timedelta = timedelta(seconds=10)) -> Accepted | Refused:
        """Wait for the conductor's answer. Raises TimeoutError when nobody conducts the session in that time."""
        woken = asyncio.Event()
        with self.listener.hearing(Channel.ANSWERS, str(asked), woken.set):
            async with asyncio.timeout(patience.total_seconds()):
                while (answer := await self._read(asked)) is None:
                    await woken.wait()
                    woken.clear()
        return answer

    async def waiting(self, session_id: SessionId) -> list[Asked]:
        """The session's messages without an answer, in order."""
        rows = await self.pool.fetch(
            "SELECT id, name, body FROM inbox WHERE session = $1 AND answered_at IS NULL ORDER BY id", session_id
        )
        return [Asked(id=AskedId(row["id"]), message=decode_message(row["name"], row["body"])) for row in rows]

    async def _read(self, asked: AskedId) -> Accepted | Refused | None:
        text = await self.pool.fetchval("SELECT answer FROM inbox WHERE id = $1", asked)
        if text is None:
            return None
        answer = json.loads(text)
        if "reason" in answer:
            return Refused(Reason(answer["reason"]), **answer["detail"])
        return Accepted(version=answer["version"])


def _takes_back(message: Command | Observation) -> bool:
    return isinstance(message, DeclareNotHeld) and message.cause in (Cause.CANCELLED, Cause.POSTPONED)


async def _is_conducted(connection: asyncpg.pool.PoolConnectionProxy, session_id: SessionId) -> bool:
    """Whether its conductor gave a sign of life of late."""
    alive_at = await connection.fetchval("SELECT alive_at FROM session WHERE id = $1", session_id)
    at: datetime = await connection.fetchval("SELECT now()")
    return alive_at is not None and at - alive_at < _SIGN_OF_LIFE


async def _asked_before(
    connection: asyncpg.pool.PoolConnectionProxy, session_id: SessionId, key: str, name: str, body: str
) -> AskedId:
    row = await connection.fetchrow("SELECT id, name, body FROM inbox WHERE session = $1 AND key = $2", session_id, key)
    if row is None or (row["name"], row["body"]) != (name, body):
        raise KeyReused(key)
    return AskedId(row["id"])


async def write_answers(connection: asyncpg.pool.PoolConnectionProxy, answers: Sequence[Answer], now: datetime) -> None:
    """Part of the ledger's transaction. The first answer to a question stands."""
    if not answers:
        return
    await connection.executemany(
        "UPDATE inbox SET answered_at = $2, answer = $3 WHERE id = $1 AND answered_at IS NULL",
        [(answer.id, now, _text(answer.outcome)) for answer in answers],
    )
    for answer in answers:
        await notify(connection, Channel.ANSWERS, str(answer.id))


def _text(outcome: Accepted | Refused) -> str:
    match outcome:
        case Accepted(version=version):
            return canonical({"version": version})
        case Refused(reason=reason, detail=detail):
            return canonical({"reason": reason, "detail": {key: str(value) for key, value in detail.items()}})
