"""A day and an hour on the town's wall as a moment in time: also on the two nights in which the clocks change."""

from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo


class Fault(StrEnum):
    """Why an hour is none; worded as `hours.<fault>`."""

    SKIPPED = "skipped"
    TWICE = "twice"


class NotAnHour(ValueError):
    """On that day the clocks skip the hour, or show it twice and nobody said which."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault


def moment_of(day: date, clock: time, zone: ZoneInfo, *, which: int | None = None) -> datetime:
    """The moment, in UTC. `which` is 1 or 2 for the first or the second of an hour that comes twice.

    Raises `NotAnHour`.
    """
    local = datetime.combine(day, clock.replace(fold=0), zone)
    there_and_back = local.astimezone(UTC).astimezone(zone)
    if there_and_back.replace(tzinfo=None) != local.replace(tzinfo=None):
        raise NotAnHour(Fault.SKIPPED)
    later = local.replace(fold=1)
    if local.utcoffset() != later.utcoffset():
        if which is None:
            raise NotAnHour(Fault.TWICE)
        return (later if which == 2 else local).astimezone(UTC)
    return local.astimezone(UTC)


def clocks_change_between(start: datetime, end: datetime, zone: ZoneInfo) -> date | None:
    """The day on which summer time begins or ends between two moments, if it does so once."""
    if start.astimezone(zone).utcoffset() == end.astimezone(zone).utcoffset():
        return None
    day = start.astimezone(zone).date()
    while day <= end.astimezone(zone).date():
        tomorrow = day + timedelta(days=1)
        if _offset(day, zone) != _offset(tomorrow, zone):
            return day
        day = tomorrow
    return None


def _offset(day: date, zone: ZoneInfo) -> timedelta | None:
    return datetime.combine(day, time(0), zone).utcoffset()
