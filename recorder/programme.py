"""Both timelines of a broadcast over one source: what the public gets and what is kept; and how the source is."""

import asyncio
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from recorder.flv import Tag
from recorder.health import Condition, Health, judge_source
from recorder.modes import Mode
from recorder.outputs import Output
from recorder.slates import Slate
from recorder.status import SourceStatus
from recorder.timeline import RECORDING, Pace, Timeline


class SessionClock:
    """Milliseconds since the broadcast began. It goes on over a restart and ignores jumps of the wall clock."""

    def __init__(self, began_at: datetime, now: Callable[[], datetime]) -> None:
        self._ahead = (now() - began_at) / timedelta(milliseconds=1) - time.monotonic() * 1000

    def __call__(self) -> float:
        return time.monotonic() * 1000 + self._ahead


class Programme:
    """What the ingest feeds and the outputs eat. `changed` is called whenever its status is not what it was."""

    def __init__(
        self,
        *,
        slates: Mapping[Mode, Slate],
        mode: Mode,
        pace: Pace,
        clock: Callable[[], float],
        now: Callable[[], datetime],
        changed: Callable[[], None],
    ) -> None:
        self.public = Timeline(slates=slates, mode=mode, pace=pace)
        self.recording = Timeline(slates=slates, mode=mode, pace=RECORDING)
        self.slate_at = now()
        self._pace = pace
        self._clock, self._now, self._changed = clock, now, changed
        self._outputs: list[Output] = []
        self._files: list[Output] = []
        self._beat = asyncio.Event()
        self._shown = self.public.shows
        self._condition = Condition(health=Health.STARTING, since=now())
        self._is_connected = False
        self._video_at: float | None = None
        self._connected_at = 0.0
        self._connections = 0
        self._counted = [0, 0]
        self._rates = (0, 0)

    def carry(self, *, public: list[Output], files: list[Output]) -> None:
        """Where the public programme goes, and where the recording."""
        self._outputs, self._files = public, files

    def connected(self) -> None:
        self._is_connected = True
        self._connected_at, self._video_at = self._clock(), None
        self._connections += 1
        self._put(self.public.connect(self._clock()), self.recording.connect(self._clock()))
        self._judge()

    def feed(self, tag: Tag) -> None:
        now = self._clock()
        self._counted[0] += len(tag.body)
        if tag.is_video:
            self._counted[1] += 1
            self._video_at = now
        self._put(self.public.feed(tag, now), self.recording.feed(tag, now))

    def disconnected(self) -> None:
        self._is_connected = False
        self._put(self.public.disconnect(self._clock()), self.recording.disconnect(self._clock()))
        self._judge()

    def is_stale(self) -> bool:
        last = self._connected_at if self._video_at is None else self._video_at
        return self._is_connected and self._clock() - last > self._pace.patience

    def show(self, mode: Mode) -> None:
        """Change the mode. What is queued for the public of the mode before is thrown away."""
        now = self._clock()
        if self.public.mode is Mode.LIVE and mode is not Mode.LIVE:
            for output in self._outputs:
                output.purge()
        self._put(self.public.show(mode, now), self.recording.show(mode, now))
        self._judge()
        self._changed()

    def renew(self, mode: Mode, slate: Slate) -> None:
        """The mode has another slate from now on; if its card is on the air, at once."""
        now = self._clock()
        self._put(self.public.renew(mode, slate, now), self.recording.renew(mode, slate, now))

    def tick(self) -> None:
        """To be called at least as often as there are pictures."""
        now = self._clock()
        self._put(self.public.tick(now), self.recording.tick(now))
        self._judge()
        self._beat.set()
        self._beat = asyncio.Event()

    async def beat(self) -> None:
        """Returns at the next tick."""
        await self._beat.wait()

    def count(self) -> None:
        """To be called each second: the rates are those of the last one."""
        octets, pictures = self._counted
        self._rates = (octets * 8 // 1000, pictures)
        self._counted = [0, 0]

    def source(self) -> SourceStatus:
        kilobits, pictures = self._rates
        return SourceStatus(
            condition=self._condition, connections=self._connections, kilobits=kilobits, pictures=pictures
        )

    def _put(self, public: list[Tag], recording: list[Tag]) -> None:
        if public:
            for output in self._outputs:
                output.feed(public)
        if recording:
            for file in self._files:
                file.feed(recording)

    def _judge(self) -> None:
        condition = judge_source(
            self._condition,
            self._now(),
            is_connected=self._is_connected,
            has_pictures=self._video_at is not None,
            is_silent=self.is_stale(),
        )
        if condition is not self._condition or self.public.shows is not self._shown:
            self._condition = condition
            if self.public.shows is not self._shown:
                self._shown, self.slate_at = self.public.shows, self._now()
            self._changed()
