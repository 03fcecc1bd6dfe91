"""What the public gets, judged without decoding: an encoder that has nothing to say says it in very few bytes.

A black 720p keyframe of Jibri's encoder has 276 bytes where others have tens of thousands; pictures that repeat the one
before have some dozens; digital silence is a handful of bytes a frame. That raises a suspicion, and no more: whoever
has one decodes a few pictures, or some seconds of sound (`look.py`).
"""

from collections import deque
from dataclasses import dataclass
from enum import StrEnum

from recorder.flv import FILE_HEADER, Kind, Tag, build_tag

_BLACK_KEYFRAME = 2000
_STILL_PICTURE = 300
_QUIET_FRAME = 48
"""Bytes. AAC at 128 kbit/s has 372 a frame on average; ffmpeg's encoder makes 6 to 24 of digital silence."""


class Flaw(StrEnum):
    """What is wrong with what comes; the values are the causes of alerts."""

    STALLED = "public_stalled"
    BLACK = "picture_black"
    FROZEN = "picture_frozen"
    SILENT = "sound_silent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """For how long something must be so before it is suspected, in seconds. HLS comes in pieces of some seconds, and in
    Jitsi a picture of cameras that are off stands still by right: neither is to be called a fault."""

    stalled: float = 30
    black: float = 6
    frozen: float = 20
    silent: float = 10


@dataclass(slots=True)
class _Group:
    """A keyframe, and how large the pictures that follow it are."""

    keyframe: Tag
    size: int = 0
    pictures: int = 0

    @property
    def is_still(self) -> bool:
        return self.pictures > 0 and self.size / self.pictures < _STILL_PICTURE


class Observer:
    """Fed with the tags of one connection. Times are the stream's own (ms); only of a stall a clock tells."""

    def __init__(self, patience: Patience, now: float) -> None:
        self._patience = patience
        self._seen_at = now
        self._groups: deque[_Group] = deque()
        self._sounds: deque[Tag] = deque()
        self._headers: dict[Kind, Tag] = {}

    @property
    def has_pictures(self) -> bool:
        """Whether anything can be seen at all."""
        return bool(self._groups)

    def feed(self, tag: Tag, now: float) -> None:
        """One more tag; `now` in seconds of any steady clock."""
        if tag.is_header:
            self._headers[tag.kind] = tag
        elif tag.kind is Kind.AUDIO:
            self._sounds.append(tag)
            _forget(self._sounds, tag.ts - self._patience.silent * 1000)
        elif tag.is_keyframe:
            self._seen_at = now
            self._groups.append(_Group(tag))
            longest = max(self._patience.black, self._patience.frozen)
            while len(self._groups) > 3 and self._groups[2].keyframe.ts < tag.ts - longest * 1000:
                self._groups.popleft()
        elif tag.is_video and self._groups:
            self._seen_at = now
            self._groups[-1].size += len(tag.body)
            self._groups[-1].pictures += 1

    def suspicions(self, now: float) -> frozenset[Flaw]:
        """What may be wrong, by the sizes."""
        if now - self._seen_at > self._patience.stalled:
            return frozenset({Flaw.STALLED})
        holds = {
            Flaw.BLACK: all(len(g.keyframe.body) < _BLACK_KEYFRAME for g in self._last(self._patience.black)),
            Flaw.FROZEN: all(group.is_still for group in self._last(self._patience.frozen)[:-1]),
            Flaw.SILENT: all(len(tag.body) < _QUIET_FRAME for tag in self._sounds),
        }
        enough = {
            Flaw.BLACK: self._spans(self._patience.black),
            Flaw.FROZEN: self._spans(self._patience.frozen),
            Flaw.SILENT: len(self._sounds) > 1
            and self._sounds[-1].ts - self._sounds[0].ts > _most(self._patience.silent),
        }
        return frozenset(flaw for flaw in holds if holds[flaw] and enough[flaw])

    def pictures(self, flaw: Flaw) -> bytes:
        """FLV with the keyframes that the suspicion rests on."""
        seconds = self._patience.black if flaw is Flaw.BLACK else self._patience.frozen
        return self._flv(Kind.VIDEO, [group.keyframe for group in self._last(seconds)])

    def sound(self) -> bytes:
        """FLV with the latest sound."""
        return self._flv(Kind.AUDIO, list(self._sounds))

    def _last(self, seconds: float) -> list[_Group]:
        """The groups of the last seconds, and the one before them."""
        latest = self._groups[-1].keyframe.ts if self._groups else 0
        groups = list(self._groups)
        first = max((n for n, g in enumerate(groups) if g.keyframe.ts <= latest - seconds * 1000), default=0)
        return groups[first:]

    def _spans(self, seconds: float) -> bool:
        groups = self._last(seconds)
        return len(groups) > 1 and groups[-1].keyframe.ts - groups[0].keyframe.ts >= seconds * 1000

    def _flv(self, kind: Kind, tags: list[Tag]) -> bytes:
        header = [self._headers[kind].at(0)] if kind in self._headers else []
        start = tags[0].ts if tags else 0
        return FILE_HEADER + b"".join(build_tag(tag) for tag in (*header, *(tag.at(tag.ts - start) for tag in tags)))


def _forget(tags: deque[Tag], before: float) -> None:
    while tags and tags[0].ts < before:
        tags.popleft()


def _most(seconds: float) -> float:
    """Nearly all of it, in ms: the frames on the edge come and go."""
    return seconds * 1000 * 0.9
