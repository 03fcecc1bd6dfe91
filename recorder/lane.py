"""One way out, without I/O: what was written last, and what a receiver that joins now must be given first."""

from recorder.flv import Kind, Tag
from recorder.slates import Headers, Slate

_MOST_KEPT = 2000
"""Tags since the last keyframe: at 30 pictures and 43 frames of sound a second, 27 seconds."""


class Lane:
    """Writes tags in the order of one clock (ms). Promises: times of each kind strictly rise; the first picture is a
    keyframe; a sequence header stands before the first tag that needs it, and again only when it changes."""

    def __init__(self) -> None:
        self.last_video: int | None = None
        self.last_audio: int | None = None
        self._asked = self._headers = Headers(video=b"", audio=None)
        self._since_keyframe: list[Tag] = []

    def write_video(self, body: bytes, ts: int, headers: Headers, *, is_keyframe: bool) -> list[Tag]:
        """A picture. One whose time is not after the last is moved one millisecond on: dropping it would break those
        that follow."""
        if self.last_video is not None:
            ts = max(ts, self.last_video + 1)
        elif not is_keyframe:
            return []
        tags = self._announce(headers, ts)
        tag = Tag(Kind.VIDEO, ts, body)
        self.last_video = ts
        if is_keyframe:
            self._since_keyframe = [*self._announcement(ts), tag]
        else:
            self._keep([tag])
        return [*tags, tag]

    def write_audio(self, body: bytes, ts: int, headers: Headers) -> list[Tag]:
        """A frame of sound. One that is not after the last is left out: at most 77 ms are lost at a cut."""
        if self.last_video is None or headers.audio is None or (self.last_audio is not None and ts <= self.last_audio):
            return []
        tags = self._announce(headers, ts)
        tag = Tag(Kind.AUDIO, ts, body)
        self.last_audio = ts
        self._keep([*tags, tag])
        return [*tags, tag]

    def joining(self) -> list[Tag]:
        """For a receiver that (re)connects: sequence headers and all since the last keyframe, so that it has a picture
        at once instead of waiting for the next one."""
        return list(self._since_keyframe)

    def _keep(self, tags: list[Tag]) -> None:
        """An encoder that makes no keyframes must not fill the memory: then a receiver waits for the next one."""
        if len(self._since_keyframe) > _MOST_KEPT:
            self._since_keyframe.clear()
        if self._since_keyframe:
            self._since_keyframe += tags

    def _announce(self, headers: Headers, ts: int) -> list[Tag]:
        if headers is self._asked:
            return []
        self._asked = headers
        known, self._headers = self._headers, Headers(video=headers.video, audio=headers.audio or self._headers.audio)
        new = self._announcement(ts)
        return [tag for tag in new if tag.body != (known.video if tag.is_video else known.audio)]

    def _announcement(self, ts: int) -> list[Tag]:
        video = Tag(Kind.VIDEO, ts, self._headers.video)
        return [video] if self._headers.audio is None else [video, Tag(Kind.AUDIO, ts, self._headers.audio)]


class SlateRun:
    """A slate that loops without drift: pictures and sound are two endless counters, rounded only on the way out."""

    _MAX_HOLE = 200

    def __init__(self, slate: Slate, lane: Lane, now: float, catch_up: float) -> None:
        """Starts one frame after the last picture, but at most `catch_up` ms ago."""
        after = now if lane.last_video is None else lane.last_video + slate.frame
        self._slate = slate
        self._video_base = max(after, now - catch_up)
        self._audio_base = self._video_base
        if lane.last_audio is not None:
            self._audio_base = max(lane.last_audio + slate.audio_frame, self._video_base - self._MAX_HOLE)
        self._pictures = 0
        self._sounds = 0

    def write(self, lane: Lane, now: float) -> list[Tag]:
        """All that is due by now. The first keyframe is always due: a slate must be on the screen at once."""
        slate, tags = self._slate, list[Tag]()
        while True:
            video = self._video_base + self._pictures * slate.frame
            audio = self._audio_base + self._sounds * slate.audio_frame
            if min(video, audio) > now and self._pictures > 0:
                return tags
            if video <= audio or self._pictures == 0:
                at = self._pictures % len(slate.video)
                tags += lane.write_video(slate.video[at], round(video), slate.headers, is_keyframe=self._is_key(at))
                self._pictures += 1
            else:
                tags += lane.write_audio(slate.audio[self._sounds % len(slate.audio)], round(audio), slate.headers)
                self._sounds += 1

    def _is_key(self, at: int) -> bool:
        return self._slate.video[at][0] >> 4 == 1
