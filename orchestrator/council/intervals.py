"""Stretches of time, and how they are read when something was put right afterwards.

The record keeps both: what was seen, and the correction. An attendance is read with its corrections in the order in
which they were made, so that one can put another right.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A stretch of time from `start` to `end` (None: still going on). UTC."""

    start: datetime
    end: datetime | None = None

    def ended(self, at: datetime) -> "Interval":
        """The stretch closed; a clock that went backwards makes it empty, never negative."""
        return Interval(start=self.start, end=max(self.start, at))


def begun(intervals: tuple[Interval, ...], at: datetime) -> tuple[Interval, ...]:
    """One more interval, which never begins before the last has ended."""
    last = intervals[-1].end if intervals else None
    return (*intervals, Interval(start=max(at, last or at)))


def ended(intervals: tuple[Interval, ...], at: datetime) -> tuple[Interval, ...]:
    """The intervals after the last one ended."""
    return (*intervals[:-1], intervals[-1].ended(at)) if intervals else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """From `start` to `end` the member was there, or was not, whatever was seen."""

    start: datetime
    end: datetime
    was_present: bool


def corrected(intervals: Iterable[Interval], corrections: Iterable[Correction]) -> tuple[Interval, ...]:
    """The intervals read with the corrections: in order, apart from each other, none of them empty."""
    stretches = [(i.start, i.end or _FOREVER) for i in intervals if i.end is None or i.start < i.end]
    for correction in corrections:
        stretches = (
            _joined([*stretches, (correction.start, correction.end)])
            if correction.was_present
            else [part for stretch in stretches for part in _without(stretch, correction)]
        )
    return tuple(Interval(start=start, end=None if end == _FOREVER else end) for start, end in stretches)


_Stretch = tuple[datetime, datetime]
_FOREVER = datetime.max.replace(tzinfo=UTC)


def _joined(stretches: list[_Stretch]) -> list[_Stretch]:
    """In order, those that touch made into one."""
    joined: list[_Stretch] = []
    for start, end in sorted(stretches):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def _without(stretch: _Stretch, correction: Correction) -> list[_Stretch]:
    """What is left of a stretch before and after the correction."""
    start, end = stretch
    parts = [(start, min(end, correction.start)), (max(start, correction.end), end)]
    return [(a, b) for a, b in parts if a < b]
