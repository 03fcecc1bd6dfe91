"""The sealed bundle over the web: for those who may prove, when there is something to prove."""

import asyncio
import io

from orchestrator.council.commands import Role
from orchestrator.council.privacy import Personal
from orchestrator.evidence.keys import new_key
from orchestrator.verifier.bundle import check_bundle
from tests.evidence.sealed import MISSING, OVER, Evidence, sitting
from tests.stage import SESSION, convened
from tests.web.town import served

BUNDLE = f"/api/v1/sessions/{SESSION}/bundle"


async def over(town, folder) -> Evidence:
    """The session has been held, its recording is there, and it waits for its seal."""
    await convened(town.store)
    evidence = Evidence(town.store, folder, new_key())
    await evidence.add(*sitting())
    return evidence


def test_the_bundle_is_downloaded_and_verifies(dsn, tmp_path):
    async def main():
        async with served(dsn) as town:
            evidence = await over(town, tmp_path)
            await evidence.record()
            await evidence.sealing.seal(SESSION)
            (tmp_path / f"{SESSION}.mp4").write_bytes(evidence.film.read_bytes())
            town.house.recordings = tmp_path
            for path, has_film in ((BUNDLE, False), (f"{BUNDLE}?recording=1", True)):
                async with town.client.get(path, headers=town.bearer(Role.SECRETARY)) as answer:
                    content = await answer.read()
                    assert answer.status == 200
                    assert answer.content_type == "application/zip"
                    assert answer.content_length == len(content)
                    assert 'filename="proves-vila-ple-20260326.zip"' in answer.headers["Content-Disposition"]
                    found = check_bundle(io.BytesIO(content))
                    assert any(what.startswith("the recording, ") for what in found.holds) is has_film
            async with town.client.get(
                f"/api/v1/sessions/{SESSION}/seals", headers=town.bearer(Role.SECRETARY)
            ) as answer:
                told = await answer.json()
                assert told["is_current"] is True
                assert told["seals"][0]["key"] == evidence.key.fingerprint == found.key

    asyncio.run(main())


def test_until_it_is_sealed_a_bundle_is_a_conflict_in_the_readers_language(dsn, tmp_path):
    async def main():
        async with served(dsn) as town:
            evidence = await over(town, tmp_path)
            headers = town.bearer(Role.SECRETARY) | {"Accept-Language": "en"}
            async with town.client.get(BUNDLE, headers=headers) as answer:
                problem = await answer.json()
                assert (answer.status, problem["type"]) == (409, "urn:plenari:problem:not_sealed")
                assert problem["detail"].startswith("The record is not sealed yet")
            await evidence.add(MISSING)
            await evidence.sealing.seal(SESSION)
            async with town.client.get(BUNDLE, headers=headers) as answer:
                assert answer.status == 200

    asyncio.run(main())


def test_the_pages_and_the_list_of_documents_lead_to_it_when_it_is_there(dsn, tmp_path):
    async def main():
        async with served(dsn) as town:
            evidence = await over(town, tmp_path)

            async def shown(path: str, role: Role) -> str:
                async with town.client.get(path, headers=town.bearer(role)) as answer:
                    assert answer.status == 200
                    return await answer.text()

            page, everything = f"/sessions/{SESSION}", f"/sessions/{SESSION}/documents"
            assert BUNDLE not in await shown(page, Role.SECRETARY)
            assert "encara no està segellada" in await shown(everything, Role.SECRETARY)
            await evidence.add(MISSING)
            await evidence.sealing.seal(SESSION)
            assert BUNDLE in await shown(page, Role.SECRETARY)
            assert evidence.key.fingerprint in await shown(everything, Role.SECRETARY)
            assert BUNDLE in await shown(f"/api/v1{everything}", Role.SECRETARY)
            for path in (page, everything, f"/api/v1{everything}"):
                assert BUNDLE not in await shown(path, Role.MEMBER)

    asyncio.run(main())


def test_what_was_pruned_is_forgotten_by_the_pages_too(dsn, tmp_path):
    async def main():
        async with served(dsn) as town:
            await over(town, tmp_path)
            headers = town.bearer(Role.SECRETARY)

            async def live() -> str:
                async with town.client.get(f"/api/v1/sessions/{SESSION}/live", headers=headers) as answer:
                    return await answer.text()

            assert "Núria Puig" in await live()
            await town.store.ledger.prune(SESSION, [Personal.NAME], OVER)
            assert "Núria Puig" not in await live()
            assert "pruned:" in await live()

    asyncio.run(main())
