"""A rehearsal is never taken for a session: the database itself refuses."""

import asyncio

import asyncpg
import pytest

from orchestrator.council.events import SessionAdjourned
from orchestrator.council.session import Phase
from orchestrator.evidence.keys import new_key
from orchestrator.store.jobs import SEAL_SESSION
from orchestrator.store.records import Records
from tests.evidence.sealed import MISSING, OVER, Evidence
from tests.scenarios.play import EIGHT
from tests.stage import SESSION, convened, open_store

ROOM = "vila-ple-20260326-5eed-assaig"


def test_neither_meets_in_the_other_ones_room(dsn):
    async def main():
        async with open_store(dsn) as store:
            for changes in ({"is_rehearsal": True}, {"room": ROOM}):
                with pytest.raises(asyncpg.CheckViolationError, match="rehearsal_has_its_own_room"):
                    await convened(store, **changes)
            await convened(store, is_rehearsal=True, room=ROOM)
            (entry,) = await Records(store.pool).sessions()
            assert entry.is_rehearsal

    asyncio.run(main())


def test_what_is_over_is_not_sealed_nor_can_it_be(dsn, tmp_path):
    async def main():
        async with open_store(dsn) as store:
            await convened(store, is_rehearsal=True, room=ROOM)
            over = [SessionAdjourned(at=OVER), MISSING]
            await store.ledger.append(SESSION, over, [], 1, OVER, phase=Phase.ADJOURNED)
            planned = await store.pool.fetchval("SELECT count(*) FROM pgqueuer WHERE entrypoint = $1", SEAL_SESSION)
            assert planned == 0
            evidence = Evidence(store, tmp_path, new_key())
            with pytest.raises(asyncpg.ForeignKeyViolationError, match="seal_of_an_official_session"):
                await evidence.sealing.seal(SESSION)
            with pytest.raises(asyncpg.CheckViolationError, match="rehearsal_is_not_official"):
                await store.pool.execute(
                    """
                    INSERT INTO seal (session, number, sealed_at, last_seq, last_hash, manifest, public_key, signature,
                                      is_rehearsal)
                    VALUES ($1, 1, $2, 1, '', '', '', '', true)
                    """,
                    SESSION,
                    EIGHT,
                )
            assert await evidence.seals.of(SESSION) == []

    asyncio.run(main())


def test_a_session_cannot_become_a_rehearsal_once_it_is_sealed(dsn, tmp_path):
    async def main():
        async with open_store(dsn) as store:
            await convened(store)
            await store.ledger.append(SESSION, [SessionAdjourned(at=OVER), MISSING], [], 1, OVER, phase=Phase.ADJOURNED)
            await Evidence(store, tmp_path, new_key()).sealing.seal(SESSION)
            with pytest.raises(asyncpg.ForeignKeyViolationError):
                await store.pool.execute("UPDATE session SET is_rehearsal = true, room = $1", ROOM)

    asyncio.run(main())
