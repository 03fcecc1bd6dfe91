"""Channels: their secrets lie encrypted, and open only where they belong."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from orchestrator.council.members import ChannelId, Entity, EntityId, SessionId
from orchestrator.store.channels import Channel, ChannelKind, Channels, NotYours
from orchestrator.store.listener import Listener
from orchestrator.store.records import NoSuchBody, Records
from orchestrator.strongbox import Strongbox, Unreadable
from tests.stage import SESSION, Store, convened, open_store

OTHER = SessionId("s2")
NOW = datetime(2026, 3, 5, 18, tzinfo=UTC)
VILA, ALTRA, CONSORCI = EntityId("vila"), EntityId("altra"), EntityId("consorci")
OWN = Channel(
    id=ChannelId("vila-tv"), entity=VILA, name="Vila TV", kind=ChannelKind.RTMP, address="rtmps://tv.example/app"
)
SHARED = replace(OWN, id=ChannelId("consorci"), entity=CONSORCI, name="Consorci", is_shared=True)
TUBE = Channel(id=ChannelId("tub"), entity=VILA, name="Tub", kind=ChannelKind.YOUTUBE)


@asynccontextmanager
async def opened(dsn):
    async with open_store(dsn) as store:
        for entity in (VILA, ALTRA, CONSORCI):
            await Records(store.pool).put_entity(Entity(id=entity, name=entity))
        yield Channels(store.pool, Strongbox(bytes(32))), store.pool


async def put(channels, channel, key=""):
    await channels.put(channel, key=key, by="admin", now=NOW)


def test_a_key_is_read_by_who_sends_and_stands_nowhere_in_the_database(dsn):
    async def main():
        async with opened(dsn) as (channels, pool):
            await put(channels, OWN, "abcd-efgh-ijkl")
            assert await channels.key(OWN.id) == "abcd-efgh-ijkl"
            assert "abcd" not in str(await pool.fetchrow("SELECT channel::text, encode(key, 'escape') FROM channel"))
            assert "abcd" not in repr(await channels.all())

    asyncio.run(main())


def test_a_key_moved_to_another_channel_or_under_another_master_key_does_not_open(dsn):
    async def main():
        async with opened(dsn) as (channels, pool):
            await put(channels, OWN, "one")
            await put(channels, SHARED, "two")
            await pool.execute("UPDATE channel SET key = (SELECT key FROM channel WHERE id = 'vila-tv')")
            with pytest.raises(Unreadable):
                await channels.key(SHARED.id)
            with pytest.raises(Unreadable):
                await Channels(pool, Strongbox(bytes(31) + b"x")).key(OWN.id)

    asyncio.run(main())


def test_without_a_new_key_the_old_one_stays_but_not_for_another_address(dsn):
    async def main():
        async with opened(dsn) as (channels, _):
            await put(channels, OWN, "one")
            await put(channels, replace(OWN, name="Vila TV 2"))
            assert await channels.key(OWN.id) == "one"
            await put(channels, replace(OWN, address="rtmps://elsewhere.example/app"))
            assert await channels.key(OWN.id) == ""

    asyncio.run(main())


def test_a_session_may_go_to_its_entitys_own_channel_then_to_what_is_shared(dsn):
    async def main():
        async with opened(dsn) as (channels, _):
            for channel in (SHARED, OWN, TUBE):
                await put(channels, channel, "k" if channel.kind is ChannelKind.RTMP else "")
            assert [c.id for c in await channels.usable(VILA)] == ["vila-tv", "tub", "consorci"]
            assert [c.id for c in await channels.usable(ALTRA)] == ["consorci"]

    asyncio.run(main())


def test_another_entitys_channel_is_neither_replaced_nor_removed(dsn):
    async def main():
        async with opened(dsn) as (channels, _):
            await put(channels, OWN, "one")
            with pytest.raises(NotYours):
                await put(channels, replace(OWN, entity=ALTRA), "two")
            assert not await channels.remove(ALTRA, OWN.id)
            assert await channels.key(OWN.id) == "one"
            assert await channels.remove(VILA, OWN.id)
            assert await channels.all() == []
            with pytest.raises(NoSuchBody):
                await put(channels, replace(OWN, entity=EntityId("nowhere")))

    asyncio.run(main())


def test_who_consents_anew_starts_with_a_stream_of_their_own(dsn):
    async def main():
        async with opened(dsn) as (channels, _):
            await put(channels, TUBE)
            assert not (await channels.channel(TUBE.id)).is_ready
            await channels.put_refresh_token(TUBE.id, "1//refresh")
            assert await channels.take(TUBE, SESSION) == ""
            await channels.put_stream(TUBE.id, SESSION, "stream-1")
            assert await channels.refresh_token(TUBE.id) == "1//refresh"
            assert (await channels.channel(TUBE.id)).is_ready
            assert await channels.take(TUBE, SESSION) == "stream-1"
            await channels.put_refresh_token(TUBE.id, "1//another")
            assert await channels.take(TUBE, SESSION) == ""

    asyncio.run(main())


def test_a_plain_channel_carries_one_session_at_a_time_and_youtube_gives_each_its_stream(dsn):
    async def main():
        async with opened(dsn) as (channels, pool):
            await put(channels, SHARED, "one")
            await put(channels, TUBE)
            store = Store(pool, Listener(pool))
            for session in (SESSION, OTHER):
                await convened(store, session=session, room=session)
            assert (await channels.take(SHARED, SESSION), await channels.take(SHARED, OTHER)) == ("", None)
            await channels.free(SHARED.id, SESSION)
            assert (await channels.take(SHARED, OTHER), await channels.take(SHARED, SESSION)) == ("", None)
            for session in (SESSION, OTHER):
                assert await channels.take(TUBE, session) == ""
                await channels.put_stream(TUBE.id, session, f"of {session}")
            await pool.execute("UPDATE session SET phase = 'adjourned' WHERE id = $1", SESSION)
            assert await channels.take(TUBE, SessionId("third")) == f"of {SESSION}"
            assert await channels.take(SHARED, SESSION) is None

    asyncio.run(main())
