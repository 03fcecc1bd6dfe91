"""Whose rows a task may see: what Postgres' row-level security is told at each use of one of the web's connections.

It lies beneath the checks of the web, so that a filter that somebody forgot shows nothing. A task that says nothing
sees nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from orchestrator.council.members import EntityId

EVERYTHING: Final = EntityId("*")
"""Of all entities; no entity's id has such a character."""
NOTHING: Final = EntityId("")

_SCOPE: ContextVar[EntityId] = ContextVar("scope", default=NOTHING)


@contextmanager
def within(scope: EntityId) -> Iterator[None]:
    """In this block the task sees that entity's rows."""
    before = _SCOPE.set(scope)
    try:
        yield
    finally:
        _SCOPE.reset(before)


def reaches(entity: EntityId) -> bool:
    """Whether the task sees that entity's rows."""
    return _SCOPE.get() in (EVERYTHING, entity)


async def become_web(connection: asyncpg.Connection) -> None:
    """A new connection works as the web's role."""
    await connection.execute("SET ROLE plenari_web")


async def enter_scope(connection: PoolConnectionProxy) -> None:
    """At each use it is said whose rows it is for."""
    await connection.execute("SELECT set_config('plenari.entity', $1, false)", _SCOPE.get())
