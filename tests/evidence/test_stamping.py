"""The time stamp of an authority: asked for until it comes, and not believed when it is for something else."""

import asyncio
import io
from datetime import UTC, datetime, timedelta

import aiohttp
import pytest

from orchestrator.council.events import LinkRestored
from orchestrator.council.observations import Link
from orchestrator.evidence.stamping import NotStamped, Stamping, ask
from orchestrator.store import jobs
from orchestrator.verifier.bundle import Broken, check_bundle
from tests.evidence.authority import authority
from tests.evidence.sealed import OVER, over
from tests.stage import SESSION, open_store

QUICKLY = timedelta(milliseconds=10)


def test_a_seal_is_stamped_and_openssl_agrees(dsn, tmp_path):
    async def main():
        async with open_store(dsn) as store, authority(tmp_path) as tsa, aiohttp.ClientSession() as client:
            evidence = await over(store, tmp_path)
            evidence.is_stamped = True
            await evidence.record()
            await evidence.sealing.seal(SESSION)
            planned = await store.pool.fetchval("SELECT count(*) FROM pgqueuer WHERE entrypoint = $1", jobs.STAMP_SEAL)
            assert planned == 1
            unstamped = await evidence.bundle()
            await Stamping(seals=evidence.seals, client=client, url=tsa.url).stamp(SESSION)
            (seal,) = await evidence.seals.of(SESSION)
            assert abs(seal.stamped_at - datetime.now(UTC)) < timedelta(seconds=30)  # noqa: TID251 - openssl's clock
            assert "Verification: OK" in tsa.verifies(seal.manifest, seal.stamp)
            assert "Verification: FAILED" in tsa.verifies(seal.manifest + b" ", seal.stamp)
            await Stamping(seals=evidence.seals, client=client, url=tsa.url).stamp(SESSION)
            assert tsa.asked == 1
            stamped = await evidence.bundle()
            await evidence.add(LinkRestored(at=OVER, link=Link.RELAY))
            await evidence.sealing.seal(SESSION)
            return unstamped, stamped, await evidence.bundle()

    unstamped, stamped, again = asyncio.run(main())
    assert any("no time stamp" in what for what in check_bundle(io.BytesIO(unstamped)).unchecked)
    assert "the time stamp names manifest.json" in check_bundle(io.BytesIO(stamped)).holds
    found = check_bundle(io.BytesIO(again))
    assert "the time stamp names seals/1/manifest.json" in found.holds
    assert any(what.startswith("when manifest.json was sealed: there is no time stamp") for what in found.unchecked)


def test_an_authority_that_is_away_is_asked_again_and_its_silence_is_said(dsn, tmp_path):
    async def main():
        async with open_store(dsn) as store, authority(tmp_path) as tsa, aiohttp.ClientSession() as client:
            evidence = await over(store, tmp_path)
            await evidence.record()
            await evidence.sealing.seal(SESSION)
            tsa.answers = [503, b"nonsense", b"0\x030\x01\x02"] * 40
            stamping = Stamping(seals=evidence.seals, client=client, url=tsa.url, first_pause=QUICKLY)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(stamping.stamp(SESSION))
                async with asyncio.timeout(20):
                    while (await evidence.seals.latest(SESSION)).stamp_problem is None:
                        await asyncio.sleep(0.01)
                    assert "the authority" in (await evidence.seals.latest(SESSION)).stamp_problem
                    check_bundle(io.BytesIO(await evidence.bundle()))  # the seal does not wait
                    tsa.answers.clear()
            seal = await evidence.seals.latest(SESSION)
            assert seal.stamp is not None
            assert seal.stamp_problem is None

    asyncio.run(main())


def test_a_stamp_for_something_else_or_with_another_signature_is_not_believed(tmp_path):
    async def main():
        async with authority(tmp_path) as tsa, aiohttp.ClientSession() as client:
            good = await ask(client, tsa.url, b"this")
            tsa.answers = [good.response]
            with pytest.raises(NotStamped, match="for something else"):
                await ask(client, tsa.url, b"that")
            tsa.answers = [good.response]
            with pytest.raises(NotStamped, match="another question"):
                await ask(client, tsa.url, b"this")
            tsa.answers = [b"x" * 600_000]
            with pytest.raises(NotStamped, match="too great length"):
                await ask(client, tsa.url, b"this")
            touched = bytearray(good.response)
            touched[-3] ^= 1  # in the signature
            tsa.answers = [bytes(touched)]
            with pytest.raises(NotStamped):
                await ask(client, tsa.url, b"this")
        with pytest.raises(NotStamped, match="cannot be reached") as away:
            async with aiohttp.ClientSession() as client:
                await ask(client, "http://somebody:hunter2@127.0.0.1:1/tsa", b"this")
        assert "hunter2" not in str(away.value)

    asyncio.run(main())


def test_a_stamp_of_another_manifest_breaks_the_bundle(dsn, tmp_path):
    async def main():
        async with open_store(dsn) as store, authority(tmp_path) as tsa, aiohttp.ClientSession() as client:
            evidence = await over(store, tmp_path)
            await evidence.record()
            await evidence.sealing.seal(SESSION)
            other = await ask(client, tsa.url, b"another manifest")
            await evidence.seals.stamp(SESSION, 1, other.response, other.at)
            return await evidence.bundle()

    with pytest.raises(Broken) as broken:
        check_bundle(io.BytesIO(asyncio.run(main())))
    assert (broken.value.file, broken.value.check) == ("timestamp.tsr", "time stamp")
