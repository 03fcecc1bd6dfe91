"""The rules of the switcher, each as a story. `test_any_broadcast.py` has all of them over anything that can happen."""

from recorder.flv import Kind, Tag
from recorder.modes import Mode
from recorder.timeline import RECORDING, Pace
from tests.recorder.media import maker_of, slate_name
from tests.recorder.play import DELAY, NO_DELAY, TICK, Play


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
