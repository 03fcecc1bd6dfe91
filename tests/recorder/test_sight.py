"""What is suspected of a stream by the sizes of what comes, and how a suspicion is proven."""

import pytest

from recorder.flv import FlvParser, Kind, Tag
from recorder.look import HEIGHT, WIDTH, is_black, is_frozen, is_silent
from recorder.sight import Flaw, Observer, Patience
from tests.recorder.media import audio_header, picture, video_header

PATIENCE = Patience(stalled=10, black=4, frozen=8, silent=5)


def watched(seconds: float, *, keyframe: int = 20_000, between: int = 4_000, sound: int = 300) -> Observer:
    """A stream with a keyframe each two seconds; sizes in bytes."""
    observer = Observer(PATIENCE, 0)
    observer.feed(Tag(Kind.VIDEO, 0, video_header(b"abc")), 0)
    observer.feed(Tag(Kind.AUDIO, 0, audio_header(b"abc")), 0)
    for n in range(round(seconds * 10)):
        is_key = n % 20 == 0
        body = picture(b"abc", 0, is_key=is_key).ljust(keyframe if is_key else between, b"x")
        observer.feed(Tag(Kind.VIDEO, n * 100, body[: keyframe if is_key else between]), n / 10)
        observer.feed(Tag(Kind.AUDIO, n * 100, b"\xaf\x01".ljust(sound, b"x")), n / 10)
    return observer


@pytest.mark.parametrize(
    ("sizes", "flaws"),
    [
        ({}, set()),
        ({"keyframe": 276}, {Flaw.BLACK}),
        ({"between": 40}, {Flaw.FROZEN}),
        ({"keyframe": 276, "between": 40}, {Flaw.BLACK, Flaw.FROZEN}),
        ({"sound": 12}, {Flaw.SILENT}),
    ],
)
def test_each_fault_is_suspected_by_its_sizes_once_it_has_lasted(sizes: dict[str, int], flaws: set[Flaw]) -> None:
    assert watched(20, **sizes).suspicions(20) == flaws
    assert watched(1, **sizes).suspicions(1) == set()


def test_a_stream_of_which_nothing_comes_has_stalled() -> None:
    assert watched(20).suspicions(29) == set()
    assert watched(20).suspicions(31) == {Flaw.STALLED}
    assert Observer(PATIENCE, 0).suspicions(11) == {Flaw.STALLED}


def test_one_good_keyframe_dispels_the_suspicion() -> None:
    observer = watched(20, keyframe=276)
    observer.feed(Tag(Kind.VIDEO, 20_000, picture(b"abc", 0, is_key=True).ljust(30_000, b"x")), 20)
    assert observer.suspicions(20) == set()


def test_what_is_decoded_is_little_and_begins_with_its_header() -> None:
    observer = watched(60, keyframe=276, sound=12)
    tags = FlvParser().feed(observer.pictures(Flaw.BLACK))
    assert [tag.is_header for tag in tags] == [True, False, False, False]
    assert all(tag.is_keyframe for tag in tags[1:])
    assert tags[1].ts == 0
    sound = FlvParser().feed(observer.sound())
    assert sound[0].is_header
    assert len(sound) < 60


def grey(value: int, **points: int) -> bytes:
    one = bytearray([value]) * (WIDTH * HEIGHT)
    for place, point in points.items():
        one[int(place[1:])] = point
    return bytes(one)


def test_black_is_dark_all_over() -> None:
    assert is_black([grey(16), grey(16, p7=200)])
    assert not is_black([grey(16), grey(16, **{f"p{n}": 200 for n in range(60)})])
    assert not is_black([grey(60)])
    assert not is_black([])


def test_frozen_is_when_nothing_moves() -> None:
    assert is_frozen([grey(90), grey(90), grey(90, p9=93)])
    assert not is_frozen([grey(90), grey(90, p9=140)])
    assert not is_frozen([grey(90), grey(92)])
    assert not is_frozen([grey(90)])


def test_silence_is_what_nobody_could_hear() -> None:
    assert is_silent(bytes(2000))
    assert not is_silent((40).to_bytes(2, "little", signed=True) * 1000)
    assert not is_silent(b"")
