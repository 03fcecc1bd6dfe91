"""The notice that a call needs, and working days."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from orchestrator.council.convocation import SessionKind
from orchestrator.council.members import BodyKind
from orchestrator.council.rules.notice import earliest, is_working_day, notice_of

MADRID = ZoneInfo("Europe/Madrid")


@pytest.mark.parametrize(
    ("called", "first"),
    [
        ("2026-11-23", "2026-11-26"),  # Monday: Tuesday and Wednesday lie between
        ("2026-11-26", "2026-12-01"),  # Thursday: Friday and Monday
        ("2026-12-04", "2026-12-10"),  # Friday before the 8th: Monday and Wednesday
        ("2026-04-01", "2026-04-08"),  # Wednesday of Holy Week: Thursday, and Tuesday after Easter
    ],
)
def test_two_working_days_lie_between_the_call_and_a_plenary(called: str, first: str) -> None:
    rule = notice_of(BodyKind.PLENARY, SessionKind.ORDINARY)
    assert rule is not None
    at = datetime.fromisoformat(f"{called}T12:00+01:00")
    assert earliest(rule, at, MADRID).date() == date.fromisoformat(first)


def test_a_board_needs_a_day_and_an_urgent_session_nothing() -> None:
    rule = notice_of(BodyKind.GOVERNMENT_BOARD, SessionKind.ORDINARY)
    assert rule is not None
    called = datetime(2026, 11, 23, 10, tzinfo=UTC)
    assert earliest(rule, called, MADRID) == datetime(2026, 11, 24, 10, tzinfo=UTC)
    assert notice_of(BodyKind.PLENARY, SessionKind.URGENT) is None


@pytest.mark.parametrize("day", ["2026-04-03", "2026-04-06", "2026-09-11", "2026-11-28", "2027-03-26"])
def test_weekends_and_the_holidays_of_the_country_are_no_working_days(day: str) -> None:
    assert not is_working_day(date.fromisoformat(day))
