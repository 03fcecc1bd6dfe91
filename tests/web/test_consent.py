"""The consent of a channel's owner: to Google and back, with a proof, for the browser that was sent there alone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from yarl import URL

from orchestrator.council.commands import Role
from orchestrator.council.members import ChannelId
from orchestrator.google import Google
from recorder.youtube import Endpoints
from simulator.youtube import AUTHORIZE, CLIENT_ID, CLIENT_SECRET, REVOKE, TOKEN, SimulatedYouTube
from tests.recorder.discovery import youtube_document
from tests.web.test_channels import SAME_SITE, founded, put
from tests.web.town import ELSEWHERE, HERE, Town, served

CHANNEL = ChannelId("tub")


@asynccontextmanager
async def consenting(dsn: str) -> AsyncIterator[tuple[Town, SimulatedYouTube]]:
    async def receiving() -> dict[str, int]:
        return {}

    async with SimulatedYouTube(youtube_document(), receiving) as tube, served(dsn) as town:
        town.house.consents = Google(
            client_id=CLIENT_ID,
            client_secret=CLIENT_SECRET,
            document=None,
            folder=Path("nowhere"),
            now=town.clock,
            endpoints=Endpoints(
                authorization=tube.url + AUTHORIZE, token=tube.url + TOKEN, revocation=tube.url + REVOKE
            ),
        )
        await founded(town)
        assert (await put(town, {"id": CHANNEL, "name": "Tub", "kind": "youtube"}))[0] == 201
        yield town, tube


async def asked(town: Town) -> URL:
    """Where the owner is sent."""
    headers = town.bearer(Role.SECRETARY) | SAME_SITE
    async with town.client.post(f"/channels/{CHANNEL}/consent", headers=headers, allow_redirects=False) as answer:
        assert answer.status == 303
        return URL(answer.headers["Location"])


async def answered(town: Town, onward: URL) -> URL:
    """What Google sends the browser back to, once the owner has said yes."""
    async with town.client.session.get(onward, allow_redirects=False) as answer:
        assert answer.status == 302, await answer.text()
        return URL(answer.headers["Location"])


async def back(town: Town, to: URL, **headers: str) -> str:
    """Where the page of channels leads on to."""
    bearer = headers or town.bearer(Role.SECRETARY)
    async with town.client.get(to.relative(), headers=bearer, allow_redirects=False) as answer:
        return answer.headers.get("Location", str(answer.status))


def run(dsn: str, scenario: Any) -> None:
    async def main() -> None:
        async with consenting(dsn) as (town, tube):
            await scenario(town, tube)

    asyncio.run(main())


def test_an_owner_consents_and_the_token_lies_encrypted(dsn: str) -> None:
    async def scenario(town: Town, tube: SimulatedYouTube) -> None:
        onward = await asked(town)
        assert onward.query["code_challenge_method"] == "S256"
        assert onward.query["redirect_uri"] == "http://plenari.example/channels/consent"
        assert await back(town, await answered(town, onward)) == "/channels?told=consent_given"
        (token,) = tube.refresh_tokens
        assert await town.house.channels.refresh_token(CHANNEL) == token
        row = await town.store.pool.fetchrow("SELECT channel::text AS text FROM channel")
        assert token not in row["text"]
        async with town.client.get("/channels?told=consent_given", headers=town.bearer(Role.SECRETARY)) as page:
            text = await page.text()
            assert "connectat" in text
            assert tube.url in page.headers["Content-Security-Policy"]
        headers = town.bearer(Role.SECRETARY) | SAME_SITE
        async with town.client.post(f"/channels/{CHANNEL}/remove", headers=headers, allow_redirects=False):
            assert tube.refresh_tokens == set(), "the consent is given back"

    run(dsn, scenario)


def test_an_answer_to_another_browser_another_state_or_too_late_counts_for_nothing(dsn: str) -> None:
    async def scenario(town: Town, tube: SimulatedYouTube) -> None:
        answer = await answered(town, await asked(town))
        assert await back(town, answer.update_query(state="another")) == "/channels?told=consent_stale"
        answer = await answered(town, await asked(town))
        town.clock.jump(16 * 60)
        assert await back(town, answer) == "/channels?told=consent_stale"
        answer = await answered(town, await asked(town))
        town.client.session.cookie_jar.clear()
        assert await back(town, answer) == "/channels?told=consent_stale"
        assert await town.house.channels.refresh_token(CHANNEL) == ""

    run(dsn, scenario)


def test_who_says_no_and_a_code_that_google_does_not_know_change_nothing(dsn: str) -> None:
    async def scenario(town: Town, tube: SimulatedYouTube) -> None:
        state = (await asked(town)).query["state"]
        denied = URL("http://plenari.example/channels/consent").with_query(state=state, error="access_denied")
        assert await back(town, denied) == "/channels?told=consent_denied"
        state = (await asked(town)).query["state"]
        wrong = URL("http://plenari.example/channels/consent").with_query(state=state, code="wrong")
        assert await back(town, wrong) == "/channels?told=consent_failed"
        assert await town.house.channels.refresh_token(CHANNEL) == ""

    run(dsn, scenario)


def test_nobody_consents_for_another_entitys_channel(dsn: str) -> None:
    async def scenario(town: Town, tube: SimulatedYouTube) -> None:
        stranger = town.bearer(Role.SECRETARY, ELSEWHERE)
        async with town.client.post(f"/channels/{CHANNEL}/consent", headers=stranger | SAME_SITE) as answer:
            assert answer.status == 404
        answered_to = await answered(town, await asked(town))
        assert await back(town, answered_to, **stranger) == "404"

    run(dsn, scenario)


@pytest.mark.parametrize("kind", ["rtmp", "youtube"])
def test_without_a_client_at_google_or_for_a_plain_channel_there_is_nobody_to_ask(dsn: str, kind: str) -> None:
    async def scenario(town: Town, tube: SimulatedYouTube) -> None:
        plain = {"id": "vila-tv", "name": "V", "address": "rtmps://tv.example/live"}
        name = CHANNEL
        if kind == "rtmp":
            assert (await put(town, plain, HERE))[0] == 201
            name = ChannelId("vila-tv")
        else:
            town.house.consents = None
        headers = town.bearer(Role.SECRETARY) | SAME_SITE
        async with town.client.post(f"/channels/{name}/consent", headers=headers) as answer:
            assert answer.status == 404

    run(dsn, scenario)
