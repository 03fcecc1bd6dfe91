"""The citizen's page in a real browser: it follows the session to another channel, and leaves a good player alone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Page, Route, async_playwright

from orchestrator.council.commands import CallItem, OpenSession
from tests.stage import PRESIDENT, SESSION
from tests.web.test_watch import OTHER, PAGE, QUORUM, VIDEO, founded, shown
from tests.web.town import Town, served

pytestmark = pytest.mark.slow
PLAYER = "<body style='margin:0;background:#24343a;color:#fff;font:2rem sans-serif;display:grid;place-items:center'>▶"


@asynccontextmanager
async def watching(town: Town, **options: object) -> AsyncIterator[Page]:
    """The page, with YouTube's player played by us. Whatever the browser complains of fails the test."""
    complaints: list[str] = []

    async def play(route: Route) -> None:
        await route.fulfill(body=PLAYER, content_type="text/html; charset=utf-8")

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        page = await (await browser.new_context(locale="ca", **options)).new_page()
        await page.clock.install()
        await page.route("https://www.youtube-nocookie.com/**", play)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
        await page.goto(str(town.client.make_url(PAGE)))
        yield page
        await browser.close()
    assert complaints == []


def test_the_page_follows_the_session_and_leaves_a_player_alone_that_shows_the_right_thing(dsn):
    async def main():
        async with served(dsn) as town:
            await founded(town)
            await town.gathered(*QUORUM)
            async with watching(town) as page:
                await shown(town, "vila", video=VIDEO, watch=f"https://www.youtube.com/watch?v={VIDEO}")
                await town.sessions.ask(SESSION, OpenSession(asker=PRESIDENT))
                await page.clock.run_for(11_000)
                await page.wait_for_selector(f"iframe[src*='{VIDEO}']")
                await page.evaluate("document.querySelector('iframe').dataset.same = 'yes'")
                await town.sessions.ask(SESSION, CallItem(asker=PRESIDENT, number=2))
                await page.clock.run_for(11_000)
                await page.wait_for_selector("#now >> text=2. Pressupost")
                await page.wait_for_selector("#told >> text=2. Pressupost", state="attached")
                assert await page.get_attribute("iframe", "data-same") == "yes"
                await shown(town, "consorci", "relay_lost", video=OTHER, is_shared=True)
                await page.clock.run_for(11_000)
                await page.wait_for_selector(f"iframe[src*='{OTHER}'][src*='autoplay=1']")
                assert await page.locator("iframe").count() == 1

    asyncio.run(main())
