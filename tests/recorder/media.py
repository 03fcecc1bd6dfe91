"""Media for the tests: tags that look like H.264 and AAC to whoever does not decode them, and say who made them."""

from collections.abc import Iterator

from recorder.flv import Kind, Tag
from recorder.modes import Mode
from recorder.slates import Headers, Slate

FRAME = 1000 / 30
AAC = 1024000 / 44100


def video_header(maker: bytes) -> bytes:
    """An AVC sequence header with one SPS and one PPS that carry the maker's name."""
    sps, pps = b"\x67" + maker, b"\x68" + maker
    record = (
        b"\x01\x42\x00\x1e\xff\xe1" + len(sps).to_bytes(2, "big") + sps + b"\x01" + len(pps).to_bytes(2, "big") + pps
    )
    return b"\x17\x00\x00\x00\x00" + record


def audio_header(maker: bytes) -> bytes:
    return b"\xaf\x00\x12\x10" + maker


def picture(maker: bytes, number: int, *, is_key: bool) -> bytes:
    unit = (b"\x65" if is_key else b"\x41") + maker + number.to_bytes(4, "big")
    return (b"\x17" if is_key else b"\x27") + b"\x01\x00\x00\x00" + len(unit).to_bytes(4, "big") + unit


def sound(maker: bytes, number: int) -> bytes:
    return b"\xaf\x01" + maker + number.to_bytes(4, "big")


def maker_of(tag: Tag) -> bytes:
    """Who made the tag: the source (`src`) or a slate (`slw`, `sll`, …). Four names of three letters never overlap."""
    for name in (b"src", *(slate_name(mode) for mode in Mode)):
        if name in tag.body:
            return name
    raise AssertionError(f"nobody made {tag}")


def slate_name(mode: Mode) -> bytes:
    return b"sl" + mode.value[0].encode()


def slate(mode: Mode) -> Slate:
    """Two seconds with one keyframe each second."""
    maker = slate_name(mode)
    return Slate(
        headers=Headers(video=video_header(maker), audio=audio_header(maker)),
        video=tuple(picture(maker, number, is_key=number % 30 == 0) for number in range(60)),
        audio=tuple(sound(maker, number) for number in range(86)),
        frame=FRAME,
    )


def slates() -> dict[Mode, Slate]:
    return {mode: slate(mode) for mode in Mode}


class Encoder:
    """A source with a clock of its own (ms) and a keyframe each `gop` pictures. It makes what has become due. Like all
    times of RTMP, its own begin again after 32 bits."""

    def __init__(self, ts: float = 0.0, gop: int = 60) -> None:
        self.ts = ts
        self._gop = gop
        self._video = self._audio = ts
        self._pictures = self._sounds = 0
        self._has_begun = False

    def leap(self, step: float) -> None:
        """Its clock jumps."""
        step = max(step, -self.ts)
        self.ts += step
        self._video = max(self._video + step, 0.0)
        self._audio = max(self._audio + step, 0.0)

    def run(self, elapsed: float) -> Iterator[Tag]:
        """All the tags of so much time, in their order."""
        self.ts += elapsed
        if not self._has_begun:
            self._has_begun = True
            yield Tag(Kind.VIDEO, _stamp(self._video), video_header(b"src"))
            yield Tag(Kind.AUDIO, _stamp(self._audio), audio_header(b"src"))
        while min(self._video, self._audio) <= self.ts:
            if self._video <= self._audio:
                body = picture(b"src", self._pictures, is_key=self._pictures % self._gop == 0)
                yield Tag(Kind.VIDEO, _stamp(self._video), body)
                self._pictures += 1
                self._video += FRAME
            else:
                yield Tag(Kind.AUDIO, _stamp(self._audio), sound(b"src", self._sounds))
                self._sounds += 1
                self._audio += AAC


def _stamp(ms: float) -> int:
    return round(ms) & 0xFFFFFFFF
