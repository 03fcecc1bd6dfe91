"""A time zone as a calendar needs it: complete, so that a program that knows no zones shows the hour on the wall.

icalendar can write one from a zone as well, but dates the beginning of summer time an hour late (7.3: 03:00 where RFC
5545, 3.6.5 wants the local time before the change, 02:00), and Outlook reads no list of dates, only rules.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from icalendar import Timezone, TimezoneDaylight, TimezoneStandard

_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """The clocks change: at `local` by the clock before it, from one offset to another."""

    local: datetime
    before: timedelta
    after: timedelta
    name: str
    is_summer: bool


def vtimezone(zone: ZoneInfo, at: datetime) -> Timezone:
    """The zone as it is around a moment, and by the same rules from then on."""
    year = at.astimezone(zone).year
    changes = list(_changes(zone, datetime(year - 1, 1, 1, tzinfo=UTC), datetime(year + 2, 1, 1, tzinfo=UTC)))
    component = Timezone()
    component.add("tzid", zone.key)
    if not changes:
        local = at.astimezone(zone)
        offset = local.utcoffset() or timedelta(0)
        start = datetime(1970, 1, 1)  # noqa: DTZ001 - local by its nature
        component.add_component(
            _observance(_Change(local=start, before=offset, after=offset, name=local.tzname() or "", is_summer=False))
        )
    for is_summer in (False, True):
        same = [change for change in changes if change.is_summer is is_summer]
        if not same:
            continue
        rules = {_rule(change) for change in same}
        if len(rules) == 1:
            component.add_component(_observance(same[0], rule=rules.pop()))
        else:
            for change in same:
                component.add_component(_observance(change))
    return component


def _observance(change: _Change, rule: tuple[int, str] | None = None) -> TimezoneDaylight | TimezoneStandard:
    component = TimezoneDaylight() if change.is_summer else TimezoneStandard()
    component.add("dtstart", change.local)
    component.add("tzoffsetfrom", change.before)
    component.add("tzoffsetto", change.after)
    component.add("tzname", change.name)
    if rule:
        month, day = rule
        component.add("rrule", {"freq": "yearly", "bymonth": month, "byday": day})
    return component


def _rule(change: _Change) -> tuple[int, str]:
    """Its month, and which of the month's weekdays: `-1SU` is the last Sunday."""
    day = change.local
    is_last = (day + _WEEK).month != day.month
    nth = -1 if is_last else (day.day - 1) // 7 + 1
    return day.month, f"{nth}{_DAYS[day.weekday()]}"


def _changes(zone: ZoneInfo, start: datetime, end: datetime) -> Iterator[_Change]:
    """Each change of the clocks between two moments."""
    days = (end - start).days
    for early, late in pairwise(start + timedelta(days=n) for n in range(days + 1)):
        before, after = (at.astimezone(zone).utcoffset() or timedelta(0) for at in (early, late))
        if before == after:
            continue
        while late - early > timedelta(seconds=1):
            middle = early + (late - early) // 2
            if middle.astimezone(zone).utcoffset() == before:
                early = middle
            else:
                late = middle
        moment = late.replace(microsecond=0)
        there = moment.astimezone(zone)
        yield _Change(
            local=(moment + before).replace(tzinfo=None),
            before=before,
            after=after,
            name=there.tzname() or "",
            is_summer=bool(there.dst()),
        )
