"""Coming in by an identity provider: a real one, as a process of its own, with the code flow and PKCE."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from structlog.testing import capture_logs

from orchestrator.oidc import IdentityRefused, Provider, new_attempt
from tests.web.test_entering import account, entity, sees
from tests.web.town import Town, served

pytestmark = pytest.mark.slow
RETURN = "http://plenari.example/enter/provider/return"
MARTA = {"sub": "marta-at-provider", "email": "marta@vila.example", "email_verified": True}
UNVERIFIED = {"sub": "somebody", "email": "rosa@vila.example", "email_verified": False}


@asynccontextmanager
async def provider() -> AsyncIterator[Provider]:
    """One that knows two people, on a free port."""
    users = [part for user in (MARTA, UNVERIFIED) for part in ("--user-claims", json.dumps(user))]
    command = Path(sys.executable).with_name("oidc-provider-mock")
    process = await asyncio.create_subprocess_exec(
        command, "--port", "0", "--require-nonce", "true", *users,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        async with asyncio.timeout(60), aiohttp.ClientSession() as client:
            assert process.stdout
            said = ""
            while "http://" not in said:
                said = (await process.stdout.readline()).decode()
                assert said, "the provider ended"
            issuer = said[said.index("http://") :].split()[0].rstrip("/.")
            yield Provider(client=client, issuer=issuer, client_id="plenari", client_secret="x" * 20, name="idCAT")
    finally:
        process.terminate()
        await process.wait()


async def to_the_provider(town: Town) -> str:
    """Where the button of the page leads; the cookie stays in the browser."""
    async with town.client.get("/enter/provider?next=/sessions", allow_redirects=False) as answer:
        assert answer.status == 303
        return answer.headers["Location"]


async def agree(client: aiohttp.ClientSession, way: str, subject: str) -> str:
    """Somebody says who they are to the provider; returns where the provider sends the browser back to."""
    async with client.post(way, data={"sub": subject}, allow_redirects=False) as answer:
        assert answer.status in (302, 303), await answer.text()
        return answer.headers["Location"]


async def back(town: Town, way: str) -> tuple[int, str, str]:
    """Status, page and cookie of the return."""
    parts = urlsplit(way)
    async with town.client.get(f"{parts.path}?{parts.query}", allow_redirects=False) as answer:
        cookie = answer.cookies.get("plenari")
        return answer.status, await answer.text(), cookie.value if cookie else ""


def test_who_the_provider_knows_comes_in_to_their_account(dsn):
    async def main():
        async with served(dsn) as town, provider() as there:
            town.house.provider = there
            await entity(town)
            made = await account(town, login="Marta@Vila.example")
            async with town.client.get("/enter?lang=ca") as page:
                assert "Entra amb idCAT" in await page.text()
            with capture_logs() as logs:
                way = await to_the_provider(town)
                asked = parse_qs(urlsplit(way).query)
                assert asked["code_challenge_method"] == ["S256"]
                assert asked["redirect_uri"] == [RETURN]
                returned = await agree(there.client, way, MARTA["sub"])
                status, _, cookie = await back(town, returned)
            assert status == 303
            assert await sees(town, cookie) == 200
            for secret in (parse_qs(urlsplit(returned).query)["code"][0], cookie, asked["state"][0]):
                assert secret not in repr(logs)
            known = await town.house.accounts.account(made)
            assert (known.issuer, known.subject) == (there.issuer, MARTA["sub"])

            status, _, again = await back(town, returned)
            assert (status, again) == (401, ""), "a code and an attempt are good once"

    asyncio.run(main())


def test_who_has_no_account_or_an_unverified_address_stays_outside(dsn):
    async def main():
        async with served(dsn) as town, provider() as there:
            town.house.provider = there
            await entity(town)
            await account(town, login="rosa@vila.example")
            for subject in (UNVERIFIED["sub"], MARTA["sub"]):
                town.client.session.cookie_jar.clear()
                returned = await agree(there.client, await to_the_provider(town), subject)
                status, text, cookie = await back(town, returned)
                assert (status, cookie) == (401, "")
                assert "no teniu compte" in text

    asyncio.run(main())


def test_the_return_counts_only_in_the_browser_that_began_and_in_time(dsn):
    async def main():
        async with served(dsn) as town, provider() as there:
            town.house.provider = there
            await entity(town)
            await account(town, login=MARTA["email"])
            returned = await agree(there.client, await to_the_provider(town), MARTA["sub"])
            town.client.session.cookie_jar.clear()
            assert (await back(town, returned))[0] == 401, "another browser: the login of a stranger slipped in"
            returned = await agree(there.client, await to_the_provider(town), MARTA["sub"])
            town.clock.jump(601)
            assert (await back(town, returned))[0] == 401
            forged = returned.replace("state=", "state=x")
            assert (await back(town, forged))[0] == 401

    asyncio.run(main())


def test_a_token_with_another_nonce_is_not_believed_and_a_code_is_good_once():
    async def main():
        async with provider() as there:
            attempt = new_attempt()
            for wrong, cause in ((replace(attempt, nonce="other"), "token_not_believed"), (attempt, "code_refused")):
                returned = await agree(there.client, await there.way(attempt, RETURN), MARTA["sub"])
                code = parse_qs(urlsplit(returned).query)["code"][0]
                if cause == "code_refused":
                    person = await there.person(code, attempt, RETURN)
                    assert (person.subject, person.login) == (MARTA["sub"], MARTA["email"])
                with pytest.raises(IdentityRefused, match=cause):
                    await there.person(code, wrong, RETURN)

    asyncio.run(main())


def test_the_verifier_goes_to_the_provider_itself_and_only_its_hash_through_the_browser():
    """The provider of the tests does not check it: what it is sent is looked at here, the hash with RFC 7636's own."""
    known = replace(new_attempt(), verifier="dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
    assert known.challenge == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"

    async def main():
        sent: list[bytes] = []

        async def keep(_client: object, _context: object, chunk: aiohttp.TraceRequestChunkSentParams) -> None:
            sent.append(chunk.chunk)

        trace = aiohttp.TraceConfig()
        trace.on_request_chunk_sent.append(keep)
        async with provider() as there, aiohttp.ClientSession(trace_configs=[trace]) as client:
            way = await there.way(known, RETURN)
            assert known.verifier not in way
            code = parse_qs(urlsplit(await agree(there.client, way, MARTA["sub"])).query)["code"][0]
            await replace(there, client=client).person(code, known, RETURN)
        assert f"code_verifier={known.verifier}" in b"".join(sent).decode()

    asyncio.run(main())


def test_a_provider_that_is_not_there_is_said_and_the_password_still_works(dsn):
    async def main():
        async with served(dsn) as town, aiohttp.ClientSession() as client:
            town.house.provider = Provider(
                client=client, issuer="http://127.0.0.1:9", client_id="plenari", client_secret="x"
            )
            async with town.client.get("/enter/provider", allow_redirects=False) as answer:
                assert answer.status == 401
                assert "no respon" in await answer.text()

    asyncio.run(main())
