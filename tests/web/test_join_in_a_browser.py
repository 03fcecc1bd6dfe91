"""A personal link on a telephone: from the message into the room, with nothing left behind in address or history."""

import asyncio
import os
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import BrowserContext, Page, Route, async_playwright

from orchestrator.council.commands import Role
from tests.scenarios.play import MAYOR, PAU, SECRETARY
from tests.stage import SESSION
from tests.web.test_links import link_to
from tests.web.town import JITSI, Town, served

pytestmark = pytest.mark.slow
TELEPHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True, "locale": "ca"}
LOOK = os.environ.get("PLENARI_LOOK", "")
"""A folder for pictures of the pages, for whoever wants to look at them."""


async def look(page: Page, name: str) -> None:
    if LOOK:
        for scheme in ("light", "dark"):
            await page.emulate_media(color_scheme=scheme)
            await page.screenshot(path=Path(LOOK) / f"{name}-{scheme}.png", full_page=True)


async def jitsi(context: BrowserContext, seen: list[str]) -> None:
    """In the place of the meeting: it has nothing to do but to be reached."""

    async def be(route: Route) -> None:
        seen.append(route.request.url)
        await route.fulfill(body="<title>the room</title>", content_type="text/html")

    await context.route(f"{JITSI.address}/**", be)


def opened(town: Town, link: str) -> str:
    """The link, at the port where the test serves."""
    return str(town.client.make_url("/join")) + "#" + link.partition("#")[2]


def test_from_the_message_into_the_room(dsn):
    async def main():
        async with served(dsn) as town, async_playwright() as playwright:
            await town.gathered(MAYOR, SECRETARY)
            link, asked = await link_to(town), []
            browser = await playwright.chromium.launch(
                executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
            )
            his = await browser.new_context(**TELEPHONE)
            await jitsi(his, asked)
            page = await his.new_page()
            complaints: list[str] = []
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
            await page.goto(opened(town, link))
            await page.wait_for_selector("text=Entra a la sala")
            assert page.url.endswith("/join")
            assert await page.locator("#checks .tag.ok").count() == 4
            await look(page, "join-390")
            await page.click("text=Entra a la sala")
            await page.wait_for_url(f"{JITSI.address}/ple-vila#jwt=*")
            assert [url.partition("#")[0] for url in asked] == [f"{JITSI.address}/ple-vila"]
            await page.go_back()
            await page.wait_for_selector("text=Entra a la sala")
            assert "#" not in page.url
            assert complaints == []

            theirs = await browser.new_context(viewport={"width": 1280, "height": 800}, locale="ca")
            await jitsi(theirs, asked)
            other = await theirs.new_page()
            await other.goto(opened(town, link))
            await other.click("text=Entra a la sala")
            await other.wait_for_selector("text=Soc jo")
            await look(other, "join-in-use-1280")
            await other.click("text=Soc jo")
            await other.wait_for_url(f"{JITSI.address}/ple-vila#jwt=*")

            desk = await theirs.new_page()
            base = str(town.client.make_url("/")).rstrip("/")
            await desk.goto(f"{base}/enter#token={town.token(Role.SECRETARY)}&next=/sessions/{SESSION}/links")
            await desk.wait_for_selector("text=Fet servir des de dos llocs")
            await desk.click("button[aria-label*='Pau']")
            assert (await desk.input_value("#link")).endswith(link.partition("#")[2])
            await look(desk, "links-1280")
            await desk.click(f"#{PAU} summary")
            await desk.click(f"#{PAU} details button")
            await page.reload()
            await page.wait_for_selector("text=retirat")
            await look(page, "join-revoked-390")
            await browser.close()

    asyncio.run(main())


def test_who_comes_early_is_told_when_and_the_page_opens_by_itself(dsn):
    async def main():
        async with served(dsn) as town, async_playwright() as playwright:
            await town.convened(starts_at=town.clock() + timedelta(hours=1, seconds=20))
            browser = await playwright.chromium.launch(
                executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
            )
            page = await (await browser.new_context(**TELEPHONE)).new_page()
            await page.goto(opened(town, await link_to(town)))
            await page.wait_for_selector("text=s'obre avui a les")
            await look(page, "join-early-390")
            town.clock.jump(25)
            await page.wait_for_selector("text=Entra a la sala", timeout=60_000)
            await browser.close()

    asyncio.run(main())
