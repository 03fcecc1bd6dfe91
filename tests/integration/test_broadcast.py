"""The broadcast of a session follows its record, on a real store, hub, encoder and public server."""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from orchestrator.broadcast import INSTALLED, Broadcasting, Studio
from orchestrator.council.commands import AdjournSession, ChangeChannel, OpenSession, SuspendSession
from orchestrator.council.members import ChannelId
from orchestrator.council.session import Session
from orchestrator.google import Google
from orchestrator.sessions import Sessions
from orchestrator.store.channels import Channel, ChannelKind, Channels
from orchestrator.store.records import Records
from orchestrator.strongbox import Strongbox
from recorder.archive import MANIFEST
from recorder.broadcasts import Broadcasts
from recorder.config import Destination
from recorder.errors import HubUnavailable
from recorder.events import BroadcastId
from recorder.graph import Picture
from recorder.hub import ARCHIVE
from recorder.jibri import Account, Jibri
from recorder.modes import Mode
from recorder.youtube import Endpoints
from simulator.demo import now
from simulator.jibri import SimulatedJibri
from simulator.public_server import PublicServer
from simulator.youtube import AUTHORIZE, CLIENT_ID, CLIENT_SECRET, REVOKE, TOKEN, SimulatedYouTube
from tests.recorder.discovery import youtube_document
from tests.scenarios.play import JOAN, QUORATE
from tests.stage import ADMIN, PRESIDENT, SESSION, Performer, Store, convened, entered, open_store

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

SMALL = Picture(width=320, height=180, fps=30)
BOX = Strongbox(bytes(32))
KEY = "a-key-that-nobody-may-see"


@dataclass(slots=True)
class House:
    """A conducted session whose broadcast is carried."""

    store: Store
    sessions: Sessions
    broadcasts: Broadcasts
    jibri: SimulatedJibri
    public: PublicServer

    async def until(self, holds: Callable[[Session], bool], patience: float = 30.0) -> Session:
        async with asyncio.timeout(patience):
            while (session := self.sessions.current(SESSION)) is None or not holds(session):
                await asyncio.sleep(0.02)
        return session

    async def shows(self, mode: Mode) -> None:
        async with asyncio.timeout(20):
            while await self._mode() is not mode:
                await asyncio.sleep(0.02)

    async def _mode(self) -> Mode | None:
        try:
            return (await self.broadcasts.status(BroadcastId(SESSION))).mode
        except HubUnavailable:
            return None

    async def events(self) -> list[str]:
        return [type(recorded.event).__name__ for recorded in await self.store.ledger.load(SESSION)]


@asynccontextmanager
async def house(
    dsn: str, folder: Path, *, has_encoder: bool = True, google: Google | None = None, **changes: Any
) -> AsyncIterator[House]:
    async with (
        open_store(dsn) as store,
        PublicServer(folder) as public,
        SimulatedJibri(picture=SMALL) as jibri,
        aiohttp.ClientSession() as client,
        Broadcasts(folder / "broadcasts", now) as broadcasts,
    ):
        studio = Studio(
            ledger=store.ledger,
            listener=store.listener,
            inbox=store.inbox,
            broadcasts=broadcasts,
            jibris=(Jibri(client, jibri.url),) if has_encoder else (),
            jitsi_url=lambda _: "https://meet.example",
            recorder=lambda _: Account(domain="hidden.meet.example", username="recorder", password="secret"),
            ingest_host="127.0.0.1",
            channels=Channels(store.pool, BOX),
            google=google or google_at(None, folder),
            often=20,
            channel=Destination(name="channel", address=public.address, key=KEY),
            format=SMALL,
            delay=timedelta(0),
            farewell=timedelta(seconds=0.5),
            segments_kept=timedelta(days=30),
            recordings=folder / "recordings",
            now=now,
        )
        broadcasting = Broadcasting(studio)
        sessions = Sessions(store.pool, store.listener, Performer(), now)
        await convened(store, now(), starts_at=now(), **changes)
        async with asyncio.TaskGroup() as tasks:
            running = [
                tasks.create_task(broadcasting.run()),
                tasks.create_task(broadcasting.carry(SESSION)),
                tasks.create_task(sessions.conduct(SESSION)),
            ]
            try:
                yield House(store, sessions, broadcasts, jibri, public)
                await asyncio.wait(running[1:])
            finally:
                for task in running:
                    task.cancel()
                await broadcasts.stop(BroadcastId(SESSION))


def test_the_picture_follows_the_session_and_the_encoder_is_there_when_people_are(dsn: str, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with house(dsn, tmp_path) as town:
            await town.until(lambda _: True)
            await town.shows(Mode.WAITING)
            assert town.jibri.encoder_pid is None
            town.sessions.deliver(SESSION, entered(now(), *QUORATE, JOAN))
            await town.until(lambda session: "encoder" in session.links)
            await town.sessions.ask(SESSION, OpenSession(asker=PRESIDENT))
            await town.shows(Mode.LIVE)
            await town.sessions.ask(SESSION, SuspendSession(asker=PRESIDENT))
            await town.shows(Mode.RECESS)
            await town.sessions.ask(SESSION, AdjournSession(asker=ADMIN))
        assert (tmp_path / "recordings" / f"{SESSION}.mp4").stat().st_size > 0

    asyncio.run(scenario())


def test_an_encoder_that_stalls_for_eight_seconds_stays_and_is_one_publish_session(dsn: str, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with house(dsn, tmp_path) as town:
            await town.until(lambda _: True)
            town.sessions.deliver(SESSION, entered(now(), *QUORATE, JOAN))
            await town.sessions.ask(SESSION, OpenSession(asker=PRESIDENT))
            await town.until(lambda session: {"encoder", "relay"} <= session.links)
            pid = town.jibri.encoder_pid
            assert pid is not None
            os.kill(pid, signal.SIGSTOP)
            try:
                await town.until(lambda session: "encoder" in session.alerts)
                await asyncio.sleep(6.5)
            finally:
                os.kill(pid, signal.SIGCONT)
            await town.until(lambda session: not session.alerts and "encoder" in session.links)
            assert town.jibri.encoder_pid == pid
            assert town.public.sessions() == 1
            await town.sessions.ask(SESSION, AdjournSession(asker=ADMIN))

    asyncio.run(scenario())


def test_without_a_free_encoder_an_alert_is_raised(dsn: str, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with house(dsn, tmp_path, has_encoder=False) as town:
            await town.until(lambda _: True)
            town.sessions.deliver(SESSION, entered(now(), *QUORATE, JOAN))
            await town.until(lambda session: bool(session.alerts))
            assert (await town.events()).count("AlertRaised") == 1
            await town.sessions.ask(SESSION, AdjournSession(asker=ADMIN))

    asyncio.run(scenario())


def test_a_public_server_that_dies_and_returns_is_an_alert_and_its_end(dsn: str, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with house(dsn, tmp_path) as town:
            await town.until(lambda session: "relay" in session.links)
            await town.public.kill()
            await town.until(lambda session: bool(session.alerts))
            await town.public.start()
            await town.until(lambda session: not session.alerts and "relay" in session.links)
            names = await town.events()
            assert names.count("AlertRaised") == names.count("AlertResolved") == 1
            await town.sessions.ask(SESSION, AdjournSession(asker=ADMIN))

    asyncio.run(scenario())


def test_a_rehearsal_is_encoded_and_archived_and_reaches_no_public(dsn: str, tmp_path: Path) -> None:
    async def scenario() -> None:
        async with house(dsn, tmp_path, is_rehearsal=True, room="vila-ple-assaig") as town:
            await town.until(lambda _: True)
            town.sessions.deliver(SESSION, entered(now(), *QUORATE, JOAN))
            await town.until(lambda session: "encoder" in session.links)
            await town.sessions.ask(SESSION, OpenSession(asker=PRESIDENT))
            await town.shows(Mode.LIVE)
            outputs = (await town.broadcasts.status(BroadcastId(SESSION))).outputs
            assert [output.name for output in outputs] == [ARCHIVE]
            await town.sessions.ask(SESSION, AdjournSession(asker=ADMIN))
        assert (tmp_path / "recordings" / f"{SESSION}.mp4").stat().st_size > 0

    asyncio.run(scenario())


def test_a_channel_that_dies_in_the_session_gives_way_to_the_shared_one_and_the_archive_is_whole(
    dsn: str, tmp_path: Path
) -> None:
    async def scenario() -> None:
        async with PublicServer(tmp_path / "own") as own, house(dsn, tmp_path) as town:
            await town.until(lambda session: "relay" in session.links)
            assert town.public.sessions() == 1
            await enter_channel(town, "vila-tv", own.address)
            town.sessions.deliver(SESSION, entered(now(), *QUORATE, JOAN))
            await town.sessions.ask(SESSION, ChangeChannel(asker=ADMIN, channel=ChannelId("vila-tv")))
            await town.until(lambda session: goes_to(session) == "vila-tv")
            await town.until(lambda session: "encoder" in session.links)
            await town.sessions.ask(SESSION, OpenSession(asker=PRESIDENT))
            async with asyncio.timeout(30):
                while not own.recordings():
                    await asyncio.sleep(0.05)
            await own.kill()
            began = asyncio.get_running_loop().time()
            await town.until(lambda session: goes_to(session) == INSTALLED, patience=60)
            async with asyncio.timeout(60):
                while town.public.sessions() < 2:
                    await asyncio.sleep(0.05)
            assert asyncio.get_running_loop().time() - began < 60
            await town.until(lambda session: not session.alerts and "relay" in session.links)
            await town.sessions.ask(SESSION, AdjournSession(asker=ADMIN))
        names = await asyncio.to_thread(manifest_of, tmp_path)
        assert len(names) == len(set(names)) > 0
        assert KEY not in (tmp_path / "broadcasts" / SESSION / "hub.log").read_text()

    asyncio.run(scenario())


def test_a_session_on_youtube_is_live_there_and_what_youtube_ends_goes_on_as_another_video(
    dsn: str, tmp_path: Path
) -> None:
    async def scenario() -> None:
        async with (
            PublicServer(tmp_path / "tube") as server,
            SimulatedYouTube(youtube_document(), server.receiving, ingest=server.address) as tube,
        ):
            async with house(dsn, tmp_path, google=google_at(tube, tmp_path)) as town:
                call = (await town.until(lambda _: True)).convened
                await Records(town.store.pool).put_entity(call.entity)
                channel = Channel(id=ChannelId("tub"), entity=call.entity.id, name="Vila TV", kind=ChannelKind.YOUTUBE)
                channels = Channels(town.store.pool, BOX)
                await channels.put(channel, by="admin", now=now())
                await channels.put_refresh_token(channel.id, tube.consent())
                await town.sessions.ask(SESSION, ChangeChannel(asker=ADMIN, channel=channel.id))
                first = video_of(await town.until(lambda session: goes_to(session) == "tub"))
                await live(tube, first)
                tube.end(first)
                await town.until(lambda session: video_of(session) not in ("", first))
                second = video_of(await town.until(lambda _: True))
                await live(tube, second)
                assert server.sessions() == 1, "under the same key: the hub noticed nothing"
                await town.sessions.ask(SESSION, AdjournSession(asker=ADMIN))
            assert (tube.state(first), tube.state(second)) == ("complete", "complete")
            key = tube.streams.popitem()[1]["cdn"]["ingestionInfo"]["streamName"]
            assert key not in (tmp_path / "broadcasts" / SESSION / "hub.log").read_text()

    asyncio.run(scenario())


async def live(tube: SimulatedYouTube, video: str) -> None:
    async with asyncio.timeout(40):
        while tube.state(video) != "live":
            await asyncio.sleep(0.05)


def video_of(session: Session) -> str:
    return session.airing.reach.video if session.airing.reach else ""


def google_at(tube: SimulatedYouTube | None, folder: Path) -> Google:
    """The stand-in, in Google's place; or nobody."""
    url = tube.url if tube else "http://127.0.0.1:9"
    google = Google(
        client_id=CLIENT_ID,
        client_secret=CLIENT_SECRET,
        document=folder / "document.json",
        folder=folder,
        now=now,
        endpoints=Endpoints(authorization=url + AUTHORIZE, token=url + TOKEN, revocation=url + REVOKE),
    )
    (folder / "document.json").write_text(json.dumps(tube.here() if tube else {}))
    return google


async def enter_channel(town: House, name: str, address: str) -> None:
    records = Records(town.store.pool)
    session = await town.until(lambda _: True)
    await records.put_entity(session.convened.entity)
    entered_channel = Channel(
        id=ChannelId(name), entity=session.convened.entity.id, name=name, kind=ChannelKind.RTMP, address=address
    )
    await Channels(town.store.pool, BOX).put(entered_channel, key="another-key", by="admin", now=now())


def goes_to(session: Session) -> str:
    airing = session.airing
    return airing.reach.channel if airing.reach and airing.ordered is None else ""


def manifest_of(folder: Path) -> list[str]:
    """The hashes of the archive's segments."""
    lines = (folder / "broadcasts" / SESSION / "archive" / MANIFEST).read_text().splitlines()
    return [json.loads(line)["sha256"] for line in lines]
