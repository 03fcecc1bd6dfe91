"""Bookings of encoders, which several machines see."""

import asyncio
from datetime import timedelta

from orchestrator.council.members import SessionId
from orchestrator.store.encoders import Encoders
from tests.scenarios.play import EIGHT
from tests.stage import open_store

ONE, OTHER = SessionId("one"), SessionId("other")
JIBRI = "http://jibri1:2222"


def test_an_encoder_is_one_sessions_until_it_is_released(dsn):
    async def main():
        async with open_store(dsn) as store:
            encoders = Encoders(store.pool)
            assert await encoders.book(JIBRI, ONE, EIGHT)
            assert await encoders.book(JIBRI, ONE, EIGHT)
            assert not await encoders.book(JIBRI, OTHER, EIGHT)
            await encoders.release(JIBRI, OTHER)
            assert not await encoders.book(JIBRI, OTHER, EIGHT)
            await encoders.release(JIBRI, ONE)
            assert await encoders.book(JIBRI, OTHER, EIGHT)
            (booking,) = (await encoders.bookings()).values()
            assert (booking.session, booking.booked_at, booking.failed_at) == (OTHER, EIGHT, None)

    asyncio.run(main())


def test_a_booking_that_nobody_used_is_nobodys_after_a_while(dsn):
    async def main():
        async with open_store(dsn) as store:
            encoders = Encoders(store.pool)
            await encoders.book(JIBRI, ONE, EIGHT)
            assert not await encoders.book(JIBRI, OTHER, EIGHT + timedelta(minutes=2))
            assert await encoders.book(JIBRI, OTHER, EIGHT + timedelta(minutes=3))
            await encoders.fail(JIBRI, "encoder_left", EIGHT)
            assert (await encoders.bookings())[JIBRI].cause == "encoder_left"

    asyncio.run(main())


def test_two_machines_that_want_the_same_encoder_do_not_both_get_it(dsn):
    async def main():
        async with open_store(dsn) as store:
            encoders = Encoders(store.pool)
            async with asyncio.TaskGroup() as tasks:
                asked = [tasks.create_task(encoders.book(JIBRI, SessionId(f"s{n}"), EIGHT)) for n in range(20)]
            assert sum(one.result() for one in asked) == 1

    asyncio.run(main())
