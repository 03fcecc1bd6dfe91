"""Row-level security: a filter that is forgotten shows nothing of another entity, and no table is left out."""

import asyncio

import asyncpg
import pytest

from orchestrator.council.members import EntityId
from orchestrator.store.pool import open_pool
from orchestrator.store.records import Records
from orchestrator.store.schema import migrate
from orchestrator.store.scope import EVERYTHING, within
from tests.scenarios.play import convocation
from tests.stage import SESSION, convened, open_store

HERE, ELSEWHERE = EntityId("vila"), EntityId("another-town")

OPEN = {
    "alembic_version": "the schema's own",
    "answered": "its key begins with who asked, and its answer is encrypted",
    "encoder": "the installation's machines; which session has one is an id",
    "pgqueuer": "jobs: a name and a session's id",
    "pgqueuer_log": "what became of jobs",
    "pgqueuer_schedules": "when jobs come again",
    "pgqueuer_statistics": "how many jobs",
}
"""Tables without a rule, and why. Who adds a table for an entity's matters adds `SELECT protect('it')` instead."""


async def fill(dsn: str) -> None:
    """One entity with a body and a session on the record."""
    async with open_store(dsn) as store:
        call = convocation()
        await Records(store.pool).put_entity(call.entity)
        await Records(store.pool).put_body(call.entity.id, call.body)
        await convened(store)


def test_every_table_has_its_rule(dsn):
    """A new table without one fails here: end its migration with `SELECT protect('the_table')`."""

    async def main():
        connection = await asyncpg.connect(dsn)
        rows = await connection.fetch(
            """
            SELECT relname FROM pg_class
            WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
              AND NOT (relrowsecurity AND EXISTS (SELECT FROM pg_policy WHERE polrelid = pg_class.oid))
            """
        )
        await connection.close()
        assert {row["relname"] for row in rows} - set(OPEN) == set()

    asyncio.run(main())


def test_who_forgets_the_filter_sees_nothing_of_another_entity(dsn):
    async def main():
        await fill(dsn)
        async with open_pool(dsn, least=1, is_scoped=True) as pool:
            for table in ("entity", "body", "member", "session", "event", "effect"):
                seen = {}
                for scope in (HERE, EVERYTHING, ELSEWHERE):
                    with within(scope):
                        seen[scope] = await pool.fetchval(f"SELECT count(*) FROM {table}")
                assert seen[HERE] == seen[EVERYTHING] > 0, table
                assert seen[ELSEWHERE] == 0, table
            with within(ELSEWHERE):
                assert await Records(pool).sessions() == []
                assert await Records(pool).entities() == []

    asyncio.run(main())


def test_who_says_nothing_sees_nothing_and_a_connection_forgets_whose_it_was(dsn):
    async def main():
        await fill(dsn)
        async with open_pool(dsn, least=1, most=1, is_scoped=True) as pool:
            with within(HERE):
                assert await pool.fetchval("SELECT count(*) FROM session") == 1
            assert await pool.fetchval("SELECT count(*) FROM session") == 0
            with within(HERE), within(ELSEWHERE):
                assert await pool.fetchval("SELECT count(*) FROM session") == 0

    asyncio.run(main())


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO entity (id, name) VALUES ('third', 'x')",
        f"INSERT INTO join_link (id, session, member, issued_at, issued_by) VALUES ('l', '{SESSION}', 'm', now(), 'x')",
        "INSERT INTO body (entity, id, name, kind, legal_number) VALUES ('vila', 'b', 'x', 'plenary', 1)",
    ],
)
def test_nobody_writes_into_another_entity(dsn, statement):
    async def main():
        await fill(dsn)
        async with open_pool(dsn, least=1, is_scoped=True) as pool:
            with within(ELSEWHERE), pytest.raises(asyncpg.InsufficientPrivilegeError):
                await pool.execute(statement)

    asyncio.run(main())


def test_nobody_changes_or_takes_away_what_is_anothers(dsn):
    async def main():
        await fill(dsn)
        async with open_pool(dsn, least=1, is_scoped=True) as pool:
            with within(ELSEWHERE):
                for statement in (
                    "UPDATE session SET title = 'x'",
                    "DELETE FROM member",
                    "UPDATE entity SET name = 'x'",
                ):
                    assert (await pool.execute(statement)).endswith(" 0"), statement

    asyncio.run(main())


def test_an_owner_without_the_rights_of_a_superuser_can_migrate_and_serve(postgres):
    async def main():
        admin = await asyncpg.connect(postgres)
        await admin.execute("CREATE ROLE plain LOGIN CREATEROLE")
        await admin.execute("GRANT plenari_web TO plain WITH ADMIN TRUE, SET FALSE, INHERIT FALSE")
        await admin.execute("CREATE DATABASE plain OWNER plain TEMPLATE template0")
        await admin.close()
        dsn = postgres.replace("postgres@", "plain@").replace("/plenari?", "/plain?")
        await migrate(dsn)
        async with open_pool(dsn, least=1, is_scoped=True) as pool:
            with within(EVERYTHING):
                assert await pool.fetchval("SELECT current_user") == "plenari_web"
                assert await pool.fetchval("SELECT count(*) FROM session") == 0

    asyncio.run(main())
