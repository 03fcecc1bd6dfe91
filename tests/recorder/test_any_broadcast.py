"""The rules of the switcher over anything that can happen to a broadcast."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from recorder.flv import Kind
from recorder.modes import Mode
from recorder.timeline import RECORDING, Pace
from tests.recorder.media import maker_of, slate_name
from tests.recorder.play import DELAY, NO_DELAY, TICK, Play

Step = tuple[str, int] | Mode
"""What happens next: a mode is shown, or something of the source's, for so many ms or at such a time."""


def happen(play: Play, step: Step) -> None:
    match step:
        case Mode():
            play.show(step)
        case "wait", elapsed:
            play.run(elapsed)
        case "stall", elapsed:
            play.run(elapsed, delivers=False)
        case "lose", elapsed:
            play.run(elapsed, delivers=False, keeps=False)
        case "burst", length:
            play.burst(length)
        case "leap", length:
            play.encoder.leap(length)
        case "connect", ts:
            play.connect(ts)
        case _:
            play.die()


spans = st.sampled_from([1, 30, 90, 400, 800, 1600, 2500, 4000, 11_000])
clocks = st.sampled_from([0, 5000, 0xFFFFFF - 2000, 0x7FFFFFFF, 0xFFFFFFFF - 2000])
leaps = st.sampled_from([-60_000, -900, -1, 40, 900, 60_000])
whole = st.one_of(
    st.sampled_from(Mode),
    st.tuples(st.sampled_from(["wait", "stall", "burst"]), spans),
    st.tuples(st.just("connect"), clocks),
    st.just(("die", 0)),
)
"""Steps in which the source loses nothing of what it made and its clock goes evenly."""
steps = whole | st.tuples(st.just("lose"), spans) | st.tuples(st.just("leap"), leaps)
paces = st.sampled_from([NO_DELAY, DELAY, Pace(delay=500), RECORDING])


@settings(max_examples=150, deadline=None)
@given(paces, st.sampled_from(Mode), st.lists(steps, max_size=14), st.sampled_from([0.0, 16_770_000.0]))
def test_whatever_happens_the_rules_hold(pace: Pace, mode: Mode, script: list[Step], start: float) -> None:
    play = Play(pace, mode, now=start)
    for step in script:
        before = len(play.out)
        was = play.timeline.mode
        happen(play, step)
        if was is play.timeline.mode and was is not Mode.LIVE:
            makers = {maker_of(tag) for _, tag in play.out[before:]}
            assert makers <= {slate_name(was)}, "something of the room, or of another card, in a closed mode"
    play.run(100)
    assert_times_rise(play)
    assert_headers_come_first(play)
    assert_cuts_are_clean(play)
    assert_clock_is_kept(play)
    assert_joining_can_be_decoded(play)


@settings(max_examples=100, deadline=None)
@given(paces, st.lists(whole, max_size=14), st.sampled_from([0.0, 16_770_000.0]))
def test_the_programme_has_no_hole_unless_the_source_has_one(pace: Pace, script: list[Step], start: float) -> None:
    play = Play(pace, Mode.LIVE, now=start)
    for step in script:
        happen(play, step)
    play.run(4000)
    assert play.gap(Kind.VIDEO) <= 67
    assert play.gap(Kind.AUDIO) <= 120


def assert_times_rise(play: Play) -> None:
    for kind in (Kind.VIDEO, Kind.AUDIO):
        times = [tag.ts for _, tag in play.media(kind)]
        assert all(before < after for before, after in pairwise(times))


def assert_headers_come_first(play: Play) -> None:
    said: dict[Kind, bytes] = {}
    for _, tag in play.out:
        if tag.is_header:
            said[tag.kind] = maker_of(tag)
        else:
            assert said[tag.kind] == maker_of(tag)


def assert_cuts_are_clean(play: Play) -> None:
    """Whoever takes over begins with a keyframe, and says nothing before it."""
    last = None
    for _, tag in play.out:
        if tag.is_header:
            continue
        if maker_of(tag) != last:
            assert tag.is_keyframe
        last = maker_of(tag)


def assert_clock_is_kept(play: Play) -> None:
    """A source may be a second ahead; every card that is shown at one moment adds the frame that it must show."""
    for at, tag in play.out:
        assert tag.ts <= at + 1000 + 16 * 34, "ahead of the clock"
    assert play.pictures()[-1][1].ts >= play.now - play.pace.patience - 1000 - 2 * TICK, "behind the clock"


def assert_joining_can_be_decoded(play: Play) -> None:
    joining = play.timeline.joining()
    assert joining[0].is_header
    pictures = [tag for tag in joining if tag.is_video and not tag.is_header]
    assert pictures[0].is_keyframe
    assert joining[-1] == play.out[-1][1]
