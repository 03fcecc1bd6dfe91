"""Devices and persons, grace, and clocks that nobody should trust."""

from datetime import timedelta

import pytest

from orchestrator.council.attendance import Presence
from orchestrator.council.convocation import Policy
from orchestrator.council.deadlines import next_deadline
from orchestrator.council.events import MemberArrived, MemberLeft
from orchestrator.council.observations import Departure, Grade, MemberConnected, MemberDisconnected, Sighting
from tests.scenarios.play import JOAN, LAIA, QUORATE, Play, device


def presence_of_joan(play: Play) -> Presence:
    return play.session.attendance.of(JOAN).presence


def test_several_devices_are_one_person() -> None:
    play = Play().watched()
    play.connects(JOAN)
    play.connects(JOAN, by="phone")
    assert play.happened == ["DeviceJoined"]
    assert play.times(MemberArrived) == 1
    play.drops(JOAN)
    assert play.happened == ["DeviceGone"]
    assert presence_of_joan(play) is Presence.CONNECTED
    play.drops(JOAN, by="phone")
    assert play.happened == ["DeviceGone", "MemberDropped"]
    assert presence_of_joan(play) is Presence.IN_GRACE


def test_the_same_news_twice_is_no_news() -> None:
    play = Play().watched()
    play.connects(JOAN)
    play.connects(JOAN)
    assert play.happened == []
    play.drops(JOAN)
    play.drops(JOAN)
    assert play.happened == []


def test_a_member_in_grace_is_counted_and_then_absent_since_the_line_went() -> None:
    play = Play().watched(JOAN)
    play.waits(10)
    play.drops(JOAN)
    assert JOAN in play.session.attendance.present()
    play.waits(30)
    assert presence_of_joan(play) is Presence.ABSENT
    assert play.stays(JOAN) == [(0, 10)]


def test_each_return_after_the_grace_begins_a_new_interval() -> None:
    play = Play().watched(JOAN)
    play.leaves_for_good(JOAN)
    play.waits(30)
    play.connects(JOAN)
    play.waits(5)
    play.leaves_for_good(JOAN)
    assert play.stays(JOAN) == [(0, 0), (60, 65)]


def test_who_is_put_out_has_no_grace() -> None:
    play = Play().watched(JOAN)
    play.drops(JOAN, departure=Departure.KICKED)
    assert play.happened == ["DeviceGone", "MemberLeft"]


def test_without_a_grace_a_drop_is_a_departure() -> None:
    play = Play(policy=Policy(grace=timedelta())).watched(JOAN)
    play.drops(JOAN)
    assert play.happened == ["DeviceGone", "MemberLeft"]


def test_a_departure_keeps_the_grade_of_who_saw_the_drop() -> None:
    play = Play().watched(JOAN)
    seen = Sighting(grade=Grade.JOURNAL, at=play.now)
    play.tell(MemberDisconnected(seen=seen, member=JOAN, device=device(JOAN)))
    play.waits(30)
    (left,) = play.events
    assert isinstance(left, MemberLeft)
    assert left.grade is Grade.JOURNAL


def test_a_sensor_whose_clock_is_ahead_gives_no_longer_grace() -> None:
    play = Play().watched(JOAN)
    ahead = Sighting(grade=Grade.PRESENCE, at=play.now + timedelta(hours=1))
    play.tell(MemberDisconnected(seen=ahead, member=JOAN, device=device(JOAN)))
    assert next_deadline(play.session) == play.now + timedelta(seconds=30)


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_clock_that_jumps_makes_no_negative_and_no_overlapping_stay(hours: int) -> None:
    play = Play().watched(JOAN)
    for _ in range(3):
        play.now += timedelta(hours=hours)
        play.drops(JOAN, departure=Departure.KICKED)
        play.now -= timedelta(hours=2 * hours)
        play.connects(JOAN)
    ends = [moment for stay in play.stays(JOAN) for moment in stay if moment is not None]
    assert ends == sorted(ends)


def test_a_late_sighting_is_dated_when_it_happened() -> None:
    play = Play().watched(*QUORATE)
    play.waits(20)
    play.tell(MemberConnected(seen=play.seen(ago=5), member=LAIA, device=device(LAIA)))
    assert play.stays(LAIA) == [(15, None)]
