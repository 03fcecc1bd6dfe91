"""What the lookout raises: by levels, each once, on the record where there is one."""

import asyncio
from datetime import timedelta

import pytest

from orchestrator.council.observations import TroubleBegan, TroubleEnded
from orchestrator.council.troubles import Surroundings
from orchestrator.lookout import DISK_LEAST, Around, Lasting, Lookout, differences, house_troubles
from orchestrator.sessions import Sessions
from orchestrator.store.alerts import Alerts
from tests.scenarios.play import EIGHT, JOAN, QUORATE, Play
from tests.stage import SESSION, Clock, Performer, convened, open_store, until

WELL = Around(is_connected=True, disk_free=DISK_LEAST, encoders=2, free_encoders=1)
IN_TIME = timedelta(milliseconds=20)


@pytest.mark.parametrize(
    ("around", "ahead", "found"),
    [
        (WELL, IN_TIME, {}),
        (Around(is_connected=True, disk_free=DISK_LEAST), IN_TIME, {}),
        (Around(is_connected=False, disk_free=DISK_LEAST, encoders=1), IN_TIME, {"server.a": "server_unreachable"}),
        (Around(is_connected=True, disk_free=DISK_LEAST - 1, encoders=1), IN_TIME, {"disk.a": "disk_low"}),
        (Around(is_connected=True, disk_free=DISK_LEAST, encoders=0), IN_TIME, {"encoders.a": "no_encoder_healthy"}),
        (WELL, -timedelta(seconds=0.6), {"clock.a": "clock_off"}),
    ],
)
def test_what_a_machine_sees_around_it(around, ahead, found):
    assert {key: cause for (_, key), cause in house_troubles(around, ahead, "a").items()} == found


def test_a_session_is_told_the_difference_and_nothing_twice():
    play = Play().opened(*QUORATE, JOAN)
    around = Surroundings(free_encoders=1)
    assert differences(play.session, around, play.now) == []
    play.leaves_for_good(JOAN)
    (began,) = differences(play.session, around, play.now)
    assert isinstance(began, TroubleBegan)
    play.tell(began)
    assert differences(play.session, around, play.now) == []
    play.connects(JOAN)
    (over,) = differences(play.session, around, play.now)
    assert isinstance(over, TroubleEnded)
    play.tell(over)
    assert play.session.alerts == frozenset()


def test_what_does_not_last_is_not_believed():
    lasting = Lasting(timedelta(seconds=20))
    full, clock = {(None, "disk.a"): "disk_low"}, {(None, "clock.a"): "clock_off"}

    def at(seconds):
        return EIGHT + timedelta(seconds=seconds)

    assert lasting.of(full, at(0)) == {}
    assert lasting.of(full | clock, at(20)) == full
    assert lasting.of(clock, at(30)) == {}
    assert lasting.of(full | clock, at(40)) == clock


def test_a_round_puts_troubles_on_the_record_and_among_the_alerts_and_takes_them_back(dsn):
    async def main():
        async with open_store(dsn) as store:
            clock, performer = Clock(), Performer()
            sessions = Sessions(store.pool, store.listener, performer, clock)
            seen = [Around(is_connected=True, disk_free=0, encoders=1, free_encoders=0)]

            async def look_around() -> Around:
                return seen[0]

            alerts = Alerts(store.pool)
            lookout = Lookout(
                alerts=alerts,
                conducted=sessions,
                look_around=look_around,
                machine="a",
                gathering=timedelta(hours=1),
                now=clock,
            )
            await convened(store, clock())
            await lookout.look_around()
            clock.jump(25)
            await lookout.look_around()
            clock.jump(10)
            await lookout.look()
            found = {alert.cause for alert in await alerts.find()}
            # The clock of the test is not the database's.
            assert found == {"disk_low", "not_conducted", "clock_off"}

            async with asyncio.TaskGroup() as tasks:
                conducting = tasks.create_task(sessions.conduct(SESSION))
                await until(lambda: sessions.current(SESSION) is not None)
                await store.ledger.mark_alive([SESSION], clock())
                await lookout.look()
                await until(lambda: {"start.encoder", "start.room"} <= sessions.sessions()[SESSION].alerts)
                seen[0] = WELL
                await lookout.look_around()
                clock.jump(5)
                await lookout.look()
                await until(lambda: sessions.sessions()[SESSION].alerts == {"start.room"})
                conducting.cancel()
            assert {alert.cause for alert in await alerts.find()} == {"starts_unwatched", "clock_off"}

    asyncio.run(main())
