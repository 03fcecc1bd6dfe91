"""The connection check: in a real browser with a camera and a microphone that are made up, and over the wire."""

import asyncio
import json
import struct
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestServer
from playwright.async_api import async_playwright

from orchestrator.convening.check import State
from orchestrator.council.commands import Role
from orchestrator.council.events import SessionAdjourned
from orchestrator.council.session import Phase
from orchestrator.relays import Relays
from orchestrator.store.connections import Connections
from tests.convening.test_connection import GOOD
from tests.scenarios.play import MAYOR, PAU
from tests.stage import SESSION
from tests.web.test_links import link_to
from tests.web.town import JITSI, served

CHECK = "/join/check"
ORIGIN = {"Origin": "http://plenari.example"}
GOOD_NEWS = ("Us veurem.", "Us sentirem.", "S'hi arriba.", "El servidor de la reunió respon.", "camí lliure")


async def entered(town, member=PAU):
    """The cookie of whoever opened the member's link."""
    link = await link_to(town, member)
    form = {"token": link.partition("#")[2]}
    answer = await town.client.post("/join", data=form, headers=ORIGIN, allow_redirects=False)
    town.client.session.cookie_jar.clear()
    return ORIGIN | {"Cookie": f"plenari_join={answer.cookies['plenari_join'].value}"}


def test_a_test_is_judged_kept_without_numbers_and_gone_with_the_session(dsn):
    async def main():
        async with served(dsn) as town:
            await town.convened()
            headers = await entered(town)
            assert (await town.client.post(CHECK, json=GOOD, headers=ORIGIN)).status >= 400
            answer = await town.client.post(f"{CHECK}?lang=ca", json=GOOD | {"camera": "denied"}, headers=headers)
            text = await answer.text()
            assert 'data-state="ill"' in text
            assert "El navegador no hi té permís" in text
            tested = await Connections(town.store.pool).of(SESSION)
            assert tested[PAU].findings == (("camera", "denied", State.ILL),)
            row = await town.store.pool.fetchrow("SELECT * FROM connection_check")
            assert "20000" not in str(dict(row))
            people = await town.client.get(f"/sessions/{SESSION}/people?lang=ca", headers=town.bearer(Role.SECRETARY))
            page = await people.text()
            assert "Truqueu abans del dia a: Pau Ferrer." in page
            assert "Càmera. sense permís." in " ".join(page.replace("</i>", " ").split())
            assert (await town.client.post(CHECK, json=GOOD | {"device": "x"}, headers=headers)).status == 422
            version = len(await town.store.ledger.load(SESSION))
            over = SessionAdjourned(at=town.clock())
            await town.store.ledger.append(SESSION, [over], [], version, town.clock(), phase=Phase.ADJOURNED)
            assert await Connections(town.store.pool).of(SESSION) == {}
            await town.client.post(CHECK, json=GOOD, headers=headers)
            assert await Connections(town.store.pool).of(SESSION) == {}

    asyncio.run(main())


def test_what_is_measured_with_is_for_guests_only_and_has_bounds(dsn):
    async def main():
        async with served(dsn) as town:
            await town.convened()
            assert (await town.client.get(f"{CHECK}/load")).status >= 400
            headers = await entered(town)
            down = await (await town.client.get(f"{CHECK}/load", headers=headers)).read()
            assert len(down) == 4 * 1024 * 1024
            up = await town.client.post(f"{CHECK}/load", data=b"x" * 1_000_000, headers=headers)
            assert await up.json() == {"bytes": 1_000_000}
            async with town.client.ws_connect(f"{CHECK}/echo", headers=headers) as socket:
                await socket.send_str("7")
                assert (await socket.receive()).data == "7"
                await socket.send_str("x" * 1000)
                assert (await socket.receive()).type is WSMsgType.CLOSE

    asyncio.run(main())


def test_only_this_page_may_use_the_camera(dsn):
    async def main():
        async with served(dsn) as town:
            await town.convened()
            headers = await entered(town)
            page = await town.client.get(CHECK, headers=headers)
            assert page.headers["Permissions-Policy"].startswith("camera=(self), microphone=(self)")
            assert "connect-src 'self' wss://meet.example" in page.headers["Content-Security-Policy"]
            other = await town.client.get("/join", headers=headers)
            assert other.headers["Permissions-Policy"].startswith("camera=(), microphone=()")
            assert 'href="/join/check"' in await other.text()

    asyncio.run(main())


def test_turn_credentials_last_an_hour_and_the_secret_stays_here():
    relays = Relays(stun=("stun:a:3478",), turn=("turn:a:3478",), secret="shared")
    stun, turn = relays.servers(datetime(2026, 3, 26, tzinfo=UTC))
    assert stun == {"urls": ["stun:a:3478"]}
    assert turn == {"urls": ["turn:a:3478"], "username": "1774486800:plenari", "credential": turn["credential"]}
    assert "shared" not in json.dumps(turn) + repr(relays)
    assert Relays(turn=("turn:a",)).servers(datetime(2026, 3, 26, tzinfo=UTC)) == []


class Stun(asyncio.DatagramProtocol):
    """Answers each binding request (RFC 8489) with an address that is nobody's."""

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, peer):
        kind, _, cookie = struct.unpack("!HHI", data[:8])
        if kind != 0x0001:
            return
        port, host = 40_000 ^ (cookie >> 16), 0xCB007107 ^ cookie
        attribute = struct.pack("!HHBBHI", 0x0020, 8, 0, 1, port, host)
        self.transport.sendto(struct.pack("!HHI", 0x0101, len(attribute), cookie) + data[8:20] + attribute, peer)


@asynccontextmanager
async def meeting():
    """In Jitsi's place: a websocket at `/xmpp-websocket`, and a STUN server."""

    async def xmpp(request):
        socket = web.WebSocketResponse(protocols=("xmpp",))
        await socket.prepare(request)
        await socket.receive()
        return socket

    app = web.Application()
    app.router.add_get("/xmpp-websocket", xmpp)
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(Stun, local_addr=("127.0.0.1", 0))
    try:
        async with TestServer(app) as server:
            yield str(server.make_url("/")).rstrip("/"), transport.get_extra_info("sockname")[1]
    finally:
        transport.close()


@pytest.mark.slow
def test_a_browser_tests_itself_and_the_secretary_sees_how_it_went(dsn):
    async def main():
        async with served(dsn) as town, meeting() as (address, stun), async_playwright() as playwright:
            await town.convened()
            town.house.jitsi = lambda _entity: replace(JITSI, address=address)
            town.house.relays = Relays(stun=(f"stun:127.0.0.1:{stun}",))
            link = await link_to(town, PAU)
            browser = await playwright.chromium.launch(
                executable_path="/usr/bin/chromium",
                args=[
                    "--no-sandbox",
                    "--disable-gpu",
                    "--disable-dev-shm-usage",
                    "--use-fake-device-for-media-stream",
                    "--use-fake-ui-for-media-stream",
                    "--allow-loopback-in-peer-connection",
                ],
            )
            page = await (await browser.new_context(locale="ca")).new_page()
            complaints: list[str] = []
            page.on("pageerror", lambda error: complaints.append(str(error)))
            await page.goto(str(town.client.make_url("/join")) + "#" + link.partition("#")[2])
            await page.click("text=Comproveu la càmera")
            await page.click("#begin")
            await page.wait_for_selector("#found [data-state]", timeout=90_000)
            said = await page.inner_text("#found")
            for good in GOOD_NEWS:
                assert good in said, said
            assert "Mbit/s de baixada" in said
            assert complaints == []
            tested = await Connections(town.store.pool).of(SESSION)
            assert tested[PAU].state in (State.WELL, State.LOOK)  # a busy machine may be slow
            assert MAYOR not in tested
            await browser.close()

    asyncio.run(main())
