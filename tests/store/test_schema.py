"""Migrating is safe again and again, and by many at once."""

import asyncio

import asyncpg

from orchestrator.store.schema import migrate


def test_two_processes_migrate_an_empty_database_at_once(postgres):
    async def main():
        connection = await asyncpg.connect(postgres)
        await connection.execute("CREATE DATABASE bare TEMPLATE template0")
        await connection.close()
        bare = postgres.replace("/plenari?", "/bare?")
        async with asyncio.TaskGroup() as tasks:
            for _ in range(4):
                tasks.create_task(migrate(bare))
        await migrate(bare)
        connection = await asyncpg.connect(bare)
        tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        locks = await connection.fetchval("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'")
        await connection.close()
        assert {"event", "effect", "inbox", "session", "member", "pgqueuer"} <= {row["tablename"] for row in tables}
        assert locks == 0

    asyncio.run(main())
