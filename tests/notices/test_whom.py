"""Who is told of an alert, and when: what mends itself wakes nobody, nor does what can wait for the morning."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from orchestrator.council.members import SessionId
from orchestrator.notices.whom import Whom, due, quiet_hours
from orchestrator.store.alerts import DRILL, Alert, AlertId
from tests.scenarios.play import EIGHT

MADRID = ZoneInfo("Europe/Madrid")
WHOM = Whom(first=("mail", "chat"), next=("phone",), quiet=quiet_hours("22:00-07:00", MADRID))
NIGHT, MORNING = datetime(2026, 3, 27, 2, 0, tzinfo=UTC), datetime(2026, 3, 27, 6, 0, tzinfo=UTC)

ALERT = Alert(
    id=AlertId(1),
    session=SessionId("s1"),
    entity=None,
    key="relay",
    scope="record",
    link="relay",
    cause="key_refused",
    times=1,
    raised_at=EIGHT,
    resolved_at=None,
    acknowledged_at=None,
    acknowledged_by=None,
    escalated_at=None,
)


def later(seconds: float, start: datetime = EIGHT) -> datetime:
    return start + timedelta(seconds=seconds)


def told(alert: Alert, now: datetime) -> list[str]:
    return [f"{planned.occasion} {planned.target}" for planned in due(alert, WHOM, now)]


@pytest.mark.parametrize(
    ("cause", "seconds", "names"),
    [
        ("key_refused", 14, []),
        ("key_refused", 15, ["raised mail", "raised chat"]),
        ("disk_low", 59, []),
        ("disk_low", 60, ["raised mail", "raised chat"]),
        ("quorum_lost", 3600, []),
    ],
)
def test_an_alert_is_told_when_it_has_lasted(cause, seconds, names):
    assert told(replace(ALERT, cause=cause), later(seconds)) == names


def test_what_mended_itself_at_once_is_told_to_nobody():
    assert told(replace(ALERT, resolved_at=later(10)), later(200)) == []


def test_the_next_ones_are_told_when_it_is_escalated():
    names = told(replace(ALERT, escalated_at=later(180)), later(180))
    assert names[:3] == ["escalated mail", "escalated chat", "escalated phone"]


def test_that_it_is_over_is_told_when_it_stays_so():
    over = replace(ALERT, resolved_at=later(60))
    assert "resolved mail" not in told(over, later(61))
    assert "resolved mail" in told(over, later(60 + 300))


@pytest.mark.parametrize(
    ("alert", "due_at"),
    [
        (replace(ALERT, session=None, key="disk", cause="disk_low"), MORNING - timedelta(hours=0)),
        (replace(ALERT, session=None, cause="server_unreachable"), NIGHT),
        (replace(ALERT, cause="record_behind"), NIGHT),
        (replace(ALERT, session=None, key=DRILL, cause="drill"), NIGHT),
    ],
)
def test_at_quiet_hours_only_what_cannot_wait_wakes_anybody(alert, due_at):
    (planned, *_) = due(replace(alert, raised_at=NIGHT - timedelta(hours=1)), WHOM, NIGHT)
    assert planned.due_at == due_at


@pytest.mark.parametrize(
    ("text", "hour", "until"),
    [
        ("22:00-07:00", "2026-03-26T21:59", None),
        ("22:00-07:00", "2026-03-26T22:00", "2026-03-27T07:00"),
        ("22:00-07:00", "2026-03-27T06:59", "2026-03-27T07:00"),
        ("22:00-07:00", "2026-03-27T07:00", None),
        ("13:00-15:00", "2026-03-27T14:00", "2026-03-27T15:00"),
        ("13:00-15:00", "2026-03-27T16:00", None),
        ("22:00-07:00", "2026-03-28T23:00", "2026-03-29T07:00"),  # the clocks go forward that night
        ("", "2026-03-27T03:00", None),
    ],
)
def test_quiet_hours_are_those_of_the_town_s_clock(text, hour, until):
    now = datetime.fromisoformat(hour).replace(tzinfo=MADRID)
    over = datetime.fromisoformat(until).replace(tzinfo=MADRID) if until else now
    assert quiet_hours(text, MADRID).over_at(now.astimezone(UTC)) == over


def test_a_drill_goes_to_everybody_at_once_and_its_end_to_nobody():
    drill = replace(ALERT, session=None, key=DRILL, cause="drill")
    assert told(drill, EIGHT) == ["raised mail", "raised chat", "raised phone"]
    assert "resolved mail" not in told(replace(drill, resolved_at=EIGHT), later(400))
