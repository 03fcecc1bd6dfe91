"""Every page, light and dark, on a telephone and on a desk: axe-core finds nothing serious, and nothing is cut off."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, Page, async_playwright

from orchestrator.access import MAY, Operation
from orchestrator.council.commands import Role
from orchestrator.council.members import Entity
from orchestrator.council.observations import Grade, Link, LinkDown, Sighting
from orchestrator.web.app import PAGES
from orchestrator.web.route import Route
from tests.scenarios.play import FIRST, JOAN, MAYOR, NURIA, PAU, PLENARY, SECRETARY
from tests.stage import SESSION
from tests.web.axe import ALSO, AXE, Visit, serious
from tests.web.town import HERE, Town, served

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(400),
    pytest.mark.skipif(not AXE.exists(), reason="axe-core is missing: ./run test installs it"),
]

QUORUM = (MAYOR, FIRST, PAU, NURIA, JOAN, SECRETARY)
THERE = {"id": SESSION, "entity": HERE, "body": PLENARY.id}
WHO = (Role.SECRETARY, Role.OPERATOR, Role.ADMIN, Role.PRESIDENT, Role.MEMBER)
"""Each page is seen by the first of these who may."""


_WIDE = """() => {
  const {scrollWidth, clientWidth} = document.documentElement;
  if (scrollWidth <= clientWidth) return [];
  return [...document.querySelectorAll("body *")].filter((one) => one.getBoundingClientRect().right > clientWidth + 1)
    .map((one) => one.outerHTML.slice(0, 80)).slice(0, 5);
}"""
"""What sticks out of a page that can be scrolled sideways."""

NOT_OURS = {"/api/docs"}
"""Swagger UI, for programmers: its rows are buttons with buttons in them, and its colours are its own."""


def visits() -> Iterator[Visit]:
    """Every route that may answer with a page (not streams and files); whether it does is seen when it is asked."""
    for route in PAGES:
        if (
            route.method == "GET"
            and route.path not in NOT_OURS
            and not re.search(r"/feed$|/now$|\.\w+$|{(file|name)}$", route.path)
        ):
            yield Visit(path=route.path.format_map(_There()), role=_who(route))
    yield from ALSO


def _who(route: Route) -> Role | None:
    if not isinstance(route.operation, Operation):
        return None
    return next(role for role in WHO if role in MAY[route.operation])


class _There(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return THERE.get(key, "nothing")


async def fill(town: Town) -> None:
    """A session that is open, with an alert, in a town that has a name."""
    records = town.house.records
    await records.put_entity(Entity(id=HERE, name="Ajuntament de la Vila"))
    await records.put_body(HERE, PLENARY)
    await town.gathered(*QUORUM)
    path, headers = f"/api/v1/sessions/{SESSION}/commands", town.bearer(Role.PRESIDENT, member=MAYOR)
    for name, fields in (("open_session", {}), ("call_item", {"number": 1}), ("request_floor", {"member": PAU})):
        async with town.client.post(path, json={"name": name, **fields}, headers=headers) as answer:
            assert answer.status == 200, await answer.text()
    seen = Sighting(grade=Grade.PRESENCE, at=town.clock())
    await town.see(LinkDown(seen=seen, link=Link.RELAY, cause="key_refused"))
    (alert,) = await town.house.alerts.find()
    await town.house.alerts.note(alert.id, "He trucat a l'Ajuntament", by="operator", now=town.clock())
    await town.house.alerts.drill(by="operator", now=town.clock())
    town.house.told = ("Telegram 1", "E-Mail 2")


@asynccontextmanager
async def entered(browser: Browser, town: Town, role: Role | None, **options: object) -> AsyncIterator[Page]:
    """A browser's window for somebody."""
    context = await browser.new_context(locale="ca-ES", **options)
    page = await context.new_page()
    if role:
        base = str(town.client.make_url("/")).rstrip("/")
        await page.goto(f"{base}/enter#token={town.token(role, member=PAU if role is Role.MEMBER else None)}&next=/")
        await page.wait_for_url(f"{base}/")
    yield page
    await context.close()


async def problems(page: Page, address: str) -> list[str]:
    """What is wrong with a page there; nothing if it is none (a file, a stream, a way on to somewhere else)."""
    answer = await page.goto(address)
    if answer is None or "text/html" not in answer.headers.get("content-type", ""):
        return []
    await page.evaluate("document.querySelectorAll('details').forEach((details) => { details.open = true; })")
    found = await serious(page)
    return [*found, *(f"wider than the window: {place}" for place in await page.evaluate(_WIDE))]


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_anything_serious(dsn, scheme, width):
    async def main():
        found = {}
        async with served(dsn) as town, async_playwright() as playwright:
            await fill(town)
            browser = await playwright.chromium.launch(
                executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
            )
            options = {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}
            for role in (None, *Role):
                paths = [visit.path for visit in visits() if visit.role is role]
                if not paths:
                    continue
                async with entered(browser, town, role, **options) as page:
                    for path in paths:
                        if wrong := await problems(page, str(town.client.make_url(path))):
                            found[path, role] = wrong
            await browser.close()
        assert not found, "\n".join(
            f"{path} ({role}): {one}" for (path, role), all_of in found.items() for one in all_of
        )

    asyncio.run(main())


def test_axe_sees_what_is_wrong():
    """That it finds nothing means something."""

    async def main():
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(
                executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
            )
            page = await browser.new_page()
            gray = "<p style='color:#ccc'>Gris</p>"
            await page.set_content(f"<html lang=ca><title>A</title><main><input>{gray}</main></html>")
            found = await serious(page)
            await browser.close()
        assert {one.partition(" ")[0] for one in found} == {"label", "color-contrast"}

    asyncio.run(main())
