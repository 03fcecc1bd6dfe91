"""Coming in: by password, with a machine's token; what is kept of either, and what is written down of who came."""

import asyncio

import pytest
from structlog.testing import capture_logs

from orchestrator.council.commands import Role
from orchestrator.council.members import EntityId
from orchestrator.passwords import hashed, invented, matches
from orchestrator.store.accounts import AccountId
from tests.scenarios.play import PAU
from tests.stage import SESSION
from tests.web.town import ELSEWHERE, HERE, Town, served

SECRET = "secret"
OURS = {"Sec-Fetch-Site": "same-origin", "Accept": "text/html"}


async def entity(town: Town, entity_id: EntityId = HERE) -> None:
    sent = {"id": entity_id, "name": "Ajuntament de la Vila"}
    async with town.client.post("/api/v1/entities", json=sent, headers=town.bearer()) as answer:
        assert answer.status == 201


async def account(town: Town, login: str = "marta", role: Role = Role.SECRETARY, password: str = SECRET) -> AccountId:
    unbound = role in (Role.ADMIN, Role.OPERATOR)
    made = await town.house.accounts.add(
        login=login,
        name="Marta Soler",
        role=role,
        entity=None if unbound else HERE,
        member=None,
        by="test",
        now=town.clock(),
    )
    await town.house.accounts.set_password(made, await hashed(password))
    return made


async def come_in(town: Town, login: str, password: str) -> tuple[int, str]:
    """The status, and what the cookie holds."""
    town.client.session.cookie_jar.clear()
    form = {"login": login, "password": password, "next": "/"}
    async with town.client.post("/enter/password", data=form, headers=OURS, allow_redirects=False) as answer:
        cookie = answer.cookies.get("plenari")
        if cookie:
            assert "HttpOnly" in answer.headers["Set-Cookie"]
            assert "SameSite=Lax" in answer.headers["Set-Cookie"]
        return answer.status, cookie.value if cookie else ""


async def sees(town: Town, cookie: str, path: str = "/api/v1/entities") -> int:
    town.client.session.cookie_jar.clear()
    async with town.client.get(path, headers={"Cookie": f"plenari={cookie}"}) as answer:
        return answer.status


async def button(town: Town, path: str, cookie: str, **form: str) -> tuple[int, str]:
    town.client.session.cookie_jar.clear()
    headers = OURS | {"Cookie": f"plenari={cookie}"}
    async with town.client.post(path, data=form, headers=headers, allow_redirects=False) as answer:
        return answer.status, await answer.text()


def test_a_password_is_kept_as_argon2id_and_nobody_elses_fits():
    async def main():
        password = invented()
        kept = await hashed(password)
        assert kept.startswith("$argon2id$")
        assert password not in kept
        assert await matches(password, kept)
        assert not await matches(invented(), kept)
        assert not await matches(password, None)
        assert not await matches(password, "nonsense")

    asyncio.run(main())


def test_who_has_an_account_comes_in_as_what_they_are_and_leaves_for_good(dsn):
    async def main():
        async with served(dsn) as town:
            await entity(town)
            await account(town)
            status, cookie = await come_in(town, "MARTA", "secret")
            assert status == 303
            assert await sees(town, cookie) == 200
            assert await sees(town, cookie, "/accounts") == 403
            assert cookie not in repr(await town.store.pool.fetch("SELECT * FROM login"))
            assert (await button(town, "/leave", cookie))[0] == 303
            assert await sees(town, cookie) == 401

    asyncio.run(main())


def test_a_login_is_over_by_itself_and_when_the_account_is_stopped(dsn):
    async def main():
        async with served(dsn) as town:
            await entity(town)
            made = await account(town)
            _, cookie = await come_in(town, "marta", "secret")
            town.clock.jump(11 * 3600)
            assert await sees(town, cookie) == 200
            town.clock.jump(2 * 3600)
            assert await sees(town, cookie) == 401
            _, cookie = await come_in(town, "marta", "secret")
            await town.house.accounts.set_disabled(made, town.clock())
            assert await sees(town, cookie) == 401
            assert (await come_in(town, "marta", "secret"))[0] == 401

    asyncio.run(main())


def test_after_five_wrong_passwords_the_right_one_must_wait(dsn):
    async def main():
        async with served(dsn) as town:
            await entity(town)
            await account(town)
            assert (await come_in(town, "nobody", "secret"))[0] == 401
            for _ in range(5):
                assert (await come_in(town, "marta", "wrong"))[0] == 401
            assert (await come_in(town, "marta", "secret"))[0] == 401
            town.clock.jump(301)
            assert (await come_in(town, "marta", "secret"))[0] == 303

    asyncio.run(main())


def test_another_site_can_neither_log_in_nor_press_a_button(dsn):
    async def main():
        async with served(dsn) as town:
            await entity(town)
            made = await account(town, role=Role.ADMIN)
            _, cookie = await come_in(town, "marta", "secret")
            for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}, {}):
                form = {"login": "marta", "password": "secret"}
                async with town.client.post("/enter/password", data=form, headers=headers) as answer:
                    assert answer.status == 403
                held = headers | {"Cookie": f"plenari={cookie}"}
                async with town.client.post(f"/accounts/{made}", data={"act": "no_password"}, headers=held) as answer:
                    assert answer.status == 403

    asyncio.run(main())


def test_an_administrator_makes_accounts_and_passwords_which_are_shown_once(dsn):
    async def main():
        async with served(dsn) as town:
            await entity(town)
            made = await account(town, login="admin", role=Role.ADMIN)
            _, cookie = await come_in(town, "admin", "secret")
            new = {"name": "Joan Mas", "login": "joan@vila.example", "role": "secretary", "entity": HERE}
            assert (await button(town, "/accounts", cookie, **new))[0] == 303
            assert (await button(town, "/accounts", cookie, **new))[0] == 422, "the login is taken"
            assert (await button(town, "/accounts", cookie, **new | {"login": "x-y", "entity": ""}))[0] == 422
            assert (await button(town, "/accounts", cookie, **new | {"login": "x-y", "role": "admin"}))[0] == 422
            assert (await button(town, "/accounts", cookie, **new | {"login": "x-y", "role": "member"}))[0] == 422
            joan = await town.house.accounts.by_login("joan@vila.example")
            status, page = await button(town, f"/accounts/{joan.id}", cookie, act="password")
            password = page.partition('<code class="secret">')[2].partition("<")[0]
            assert (status, (await come_in(town, "joan@vila.example", password))[0]) == (200, 303)
            async with town.client.get("/accounts", headers={"Cookie": f"plenari={cookie}"}) as answer:
                assert password not in await answer.text()
            assert (await button(town, f"/accounts/{joan.id}", cookie, act="disable"))[0] == 303
            assert (await come_in(town, "joan@vila.example", password))[0] == 401
            assert (await button(town, f"/accounts/{made}", cookie, act="disable"))[0] == 422

    asyncio.run(main())


def test_a_machine_comes_in_with_its_token_until_it_is_taken_back(dsn):
    async def main():
        async with served(dsn) as town:
            await entity(town)
            await entity(town, ELSEWHERE)
            await account(town, login="admin", role=Role.ADMIN)
            _, cookie = await come_in(town, "admin", "secret")
            form = {"name": "Web de la Vila", "role": "auditor", "entity": HERE, "days": "30"}
            status, page = await button(town, "/machine-tokens", cookie, **form)
            token = page.partition('<code class="secret">')[2].partition("<")[0]
            assert (status, token[:4]) == (200, "plt_")
            assert token not in repr(await town.store.pool.fetch("SELECT * FROM machine_token"))
            headers = {"Authorization": f"Bearer {token}"}
            async with town.client.get("/api/v1/entities", headers=headers) as answer:
                assert [e["id"] for e in (await answer.json())["entities"]] == [HERE]
            (kept,) = await town.house.accounts.tokens()
            assert kept.used_on == town.clock().date()
            assert (await button(town, f"/machine-tokens/{kept.id}/revocation", cookie))[0] == 303
            async with town.client.get("/api/v1/entities", headers=headers) as answer:
                assert answer.status == 401
            assert (await button(town, "/machine-tokens", cookie, **form | {"role": "member"}))[0] == 422

    asyncio.run(main())


def test_who_did_and_who_looked_is_written_down_for_those_who_may_ask(dsn):
    async def main():
        async with served(dsn) as town:
            await entity(town)
            await account(town)
            await town.convened()
            await come_in(town, "marta", "wrong")
            _, cookie = await come_in(town, "marta", "secret")
            await sees(town, cookie, f"/api/v1/sessions/{SESSION}/attendance")
            await town.client.post(
                f"/api/v1/sessions/{SESSION}/members/{PAU}/link", headers=town.bearer(Role.SECRETARY, member="rosa")
            )
            await town.client.get(f"/api/v1/sessions/{SESSION}", headers=town.bearer(Role.SECRETARY, ELSEWHERE))
            async with town.client.get("/api/v1/audit", headers=town.bearer(Role.AUDITOR)) as answer:
                traces = [
                    (trace["who"], trace["operation"], trace["session"], trace["is_change"], trace["status"])
                    for trace in (await answer.json())["traces"]
                ]
            assert traces == [
                ("rosa", "link_member", SESSION, True, 201),
                ("Marta Soler", "read_attendance", SESSION, False, 200),
                ("Marta Soler", "enter_with_password", None, True, 200),
                ("Marta Soler", "enter_with_password", None, True, 401),
            ]
            async with town.client.get(
                "/audit?kind=changes&who=marta&lang=ca", headers=town.bearer(Role.AUDITOR)
            ) as page:
                text = await page.text()
                assert "denegat (401)" in text
                assert "read_attendance" not in text
            async with town.client.get("/api/v1/audit", headers=town.bearer(Role.AUDITOR, ELSEWHERE)) as answer:
                assert [t["status"] for t in (await answer.json())["traces"]] == [404]
            async with town.client.get(
                f"/api/v1/audit?entity={HERE}", headers=town.bearer(Role.AUDITOR, ELSEWHERE)
            ) as a:
                assert a.status == 404

    asyncio.run(main())


@pytest.mark.parametrize("statement", ["UPDATE audit SET who = 'x'", "DELETE FROM audit"])
def test_the_trail_only_grows(dsn, statement):
    async def main():
        async with served(dsn) as town:
            await town.client.get("/api/v1/entities", headers=town.bearer())
            with pytest.raises(Exception, match="never changed"):
                await town.store.pool.execute(statement)

    asyncio.run(main())


def test_no_password_cookie_or_token_is_in_a_log(dsn):
    async def main():
        async with served(dsn) as town:
            with capture_logs() as logs:
                await entity(town)
                await account(town, login="admin", role=Role.ADMIN, password="a-password-of-the-test")
                await come_in(town, "admin", "a-wrong-password-of-the-test")
                _, cookie = await come_in(town, "admin", "a-password-of-the-test")
                form = {"name": "m", "role": "operator", "entity": "", "days": "30"}
                _, page = await button(town, "/machine-tokens", cookie, **form)
                token = page.partition('<code class="secret">')[2].partition("<")[0]
                await town.client.get("/api/v1/entities", headers={"Authorization": f"Bearer {token}"})
            said = repr(logs)
            assert said.count("request_served") >= 5
            for secret in (cookie, token, "password-of-the-test"):
                assert secret not in said

    asyncio.run(main())
