"""When a session is over its record is sealed: once for what it says, and again for what is added."""

import asyncio
import hashlib
import io
import json
import zipfile
from datetime import timedelta

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from orchestrator.council.events import LinkRestored
from orchestrator.council.observations import Grade, Link, RecordingMade, Sighting
from orchestrator.evidence.bundle import contents
from orchestrator.evidence.keys import new_key
from orchestrator.evidence.seals import NotSealed
from orchestrator.sessions import Sessions
from orchestrator.store import jobs
from orchestrator.verifier.bundle import check_bundle
from tests.evidence.sealed import FILM, MISSING, OVER, Evidence, over, sealed
from tests.stage import SESSION, Performer, convened, open_store


def test_a_session_is_sealed_when_it_is_over_and_its_recording_is_there(dsn, tmp_path):
    async def main():
        async with open_store(dsn) as store:
            evidence = await over(store, tmp_path)
            await evidence.sealing.seal(SESSION)
            assert await evidence.seals.latest(SESSION) is None
            with pytest.raises(NotSealed):
                await contents(store.ledger, SESSION)
            await evidence.record()
            await evidence.sealing.seal(SESSION)
            seal = await evidence.seals.latest(SESSION)
            last = (await store.ledger.load(SESSION))[-1]
            assert (seal.number, seal.last_seq, seal.last_hash) == (1, last.seq, last.hash)
            await evidence.sealing.seal(SESSION)
            assert len(await evidence.seals.of(SESSION)) == 1

    asyncio.run(main())


def test_a_session_that_goes_on_is_not_sealed(dsn, tmp_path):
    async def main():
        async with open_store(dsn) as store:
            await convened(store)
            evidence = Evidence(store, tmp_path, new_key())
            await evidence.sealing.seal(SESSION)
            assert await evidence.seals.of(SESSION) == []

    asyncio.run(main())


def test_every_word_that_is_added_after_the_end_plans_a_seal_of_its_own(dsn, tmp_path):
    async def main():
        async with open_store(dsn) as store:
            evidence = await over(store, tmp_path)
            await evidence.add(MISSING)
            rows = await store.pool.fetch("SELECT payload FROM pgqueuer WHERE entrypoint = $1", jobs.SEAL_SESSION)
            assert [row["payload"].decode() for row in rows] == [SESSION, SESSION]

    asyncio.run(main())


def test_a_recording_that_never_comes_is_waited_for_an_hour(dsn, tmp_path):
    async def main():
        async with open_store(dsn) as store:
            evidence = await over(store, tmp_path)
            evidence.at = OVER + timedelta(minutes=20)
            await evidence.sealing.seal(SESSION)
            planned = await store.pool.fetchval(
                "SELECT max(execute_after - created) FROM pgqueuer WHERE entrypoint = $1", jobs.SEAL_SESSION
            )
            assert abs(planned - timedelta(minutes=40)) < timedelta(seconds=5)
            evidence.at = OVER + timedelta(minutes=60)
            await evidence.sealing.seal(SESSION)
            assert json.loads((await evidence.seals.latest(SESSION)).manifest)["recording"] is None
            check_bundle(io.BytesIO(await evidence.bundle(with_film=False)))

    asyncio.run(main())


def test_what_a_machine_reports_after_the_end_is_put_on_the_record_and_sealed(dsn, tmp_path):
    """As it happens in the program: the inbox calls a conductor for it, whose append plans the seal."""

    async def main():
        async with open_store(dsn) as store:
            evidence = await over(store, tmp_path)
            sessions = Sessions(store.pool, store.listener, Performer(), lambda: evidence.at)
            made = RecordingMade(
                seen=Sighting(grade=Grade.PRESENCE, at=OVER), size=3, sha256="ab" * 32, segments=1, head="cd" * 32
            )
            async with asyncio.TaskGroup() as tasks:
                entrypoints = {jobs.CONDUCT_SESSION: sessions.conduct, jobs.SEAL_SESSION: evidence.sealing.seal}
                working = tasks.create_task(jobs.work(store.pool, entrypoints))
                await store.inbox.report(SESSION, made)
                async with asyncio.timeout(20):
                    while (seal := await evidence.seals.latest(SESSION)) is None:
                        await asyncio.sleep(0.02)
                working.cancel()
            assert json.loads(seal.manifest)["recording"]["sha256"] == made.sha256
            assert seal.last_seq == (await store.ledger.load(SESSION))[-1].seq

    asyncio.run(main())


def test_the_seal_is_a_signature_that_other_programs_verify(dsn, tmp_path):
    async def main():
        async with open_store(dsn) as store:
            return await (await sealed(store, tmp_path)).bundle()

    with zipfile.ZipFile(io.BytesIO(asyncio.run(main()))) as bundle:
        assert bundle.testzip() is None
        files = {name: bundle.read(name) for name in bundle.namelist()}
    key = load_pem_public_key(files["public_key.pem"])
    seal = json.loads(files["seal.json"])
    key.verify(bytes.fromhex(seal["signature"]), files["manifest.json"])
    with pytest.raises(InvalidSignature):
        key.verify(bytes.fromhex(seal["signature"]), files["manifest.json"] + b" ")
    listed = json.loads(files["manifest.json"])["files"]
    assert {e["path"]: e["sha256"] for e in listed} == {
        name: hashlib.sha256(content).hexdigest()
        for name, content in files.items()
        if name not in ("manifest.json", "seal.json")
    }
    assert files["recording/recording.mp4"] == FILM


def test_what_is_added_later_is_sealed_again_and_the_first_seal_still_verifies(dsn, tmp_path):
    async def main():
        async with open_store(dsn) as store:
            evidence = await sealed(store, tmp_path)
            await evidence.add(LinkRestored(at=OVER, link=Link.RELAY))
            with pytest.raises(NotSealed):
                await evidence.bundle()
            await evidence.sealing.seal(SESSION)
            return await evidence.bundle()

    found = check_bundle(io.BytesIO(asyncio.run(main())))
    assert found.holds[0].startswith("seal 2 of ")
    assert any(what.startswith("seal 1 of ") and what.endswith("up to event 8") for what in found.holds)


def test_a_bundle_has_the_same_bytes_each_time(dsn, tmp_path):
    async def main():
        async with open_store(dsn) as store:
            evidence = await sealed(store, tmp_path)
            assert await evidence.bundle() == await evidence.bundle()

    asyncio.run(main())


def test_the_recording_may_be_left_out_and_is_then_compared_where_it_lies(dsn, tmp_path):
    async def main():
        async with open_store(dsn) as store:
            evidence = await sealed(store, tmp_path)
            return await evidence.bundle(with_film=False), evidence.film

    bundle, film = asyncio.run(main())
    assert any(
        what.startswith("the recording: it is not in the bundle") for what in check_bundle(io.BytesIO(bundle)).unchecked
    )
    assert f"the recording in {film}" in check_bundle(io.BytesIO(bundle), recording=film).holds


def test_two_that_seal_at_once_make_one_seal(dsn, tmp_path):
    async def main():
        async with open_store(dsn) as store:
            evidence = await over(store, tmp_path)
            await evidence.record()
            async with asyncio.TaskGroup() as tasks:
                for _ in range(4):
                    tasks.create_task(evidence.sealing.seal(SESSION))
            assert [seal.number for seal in await evidence.seals.of(SESSION)] == [1]

    asyncio.run(main())
