"""The hour on the wall, also when the clocks change."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from orchestrator.convening.hours import Fault, NotAnHour, clocks_change_between, moment_of

MADRID = ZoneInfo("Europe/Madrid")
FORWARD, BACK = date(2026, 3, 29), date(2026, 10, 25)


def test_an_hour_is_the_one_on_the_wall() -> None:
    assert moment_of(date(2026, 11, 26), time(19, 0), MADRID) == datetime(2026, 11, 26, 18, 0, tzinfo=UTC)
    assert moment_of(date(2026, 7, 2), time(19, 0), MADRID) == datetime(2026, 7, 2, 17, 0, tzinfo=UTC)


def test_an_hour_that_the_clocks_skip_is_none() -> None:
    with pytest.raises(NotAnHour) as caught:
        moment_of(FORWARD, time(2, 30), MADRID)
    assert caught.value.fault is Fault.SKIPPED


def test_an_hour_that_comes_twice_must_be_told_apart() -> None:
    with pytest.raises(NotAnHour) as caught:
        moment_of(BACK, time(2, 30), MADRID)
    assert caught.value.fault is Fault.TWICE
    assert moment_of(BACK, time(2, 30), MADRID, which=1) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert moment_of(BACK, time(2, 30), MADRID, which=2) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_the_day_on_which_the_clocks_change_is_told() -> None:
    call, evening = datetime(2026, 3, 25, 10, tzinfo=UTC), datetime(2026, 3, 30, 17, tzinfo=UTC)
    assert clocks_change_between(call, evening, MADRID) == FORWARD
    assert clocks_change_between(call, datetime(2026, 3, 27, 17, tzinfo=UTC), MADRID) is None
