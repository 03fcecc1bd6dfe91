import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorder.flv import (
    FILE_HEADER,
    FlvError,
    FlvParser,
    Kind,
    Tag,
    build_tag,
    check_codec,
    parameter_sets,
    with_parameter_sets,
)
from tests.recorder.media import picture, video_header

tags = st.builds(Tag, st.sampled_from(Kind), st.integers(0, 0xFFFFFFFF), st.binary(max_size=300))


@given(st.lists(tags, max_size=8), st.integers(1, 50))
def test_tags_survive_a_file_read_in_pieces(written: list[Tag], piece: int) -> None:
    data = FILE_HEADER + b"".join(build_tag(tag) for tag in written)
    parser = FlvParser()
    read = [tag for at in range(0, len(data), piece) for tag in parser.feed(data[at : at + piece])]
    assert read == written


@given(st.binary(min_size=13, max_size=200))
def test_garbage_is_refused_or_waits_for_more(data: bytes) -> None:
    parser = FlvParser()
    try:
        parser.feed(data)
    except FlvError:
        return
    assert data[:3] == b"FLV"


def test_a_tag_type_that_does_not_exist_is_refused() -> None:
    with pytest.raises(FlvError):
        FlvParser().feed(FILE_HEADER + b"\x07" + bytes(20))


def test_keyframes_headers_and_ends_are_told_apart() -> None:
    key, other = (
        Tag(Kind.VIDEO, 0, picture(b"src", 0, is_key=True)),
        Tag(Kind.VIDEO, 0, picture(b"src", 1, is_key=False)),
    )
    header, end = Tag(Kind.VIDEO, 0, video_header(b"src")), Tag(Kind.VIDEO, 0, b"\x17\x02\x00\x00\x00")
    assert [tag.is_keyframe for tag in (key, other, header, end)] == [True, False, False, False]
    assert [tag.is_header for tag in (key, other, header, end)] == [False, False, True, False]
    assert [tag.is_end_of_sequence for tag in (key, other, header, end)] == [False, False, False, True]


@pytest.mark.parametrize(
    "tag",
    [
        Tag(Kind.VIDEO, 0, b"\x12\x00"),
        Tag(Kind.VIDEO, 0, b"\x90hvc1"),
        Tag(Kind.AUDIO, 0, b"\x2f\x00"),
        Tag(Kind.VIDEO, 0, b""),
    ],
    ids=["sorenson", "hevc by enhanced rtmp", "mp3", "empty"],
)
def test_other_codecs_are_refused(tag: Tag) -> None:
    with pytest.raises(FlvError):
        check_codec(tag)


def test_parameter_sets_stand_before_the_picture_with_their_lengths() -> None:
    key = picture(b"src", 7, is_key=True)
    body = with_parameter_sets(key, parameter_sets(video_header(b"src")))
    assert body == key[:5] + b"\x00\x00\x00\x04\x67src\x00\x00\x00\x04\x68src" + key[5:]


@given(st.integers(0, len(video_header(b"src")) - 1))
def test_a_header_cut_short_is_refused(length: int) -> None:
    with pytest.raises(FlvError):
        parameter_sets(video_header(b"src")[:length])
