"""The rules of the switcher. First each as a story, then all of them over anything that can happen."""

from collections.abc import Callable
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from recorder.flv import Kind, Tag
from recorder.modes import Mode
from recorder.timeline import RECORDING, Pace, Timeline
from tests.recorder.media import Encoder, maker_of, slate_name, slates

TICK = 30.0
NO_DELAY = Pace()
DELAY = Pace(delay=3000)


class Play:
    """A timeline, a source, a clock, and all that went out, with the time at which it did."""

    def __init__(self, pace: Pace = NO_DELAY, mode: Mode = Mode.LIVE, now: float = 0.0, ts: float = 0.0) -> None:
        self.pace = pace
        self.now = now
        self.timeline = Timeline(slates=slates(), mode=mode, pace=pace)
        self.encoder = Encoder(ts)
        self.held_back: list[Tag] = []
        self.out: list[tuple[float, Tag]] = []
        self.is_connected = False
        self.batch: list[Tag] = []
        self.take(self.timeline.tick(now))

    def take(self, tags: list[Tag]) -> None:
        self.batch = tags
        self.out += [(self.now, tag) for tag in tags]

    def run(self, elapsed: float, *, delivers: bool = True, keeps: bool = True) -> None:
        """Time passes and the encoder works; what it makes arrives, or piles up to arrive in a burst, or is lost."""
        until = self.now + elapsed
        while self.now < until:
            step = min(TICK, until - self.now)
            self.now += step
            made = list(self.encoder.run(step)) if self.is_connected else []
            if not delivers:
                self.held_back += made if keeps else []
                made = []
            elif self.held_back:
                made, self.held_back = self.held_back + made, []
            for tag in made:
                self.take(self.timeline.feed(tag, self.now))
            self.take(self.timeline.tick(self.now))

    def connect(self, ts: float = 0.0) -> None:
        self.encoder = Encoder(ts)
        self.held_back = []
        self.is_connected = True
        self.take(self.timeline.connect(self.now))

    def die(self) -> None:
        self.is_connected = False
        self.held_back = []
        self.take(self.timeline.disconnect(self.now))

    def show(self, mode: Mode) -> None:
        self.take(self.timeline.show(mode, self.now))

    def media(self, kind: Kind) -> list[tuple[float, Tag]]:
        return [(at, tag) for at, tag in self.out if tag.kind is kind and not tag.is_header]

    def pictures(self, maker: bytes | None = None) -> list[tuple[float, Tag]]:
        return [(at, tag) for at, tag in self.media(Kind.VIDEO) if maker is None or maker_of(tag) == maker]

    def gap(self, kind: Kind) -> int:
        times = [tag.ts for _, tag in self.media(kind)]
        return max(after - before for before, after in pairwise(times))


def on_air(pace: Pace = NO_DELAY, ts: float = 0.0) -> Play:
    play = Play(pace, ts=ts)
    play.run(1000)
    play.connect(ts)
    play.run(4000 + pace.delay)
    assert play.timeline.shows is None
    return play


def test_before_the_source_comes_the_slate_runs_by_the_clock() -> None:
    play = Play(mode=Mode.WAITING)
    play.run(10_000)
    assert {maker_of(tag) for _, tag in play.out} == {slate_name(Mode.WAITING)}
    assert play.gap(Kind.VIDEO) <= 34
    assert play.gap(Kind.AUDIO) <= 24
    assert len(play.pictures()) == 301


def test_a_slate_replaces_a_dead_source_at_once_and_without_a_gap() -> None:
    play = on_air()
    play.die()
    assert maker_of(play.batch[-1]) == slate_name(Mode.LIVE)
    play.run(8000)
    assert play.gap(Kind.VIDEO) <= 34
    assert play.gap(Kind.AUDIO) <= 77


def test_a_source_that_returns_is_taken_up_at_a_keyframe_once_it_has_flowed_a_while() -> None:
    play = on_air()
    play.die()
    play.run(8000)
    returned = play.now
    play.connect()
    play.run(5000)
    first_at, first = next(picture for picture in play.pictures(b"src") if picture[0] > returned)
    assert first.is_keyframe
    assert 700 <= first_at - returned <= 2100
    assert play.gap(Kind.VIDEO) <= 34


def test_a_short_stall_is_a_freeze_and_no_slate() -> None:
    play = on_air()
    switches = play.timeline.switches
    play.run(1000, delivers=False)
    play.run(2000)
    assert play.timeline.switches == switches
    assert play.gap(Kind.VIDEO) <= 34


def test_a_long_stall_brings_the_slate_and_its_backlog_stays_off_the_air() -> None:
    play = on_air()
    stalled = play.now
    play.run(8000, delivers=False)
    slate_at = min(at for at, _ in play.pictures(slate_name(Mode.LIVE)) if at > stalled)
    assert 1470 <= slate_at - stalled <= 1600
    play.run(6000)
    assert play.timeline.shows is None
    assert play.out[-1][1].ts <= play.now + 50, "the backlog would have put the programme ahead of the clock"
    assert play.gap(Kind.VIDEO) <= 34


def test_sound_alone_does_not_keep_a_source_alive() -> None:
    play = on_air()
    for _ in range(80):
        play.run(TICK, delivers=False)
        for tag in [tag for tag in play.held_back if not tag.is_video]:
            play.take(play.timeline.feed(tag, play.now))
        play.held_back = []
    assert play.timeline.shows is Mode.LIVE


def test_the_recording_keeps_the_backlog_of_a_stall() -> None:
    play = on_air(RECORDING)
    before = len(play.pictures(b"src"))
    play.run(8000, delivers=False)
    play.run(2000)
    assert len(play.pictures(b"src")) - before >= 298
    assert play.gap(Kind.VIDEO) <= 34


def test_the_recording_takes_a_source_from_its_first_keyframe() -> None:
    play = Play(RECORDING)
    play.run(1000)
    play.connect()
    play.run(1000)
    assert len(play.pictures(b"src")) >= 29


def test_a_delay_hides_a_stall_and_still_ends_with_the_slate_when_the_source_died() -> None:
    play = on_air(DELAY)
    switches = play.timeline.switches
    play.run(2500, delivers=False)
    play.run(3000)
    assert play.timeline.switches == switches
    play.die()
    died = play.now
    play.run(6000)
    slate_at = min(at for at, _ in play.pictures(slate_name(Mode.LIVE)) if at > died)
    assert 2900 <= slate_at - died <= 3100
    assert play.gap(Kind.VIDEO) <= 34


def test_the_last_words_before_a_closed_session_stay_in_the_delay_line_for_ever() -> None:
    play = on_air(DELAY)
    closed = play.now
    play.show(Mode.SECRET)
    assert maker_of(play.batch[-1]) == slate_name(Mode.SECRET)
    play.run(10_000)
    reopened = play.now
    play.show(Mode.LIVE)
    play.run(10_000)
    after = [at for at, tag in play.out if at > closed and not tag.is_header and maker_of(tag) == b"src"]
    assert min(after) >= reopened + DELAY.delay
    assert play.timeline.shows is None


def test_the_card_of_the_recess_stays_until_the_room_is_back() -> None:
    play = on_air()
    suspended = play.now
    play.show(Mode.RECESS)
    play.run(3000)
    play.show(Mode.LIVE)
    assert play.timeline.shows is Mode.RECESS
    play.run(2100)
    assert play.timeline.shows is None
    assert all(at <= suspended for at, _ in play.pictures(slate_name(Mode.LIVE)))


def test_without_a_source_going_live_shows_the_card_of_live() -> None:
    play = Play(mode=Mode.WAITING)
    play.run(1000)
    play.show(Mode.LIVE)
    assert play.timeline.shows is Mode.LIVE


def test_headers_are_said_once_and_again_when_they_change() -> None:
    play = on_air()
    play.die()
    play.run(1000)
    headers = [maker_of(tag) for _, tag in play.out if tag.is_header and tag.is_video]
    assert headers == [slate_name(Mode.LIVE), b"src", slate_name(Mode.LIVE)]


def test_every_keyframe_carries_its_parameter_sets() -> None:
    play = on_air()
    keyframes = [tag for _, tag in play.pictures(b"src") if tag.is_keyframe]
    assert keyframes
    assert all(b"\x67src" in tag.body for tag in keyframes)


def test_the_end_of_sequence_of_an_encoder_goes_no_further() -> None:
    play = on_air()
    assert play.timeline.feed(Tag(Kind.VIDEO, 5000, b"\x17\x02\x00\x00\x00"), play.now) == []
    assert play.timeline.feed(Tag(Kind.SCRIPT, 5000, b"\x02"), play.now) == []


def test_a_receiver_that_joins_gets_headers_and_a_picture_at_once() -> None:
    play = on_air()
    joining = play.timeline.joining()
    assert [tag.kind for tag in joining[:3]] == [Kind.VIDEO, Kind.AUDIO, Kind.VIDEO]
    assert [tag.is_header for tag in joining[:3]] == [True, True, False]
    assert joining[2].is_keyframe
    assert joining[-1] == play.out[-1][1]


def test_after_a_closed_session_begins_a_joining_receiver_gets_nothing_of_the_room() -> None:
    play = on_air()
    play.show(Mode.SECRET)
    assert {maker_of(tag) for tag in play.timeline.joining()} == {slate_name(Mode.SECRET)}


def test_a_source_whose_clock_leaps_comes_back_with_the_programme_in_time() -> None:
    for step in (60_000.0, -3_000.0):
        play = on_air(ts=100_000.0)
        play.encoder.leap(step)
        play.run(14_000)
        assert play.timeline.shows is None
        assert abs(play.out[-1][1].ts - play.now) < 300
        assert play.gap(Kind.VIDEO) <= 34


def test_a_source_with_a_drifting_clock_is_taken_up_again_after_hours() -> None:
    play = on_air()
    for _ in range(40):
        play.run(25_000)
        play.encoder.leap(-100)  # its clock is slow: 4 s in 1000
    play.show(Mode.RECESS)
    play.run(1000)
    play.show(Mode.LIVE)
    play.run(5000)
    assert play.timeline.shows is None
    assert abs(play.out[-1][1].ts - play.now) < 300


def test_five_hours_and_the_extended_times_of_rtmp_change_nothing() -> None:
    near = float(0xFFFFFF - 5000)
    play = Play(now=near)
    play.connect(ts=near + 1000)
    play.run(4000)
    play.die()
    play.run(2000)
    play.connect()
    play.run(4000)
    assert play.gap(Kind.VIDEO) <= 34
    assert play.out[-1][1].ts > 0xFFFFFF


def test_a_sleeping_machine_skips_time_instead_of_catching_up_for_ever() -> None:
    play = Play()
    play.run(1000)
    play.now += 3_600_000
    play.show(Mode.RECESS)
    assert len(play.batch) < 250


Step = Callable[[Play], None]


def wait(elapsed: int) -> Step:
    return lambda play: play.run(elapsed)


def stall(elapsed: int) -> Step:
    return lambda play: play.run(elapsed, delivers=False)


def drop_out(elapsed: int) -> Step:
    return lambda play: play.run(elapsed, delivers=False, keeps=False)


def show(mode: Mode) -> Step:
    return lambda play: play.show(mode)


def connect(ts: int) -> Step:
    return lambda play: play.connect(ts)


def leap(step: int) -> Step:
    return lambda play: play.encoder.leap(step)


def die(play: Play) -> None:
    play.die()


spans = st.sampled_from([1, 30, 90, 400, 800, 1600, 2500, 4000, 11_000])
steps = st.one_of(
    st.builds(wait, spans),
    st.builds(stall, spans),
    st.builds(drop_out, spans),
    st.builds(show, st.sampled_from(Mode)),
    st.builds(connect, st.sampled_from([0, 5000, 0xFFFFFF - 2000, 0x7FFFFFFF])),
    st.builds(leap, st.sampled_from([-60_000, -900, -1, 40, 900, 60_000])),
    st.just(die),
)
paces = st.sampled_from([NO_DELAY, DELAY, Pace(delay=500), RECORDING])


@settings(max_examples=150, deadline=None)
@given(paces, st.sampled_from(Mode), st.lists(steps, max_size=14), st.sampled_from([0.0, 16_770_000.0]))
def test_whatever_happens_the_rules_hold(pace: Pace, mode: Mode, script: list[Step], start: float) -> None:
    play = Play(pace, mode, now=start)
    for step in script:
        before = len(play.out)
        was = play.timeline.mode
        step(play)
        if was is play.timeline.mode and was is not Mode.LIVE:
            makers = {maker_of(tag) for _, tag in play.out[before:]}
            assert makers <= {slate_name(was)}, "something of the room, or of another card, in a closed mode"
    play.run(100)
    assert_times_rise(play)
    assert_headers_come_first(play)
    assert_cuts_are_clean(play)
    assert_clock_is_kept(play)
    assert_joining_can_be_decoded(play)


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
    for at, tag in play.out:
        assert tag.ts <= at + 1000 + 34, "ahead of the clock"
    assert play.pictures()[-1][1].ts >= play.now - play.pace.patience - 1000 - 2 * TICK, "behind the clock"


def assert_joining_can_be_decoded(play: Play) -> None:
    joining = play.timeline.joining()
    assert joining[0].is_header
    pictures = [tag for tag in joining if tag.is_video and not tag.is_header]
    assert pictures[0].is_keyframe
    assert joining[-1] == play.out[-1][1]
