"""The pages in a real browser: the way in, what changes without a reload, and all of it by keyboard."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Page, async_playwright

from orchestrator.council.commands import Role
from orchestrator.council.observations import Departure, DeviceId, MemberDisconnected
from tests.scenarios.play import FIRST, JOAN, LAIA, MAYOR, NURIA, PAU, SECRETARY
from tests.stage import SESSION, connected
from tests.web.town import Town, served

pytestmark = pytest.mark.slow
QUORUM = (MAYOR, FIRST, PAU, NURIA, JOAN, SECRETARY)
PATH = f"/sessions/{SESSION}"


@asynccontextmanager
async def browsing(town: Town, role: Role, member: str | None = None, **options: object) -> AsyncIterator[Page]:
    """The session's page, opened by a personal link. Whatever the browser complains of fails the test."""
    complaints: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        context = await browser.new_context(**options)
        page = await context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
        base = str(town.client.make_url("/")).rstrip("/")
        if options.get("java_script_enabled", True):
            await page.goto(f"{base}/enter#token={town.token(role, member=member)}&next={PATH}")
        else:
            await page.goto(f"{base}/enter?next={PATH}")
            await page.fill("textarea", town.token(role, member=member))
            await page.click("#enter button")
        await page.wait_for_url(base + PATH)
        yield page
        await browser.close()
    assert [c for c in complaints if "409" not in c] == []


def test_a_link_leads_in_and_leaves_no_token_in_the_history(dsn):
    async def main():
        async with served(dsn) as town:
            await town.gathered(*QUORUM)
            async with browsing(town, Role.PRESIDENT) as page:
                assert "Ple" in await page.title()
                await page.go_back()
                assert "token" not in page.url

    asyncio.run(main())


def test_the_page_follows_the_session_and_says_aloud_what_changes(dsn):
    async def main():
        async with served(dsn) as town:
            await town.gathered(MAYOR, FIRST, PAU, NURIA, SECRETARY)
            async with browsing(town, Role.AUDITOR) as page:
                await page.wait_for_selector("text=Encara no hi ha quòrum")
                await town.see(connected(town.clock(), JOAN))
                await page.wait_for_selector("#quorum >> text=Hi ha quòrum, just")
                await page.wait_for_selector("#told >> text=5 de 13 presents", state="attached")
                lost = MemberDisconnected(
                    seen=connected(town.clock(), JOAN).seen,
                    member=JOAN,
                    device=DeviceId(f"{JOAN}-1"),
                    departure=Departure.LOST,
                )
                await town.see(lost)
                await page.wait_for_selector("#roll >> text=reconnectant")

    asyncio.run(main())


def test_the_president_conducts_by_keyboard_and_keeps_the_focus_when_the_page_changes(dsn):
    async def main():
        async with served(dsn) as town:
            await town.gathered(*QUORUM)
            async with browsing(town, Role.PRESIDENT) as page:
                await page.focus("#ask-open_session summary")
                await page.keyboard.press("Enter")
                await town.see(connected(town.clock(), LAIA))
                await page.wait_for_selector("#quorum >> text=6 de 13 presents")
                await page.keyboard.press("Tab")
                assert await page.evaluate("document.activeElement.id") == "act-open_session"
                await page.keyboard.press("Enter")
                await page.wait_for_selector("#act-suspend_session")
                await page.focus("#act-call-2")
                await page.keyboard.press("Space")
                await page.wait_for_selector("#agenda .current >> text=Pressupost")
                assert await page.evaluate("document.getElementById('agenda').contains(document.activeElement)")

    asyncio.run(main())


def test_a_refusal_is_said_and_the_page_stays(dsn):
    async def main():
        async with served(dsn) as town:
            await town.gathered(*QUORUM)
            async with browsing(town, Role.PRESIDENT) as page:
                # What the button asks for has been done meanwhile, and this page was not told.
                await page.evaluate("document.querySelector('#ask-open_session [name=name]').value = 'close_vote'")
                await page.click("#ask-open_session summary")
                await page.click("#act-open_session")
                await page.wait_for_selector("#refused >> text=No hi ha cap votació oberta.")

    asyncio.run(main())


def test_without_a_script_the_page_is_whole_and_its_buttons_work(dsn):
    async def main():
        async with served(dsn) as town:
            await town.gathered(*QUORUM)
            async with browsing(town, Role.PRESIDENT, java_script_enabled=False) as page:
                await page.click("#ask-open_session summary")
                await page.click("#act-open_session")
                await page.wait_for_selector("text=Oberta")
                assert await page.locator("noscript meta[http-equiv=refresh]").count() == 1

    asyncio.run(main())


@pytest.mark.parametrize("width", [390, 1280, 1920])
def test_nothing_is_wider_than_the_screen(dsn, width):
    async def main():
        async with served(dsn) as town:
            await town.gathered(*QUORUM)
            async with browsing(town, Role.PRESIDENT, viewport={"width": width, "height": 800}) as page:
                assert await page.evaluate("document.documentElement.scrollWidth") == width

    asyncio.run(main())
