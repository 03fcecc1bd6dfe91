"""The evening before it begins, as a new secretary lives it: convene, send the links, read the list of checks."""

import asyncio
import os
import re
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright

from orchestrator.council.commands import Role
from orchestrator.council.members import SessionId
from orchestrator.notices.sending import Sending
from tests.notices.mailroom import calendar_of, mailroom, text_of
from tests.scenarios.play import MAYOR, PAU
from tests.web.browser import browsing
from tests.web.test_convening import AGENDA, NEW, settled
from tests.web.town import SECRET, served

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
LOOK = os.environ.get("PLENARI_LOOK", "")
TELEPHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True, "locale": "ca"}
DEVICES = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]


async def look(page: Page, name: str) -> None:
    if LOOK:
        await page.screenshot(path=Path(LOOK) / f"{name}.png", full_page=True)


async def try_connection(link: str) -> None:
    """A member opens the link of the letter on a telephone, and does the test."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", *DEVICES],
        )
        page = await (await browser.new_context(**TELEPHONE)).new_page()
        await page.goto(link)
        await page.click("text=Comproveu la càmera")
        await page.click("text=Comença la prova")
        await page.wait_for_selector("#found [data-state]", timeout=120_000)
        assert "Us veurem." in await page.inner_text("#found")
        # There is no meeting's server in this test, and the page says what to do.
        assert "No s'arriba al servidor de la reunió." in await page.inner_text("#found")
        await look(page, "check")
        await browser.close()


def test_convening_sending_and_reading_the_list(dsn):
    async def main():
        async with served(dsn) as town, mailroom() as mail:
            await settled(town)
            town.house.has_mail = True
            base = str(town.client.make_url("/")).rstrip("/")
            async with browsing(town, Role.SECRETARY, path="/", locale="ca") as page:
                # From the first page to the form, which knows the body already.
                await page.click("text=Convoca una sessió")
                await page.wait_for_url(base + NEW)
                assert await page.inner_text("[aria-current=true] >> nth=0") == "Ple 13"
                # The agenda is read while it is pasted, and a day that is too soon is pointed out.
                await page.fill("#day", "2026-03-27")
                await page.fill("#clock", "19:00")
                await page.fill("#agenda", AGENDA)
                await page.wait_for_selector("#checks >> text=Ordre del dia, tal com s'ha entès (3 punts)")
                await page.wait_for_selector("#checks >> text=No n'hi ha prou (LRBRL 46.2.b)")
                await page.fill("#day", "2026-04-09")
                await page.wait_for_selector("#checks >> text=N'hi ha prou (LRBRL 46.2.b)")
                await page.wait_for_selector("#checks >> text=Si no hi ha quòrum: 11/04/2026 19:00")
                await look(page, "form")
                await page.click("#convene button:has-text('Convoca')")
                # Everybody is on the list; nobody can be reached yet.
                await page.wait_for_selector("h1:has-text('Convocatòria i persones')")
                assert "dijous, 9 d’abril del 2026, 19:00" in await page.inner_text("#call")
                assert await page.locator("#people .rows li").count() == 15
                assert "Sense adreça electrònica: 15." in await page.inner_text("#people")
                await page.fill(f"#email-{MAYOR}", "marta@vila.cat")
                await page.fill(f"#email-{PAU}", "pau@vila.cat")
                await page.fill(f"#phone-{PAU}", "972 11 22 33")
                await page.click("text=Desa les adreces")
                # The links go out, and the list says so by itself.
                await page.click("text=Envia la convocatòria (2)")
                await page.wait_for_selector(f"#row-{PAU} >> text=s'està enviant")
                session_id = SessionId(page.url.split("/")[-2])
                await sending(town, mail, base).send(session_id)
                await page.wait_for_selector(f"#row-{PAU} >> text=/enviada \\d\\d:\\d\\d/")
                assert "no ha fet la prova de connexió" in await page.inner_text(f"#row-{PAU}")
                # What came by mail leads in, and is in the calendar.
                letter = mail.to("pau@vila.cat")
                assert str(calendar_of(letter)["METHOD"]) == "REQUEST"
                found = re.search(r"http://\S+/join#\S+", text_of(letter))
                assert found is not None
                await try_connection(found[0])
                await page.reload()
                assert "la prova no va bé" in await page.inner_text(f"#row-{PAU}")
                assert "Sala. no s'hi arriba." in await page.inner_text(f"#row-{PAU}")
                assert "972 11 22 33" in await page.inner_text(f"#row-{PAU}")
                assert "Truqueu abans del dia a: Pau Ferrer." in await page.inner_text("#people")
                await look(page, "list")

    asyncio.run(main())


def sending(town, mail, base):
    """The job that the program would run."""
    return Sending(ledger=town.house.ledger, post=mail.post, base=base, secret=SECRET, now=town.clock)
