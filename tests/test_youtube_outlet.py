"""A broadcast on YouTube: announced as the session is called, live when it may be, replaced when YouTube ends it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import reduce
from pathlib import Path
from typing import Any

import pytest

from orchestrator.council.events import ChannelTaken, SessionConvened
from orchestrator.council.members import ChannelId
from orchestrator.council.observations import LinkDown, LinkUp, Observation, Reach
from orchestrator.council.session import Session, evolve
from orchestrator.google import Google
from orchestrator.outlets import OutletFailed
from orchestrator.store.channels import Channel, ChannelKind, Channels
from orchestrator.store.records import Records
from orchestrator.strongbox import Strongbox
from orchestrator.youtube_outlet import YouTubeOutlet
from recorder.youtube import Endpoints
from simulator.youtube import AUTHORIZE, CLIENT_ID, CLIENT_SECRET, REVOKE, TOKEN, ApiError, SimulatedYouTube
from tests.recorder.discovery import youtube_document
from tests.scenarios.play import EIGHT, convocation
from tests.stage import SESSION, convened, open_store, until


@dataclass(slots=True)
class World:
    """A channel of YouTube whose owner has consented, and a session that goes there."""

    tube: SimulatedYouTube
    channels: Channels
    channel: Channel
    google: Google
    session: Session
    received: dict[str, int]
    now: timedelta = timedelta(0)
    moved: list[tuple[Reach, str]] = field(default_factory=list)
    told: list[Observation] = field(default_factory=list)

    def outlet(self) -> YouTubeOutlet:
        return YouTubeOutlet(
            channel=self.channel,
            channels=self.channels,
            google=self.google,
            report=self.report,
            now=lambda: EIGHT + self.now,
            often=100,
        )

    async def report(self, observation: Observation) -> None:
        self.told.append(observation)

    async def move(self, reach: Reach, cause: str) -> None:
        self.moved.append((reach, cause))

    @property
    def only(self) -> tuple[str, dict[str, Any]]:
        """The one broadcast that there is."""
        ((video, said),) = self.tube.broadcasts.items()
        return video, said


@asynccontextmanager
async def world(dsn: str, **changes: Any) -> AsyncIterator[World]:
    received: dict[str, int] = {}

    async def receiving() -> dict[str, int]:
        return received

    async with (
        open_store(dsn) as store,
        SimulatedYouTube(youtube_document(), receiving, reserve="rtmp://127.0.0.1:1936/live2?backup=1") as tube,
    ):
        call = convocation(**changes)
        await convened(store, **changes)
        await Records(store.pool).put_entity(call.entity)
        channels = Channels(store.pool, Strongbox(bytes(32)))
        channel = Channel(id=ChannelId("tub"), entity=call.entity.id, name="Vila TV", kind=ChannelKind.YOUTUBE)
        await channels.put(channel, by="admin", now=EIGHT)
        await channels.put_refresh_token(channel.id, tube.consent())
        google = Google(
            client_id=CLIENT_ID,
            client_secret=CLIENT_SECRET,
            document=None,
            folder=Path("nowhere"),
            now=lambda: EIGHT,
            endpoints=Endpoints(
                authorization=tube.url + AUTHORIZE, token=tube.url + TOKEN, revocation=tube.url + REVOKE
            ),
        )
        google._document = tube.here()
        session = evolve(Session(), SessionConvened(at=EIGHT, convocation=call))
        yield World(tube, channels, channel, google, session, received)


@asynccontextmanager
async def kept(w: World, outlet: YouTubeOutlet) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as tasks:
        keeping = tasks.create_task(outlet.keep(lambda: w.session, w.move))
        yield
        keeping.cancel()


def test_the_public_is_told_what_is_to_come_and_a_rehearsal_is_shown_to_nobody(dsn: str) -> None:
    async def main() -> None:
        async with world(dsn) as w:
            opened = await w.outlet().open(w.session)
            video, said = w.only
            call = w.session.convened
            assert said["snippet"]["title"].startswith(f"{call.body.name} · {call.entity.name} · ")
            assert all(f"{item.number}. {item.title}" in said["snippet"]["description"] for item in call.agenda)
            assert said["status"]["privacyStatus"] == "public"
            assert (opened.reach.video, opened.reach.is_private) == (video, False)
            assert [d.name for d in opened.destinations] == ["tub.main", "tub.reserve"]

    async def rehearsed() -> None:
        async with world(dsn, session="s2", room="vila-ple-assaig", is_rehearsal=True) as w:
            opened = await w.outlet().open(w.session)
            assert w.only[1]["status"]["privacyStatus"] == "private"
            assert "ASSAIG" in w.only[1]["snippet"]["title"].upper()
            assert opened.reach.is_private

    asyncio.run(main())
    asyncio.run(rehearsed())


def test_it_goes_live_when_it_is_time_and_youtube_receives_something_and_ends_with_the_session(dsn: str) -> None:
    async def main() -> None:
        async with world(dsn, starts_at=EIGHT + timedelta(hours=1)) as w:
            outlet = w.outlet()
            opened = await outlet.open(w.session)
            async with kept(w, outlet):
                w.received[opened.destinations[0].key] = 300_000
                looks = len(w.tube.calls)
                await until(lambda: len(w.tube.calls) > looks + 3)
                assert w.tube.state(opened.reach.video) == "ready", "too early"
                w.received.clear()
                w.now = timedelta(minutes=51)
                await until(lambda: w.tube.calls.count("liveBroadcasts.transition") > 1)
                assert w.tube.state(opened.reach.video) == "ready", "nothing is received"
                w.received[opened.destinations[0].key] = 300_000
                await until(lambda: w.tube.state(opened.reach.video) == "live")
            await outlet.close()
            assert w.tube.state(opened.reach.video) == "complete"
            assert w.moved == []

    asyncio.run(main())


def test_a_broadcast_that_youtube_ended_is_replaced_under_the_same_key(dsn: str) -> None:
    async def main() -> None:
        async with world(dsn) as w:
            outlet = w.outlet()
            opened = await outlet.open(w.session)
            w.received[opened.destinations[0].key] = 300_000
            async with kept(w, outlet):
                await until(lambda: w.tube.state(opened.reach.video) == "live")
                w.tube.end(opened.reach.video)
                await until(lambda: w.moved != [])
                ((reach, cause),) = w.moved
                assert (cause, reach.channel) == ("replaced", "tub")
                assert reach.video != opened.reach.video
                await until(lambda: w.tube.state(reach.video) == "live")
            assert len(w.tube.streams) == 1

    asyncio.run(main())


def test_after_a_restart_the_broadcast_of_the_record_goes_on(dsn: str) -> None:
    async def main() -> None:
        async with world(dsn) as w:
            opened = await w.outlet().open(w.session)
            w.session = reduce(evolve, [ChannelTaken(at=EIGHT, reach=opened.reach, cause="planned")], w.session)
            again = await w.outlet().open(w.session)
            assert again == opened
            w.tube.end(opened.reach.video)
            assert (await w.outlet().open(w.session)).reach.video != opened.reach.video

    asyncio.run(main())


def test_what_youtube_says_of_the_picture_twice_is_an_alert_until_it_says_otherwise(dsn: str) -> None:
    async def main() -> None:
        async with world(dsn) as w:
            outlet = w.outlet()
            opened = await outlet.open(w.session)
            w.received[opened.destinations[0].key] = 300_000
            async with kept(w, outlet):
                await until(lambda: w.tube.state(opened.reach.video) == "live")
                w.received.clear()
                await until(lambda: any(isinstance(said, LinkDown) for said in w.told))
                w.received[opened.destinations[0].key] = 300_000
                await until(lambda: isinstance(w.told[-1], LinkUp))
            assert {said.cause for said in w.told if isinstance(said, LinkDown)} == {"youtube_nodata"}

    asyncio.run(main())


def test_a_restart_while_youtubes_api_is_away_leaves_the_broadcast_where_it_is(dsn: str) -> None:
    async def main() -> None:
        async with world(dsn) as w:
            w.tube.faults["liveStreams.insert"] = [ApiError(503, "backendError")]
            with pytest.raises(OutletFailed):
                await w.outlet().open(w.session)
            opened = await w.outlet().open(w.session)
            w.session = reduce(evolve, [ChannelTaken(at=EIGHT, reach=opened.reach, cause="planned")], w.session)
            w.tube.faults["liveStreams.list"] = [ApiError(503, "backendError")] * 4
            outlet = w.outlet()
            again = await outlet.open(w.session)
            assert (again.reach, again.destinations) == (opened.reach, None)
            w.received[opened.destinations[0].key] = 300_000
            async with kept(w, outlet):
                await until(lambda: w.tube.state(opened.reach.video) == "live")
            assert {reach for reach, _ in w.moved} == {opened.reach}
            await outlet.close()
            assert w.tube.state(opened.reach.video) == "complete"

    asyncio.run(main())


@pytest.mark.parametrize("fault", ["withdrawn", "disabled", "not_connected", "unreadable"])
def test_a_channel_that_cannot_be_used_says_why(dsn: str, fault: str) -> None:
    causes = {
        "withdrawn": "consent_revoked",
        "disabled": "live_not_enabled",
        "not_connected": "not_connected",
        "unreadable": "secret_unreadable",
    }

    async def main() -> None:
        async with world(dsn) as w:
            match fault:
                case "withdrawn":
                    w.tube.withdraw()
                case "disabled":
                    w.tube.is_enabled = False
                case "not_connected":
                    await w.channels.put_refresh_token(w.channel.id, "")
                case _:
                    w.channels = replace(w.channels, box=Strongbox(b"x" * 32))
            with pytest.raises(OutletFailed) as failed:
                await w.outlet().open(w.session)
            assert failed.value.cause == causes[fault]

    asyncio.run(main())


def test_a_consent_withdrawn_in_the_session_fails_the_channel_and_a_busy_youtube_does_not(dsn: str) -> None:
    async def main() -> None:
        async with world(dsn) as w:
            outlet = w.outlet()
            opened = await outlet.open(w.session)
            w.received[opened.destinations[0].key] = 300_000
            w.tube.faults["liveBroadcasts.list"] = [ApiError(503, "backendError")]
            with pytest.RaisesGroup(OutletFailed):
                async with kept(w, outlet):
                    await until(lambda: w.tube.state(opened.reach.video) == "live")
                    w.tube.withdraw()
                    await asyncio.sleep(30)

    asyncio.run(main())


def test_a_broadcast_that_youtube_will_not_show_fails_its_channel_and_one_that_is_seen_does_not(dsn: str) -> None:
    async def main() -> None:
        async with world(dsn) as w:
            outlet = w.outlet()
            opened = await outlet.open(w.session)
            w.received[opened.destinations[0].key] = 300_000
            w.tube.faults["liveBroadcasts.transition"] = [ApiError(403, "somethingNew")] * 3
            async with kept(w, outlet):
                await until(lambda: w.tube.state(opened.reach.video) == "live")
                w.tube.faults["liveBroadcasts.list"] = [ApiError(403, "somethingNew")] * 10
                await until(lambda: w.tube.faults["liveBroadcasts.list"] == [])
                looks = len(w.tube.calls)
                await until(lambda: len(w.tube.calls) > looks + 4)
            w.tube.end(opened.reach.video)
            w.tube.faults["liveBroadcasts.insert"] = [ApiError(403, "somethingNew")] * 10
            with pytest.RaisesGroup(OutletFailed):
                async with kept(w, outlet):
                    await asyncio.sleep(60)
            assert len(w.tube.faults["liveBroadcasts.insert"]) == 4

    asyncio.run(main())


def test_each_session_of_a_channel_has_a_stream_of_its_own(dsn: str) -> None:
    async def main() -> None:
        async with world(dsn) as w:
            first = await w.outlet().open(w.session)
            call = replace(w.session.convened, session="s3")
            other = evolve(Session(), SessionConvened(at=EIGHT, convocation=call))
            second = await w.outlet().open(other)
            assert first.destinations[0].key != second.destinations[0].key
            assert first.reach.video != second.reach.video
            assert SESSION in w.tube.broadcasts[first.reach.video]["snippet"]["description"]

    asyncio.run(main())
