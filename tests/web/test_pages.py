"""The pages: the way in, what is shown to whom, and that nothing foreign gets in."""

import asyncio
import re
from dataclasses import replace

import pytest
from yarl import URL

from orchestrator.council.commands import Role
from orchestrator.council.members import Member
from tests.scenarios.play import FIRST, JOAN, MAYOR, NURIA, PAU, PLENARY, SECRETARY
from tests.stage import SESSION
from tests.web.town import Town, served

QUORUM = (MAYOR, FIRST, PAU, NURIA, JOAN, SECRETARY)
OURS = {"Sec-Fetch-Site": "same-origin"}
HTML = {"Accept": "text/html"}


async def enter(town: Town, role: Role, onward: str = "/", member: str | None = None):
    """Enter as a browser does."""
    form = {"token": town.token(role, member=member), "next": onward}
    return await town.client.post("/enter", data=form, headers=OURS | HTML, allow_redirects=False)


async def html(town: Town, path: str, **headers: str) -> str:
    answer = await town.client.get(path, headers=HTML | headers)
    assert answer.status == 200, await answer.text()
    return await answer.text()


def test_who_is_not_known_is_led_to_the_way_in_and_back(dsn):
    async def main():
        async with served(dsn) as town:
            await town.convened()
            answer = await town.client.get(f"/sessions/{SESSION}", headers=HTML, allow_redirects=False)
            assert (answer.status, answer.headers["Location"]) == (303, f"/enter?next=/sessions/{SESSION}")
            answer = await enter(town, Role.PRESIDENT, f"/sessions/{SESSION}")
            assert (answer.status, answer.headers["Location"]) == (303, f"/sessions/{SESSION}")
            cookie = answer.headers["Set-Cookie"]
            assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
            assert "Ple" in await html(town, f"/sessions/{SESSION}")

    asyncio.run(main())


def test_the_cookie_is_for_https_only_where_people_reach_us_by_it(dsn):
    async def main():
        async with served(dsn) as town:
            town.house.public_url = "https://plenari.example"
            assert "; Secure" in (await enter(town, Role.ADMIN)).headers["Set-Cookie"]

    asyncio.run(main())


@pytest.mark.parametrize(
    "onward", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:x", "/\n/x"]
)
def test_the_way_in_leads_to_no_other_site(dsn, onward):
    async def main():
        async with served(dsn) as town:
            assert (await enter(town, Role.ADMIN, onward)).headers["Location"] == "/"

    asyncio.run(main())


def test_a_bad_token_is_told_and_not_repeated(dsn):
    async def main():
        async with served(dsn) as town:
            answer = await town.client.post("/enter", data={"token": "a-wrong-token"}, headers=OURS | HTML)
            text = await answer.text()
            assert answer.status == 401
            assert "no és vàlid" in text
            assert "a-wrong-token" not in text

    asyncio.run(main())


def test_leaving_forgets_who_one_is(dsn):
    async def main():
        async with served(dsn) as town:
            await enter(town, Role.ADMIN)
            await town.client.post("/leave", headers=OURS, allow_redirects=False)
            assert (await town.client.get("/", headers=HTML, allow_redirects=False)).status == 303

    asyncio.run(main())


@pytest.mark.parametrize(
    ("headers", "is_ours"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Origin": "http://plenari.example"}, True),
        ({"Origin": "http://evil.example"}, False),
        ({"Origin": "null"}, False),
        ({}, False),
    ],
)
def test_a_cookie_counts_only_for_what_comes_from_our_own_pages(dsn, headers, is_ours):
    async def main():
        async with served(dsn) as town:
            await town.gathered(*QUORUM)
            await enter(town, Role.PRESIDENT)
            for path, sent in (
                (f"/sessions/{SESSION}/commands", {"data": {"name": "open_session"}}),
                (f"/api/v1/sessions/{SESSION}/commands", {"json": {"name": "suspend_session"}}),
            ):
                answer = await town.client.post(path, headers=headers, **sent)
                assert (answer.status != 403) is is_ours
                if not is_ours:
                    assert (await answer.json())["type"] == "urn:plenari:problem:cross_site"
            events = [type(record.event).__name__ for record in await town.store.ledger.load(SESSION)]
            assert ("SessionOpened" in events) is is_ours

    asyncio.run(main())


def test_a_button_works_without_a_script_and_a_refusal_is_a_page(dsn):
    async def main():
        async with served(dsn) as town:
            await town.gathered(*QUORUM)
            await enter(town, Role.PRESIDENT)
            path = f"/sessions/{SESSION}/commands"
            press = {"headers": OURS | HTML, "allow_redirects": False}
            answer = await town.client.post(path, data={"name": "open_session"}, **press)
            assert (answer.status, answer.headers["Location"]) == (303, f"/sessions/{SESSION}")
            answer = await town.client.post(path, data={"name": "call_item", "number": "2"}, **press)
            assert answer.status == 303
            answer = await town.client.post(path, data={"name": "open_session"}, **press)
            assert answer.status == 409
            assert "La sessió ja està oberta." in await answer.text()
            answer = await town.client.post(path, data={"name": "suspend_session"}, headers=OURS)
            assert answer.status == 204

    asyncio.run(main())


def test_the_light_is_said_with_its_numbers_its_reason_and_its_law(dsn):
    async def main():
        async with served(dsn) as town:
            await town.gathered(MAYOR, FIRST, PAU, SECRETARY)
            await enter(town, Role.MEMBER)
            page = await html(town, f"/sessions/{SESSION}")
            for text in (
                "Encara no hi ha quòrum",
                "3 de 13 presents · en calen 5",
                "Falten 2 membres.",
                "LRBRL 46.2.c",
                "Un terç del nombre legal",
            ):
                assert text in page

    asyncio.run(main())


def test_each_sees_the_buttons_for_what_they_may_do_now(dsn):
    def offered(page: str) -> set[str]:
        return set(re.findall(r'name="name" value="(\w+)"', page))

    async def main():
        async with served(dsn) as town:
            await town.gathered(*QUORUM)
            president, auditor = town.bearer(Role.PRESIDENT), town.bearer(Role.AUDITOR)
            deputy, pau = town.bearer(Role.MEMBER, member=FIRST), town.bearer(Role.MEMBER, member=PAU)
            path = f"/sessions/{SESSION}"
            assert offered(await html(town, path, **president)) == {"open_session", "adjourn_session", "call_roll"}
            assert offered(await html(town, path, **auditor)) == set()
            for command in ({"name": "open_session"}, {"name": "call_item", "number": 1}):
                await town.client.post(f"/api/v1{path}/commands", json=command, headers=president)
            assert offered(await html(town, path, **pau)) == {"request_floor", "declare_conflict"}
            assert offered(await html(town, path, **deputy)) == {"request_floor", "declare_conflict"}
            await town.client.post(f"/api/v1{path}/commands", json={"name": "request_floor"}, headers=pau)
            assert offered(await html(town, path, **pau)) == {"withdraw_request", "declare_conflict"}
            assert offered(await html(town, path, **president)) == {
                *("suspend_session", "adjourn_session", "call_item", "open_debate", "open_vote", "grant_floor"),
                *("conclude_item", "table_item", "withdraw_item", "propose_urgent_item", "open_secret", "call_roll"),
            }
            await town.client.post(f"/api/v1{path}/commands", json={"name": "open_vote"}, headers=president)
            assert offered(await html(town, path, **pau)) == {"cast_vote", "withdraw_request"}
            assert offered(await html(town, path, **president)) == {
                *("close_vote", "repeat_vote", "annul_vote"),
            }

    asyncio.run(main())


def test_without_quorum_the_button_is_there_and_says_why_it_is_not_to_be_pressed(dsn):
    async def main():
        async with served(dsn) as town:
            await town.gathered(MAYOR, SECRETARY)
            page = await html(town, f"/sessions/{SESSION}", **town.bearer(Role.PRESIDENT))
            assert re.search(r"disabled>Obre la sessió</button> No hi ha quòrum", page)

    asyncio.run(main())


def test_names_are_names_and_not_markup(dsn):
    async def main():
        async with served(dsn) as town:
            evil = '<script>alert("1")</script>'
            members = (*PLENARY.members[1:], Member(id=MAYOR, name=evil, office=PLENARY.members[0].office, group=evil))
            await town.gathered(MAYOR, body=replace(PLENARY, name=evil, members=members))
            page = await html(town, f"/sessions/{SESSION}", **town.bearer(Role.ADMIN))
            assert evil not in page
            assert "&lt;script&gt;" in page

    asyncio.run(main())


def test_pages_run_no_inline_script_and_load_nothing_from_elsewhere(dsn):
    async def main():
        async with served(dsn) as town:
            await town.gathered(*QUORUM)
            admin = town.bearer(Role.ADMIN)
            for path in ("/", "/enter", f"/sessions/{SESSION}", "/sessions/none"):
                answer = await town.client.get(path, headers=HTML | admin)
                page, policy = await answer.text(), answer.headers["Content-Security-Policy"]
                assert "default-src 'none'" in policy
                assert "unsafe" not in policy
                assert re.findall(r"<script(?![^>]*\bsrc=)|\son\w+=|\sstyle=|<style", page) == []
                addresses = re.findall(r'(?:src|href|action)="([^"]*)"', page)
                assert [a for a in addresses if not a.startswith(("/", "#")) or a.startswith("//")] == []
                assert answer.headers["X-Content-Type-Options"] == "nosniff"

    asyncio.run(main())


def test_what_a_page_needs_is_there(dsn):
    async def main():
        async with served(dsn) as town:
            for name in ("plenari.css", "live.js", "enter.js", "icon.svg"):
                assert (await town.client.get(f"/static/{name}")).status == 200
            assert (await town.client.get("/static/../app.py")).status in (403, 404)

    asyncio.run(main())


def test_the_language_is_the_one_asked_for_then_the_sessions_then_the_browsers(dsn):
    async def main():
        async with served(dsn) as town:
            await town.gathered(*QUORUM)
            admin = town.bearer(Role.ADMIN)
            spanish = {"Accept-Language": "es-ES,es;q=0.9"}
            assert 'lang="ca"' in await html(town, f"/sessions/{SESSION}", **admin, **spanish)
            assert '<html lang="es">' in await html(town, "/", **admin, **spanish)
            assert '<html lang="en">' in await html(town, "/?lang=en", **admin, **spanish)
            assert '<html lang="en">' in await html(town, f"/sessions/{SESSION}", **admin)
            cookies = town.client.session.cookie_jar.filter_cookies(URL(town.client.make_url("/")))
            assert cookies["plenari_language"].value == "en"

    asyncio.run(main())


def test_a_list_without_sessions_says_what_to_do_next(dsn):
    async def main():
        async with served(dsn) as town:
            assert "POST /api/v1/sessions" in await html(town, "/", **town.bearer(Role.SECRETARY))
            assert "La secretaria de l&#39;entitat" in await html(town, "/", **town.bearer(Role.MEMBER))

    asyncio.run(main())


def test_the_list_has_todays_sessions_first_with_their_light(dsn):
    async def main():
        async with served(dsn) as town:
            await town.gathered(*QUORUM)
            admin = town.bearer(Role.ADMIN)
            await town.client.post(f"/api/v1/sessions/{SESSION}/commands", json={"name": "open_session"}, headers=admin)
            page = await html(town, "/", **admin)
            assert page.index("Avui") < page.index(f"/sessions/{SESSION}")
            assert re.search(r"Hi ha quòrum, just · 5/5", page)

    asyncio.run(main())
