"""YouTube by its discovery document: each request is judged by the document; states and errors are the reference's."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest

from recorder.youtube import (
    Announcement,
    Consent,
    Endpoints,
    Health,
    Lifecycle,
    Privacy,
    Quota,
    YouTube,
    YouTubeBusy,
    YouTubeFailed,
)
from simulator.youtube import AUTHORIZE, CLIENT_ID, CLIENT_SECRET, REVOKE, TOKEN, ApiError, SimulatedYouTube
from tests.recorder.discovery import youtube_document

NOW = datetime(2026, 3, 5, 18, tzinfo=UTC)
PLENARY = Announcement(
    title="Ple ordinari <de març>",
    description="1. Acta\n2. Pressupost " + "à" * 4000,
    starts_at=NOW + timedelta(hours=1),
    privacy=Privacy.PUBLIC,
    mark="Plenari s1",
)


@dataclass(slots=True)
class World:
    tube: SimulatedYouTube
    youtube: YouTube
    received: dict[str, int] = field(default_factory=dict)

    async def ready(self, announcement: Announcement = PLENARY) -> str:
        """A broadcast that shows a stream that is received."""
        ingest = await self.youtube.ingest("", "Ajuntament")
        self.received[ingest.key] = 300_000
        return await self.youtube.announce(announcement, ingest.stream)


@asynccontextmanager
async def world() -> AsyncIterator[World]:
    received: dict[str, int] = {}

    async def receiving() -> dict[str, int]:
        return received

    async with SimulatedYouTube(youtube_document(), receiving) as tube:
        yield World(tube, youtube_at(tube, tube.consent()), received)


def youtube_at(tube: SimulatedYouTube, refresh_token: str) -> YouTube:
    return YouTube(
        document=tube.here(),
        consent=Consent(client_id=CLIENT_ID, client_secret=CLIENT_SECRET, refresh_token=refresh_token),
        quota=Quota(),
        now=lambda: NOW,
        endpoints=Endpoints(authorization=tube.url + AUTHORIZE, token=tube.url + TOKEN, revocation=tube.url + REVOKE),
    )


def run(scenario: Any) -> None:
    async def main() -> None:
        async with world() as given:
            await scenario(given)

    asyncio.run(main())


def test_a_broadcast_from_its_announcement_to_its_end() -> None:
    async def scenario(w: World) -> None:
        ingest = await w.youtube.ingest("", "Ajuntament")
        video = await w.youtube.announce(PLENARY, ingest.stream)
        said = w.tube.broadcasts[video]
        assert said["snippet"]["title"] == "Ple ordinari ‹de març›"
        assert said["snippet"]["description"].endswith("\n\nPlenari s1")
        assert len(said["snippet"]["description"].encode()) <= 5000
        assert said["status"]["privacyStatus"] == "public"
        assert said["contentDetails"]["enableAutoStop"] is False
        assert said["contentDetails"]["enableAutoStart"] is False
        assert await w.youtube.lifecycle(video) is Lifecycle.READY
        assert not await w.youtube.go_live(video)
        assert await w.youtube.health(ingest.stream) is Health.NO_DATA
        w.received[ingest.key] = 300_000
        assert await w.youtube.health(ingest.stream) is Health.GOOD
        assert await w.youtube.go_live(video)
        assert await w.youtube.go_live(video), "already there is as good"
        async with asyncio.timeout(10):
            while await w.youtube.lifecycle(video) is not Lifecycle.LIVE:
                await asyncio.sleep(0.05)
        await w.youtube.complete(video)
        await w.youtube.complete(video)
        assert await w.youtube.lifecycle(video) is Lifecycle.COMPLETE

    run(scenario)


def test_the_stream_is_used_again_with_the_same_key_and_made_anew_when_it_is_gone() -> None:
    async def scenario(w: World) -> None:
        first = await w.youtube.ingest("", "Ajuntament")
        assert await w.youtube.ingest(first.stream, "Ajuntament") == first
        assert first.key not in repr(first)
        w.tube.streams.clear()
        assert (await w.youtube.ingest(first.stream, "Ajuntament")).key != first.key

    run(scenario)


def test_a_broadcast_whose_making_was_not_heard_of_is_found_again() -> None:
    async def scenario(w: World) -> None:
        first = await w.ready()
        again = await w.ready(replace(PLENARY, title="Ple extraordinari", privacy=Privacy.PRIVATE))
        assert again == first
        assert w.tube.broadcasts[first]["snippet"]["title"] == "Ple extraordinari"
        assert w.tube.broadcasts[first]["status"]["privacyStatus"] == "private"
        assert await w.ready(replace(PLENARY, mark="Plenari s2")) != first

    run(scenario)


def test_one_that_never_went_live_is_taken_away() -> None:
    async def scenario(w: World) -> None:
        video = await w.ready()
        await w.youtube.complete(video)
        assert await w.youtube.lifecycle(video) is Lifecycle.GONE

    run(scenario)


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (ApiError(403, "concurrentBroadcastsExceedLimit"), "too_many_broadcasts"),
        (ApiError(403, "sharedIngestionBroadcastsExceedLimit"), "too_many_broadcasts"),
        (ApiError(403, "insufficientLivePermissions"), "live_not_enabled"),
        (ApiError(403, "livePermissionBlocked"), "live_not_enabled"),
        (ApiError(403, "liveStreamingNotEnabled"), "live_not_enabled"),
        (ApiError(403, "quotaExceeded"), "quota_spent"),
        (ApiError(404, "liveBroadcastNotFound"), "youtube_refused"),
        (ApiError(403, "somethingNew"), "youtube_refused"),
    ],
)
def test_what_youtube_refuses_has_a_cause(error: ApiError, cause: str) -> None:
    async def scenario(w: World) -> None:
        video = await w.ready()
        w.tube.faults["liveBroadcasts.transition"] = [error]
        with pytest.raises(YouTubeFailed) as failed:
            await w.youtube.go_live(video)
        assert (failed.value.cause, failed.value.reason) == (cause, error.reason)
        assert not isinstance(failed.value, YouTubeBusy)

    run(scenario)


@pytest.mark.parametrize(
    "error",
    [
        ApiError(403, "userRequestsExceedRateLimit"),
        ApiError(429, "rateLimitExceeded"),
        ApiError(500, "errorExecutingTransition"),
        ApiError(503, "backendError"),
    ],
)
def test_what_passes_is_tried_again(error: ApiError) -> None:
    async def scenario(w: World) -> None:
        video = await w.ready()
        w.tube.faults["liveBroadcasts.transition"] = [error, error]
        assert await w.youtube.go_live(video)

    run(scenario)


def test_an_invalid_transition_is_no_failure_when_it_is_live_already() -> None:
    async def scenario(w: World) -> None:
        video = await w.ready()
        assert await w.youtube.go_live(video)
        w.tube.faults["liveBroadcasts.transition"] = [ApiError(403, "invalidTransition")]
        assert await w.youtube.go_live(video)
        w.tube.end(video)
        assert not await w.youtube.go_live(video)

    run(scenario)


def test_what_makes_something_new_is_not_asked_twice() -> None:
    async def scenario(w: World) -> None:
        ingest = await w.youtube.ingest("", "Ajuntament")
        w.tube.faults["liveBroadcasts.insert"] = [ApiError(503, "backendError")]
        with pytest.raises(YouTubeBusy):
            await w.youtube.announce(PLENARY, ingest.stream)
        assert w.tube.calls.count("liveBroadcasts.insert") == 1

    run(scenario)


def test_a_consent_that_is_withdrawn_says_so_and_shows_no_token() -> None:
    async def scenario(w: World) -> None:
        token = w.youtube.consent.refresh_token
        w.tube.withdraw()
        with pytest.raises(YouTubeFailed) as failed:
            await w.youtube.ingest("", "Ajuntament")
        assert failed.value.cause == "consent_revoked"
        assert token not in repr(failed.value) + repr(w.youtube)
        assert CLIENT_SECRET not in repr(w.youtube)

    run(scenario)


def test_a_youtube_that_cannot_be_reached_is_busy() -> None:
    async def main() -> None:
        async with world() as w:
            youtube = w.youtube
            await youtube.ingest("", "Ajuntament")
        with pytest.raises(YouTubeBusy):
            await youtube.ingest("", "Ajuntament")

    asyncio.run(main())


def test_what_is_asked_is_counted_and_a_new_day_begins_in_california() -> None:
    async def scenario(w: World) -> None:
        video = await w.ready()
        assert w.youtube.quota.spent == 50 + 1 + 50 + 50
        await w.youtube.go_live(video)
        await w.youtube.lifecycle(video)
        assert w.youtube.quota.spent == 202
        quota = Quota(spent=9_500)
        quota.spend("list", datetime(2026, 3, 5, 7, 59, tzinfo=UTC))
        quota.spent = 9_500
        quota.spend("list", datetime(2026, 3, 5, 7, 59, tzinfo=UTC))
        assert quota.is_short
        quota.spend("list", datetime(2026, 3, 5, 8, 1, tzinfo=UTC))
        assert quota.spent == 1

    run(scenario)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("liveBroadcasts?part=snippet", {"snippet": {"title": "x"}}),
        (
            "liveBroadcasts?part=snippet&colour=red",
            {"snippet": {"title": "x", "scheduledStartTime": "2026-03-05T18:00:00Z"}},
        ),
        ("liveBroadcasts", {}),
        ("liveBroadcasts?part=status", {"status": {"privacyStatus": "secret"}}),
        ("liveBroadcasts?part=status", {"status": {"privacyStatus": 7}}),
        ("liveBroadcasts?part=snippet", {"snippets": {}}),
        ("liveBroadcasts/transition?part=id&id=x&broadcastStatus=finished", None),
    ],
)
def test_the_stand_in_refuses_what_the_document_does_not_know(path: str, body: Any) -> None:
    async def scenario(w: World) -> None:
        await w.youtube.ingest("", "Ajuntament")
        headers = {"Authorization": f"Bearer {w.youtube._user['access_token']}"}
        async with aiohttp.ClientSession() as client:
            url = f"{w.tube.url}/youtube/v3/{path}"
            async with (
                client.post(url, json=body, headers=headers)
                if body is not None
                else client.post(url, headers=headers) as answer
            ):
                assert answer.status == 400, await answer.text()
            async with client.post(url, json=body) as answer:
                assert answer.status == 401

    run(scenario)
