"""The switcher of a broadcast, without I/O: tags of the source in, one unbroken programme out.

Times are milliseconds on the session's clock (wall time since the broadcast began); tags of the source carry their own.
The rules, and what each is worth, were measured:

1. One clock. A slate starts one frame after the last picture and catches up at once; the source starts at the clock.
2. To a slate immediately, to the source only at one of its keyframes.
3. After a start or a stall the source must flow for a while, and what is behind its live edge is not taken up.
4. Sound moves with the pictures; what is older than the keyframe is left out.
5. Sequence headers are repeated when they change, and the parameter sets stand in every keyframe (`lane.py`, `flv.py`).
6. End-of-sequence and script tags of the source go no further.
7. Fail-closed: outside LIVE the source's tags are dropped at the entrance, and whatever waits is thrown away at every
   change of mode, into secrecy as well as out of it.

The programme and the recording are two timelines with different patience: the recording has no delay, joins at the
first keyframe, and leaves the hole of a stall open for what the source still delivers.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from recorder.flow import Flow
from recorder.flv import Kind, Tag, check_codec, parameter_sets, with_parameter_sets
from recorder.lane import Lane, SlateRun
from recorder.modes import Mode
from recorder.slates import Headers, Slate

_LATE = 250.0
_LEAP = 1000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """All in milliseconds. `delay`: how long the source is held back; `patience`: silence that counts as a stall;
    `settling`: how long a source must flow before it is taken up; `catch_up`: how far back a slate may fill."""

    delay: float = 0.0
    patience: float = 1500.0
    settling: float = 700.0
    catch_up: float = 3000.0


RECORDING = Pace(patience=10_000.0, settling=0.0, catch_up=12_000.0)


@dataclass(frozen=True, slots=True)
class _Held:
    """A tag of the source that waits for its time, with all that is needed to judge it then."""

    tag: Tag
    flow: Flow
    headers: Headers
    may_join: bool


class Timeline:
    """Every call returns the tags that must go out now."""

    def __init__(self, *, slates: Mapping[Mode, Slate], mode: Mode, pace: Pace) -> None:
        self.mode = mode
        self.switches = 0
        self._slates = slates
        self._pace = pace
        self._lane = Lane()
        self._line: deque[_Held] = deque()
        self._flow: Flow | None = None
        self._video_header: bytes | None = None
        self._audio_header: bytes | None = None
        self._headers: Headers | None = None
        self._sets = b""
        self._slate: SlateRun | None = None
        self._card = mode
        self._on_air: Flow | None = None
        self._offset = 0
        self._joined_at = 0

    @property
    def shows(self) -> Mode | None:
        """Whose slate is on the air; None while the source is."""
        return None if self._on_air else self._card

    def joining(self) -> list[Tag]:
        """What a receiver that connects now must be given first."""
        return self._lane.joining()

    def connect(self, now: float) -> list[Tag]:
        """A source has connected, in place of any other."""
        ended = self.disconnect(now)
        self._flow = Flow(now)
        self._video_header = self._audio_header = self._headers = None
        return ended

    def disconnect(self, now: float) -> list[Tag]:
        """The source is gone. What it sent still plays."""
        if self._flow:
            self._flow.has_ended = True
            self._flow = None
        return self.tick(now)

    def feed(self, tag: Tag, now: float) -> list[Tag]:
        """A tag of the source arrived. Raises `FlvError` if its codec is not one that we relay."""
        check_codec(tag)
        if self._flow is None or tag.kind is Kind.SCRIPT or tag.is_end_of_sequence:
            return []
        if tag.is_header:
            self._learn(tag)
            return []
        self._flow.feed(tag.ts, now, is_video=tag.is_video, patience=self._pace.patience)
        if self.mode is Mode.LIVE and self._headers is not None:
            may_join = tag.is_keyframe and self._flow.has_flowed(now, self._pace.settling)
            self._line.append(_Held(self._in_band(tag), self._flow, self._headers, may_join))
        return self.tick(now)

    def show(self, mode: Mode, now: float) -> list[Tag]:
        """Change what the public may see. What waits of the source is gone, whichever way the change goes."""
        if mode is self.mode:
            return []
        self.mode = mode
        self._line.clear()
        if mode is Mode.LIVE and self._is_alive(now):
            return self.tick(now)  # the old card stays until the source's next keyframe
        return self._cut(mode, now)

    def renew(self, mode: Mode, slate: Slate, now: float) -> list[Tag]:
        """The mode has another slate from now on; if its card is on the air, it gives way at once."""
        self._slates = {**self._slates, mode: slate}
        return self._cut(mode, now) if self._on_air is None and self._card is mode and self._slate else []

    def tick(self, now: float) -> list[Tag]:
        """Time has passed: release what is due, cut to a slate if the source is out, keep the slate running."""
        tags = self._release(now)
        if self._on_air:
            if self._is_out(self._on_air, now):
                tags += self._cut(self.mode, now)
        elif self._slate is None or (self._card is not self.mode and not self._is_alive(now)):
            tags += self._cut(self.mode, now)
        else:
            tags += self._slate.write(self._lane, now)
        return tags

    def _learn(self, tag: Tag) -> None:
        if tag.is_video:
            self._sets = parameter_sets(tag.body)
            self._video_header = tag.body
        else:
            self._audio_header = tag.body
        if self._video_header is not None:
            self._headers = Headers(video=self._video_header, audio=self._audio_header)

    def _in_band(self, tag: Tag) -> Tag:
        return Tag(tag.kind, tag.ts, with_parameter_sets(tag.body, self._sets)) if tag.is_keyframe else tag

    def _is_alive(self, now: float) -> bool:
        return self._flow is not None and not self._flow.is_silent(now, self._pace.patience)

    def _is_out(self, flow: Flow, now: float) -> bool:
        """Nothing more comes of the flow that is on the air: it ended or fell silent, and its last picture is out."""
        if not flow.has_ended and not flow.is_silent(now, self._pace.patience):
            return False
        return not any(held.flow is flow and held.tag.is_video for held in self._line)

    def _release(self, now: float) -> list[Tag]:
        tags: list[Tag] = []
        while self._line:
            held = self._line[0]
            late = now - (held.tag.ts + held.flow.edge + self._pace.delay)
            if late < -1:  # less than a millisecond early is a matter of rounding
                break
            self._line.popleft()
            tags += self._play(held, late, now)
        return tags

    def _play(self, held: _Held, late: float, now: float) -> list[Tag]:
        tags: list[Tag] = []
        if self._on_air and (held.flow is not self._on_air or self._has_leapt(held.tag, now)):
            tags += self._cut(self.mode, now)
        if self._on_air is None:
            if not held.may_join or late > _LATE or self._is_ahead(now):
                return tags
            tags += self._join(held, now)
        ts = held.tag.ts + self._offset
        if held.tag.is_video:
            written = self._lane.write_video(held.tag.body, ts, held.headers, is_keyframe=held.tag.is_keyframe)
        elif held.tag.ts < self._joined_at:
            written = []
        else:
            written = self._lane.write_audio(held.tag.body, ts, held.headers)
        return tags + written

    def _is_ahead(self, now: float) -> bool:
        """The last picture is later than the clock says: wait, or every cut would add to it."""
        return self._lane.last_video is not None and self._lane.last_video > now + 1

    def _has_leapt(self, tag: Tag, now: float) -> bool:
        """The source's clock jumped, or ran away little by little: ahead of ours, or further behind than a stall."""
        ts = tag.ts + self._offset
        return ts > now + _LEAP or ts < now - self._pace.patience - _LEAP

    def _join(self, held: _Held, now: float) -> list[Tag]:
        """Put the source on the air from this keyframe on; the slate's last pictures up to now go first."""
        tags = self._slate.write(self._lane, now) if self._slate else []
        last, frame = self._lane.last_video, self._slates[self._card].frame
        base = round(now) if last is None else max(round(now), last + round(frame))
        self._offset = base - held.tag.ts
        self._joined_at = held.tag.ts
        self._on_air = held.flow
        self._slate = None
        self.switches += 1
        return tags

    def _cut(self, card: Mode, now: float) -> list[Tag]:
        """Put a slate on the air."""
        self._on_air = None
        self._card = card
        self._slate = SlateRun(self._slates[card], self._lane, now, self._pace.catch_up)
        self.switches += 1
        return self._slate.write(self._lane, now)
