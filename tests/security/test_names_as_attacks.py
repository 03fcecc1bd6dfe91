"""Names that are markup, wherever pages show them; paths out of their folder, wherever an address takes a name."""

import asyncio
from dataclasses import replace

import pytest

from orchestrator.council.commands import Role
from orchestrator.council.members import Entity, Member
from tests.scenarios.play import MAYOR, PLENARY
from tests.stage import SESSION
from tests.web.town import HERE, served

EVIL = "<img src=x onerror=alert(1)>\"'</title></script><script>alert(1)</script>"
PAGES = [
    "/",
    "/wall",
    "/alerts",
    f"/directe/{HERE}",
    *(f"/sessions/{SESSION}{part}" for part in ("", "/documents", "/links", "/timeline", "/people", "/preflight")),
]
NAMES = ["..%2F..%2Fetc%2Fpasswd", "%2e%2e%2f%2e%2e%2fetc%2fpasswd", "..%5C..%5Cetc%5Cpasswd", "%2Fetc%2Fpasswd"]


def test_a_name_that_is_markup_is_text_on_every_page_that_shows_it(dsn):
    async def main():
        async with served(dsn) as town:
            members = (*PLENARY.members[1:], Member(id=MAYOR, name=EVIL, office=PLENARY.members[0].office, group=EVIL))
            await town.house.records.put_entity(Entity(id=HERE, name=EVIL))
            await town.gathered(MAYOR, body=replace(PLENARY, name=EVIL, members=members))
            shown = 0
            for path in PAGES:
                answer = await town.client.get(path, headers=town.bearer(Role.ADMIN) | {"Accept": "text/html"})
                page = await answer.text()
                assert answer.status == 200, (path, answer.status)
                assert "<img src=x" not in page, path
                assert "<script>" not in page, (path, page[max(0, page.find("<script>") - 150) :][:300])
                shown += "&lt;img src=x" in page
            assert shown >= 4, shown

    asyncio.run(main())


@pytest.mark.parametrize("name", NAMES)
def test_no_address_leads_out_of_its_folder(dsn, name):
    async def main():
        async with served(dsn) as town:
            await town.convened()
            for path in (
                f"/static/{name}",
                f"/hls/{name}/live.m3u8",
                f"/hls/{SESSION}/{name}",
                f"/api/v1/sessions/{SESSION}/documents/{name}",
                f"/api/v1/sessions/{name}/documents",
                f"/api/v1/entities/{name}/crest",
            ):
                answer = await town.client.get(path, headers=town.bearer(Role.ADMIN))
                assert 400 <= answer.status < 500, path
                assert "root:" not in await answer.text(), path

    asyncio.run(main())
