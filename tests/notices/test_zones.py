"""A time zone in a calendar, read back by another program's rules: RFC 5545, 3.6.5."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from icalendar import Timezone

from orchestrator.notices.zones import vtimezone

AT = datetime(2026, 3, 26, 19, tzinfo=UTC)


def test_summer_time_is_a_rule_that_begins_at_the_hour_before_the_change() -> None:
    text = vtimezone(ZoneInfo("Europe/Madrid"), AT).to_ical().decode()
    daylight = text[text.index("BEGIN:DAYLIGHT") : text.index("END:DAYLIGHT")]
    standard = text[text.index("BEGIN:STANDARD") : text.index("END:STANDARD")]
    assert "DTSTART:20250330T020000" in daylight
    assert "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3" in daylight
    assert ("TZOFFSETFROM:+0100" in daylight, "TZOFFSETTO:+0200" in daylight) == (True, True)
    assert "DTSTART:20251026T030000" in standard
    assert "RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10" in standard


@pytest.mark.parametrize("name", ["Europe/Madrid", "Atlantic/Canary", "America/New_York", "Asia/Kolkata"])
def test_what_is_written_means_the_zone(name: str) -> None:
    zone = ZoneInfo(name)
    read = Timezone.from_ical(vtimezone(zone, AT).to_ical()).to_tz(lookup_tzid=False)
    for days in range(400):
        at = datetime(2026, 1, 1, 12, tzinfo=UTC) + timedelta(days=days, hours=days % 24)
        local = at.astimezone(zone).replace(tzinfo=None)
        assert local.replace(tzinfo=read).utcoffset() == at.astimezone(zone).utcoffset(), at


def test_a_zone_whose_clocks_never_change_has_one_offset() -> None:
    text = vtimezone(ZoneInfo("Asia/Kolkata"), AT).to_ical().decode()
    assert text.count("TZOFFSETTO:+0530") == 1
