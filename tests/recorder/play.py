"""A broadcast on paper: a timeline, a source and a clock that goes as fast as the test wants."""

from itertools import pairwise

from recorder.flv import Kind, Tag
from recorder.modes import Mode
from recorder.timeline import Pace, Timeline
from tests.recorder.media import Encoder, maker_of, slates

TICK = 30.0
NO_DELAY = Pace()
DELAY = Pace(delay=3000)


class Play:
    """A timeline, a source, a clock, and all that went out, with the time at which it did."""

    def __init__(self, pace: Pace = NO_DELAY, mode: Mode = Mode.LIVE, now: float = 0.0, ts: float = 0.0) -> None:
        self.pace = pace
        self.now = now
        self.timeline = Timeline(slates=slates(), mode=mode, pace=pace)
        self.encoder = Encoder(ts)
        self.held_back: list[Tag] = []
        self.out: list[tuple[float, Tag]] = []
        self.is_connected = False
        self.batch: list[Tag] = []
        self.take(self.timeline.tick(now))

    def take(self, tags: list[Tag]) -> None:
        self.batch = tags
        self.out += [(self.now, tag) for tag in tags]

    def run(self, elapsed: float, *, delivers: bool = True, keeps: bool = True) -> None:
        """Time passes and the encoder works; what it makes arrives, or piles up to arrive in a burst, or is lost."""
        until = self.now + elapsed
        while self.now < until:
            step = min(TICK, until - self.now)
            self.now += step
            made = list(self.encoder.run(step)) if self.is_connected else []
            if not delivers:
                self.held_back += made if keeps else []
                made = []
            elif self.held_back:
                made, self.held_back = self.held_back + made, []
            for tag in made:
                self.take(self.timeline.feed(tag, self.now))
            self.take(self.timeline.tick(self.now))

    def burst(self, length: float) -> None:
        """The source sends so much at once, ahead of the clock; what piled up before goes first."""
        if self.is_connected:
            made, self.held_back = [*self.held_back, *self.encoder.run(length)], []
            for tag in made:
                self.take(self.timeline.feed(tag, self.now))

    def connect(self, ts: float = 0.0) -> None:
        self.encoder = Encoder(ts)
        self.held_back = []
        self.is_connected = True
        self.take(self.timeline.connect(self.now))

    def die(self) -> None:
        self.is_connected = False
        self.held_back = []
        self.take(self.timeline.disconnect(self.now))

    def show(self, mode: Mode) -> None:
        self.take(self.timeline.show(mode, self.now))

    def media(self, kind: Kind) -> list[tuple[float, Tag]]:
        return [(at, tag) for at, tag in self.out if tag.kind is kind and not tag.is_header]

    def pictures(self, maker: bytes | None = None) -> list[tuple[float, Tag]]:
        return [(at, tag) for at, tag in self.media(Kind.VIDEO) if maker is None or maker_of(tag) == maker]

    def gap(self, kind: Kind) -> int:
        times = [tag.ts for _, tag in self.media(kind)]
        return max(after - before for before, after in pairwise(times))
