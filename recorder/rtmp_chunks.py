"""RTMP messages in and out of chunks, without I/O (Adobe RTMP 1.0, sections 5.3 and 5.4)."""

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

_EXTENDED = 0xFFFFFF
_WRAP = 0xFFFFFFFF
_DEFAULT_CHUNK = 128
_MAX_CHUNK_STREAMS = 32
_HEADER_SIZES = (11, 7, 3, 0)


class RtmpError(Exception):
    """The peer does not speak RTMP, or not as it should. The connection must be closed."""


class MessageType(IntEnum):
    """The messages that we read or write (sections 5.4 and 7.1)."""

    SET_CHUNK_SIZE = 1
    ABORT = 2
    ACKNOWLEDGEMENT = 3
    USER_CONTROL = 4
    WINDOW_SIZE = 5
    PEER_BANDWIDTH = 6
    AUDIO = 8
    VIDEO = 9
    DATA = 18
    COMMAND = 20


@dataclass(frozen=True, slots=True)
class Message:
    """One message: `type` as on the wire (unknown types pass), `ts` in milliseconds modulo 2**32."""

    type: int
    ts: int
    body: bytes
    stream: int = 0


class _Header(NamedTuple):
    """A chunk's message header with what the shorter forms leave out filled in. `field` is a time or, after the first
    message, a difference of times."""

    fmt: int = 0
    field: int = 0
    is_extended: bool = False
    size: int = 0
    type: int = 0
    stream: int = 0


class _ChunkStream:
    """The state of one chunk stream: its last header, its clock and the message that is being put together."""

    __slots__ = ("body", "header", "ts")

    def __init__(self) -> None:
        self.header = _Header()
        self.ts = 0
        self.body: bytearray | None = None

    def begin(self, header: _Header) -> bytearray:
        self.ts = header.field if header.fmt == 0 else (self.ts + header.field) & _WRAP
        self.header = header
        self.body = bytearray()
        return self.body


class ChunkReader:
    """Bytes in, messages out. `limit` bounds a message's size in bytes: small until the peer has shown its key."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.received = 0
        self._chunk = _DEFAULT_CHUNK
        self._buffer = bytearray()
        self._streams: dict[int, _ChunkStream] = {}

    def feed(self, data: bytes) -> list[Message]:
        """Raises `RtmpError` at the first byte that cannot be RTMP."""
        self.received += len(data)
        self._buffer += data
        messages = []
        at = 0
        while (step := self._read_chunk(at)) is not None:
            at, message = step
            if message is not None and not self._concerns_chunks(message):
                messages.append(message)
        del self._buffer[:at]
        return messages

    def _concerns_chunks(self, message: Message) -> bool:
        """Obey the messages that are about the chunks themselves; nobody else needs to see them."""
        number = int.from_bytes(message.body[:4], "big")
        if message.type == MessageType.SET_CHUNK_SIZE:
            if not 1 <= number <= 0x7FFFFFFF:
                raise RtmpError("chunk size out of range")
            self._chunk = number
            return True
        if message.type == MessageType.ABORT:
            if number in self._streams:
                self._streams[number].body = None
            return True
        return False

    def _read_chunk(self, at: int) -> tuple[int, Message | None] | None:
        """Read the chunk at `at`: where the next one begins, and the message that it completes. None: more bytes."""
        basic = self._read_basic_header(at)
        if basic is None:
            return None
        fmt, stream, at = basic
        read = self._read_message_header(fmt, stream, at)
        if read is None:
            return None
        header, at = read
        if stream.body is not None and fmt != 3:
            raise RtmpError("a message begins inside another")
        done = len(stream.body) if stream.body is not None else 0
        take = min(self._chunk, header.size - done)
        if at + take > len(self._buffer):
            return None
        body = stream.body if stream.body is not None else stream.begin(header)
        body += self._buffer[at : at + take]
        at += take
        if len(body) < header.size:
            return at, None
        stream.body = None
        return at, Message(header.type, stream.ts, bytes(body), header.stream)

    def _read_basic_header(self, at: int) -> tuple[int, _ChunkStream, int] | None:
        buffer = self._buffer
        if at >= len(buffer):
            return None
        fmt, number = buffer[at] >> 6, buffer[at] & 0x3F
        at += 1
        if number < 2:
            size = number + 1
            if at + size > len(buffer):
                return None
            number = 64 + int.from_bytes(buffer[at : at + size], "little")
            at += size
        stream = self._streams.get(number)
        if stream is None:
            if fmt == 3 or len(self._streams) == _MAX_CHUNK_STREAMS:
                raise RtmpError("unknown chunk stream")
            stream = self._streams[number] = _ChunkStream()
        return fmt, stream, at

    def _read_message_header(self, fmt: int, stream: _ChunkStream, at: int) -> tuple[_Header, int] | None:
        buffer, last = self._buffer, stream.header
        end = at + _HEADER_SIZES[fmt]
        if end > len(buffer):
            return None
        if fmt == 3:
            return self._read_repeated_time(stream, end)
        field = int.from_bytes(buffer[at : at + 3], "big")
        size, type_, message_stream = last.size, last.type, last.stream
        if fmt < 2:
            size, type_ = int.from_bytes(buffer[at + 3 : at + 6], "big"), buffer[at + 6]
        if fmt == 0:
            message_stream = int.from_bytes(buffer[at + 7 : at + 11], "little")
        if size > self.limit:
            raise RtmpError("message too large")
        is_extended = field == _EXTENDED
        if is_extended:
            if end + 4 > len(buffer):
                return None
            field = int.from_bytes(buffer[end : end + 4], "big")
            end += 4
        return _Header(fmt, field, is_extended, size, type_, message_stream), end

    def _read_repeated_time(self, stream: _ChunkStream, at: int) -> tuple[_Header, int] | None:
        """A chunk without a header. ffmpeg and nginx repeat an extended time in it, some do not: look before taking.

        Where it begins a message, the last field counts as the difference, even if it was a time (section 5.3.1.2.4).
        """
        last = stream.header
        header = last._replace(fmt=3)
        if not last.is_extended:
            return header, at
        if at + 4 > len(self._buffer):
            return None
        if int.from_bytes(self._buffer[at : at + 4], "big") == last.field:
            at += 4
        return header, at


def build_chunks(message: Message, chunk_stream: int, chunk_size: int) -> bytes:
    """The message as chunks: one full header, then continuations. `chunk_stream` is 2 to 63.

    Full headers cost four bytes a tag more than differences and can never drift apart from the reader's state.
    """
    is_extended = message.ts >= _EXTENDED
    extended = message.ts.to_bytes(4, "big") if is_extended else b""
    body = message.body
    parts = [
        bytes((chunk_stream,)),
        min(message.ts, _EXTENDED).to_bytes(3, "big"),
        len(body).to_bytes(3, "big"),
        bytes((message.type,)),
        message.stream.to_bytes(4, "little"),
        extended,
        body[:chunk_size],
    ]
    for at in range(chunk_size, len(body), chunk_size):
        parts += (bytes((0xC0 | chunk_stream,)), extended, body[at : at + chunk_size])
    return b"".join(parts)
