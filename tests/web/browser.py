"""A real browser on a page of the town, for whoever may see it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Page, async_playwright

from orchestrator.council.commands import Role
from tests.stage import SESSION
from tests.web.town import Town

PATH = f"/sessions/{SESSION}"


@asynccontextmanager
async def browsing(
    town: Town, role: Role, member: str | None = None, *, path: str = PATH, **options: object
) -> AsyncIterator[Page]:
    """A page, the session's if none is named, opened by a personal link. What the browser complains of is a failure."""
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
            await page.goto(f"{base}/enter#token={town.token(role, member=member)}&next={path}")
        else:
            await page.goto(f"{base}/enter?next={path}")
            await page.click("details:has(textarea) summary")
            await page.fill("textarea", town.token(role, member=member))
            await page.click("#enter button")
        await page.wait_for_url(base + path)
        yield page
        await browser.close()
    assert [c for c in complaints if "409" not in c] == []
