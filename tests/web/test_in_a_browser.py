"""The pages in a real browser: the way in, what changes without a reload, and all of it by keyboard."""

import asyncio

import pytest

from orchestrator.council.commands import Role
from orchestrator.council.observations import Departure, DeviceId, MemberDisconnected
from tests.scenarios.play import FIRST, JOAN, LAIA, MAYOR, NURIA, PAU, SECRETARY
from tests.stage import connected
from tests.web.browser import browsing
from tests.web.town import served

pytestmark = pytest.mark.slow
QUORUM = (MAYOR, FIRST, PAU, NURIA, JOAN, SECRETARY)


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
