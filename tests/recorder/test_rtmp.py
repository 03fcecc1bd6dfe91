import pytest
from hypothesis import given
from hypothesis import strategies as st

from recorder.flv import Kind, Tag
from recorder.rtmp import (
    Fact,
    IngestSession,
    PublishAccepted,
    PublishAsked,
    PublishEnded,
    PublishRefused,
    PublishSession,
)
from recorder.rtmp_chunks import ChunkReader, Message, MessageType, RtmpError, build_chunks

tags = st.builds(
    Tag,
    st.sampled_from([Kind.AUDIO, Kind.VIDEO]),
    st.integers(0, 0xFFFFFFFF),
    st.binary(max_size=9000),
)


def client(key: str = "key") -> PublishSession:
    return PublishSession(address="rtmp://127.0.0.1/live", app="live", key=key)


def converse(publisher: PublishSession, server: IngestSession) -> tuple[list[Fact], list[Fact]]:
    """Carry bytes both ways until nobody has more to say: what the publisher and what the server learned."""
    learned: tuple[list[Fact], list[Fact]] = ([], [])
    while True:
        there = publisher.outgoing()
        if there:
            learned[1].extend(server.feed(there))
        back = server.outgoing()
        if back:
            learned[0].extend(publisher.feed(back))
        if not there and not back:
            return learned


def accepted() -> tuple[PublishSession, IngestSession]:
    publisher, server = client(), IngestSession()
    converse(publisher, server)
    server.accept()
    assert converse(publisher, server)[0] == [PublishAccepted()]
    return publisher, server


def test_the_server_learns_the_key_and_waits_for_the_decision() -> None:
    publisher, server = client("sesame"), IngestSession()
    learned = converse(publisher, server)
    assert learned == ([], [PublishAsked("live", "sesame")])


def test_a_refused_publisher_is_told() -> None:
    publisher, server = client(), IngestSession()
    converse(publisher, server)
    server.refuse()
    assert converse(publisher, server)[0] == [PublishRefused("NetStream.Publish.BadName")]


@given(st.lists(tags, max_size=5))
def test_tags_arrive_as_they_were_published(sent: list[Tag]) -> None:
    publisher, server = accepted()
    for tag in sent:
        publisher.publish(tag)
    assert converse(publisher, server)[1] == sent


def test_a_goodbye_ends_the_publishing() -> None:
    publisher, server = accepted()
    publisher.close()
    assert PublishEnded() in converse(publisher, server)[1]


def test_media_of_a_stranger_is_not_taken() -> None:
    publisher, server = client(), IngestSession()
    converse(publisher, server)
    publisher.publish(Tag(Kind.VIDEO, 0, b"x"))
    with pytest.raises(RtmpError):
        server.feed(publisher.outgoing())


def test_a_server_that_pings_is_answered() -> None:
    publisher, _ = accepted()
    publisher.feed(build_chunks(Message(MessageType.USER_CONTROL, 0, b"\x00\x06\x00\x00\x00\x2a"), 2, 128))
    reader = ChunkReader(1000)
    assert [message.body for message in reader.feed(publisher.outgoing())] == [b"\x00\x07\x00\x00\x00\x2a"]


def test_much_received_is_acknowledged() -> None:
    publisher, server = accepted()
    for number in range(30):
        publisher.publish(Tag(Kind.VIDEO, number, bytes(100_000)))
    server.feed(publisher.outgoing())
    said = ChunkReader(1000).feed(server.outgoing())
    assert [message.type for message in said] == [MessageType.ACKNOWLEDGEMENT]


def test_another_protocol_is_refused_at_its_first_byte() -> None:
    with pytest.raises(RtmpError):
        IngestSession().feed(b"GET / HTTP/1.1\r\n\r\n")


@given(st.binary(max_size=400))
def test_garbage_after_the_handshake_never_does_more_than_raise(data: bytes) -> None:
    server = IngestSession()
    server.feed(b"\x03" + bytes(2 * 1536))
    try:
        learned = server.feed(data)
    except RtmpError:
        return
    assert not any(isinstance(fact, Tag) for fact in learned)
