"""Stretches of time read with their corrections, against a naive second by second recount."""

from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from orchestrator.council.intervals import Correction, Interval, corrected
from tests.scenarios.play import EIGHT


def at(second: int) -> datetime:
    return EIGHT + timedelta(seconds=second)


@st.composite
def attendances(draw: st.DrawFn) -> list[Interval]:
    """In order and apart, the last one open or not."""
    moments = sorted(draw(st.sets(st.integers(0, 60), max_size=8)))
    pairs = list(zip(moments[::2], moments[1::2], strict=False))
    intervals = [Interval(start=at(start), end=at(end)) for start, end in pairs]
    if len(moments) % 2:
        intervals.append(Interval(start=at(moments[-1])))
    return intervals


corrections = st.lists(
    st.builds(
        lambda start, length, was: Correction(start=at(start), end=at(start + length), was_present=was),
        st.integers(0, 60),
        st.integers(1, 30),
        st.booleans(),
    ),
    max_size=5,
)


@given(seen=attendances(), put_right=corrections)
def test_every_second_reads_as_the_last_word_on_it(seen: list[Interval], put_right: list[Correction]) -> None:
    read = corrected(seen, put_right)
    for second in range(100):
        moment = at(second)
        said = [c.was_present for c in put_right if c.start <= moment < c.end]
        expected = said[-1] if said else holds(seen, moment)
        assert holds(read, moment) == expected


@given(seen=attendances(), put_right=corrections)
def test_what_is_read_is_in_order_apart_and_never_empty(seen: list[Interval], put_right: list[Correction]) -> None:
    read = corrected(seen, put_right)
    assert all(i.end is None or i.start < i.end for i in read)
    assert all(a.end is not None and a.end <= b.start for a, b in pairwise(read))


def holds(intervals: list[Interval] | tuple[Interval, ...], moment: datetime) -> bool:
    return any(i.start <= moment and (i.end is None or moment < i.end) for i in intervals)
