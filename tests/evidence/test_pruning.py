"""What is personal is forgotten on time, and the record still proves what it proved."""

import asyncio
import io
import json
from datetime import timedelta

import pytest

from orchestrator.council.events import PersonalDataPruned
from orchestrator.council.privacy import Personal
from orchestrator.council.session import replay
from orchestrator.evidence.pruning import BY_DEFAULT, Prunable, prunable
from orchestrator.evidence.seals import NotSealed
from orchestrator.store.ledger import NoSuchSession, verify
from orchestrator.verifier.bundle import check_bundle
from tests.evidence.sealed import LAPTOP, sealed
from tests.scenarios.play import EIGHT, MAYOR
from tests.stage import SESSION, convened, open_store

YEARS_LATER = EIGHT + timedelta(days=1000)


def test_only_what_is_over_and_old_enough_is_offered(dsn, tmp_path):
    async def main():
        async with open_store(dsn) as store:
            evidence = await sealed(store, tmp_path)
            await convened(store, session="s2")
            offered = await prunable(store.pool, YEARS_LATER, BY_DEFAULT)
            assert [(one.session, one.details) for one in offered] == [(SESSION, 2)]
            with_names = await prunable(store.pool, YEARS_LATER, [*BY_DEFAULT, Personal.NAME])
            assert with_names[0].details == 2 + len(
                (await store.ledger.load(SESSION))[0].event.convocation.body.members
            )
            assert await prunable(store.pool, EIGHT, BY_DEFAULT) == []
            with pytest.raises(NoSuchSession):
                await store.ledger.prune("s2", BY_DEFAULT, YEARS_LATER)
            assert isinstance(offered[0], Prunable)
            assert evidence.film.exists()

    asyncio.run(main())


def test_after_pruning_the_chain_and_both_seals_hold_and_the_attendance_is_the_same(dsn, tmp_path):
    async def main():
        async with open_store(dsn) as store:
            evidence = await sealed(store, tmp_path)
            before = replay(entry.event for entry in await store.ledger.load(SESSION))
            old = await evidence.bundle()
            assert LAPTOP.encode() in old

            evidence.at = YEARS_LATER
            assert await store.ledger.prune(SESSION, BY_DEFAULT, YEARS_LATER) == 2
            with pytest.raises(NotSealed):
                await evidence.bundle()
            assert [path for path in await evidence.seals.exhibits(SESSION) if path.startswith("documents/")] == []
            await evidence.sealing.seal(SESSION)

            recorded = await store.ledger.load(SESSION)
            after = replay(entry.event for entry in recorded)
            assert after.attendance.of(MAYOR).intervals == before.attendance.of(MAYOR).intervals
            assert recorded[-1].event == PersonalDataPruned(
                at=YEARS_LATER, kinds=(Personal.DEVICE, Personal.REMARK), details=2
            )
            assert await prunable(store.pool, YEARS_LATER, BY_DEFAULT) == []
            for table in ("event", "personal", "exhibit", "seal", "inbox", "effect"):
                kept = await store.pool.fetch(f"SELECT to_json({table}.*)::text AS row FROM {table}")
                assert [row["row"] for row in kept if LAPTOP in row["row"]] == []
            return old, await evidence.bundle()

    old, new = asyncio.run(main())
    found = check_bundle(io.BytesIO(new))
    assert LAPTOP.encode() not in new
    assert found.holds[0].startswith("seal 2")
    assert any(what.startswith("seal 1 of") for what in found.holds)
    assert "3 personal details were pruned, and are held by their hash" in found.holds
    assert check_bundle(io.BytesIO(old)).events + 1 == found.events


def test_names_are_pruned_only_when_asked_for(dsn, tmp_path):
    async def main():
        async with open_store(dsn) as store:
            evidence = await sealed(store, tmp_path)
            await store.ledger.prune(SESSION, [Personal.NAME], YEARS_LATER)
            await evidence.sealing.seal(SESSION)
            lines = [line async for line in store.ledger.record_lines(SESSION)]
            assert verify(lines) == len(lines)
            members = (await store.ledger.load(SESSION))[0].event.convocation.body.members
            assert all(member.name.startswith("pruned:") for member in members)
            assert json.loads(lines[1])["personal"] != {}
            return await evidence.bundle()

    bundle = asyncio.run(main())
    assert "Núria Puig".encode() not in bundle
    check_bundle(io.BytesIO(bundle))
