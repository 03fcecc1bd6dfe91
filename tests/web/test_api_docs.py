"""The page to try the API, in a real browser: everything from here, and no script that the policy does not know."""

import asyncio
from urllib.parse import urlsplit

import pytest
from playwright.async_api import async_playwright

from orchestrator.council.commands import Role
from tests.web.town import served

pytestmark = pytest.mark.slow


def test_an_operation_is_tried_and_nothing_comes_from_elsewhere(dsn):
    async def main():
        async with served(dsn) as town, async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
            )
            page = await browser.new_page()
            complaints, hosts = [], set()
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
            page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
            base = str(town.client.make_url("/")).rstrip("/")
            await page.goto(f"{base}/enter#token={town.token(Role.SECRETARY)}&next=/api/docs")
            operation = page.locator("#operations-entities-list_entities")
            await operation.locator("button.opblock-summary-control").click()
            await operation.get_by_role("button", name="Try it out").click()
            await operation.get_by_role("button", name="Execute", exact=True).click()
            await operation.locator(".live-responses-table .response-col_status", has_text="200").first.wait_for()
            assert complaints == []
            assert hosts - {""} == {urlsplit(base).netloc}
            await browser.close()

    asyncio.run(main())


def test_no_other_file_of_the_package_is_to_be_had(dsn):
    async def main():
        async with served(dsn) as town:
            for name, status in (("swagger-ui.css", 200), ("index.html", 404), ("..%2F__init__.py", 404)):
                assert (await town.client.get(f"/api/docs/{name}")).status == status

    asyncio.run(main())
