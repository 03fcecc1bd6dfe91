"""Personal details, kept beside the record so that they can be pruned and the chain still holds.

An event's body as it is stored and hashed holds, in the place of a personal detail, its commitment:
`sha256:` and the hash of a random salt and the value (`verifier.record.commit`). Salt and value lie in the table
`personal`. Within a session the same value has the same commitment, so that two devices stay two devices when nobody
can say any more which they were. The tables of events are never changed; pruning deletes rows of `personal`, and what
waits in or was answered from the inbox and the outbox of a session that is over.

| where | kind | kept for |
|---|---|---|
| `device_joined`, `device_gone`: `device` | device | objections to the attendance: which line went, and when |
| `ghost_suspected`, `ghost_cleared`: `device` | device | the same |
| `session_not_held`: `note` | remark | objections to the session's not being held |
| `attendance_corrected`, `absence_excused`: `reason` | remark | objections; it may tell of somebody's health |
| `session_convened`: `convocation.body.members.*.name` | name | always, unless the entity says otherwise |
| inbox and outbox: commands, sightings, what the room was told | device | carrying them out, once |

What stays: the members' ids, who was present from when to when, turns, votes and results. These are what the minutes
say (ROF 109.1), and public where the session is. A free text about a person belongs under `remark`.
"""

import json
import secrets
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Final

import asyncpg

from orchestrator.council.members import SessionId
from orchestrator.council.privacy import Personal
from orchestrator.verifier.record import COMMITTED, commit

PATHS: Final[Mapping[str, tuple[tuple[str, Personal], ...]]] = {
    "session_convened.v1": (("convocation.body.members.*.name", Personal.NAME),),
    "device_joined.v1": (("device", Personal.DEVICE),),
    "device_gone.v1": (("device", Personal.DEVICE),),
    "ghost_suspected.v1": (("device", Personal.DEVICE),),
    "ghost_cleared.v1": (("device", Personal.DEVICE),),
    "session_not_held.v1": (("note", Personal.REMARK),),
    "attendance_corrected.v1": (("reason", Personal.REMARK),),
    "absence_excused.v1": (("reason", Personal.REMARK),),
}
"""By wire name, where in the body something personal stands. A `*` is every place of a list."""

_SALT: Final = 16
_SHOWN: Final = 12


async def withhold(
    connection: asyncpg.pool.PoolConnectionProxy, session_id: SessionId, named: Sequence[tuple[str, dict[str, Any]]]
) -> None:
    """Put commitments into the bodies, given with their events' names, and keep what they stand for.

    The caller holds the session's row.
    """
    found: dict[tuple[str, str], str] = {}

    def note(value: str, kind: Personal) -> str:
        found[kind, value] = ""
        return value

    _each(named, note)
    if not found:
        return
    rows = await connection.fetch(
        "SELECT kind, value, commitment FROM personal WHERE session = $1 AND value = ANY($2)",
        session_id,
        [value for _, value in found],
    )
    found |= {(row["kind"], row["value"]): row["commitment"] for row in rows}
    new = []
    for (kind, value), commitment in found.items():
        if not commitment:
            salt = secrets.token_bytes(_SALT)
            found[kind, value] = commit(salt, value)
            new.append((session_id, found[kind, value], kind, salt, value))
    await connection.executemany(
        "INSERT INTO personal (session, commitment, kind, salt, value) VALUES ($1, $2, $3, $4, $5)", new
    )
    _each(named, lambda value, kind: found[kind, value])


async def disclose(
    connection: asyncpg.Pool | asyncpg.pool.PoolConnectionProxy,
    session_id: SessionId,
    named: Sequence[tuple[str, dict[str, Any]]],
) -> None:
    """Put back into the bodies what the commitments stand for; a detail that was pruned reads `pruned:…`, the
    beginning of its commitment."""
    if not any(name in PATHS for name, _ in named):
        return
    rows = await connection.fetch("SELECT commitment, value FROM personal WHERE session = $1", session_id)
    values = {row["commitment"]: row["value"] for row in rows}
    _each(named, lambda commitment, _: values.get(commitment) or _pruned(commitment))


def openings(name: str, body: dict[str, Any], kept: Mapping[str, tuple[str, str]]) -> dict[str, dict[str, str]]:
    """What of a body can still be opened, for its line in `record.jsonl`; `kept` is salt and value by commitment."""
    opened = {}

    def note(commitment: str, _: Personal) -> str:
        if commitment in kept:
            salt, value = kept[commitment]
            opened[commitment] = {"salt": salt, "value": value}
        return commitment

    _each([(name, body)], note)
    return opened


async def kept_openings(
    connection: asyncpg.pool.PoolConnectionProxy, session_id: SessionId
) -> dict[str, tuple[str, str]]:
    """Salt (hexadecimal) and value of a session's personal details that are still there, by commitment."""
    rows = await connection.fetch("SELECT commitment, salt, value FROM personal WHERE session = $1", session_id)
    return {row["commitment"]: (row["salt"].hex(), row["value"]) for row in rows}


async def prune(
    connection: asyncpg.pool.PoolConnectionProxy, session_id: SessionId, kinds: Collection[Personal]
) -> int:
    """Forget the details of these kinds, the messages of inbox and outbox that are done with, and the documents that
    were made with them (sealing makes them anew). Returns how many details there were."""
    gone = await connection.fetch(
        "DELETE FROM personal WHERE session = $1 AND kind = ANY($2) RETURNING 1", session_id, list(kinds)
    )
    await connection.execute("DELETE FROM inbox WHERE session = $1 AND answered_at IS NOT NULL", session_id)
    await connection.execute("DELETE FROM exhibit WHERE session = $1 AND starts_with(path, 'documents/')", session_id)
    await connection.execute("DELETE FROM effect WHERE session = $1 AND settled_at IS NOT NULL", session_id)
    return len(gone)


def body_of(text: str) -> dict[str, Any]:
    """A body as JSON has it."""
    body: dict[str, Any] = json.loads(text)
    return body


def _pruned(commitment: str) -> str:
    return f"pruned:{commitment.removeprefix(COMMITTED)[:_SHOWN]}"


def _each(named: Iterable[tuple[str, dict[str, Any]]], change: Callable[[str, Personal], str]) -> None:
    """Replace every personal detail of the bodies; an empty text says nothing of anybody."""
    for name, body in named:
        for path, kind in PATHS.get(name, ()):
            _replace(body, path.split("."), kind, change)


def _replace(value: Any, path: list[str], kind: Personal, change: Callable[[str, Personal], str]) -> None:
    step, rest = path[0], path[1:]
    if step == "*":
        for entry in value:
            _replace(entry, rest, kind, change)
    elif not rest and isinstance(value.get(step), str) and value[step]:
        value[step] = change(value[step], kind)
    elif rest and value.get(step) is not None:
        _replace(value[step], rest, kind, change)
