"""Documents over the web: listed, fetched in each form and language, within reach, and checked by their codes."""

import asyncio
import io
import json

import pikepdf
import pytest

from orchestrator.council.commands import Role
from orchestrator.documents.attendance_json import AttendanceOut
from orchestrator.documents.shelf import SHELF
from tests.scenarios.play import FIRST, JOAN, MAYOR, NURIA, PAU, SECRETARY
from tests.stage import SESSION
from tests.web.town import HERE, served

QUORUM = (MAYOR, FIRST, PAU, NURIA, JOAN, SECRETARY)
PATH = f"/api/v1/sessions/{SESSION}"


def test_every_document_of_the_list_can_be_fetched(dsn):
    async def main():
        async with served(dsn) as town:
            await town.gathered(*QUORUM)
            headers = town.bearer(Role.SECRETARY)
            listed = (await (await town.client.get(f"{PATH}/documents", headers=headers)).json())["documents"]
            assert [document["name"] for document in listed] == list(SHELF)
            for document in listed:
                if document["media_type"] == "application/pdf":
                    continue
                answer = await town.client.get(document["href"], headers=headers)
                assert (answer.status, answer.content_type) == (200, document["media_type"]), document
                assert "-vila-ple-20260326." in answer.headers["Content-Disposition"]

    asyncio.run(main())


def test_the_certificate_is_set_in_the_language_asked_for_and_its_code_can_be_checked(dsn):
    async def main():
        async with served(dsn) as town:
            await town.gathered(*QUORUM)
            headers = town.bearer(Role.SECRETARY)
            answer = await town.client.get(f"{PATH}/attendance?format=pdf&lang=es", headers=headers)
            assert answer.headers["Content-Language"] == "es"
            with pikepdf.open(io.BytesIO(await answer.read())) as document:
                assert str(document.Root.Lang) == "es"
                code = str(document.docinfo["/Subject"]).rpartition("· ")[2]
            found = await (await town.client.get("/api/v1/verification", params={"code": code})).json()
            assert (found["is_genuine"], found["session_id"], found["is_latest"]) == (True, SESSION, True)
            wrong = code[:-1] + ("A" if code[-1] != "A" else "B")
            found = await (await town.client.get("/api/v1/verification", params={"code": wrong})).json()
            assert found == {"is_genuine": False} | dict.fromkeys(found.keys() - {"is_genuine"})
            page = await (await town.client.get("/verify", params={"code": code, "lang": "ca"})).text()
            assert "És autèntic" in page
            page = await (await town.client.get("/verify", params={"code": wrong, "lang": "ca"})).text()
            assert "És autèntic" not in page

    asyncio.run(main())


def test_a_member_reaches_the_public_documents_only(dsn):
    async def main():
        async with served(dsn) as town:
            await town.gathered(*QUORUM)
            headers = town.bearer(Role.MEMBER)
            listed = (await (await town.client.get(f"{PATH}/documents", headers=headers)).json())["documents"]
            assert [d["name"] for d in listed] == [d.name for d in SHELF.values() if d.is_public]
            for name in SHELF.keys() - {d["name"] for d in listed}:
                assert (await town.client.get(f"{PATH}/documents/{name}", headers=headers)).status == 403
            assert (await town.client.get(f"{PATH}/documents/nothing.pdf", headers=headers)).status == 404
            page = await (await town.client.get(f"/sessions/{SESSION}/documents", headers=headers)).text()
            assert "certificate-public.pdf" in page
            assert "minutes.docx" not in page

    asyncio.run(main())


def test_nothing_is_public_of_a_session_that_is_not(dsn):
    async def main():
        async with served(dsn) as town:
            await town.gathered(*QUORUM, is_public=False)
            headers = town.bearer(Role.MEMBER)
            listed = await (await town.client.get(f"{PATH}/documents", headers=headers)).json()
            assert listed["documents"] == []
            assert (await town.client.get(f"{PATH}/documents/index.txt", headers=headers)).status == 403

    asyncio.run(main())


def test_the_schemas_are_at_addresses_of_their_own(dsn):
    async def main():
        async with served(dsn) as town:
            answer = await town.client.get("/api/v1/schemas/attendance")
            assert answer.content_type == "application/schema+json"
            schema = json.loads(await answer.read())
            assert schema["properties"].keys() == AttendanceOut.model_fields.keys()
            assert (await town.client.get("/api/v1/schemas/nothing")).status == 404

    asyncio.run(main())


@pytest.mark.parametrize("form", ["json", "csv", "xlsx", "ods"])
def test_allowances_are_given_over_a_period(dsn, form):
    async def main():
        async with served(dsn) as town:
            await town.gathered(*QUORUM)
            path = f"/api/v1/entities/{HERE}/allowances?from=2026-03-01&to=2026-03-31&format={form}"
            entity = {"id": HERE, "name": "Ajuntament de la Vila"}
            await town.client.post("/api/v1/entities", headers=town.bearer(), json=entity)
            answer = await town.client.get(path, headers=town.bearer(Role.SECRETARY))
            assert answer.status == 200
            if form == "json":
                assert (await answer.json())["members"] == []

    asyncio.run(main())


@pytest.mark.parametrize("query", ["", "?from=2026-03-01", "?from=then&to=now"])
def test_a_period_without_days_is_told_to_have_none(dsn, query):
    async def main():
        async with served(dsn) as town:
            await town.client.post("/api/v1/entities", headers=town.bearer(), json={"id": HERE, "name": "Vila"})
            answer = await town.client.get(f"/api/v1/entities/{HERE}/allowances{query}", headers=town.bearer())
            assert answer.status == 422

    asyncio.run(main())


def test_of_a_rehearsal_everything_says_so_and_nothing_is_sealed(dsn):
    async def main():
        async with served(dsn) as town:
            await town.gathered(*QUORUM, is_rehearsal=True, room="vila-ple-assaig")
            headers = town.bearer(Role.SECRETARY)
            answer = await town.client.get(f"{PATH}/attendance?format=csv", headers=headers)
            assert "assaig-assistencia-vila" in answer.headers["Content-Disposition"]
            assert '"rehearsal"' in await answer.text()
            answer = await town.client.get(f"{PATH}/bundle", headers=headers)
            assert (answer.status, (await answer.json())["type"]) == (409, "urn:plenari:problem:never_sealed")
            answer = await town.client.get(f"{PATH}/attendance?format=pdf", headers=headers)
            with pikepdf.open(io.BytesIO(await answer.read())) as document:
                code = str(document.docinfo["/Subject"]).rpartition("· ")[2]
            page = await (await town.client.get("/verify", params={"code": code, "lang": "ca"})).text()
            assert "ASSAIG" in page
            assert "És autèntic" not in page
            page = await (await town.client.get("/?lang=en", headers=headers)).text()
            assert "rehearsal" in page

    asyncio.run(main())
