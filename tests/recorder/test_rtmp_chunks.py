import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorder.rtmp_chunks import ChunkReader, Message, MessageType, RtmpError, build_chunks

LIMIT = 100_000
times = st.integers(0, 0xFFFFFFFF) | st.sampled_from([0xFFFFFE, 0xFFFFFF, 0x1000000, 0xFFFFFFFF])
messages = st.builds(Message, st.sampled_from([8, 9, 18, 20]), times, st.binary(max_size=700), st.integers(0, 2))


def set_chunk_size(size: int) -> bytes:
    return build_chunks(Message(MessageType.SET_CHUNK_SIZE, 0, size.to_bytes(4, "big")), 2, 128)


@given(st.lists(st.tuples(messages, st.integers(3, 63)), max_size=6), st.integers(1, 400), st.integers(1, 300))
def test_messages_survive_chunks_of_any_size_read_in_pieces(
    sent: list[tuple[Message, int]], chunk: int, piece: int
) -> None:
    wire = set_chunk_size(chunk) + b"".join(build_chunks(message, stream, chunk) for message, stream in sent)
    reader = ChunkReader(LIMIT)
    read = [message for at in range(0, len(wire), piece) for message in reader.feed(wire[at : at + piece])]
    assert read == [message for message, _ in sent]


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 5)), min_size=1, max_size=20), times)
def test_short_headers_count_from_the_message_before(steps: list[tuple[int, int]], start: int) -> None:
    """As ffmpeg writes them: differences, and no header at all where nothing has changed."""
    wire, expected, ts = full_header(start, b"x" * 5), [start], start
    last_field, last_size = start, 5
    for step, size in steps:
        ts = (ts + step) & 0xFFFFFFFF
        body = b"y" * size
        if size == last_size and step == last_field:
            wire += b"\xc4" + body
        elif size == last_size:
            wire += b"\x84" + step.to_bytes(3, "big") + body
        else:
            wire += b"\x44" + step.to_bytes(3, "big") + size.to_bytes(3, "big") + b"\x09" + body
        last_field, last_size = step, size
        expected.append(ts)
    assert [message.ts for message in ChunkReader(LIMIT).feed(wire)] == expected


def full_header(ts: int, body: bytes) -> bytes:
    return build_chunks(Message(9, ts, body, 1), 4, 128)


@pytest.mark.parametrize("repeats", [True, False])
def test_an_extended_time_may_be_repeated_in_every_chunk_or_not(repeats: bool) -> None:
    ts, body = 0x1234567, bytes(range(200)) + bytes(100)
    wire = build_chunks(Message(9, ts, body, 1), 4, 128)
    if not repeats:
        head, tail = wire[: 12 + 4 + 128], wire[12 + 4 + 128 :]
        wire = head + tail.replace(b"\xc4" + ts.to_bytes(4, "big"), b"\xc4")
    assert ChunkReader(LIMIT).feed(wire) == [Message(9, ts, body, 1)]


def test_messages_of_two_chunk_streams_may_interleave() -> None:
    video, audio = Message(9, 10, b"v" * 200, 1), Message(8, 12, b"a" * 50, 1)
    wire = build_chunks(video, 6, 128)
    middle = wire[: 12 + 128] + build_chunks(audio, 4, 128) + wire[12 + 128 :]
    assert ChunkReader(LIMIT).feed(middle) == [audio, video]


def test_an_aborted_message_is_forgotten() -> None:
    wire = build_chunks(Message(9, 10, b"v" * 200, 1), 6, 128)[: 12 + 128]
    abort = build_chunks(Message(MessageType.ABORT, 0, (6).to_bytes(4, "big")), 2, 128)
    whole = Message(9, 20, b"w", 1)
    assert ChunkReader(LIMIT).feed(wire + abort + build_chunks(whole, 6, 128)) == [whole]


def test_a_message_over_the_limit_is_refused_before_it_is_stored() -> None:
    with pytest.raises(RtmpError):
        ChunkReader(100).feed(build_chunks(Message(9, 0, b"v" * 101, 1), 6, 128)[:12])


@given(st.binary(max_size=200))
def test_garbage_never_does_more_than_raise(data: bytes) -> None:
    try:
        read = ChunkReader(1000).feed(data)
    except RtmpError:
        return
    assert all(len(message.body) <= 1000 for message in read)
