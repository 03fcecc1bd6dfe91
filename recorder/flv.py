"""FLV tags, without I/O: the only unit of media the recorder knows (Adobe FLV 10.1, annex E; AVC and AAC only).

No codec is opened. What matters of a picture stands in its first bytes: frame type, packet type and, in a sequence
header, the parameter sets.
"""

from dataclasses import dataclass, replace
from enum import IntEnum

FILE_HEADER = b"FLV\x01\x05\x00\x00\x00\x09\x00\x00\x00\x00"
_AVC = 7
_AAC = 10
_AVC_NALU = 1
_AVC_END_OF_SEQUENCE = 2
_TAG_HEADER = 11
_MAX_TAG = 16 * 1024 * 1024


class FlvError(Exception):
    """The bytes are not FLV, or carry a codec that we do not relay."""


class Kind(IntEnum):
    """FLV tag types; RTMP uses the same numbers for its messages."""

    AUDIO = 8
    VIDEO = 9
    SCRIPT = 18


@dataclass(frozen=True, slots=True)
class Tag:
    """One tag. `ts` is the decoding time in milliseconds on the sender's clock."""

    kind: Kind
    ts: int
    body: bytes

    @property
    def is_video(self) -> bool:
        return self.kind is Kind.VIDEO

    @property
    def is_header(self) -> bool:
        """A sequence header: parameter sets of the pictures, or the configuration of the sound."""
        return self.kind is not Kind.SCRIPT and len(self.body) > 1 and self.body[1] == 0

    @property
    def is_keyframe(self) -> bool:
        """A picture that needs no other: decoding can start here."""
        return self.kind is Kind.VIDEO and len(self.body) > 5 and self.body[0] >> 4 == 1 and self.body[1] == _AVC_NALU

    @property
    def is_end_of_sequence(self) -> bool:
        """Written by an encoder that stops cleanly; passed on, it would end the stream for some receivers."""
        return self.kind is Kind.VIDEO and len(self.body) > 1 and self.body[1] == _AVC_END_OF_SEQUENCE

    def at(self, ts: int) -> "Tag":
        """The same tag at another time."""
        return replace(self, ts=ts)


def check_codec(tag: Tag) -> None:
    """Raise `FlvError` unless the tag is H.264 or AAC (enhanced RTMP, which carries HEVC and AV1, is refused)."""
    if tag.kind is Kind.SCRIPT:
        return
    if len(tag.body) < 2:
        raise FlvError("empty tag")
    first = tag.body[0]
    if tag.kind is Kind.VIDEO and (first & 0x80 or first & 0x0F != _AVC):
        raise FlvError("video is not H.264")
    if tag.kind is Kind.AUDIO and first >> 4 != _AAC:
        raise FlvError("audio is not AAC")


def build_tag(tag: Tag) -> bytes:
    """The tag as it stands in a file, with the trailing size; times over 24 bits use the extended byte."""
    size = len(tag.body)
    head = bytes((tag.kind,)) + size.to_bytes(3, "big")
    stamp = (tag.ts & 0xFFFFFF).to_bytes(3, "big") + bytes((tag.ts >> 24 & 0xFF,))
    return b"".join((head, stamp, b"\0\0\0", tag.body, (size + _TAG_HEADER).to_bytes(4, "big")))


class FlvParser:
    """Bytes of an FLV file in, tags out; a tag that is not complete yet waits for more bytes."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._has_header = False

    def feed(self, data: bytes) -> list[Tag]:
        """Raises `FlvError` when the bytes are not FLV."""
        self._buffer += data
        if not self._has_header:
            if len(self._buffer) < len(FILE_HEADER):
                return []
            if self._buffer[:3] != b"FLV":
                raise FlvError("no FLV signature")
            del self._buffer[: int.from_bytes(self._buffer[5:9], "big") + 4]
            self._has_header = True
        tags = []
        while (tag := self._next()) is not None:
            tags.append(tag)
        return tags

    def _next(self) -> Tag | None:
        buffer = self._buffer
        if len(buffer) < _TAG_HEADER:
            return None
        size = int.from_bytes(buffer[1:4], "big")
        end = _TAG_HEADER + size + 4
        if size > _MAX_TAG or buffer[0] not in set(Kind):
            raise FlvError(f"no tag of type {buffer[0]}")
        if len(buffer) < end:
            return None
        ts = int.from_bytes(buffer[4:7], "big") | buffer[7] << 24
        tag = Tag(Kind(buffer[0]), ts, bytes(buffer[_TAG_HEADER : _TAG_HEADER + size]))
        del buffer[:end]
        return tag


def parameter_sets(header: bytes) -> bytes:
    """The SPS and PPS of an AVC sequence header as length-prefixed NAL units, ready to stand before a keyframe's.

    `header` is the tag's body: five bytes of FLV, then an AVCDecoderConfigurationRecord (ISO/IEC 14496-15, 5.2.4.1).
    Raises `FlvError` when it is cut short.
    """
    record = header[5:]
    if len(record) < 7:
        raise FlvError("AVC header is cut short")
    prefix = (record[4] & 0x03) + 1
    units, at = [], 5
    for mask in (0x1F, 0xFF):
        if at >= len(record):
            raise FlvError("AVC header is cut short")
        count = record[at] & mask
        at += 1
        for _ in range(count):
            size = int.from_bytes(record[at : at + 2], "big")
            unit = record[at + 2 : at + 2 + size]
            if size == 0 or len(unit) != size:
                raise FlvError("AVC header is cut short")
            units.append(size.to_bytes(prefix, "big") + unit)
            at += 2 + size
    return b"".join(units)


def with_parameter_sets(body: bytes, sets: bytes) -> bytes:
    """A keyframe's body with the parameter sets in band: a receiver survives a change of encoder even if it lost the
    sequence header (without them a 1080p source after a 720p slate gave 296 decoder errors in 12 seconds)."""
    return body[:5] + sets + body[5:]
