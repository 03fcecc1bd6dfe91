"""Personal links: from the secretary's desk into the room, for one person, and no trace of them in a log."""

import asyncio
import logging
from datetime import timedelta

import jwt
import pytest
from structlog.testing import capture_logs

from orchestrator.council import events as e
from orchestrator.council.commands import Role
from tests.scenarios.play import MAYOR, PAU, SECRETARY
from tests.stage import SESSION
from tests.web.town import JITSI, Town, served

HOUR = timedelta(hours=1)
OURS = {"Sec-Fetch-Site": "same-origin"}
JSON = OURS | {"Accept": "application/json"}


async def link_to(town: Town, member: str = PAU) -> str:
    path = f"/api/v1/sessions/{SESSION}/members/{member}/link"
    async with town.client.post(path, headers=town.bearer(Role.SECRETARY)) as answer:
        assert answer.status == 201
        return (await answer.json())["link"]


class Browser:
    """Somebody's browser, with cookies of its own."""

    def __init__(self, town: Town) -> None:
        self._town = town
        self.cookies: dict[str, str] = {}

    async def open(self, link: str) -> int:
        """As the page's script does it."""
        place, _, token = link.partition("#")
        assert place.endswith("/join")
        self._alone()
        async with self._town.client.post(
            "/join", data={"token": token}, headers=OURS, cookies=self.cookies, allow_redirects=False
        ) as answer:
            self.cookies |= {name: morsel.value for name, morsel in answer.cookies.items()}
            if answer.status == 303:
                assert answer.headers["Location"] == "/join"
                assert "HttpOnly" in answer.headers["Set-Cookie"]
                assert "SameSite=Lax" in answer.headers["Set-Cookie"]
            return answer.status

    def _alone(self) -> None:
        """The client under all browsers keeps no cookies of its own."""
        self._town.client.session.cookie_jar.clear()

    async def page(self) -> str:
        self._alone()
        async with self._town.client.get("/join?lang=ca", cookies=self.cookies) as answer:
            return await answer.text()

    async def enter(self, **form: str) -> tuple[int, dict[str, str]]:
        self._alone()
        async with self._town.client.post("/join/room", data=form, headers=JSON, cookies=self.cookies) as answer:
            assert answer.status >= 400 or answer.headers["Cache-Control"] == "no-store"
            return answer.status, await answer.json()


def claims_of(way: str) -> dict[str, object]:
    token = way.partition("#jwt=")[2]
    return jwt.decode(token, JITSI.app_secret, ["HS256"], audience="jitsi", options={"verify_exp": False})


async def facts(town: Town) -> list[str]:
    return [type(record.event).__name__ for record in await town.store.ledger.load(SESSION)]


async def recorded(town: Town, fact: str) -> None:
    async with asyncio.timeout(30):
        while fact not in await facts(town):
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(("member", "presides"), [(PAU, False), (MAYOR, True), (SECRETARY, True)])
def test_a_link_leads_its_member_into_the_room_of_their_session(dsn, member, presides):
    async def main():
        async with served(dsn) as town:
            await town.convened()
            browser = Browser(town)
            assert await browser.open(await link_to(town, member)) == 303
            page = await browser.page()
            assert "Entra a la sala" in page
            assert JITSI.address not in page
            status, way = await browser.enter()
            assert status == 200
            assert way["link"].startswith(f"{JITSI.address}/ple-vila#jwt=")
            claims = claims_of(way["link"])
            user = claims["context"]["user"]
            assert (claims["room"], user["id"], user["moderator"]) == ("ple-vila", member, presides)
            assert claims["context"]["features"]["file-upload"] is presides
            assert claims["exp"] - claims["iat"] <= 600

    asyncio.run(main())


def test_a_link_is_the_same_until_it_is_taken_back_and_then_opens_nothing(dsn):
    async def main():
        async with served(dsn) as town:
            await town.convened()
            first, browser = await link_to(town), Browser(town)
            assert await link_to(town) == first
            await browser.open(first)
            path = f"/api/v1/sessions/{SESSION}/members/{PAU}/link"
            assert (await town.client.delete(path, headers=town.bearer(Role.SECRETARY))).status == 204
            assert (await town.client.delete(path, headers=town.bearer(Role.SECRETARY))).status == 404
            assert "retirat" in await browser.page()
            status, problem = await browser.enter()
            assert (status, problem["type"]) == (401, "urn:plenari:problem:no_link")
            await recorded(town, "JoinLinkWithdrawn")
            second = await link_to(town)
            assert second != first
            await browser.open(second)
            assert (await browser.enter())[0] == 200

    asyncio.run(main())


def test_a_link_opens_the_room_around_its_session_and_not_before_or_after(dsn):
    async def main():
        async with served(dsn) as town:
            await town.convened(starts_at=town.clock() + 3 * HOUR)
            browser = Browser(town)
            await browser.open(await link_to(town))
            assert "La sala s&#39;obre avui a les" in await browser.page()
            assert (await browser.enter())[1]["type"] == "urn:plenari:problem:room_not_open"
            town.clock.jump(2 * 3600 + 60)
            assert (await browser.enter())[0] == 200
            town.clock.jump(26 * 3600)
            assert "s&#39;ha acabat" in await browser.page()
            assert (await browser.enter())[0] == 409

    asyncio.run(main())


def test_a_forwarded_link_is_noticed_and_the_table_is_told_once(dsn):
    async def main():
        async with served(dsn) as town:
            await town.gathered(MAYOR, SECRETARY)
            link, his, theirs = await link_to(town), Browser(town), Browser(town)
            await his.open(link)
            assert (await his.enter())[0] == 200
            assert (await his.enter())[0] == 200, "the same browser may come again"
            await theirs.open(link)
            status, problem = await theirs.enter()
            assert (status, problem["type"]) == (409, "urn:plenari:problem:link_in_use")
            assert "JoinLinkShared" not in await facts(town)
            assert (await theirs.enter(confirmed="yes"))[0] == 200
            await recorded(town, "JoinLinkShared")
            records = await town.store.ledger.load(SESSION)
            alerts = [record.event for record in records if isinstance(record.event, e.AlertRaised)]
            assert [(alert.key, alert.cause) for alert in alerts] == [(f"entrance:{PAU}", "link_shared")]
            async with town.client.get(
                f"/api/v1/sessions/{SESSION}/links", headers=town.bearer(Role.OPERATOR)
            ) as answer:
                (state,) = [state for state in (await answer.json())["links"] if state["member"] == PAU]
                assert (state["browsers"], state["is_shared"]) == (2, True)

    asyncio.run(main())


def test_a_second_device_long_after_the_first_has_left_is_no_news(dsn):
    async def main():
        async with served(dsn) as town:
            await town.gathered(MAYOR, SECRETARY)
            link, telephone, computer = await link_to(town), Browser(town), Browser(town)
            await telephone.open(link)
            await telephone.enter()
            town.clock.jump(600)
            await computer.open(link)
            assert (await computer.enter())[0] == 200

    asyncio.run(main())


def test_a_link_that_is_not_ours_and_no_link_at_all_say_what_to_do(dsn):
    async def main():
        async with served(dsn) as town:
            browser = Browser(town)
            assert "Obriu l&#39;enllaç personal" in await browser.page()
            assert await browser.open("http://plenari.example/join#nonsense") == 401
            assert (await browser.enter())[0] == 401
            elsewhere = {"Origin": "https://elsewhere.example"}
            async with town.client.post("/join", data={"token": "x"}, headers=elsewhere) as answer:
                assert answer.status == 403

    asyncio.run(main())


def test_no_link_and_no_token_of_the_room_is_in_any_log(dsn, caplog):
    async def main():
        async with served(dsn) as town:
            with capture_logs() as logs, caplog.at_level(logging.DEBUG):
                await town.convened()
                link, browser = await link_to(town), Browser(town)
                await browser.open(link)
                await browser.page()
                _, way = await browser.enter()
                await town.client.get(f"/sessions/{SESSION}/links", headers=town.bearer(Role.SECRETARY))
                page = f"/sessions/{SESSION}/links/{PAU}"
                async with town.client.post(page, headers=town.bearer(Role.SECRETARY)) as answer:
                    assert link in await answer.text()
                await town.client.post(f"{page}/revocation", headers=town.bearer(Role.SECRETARY))
                await browser.enter()
            said = repr(logs) + caplog.text
            assert said.count("request_served") >= 7
            for secret in (link.partition("#")[2], way["link"].partition("=")[2], *browser.cookies.values()):
                assert secret[:60] not in said
                assert secret[-43:] not in said, "the signature alone"

    asyncio.run(main())
