"""A member's tab: the real Jitsi client in a real Chromium, as the tests order it about."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.async_api import BrowserContext, Page, async_playwright

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)
PATIENCE = 15.0


@dataclass(slots=True)
class Tab:
    """One client in one room. `id` is its endpoint id; `complaints` is what its console calls an error."""

    page: Page
    id: str = ""
    complaints: list[str] = field(default_factory=list)

    async def call(self, order: str, *arguments: Any) -> Any:
        """Order the client, and what it answers."""
        return await self.page.evaluate("([order, given]) => client[order](...given)", [order, arguments])

    async def told(self, name: str = "") -> list[dict[str, Any]]:
        """What lib-jitsi-meet has told so far, of one kind or of all."""
        told: list[dict[str, Any]] = await self.page.evaluate("client.told")
        return [event for event in told if not name or event["name"] == name]

    async def until(self, name: str, is_it: Callable[[dict[str, Any]], bool] = lambda _: True) -> dict[str, Any]:
        """The first event of that kind for which it holds, past or to come."""
        async with asyncio.timeout(PATIENCE):
            while True:
                for event in await self.told(name):
                    if is_it(event):
                        return event
                await asyncio.sleep(0.05)


@asynccontextmanager
async def browser(profile: Path) -> AsyncIterator[BrowserContext]:
    """A Chromium with a profile of its own, of which nothing stays behind."""
    async with async_playwright() as playwright:
        context = await playwright.chromium.launch_persistent_context(
            profile, executable_path="/usr/bin/chromium", args=FLAGS, permissions=["microphone"]
        )
        try:
            yield context
        finally:
            await context.close()


async def open_tab(context: BrowserContext, address: str, seat: dict[str, str]) -> Tab:
    """A tab in which a client enters the room. `seat` holds domain, room, name and token."""
    tab = Tab(page=await context.new_page())
    tab.page.on("pageerror", lambda error: tab.complaints.append(str(error)))
    await tab.page.goto(f"{address}/client.html")
    websocket = f"{address.replace('http', 'ws', 1)}/xmpp-websocket?room={seat['room']}"
    tab.id = await tab.call("enter", seat | {"websocket": websocket})
    return tab
