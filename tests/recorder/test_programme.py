"""Source, both timelines and the outputs together, on paper: what leaves the house, whatever happens."""

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recorder.flv import Kind, Tag
from recorder.modes import Mode
from recorder.outputs import Output
from recorder.programme import Programme
from recorder.rtmp import IngestSession, PublishAccepted, PublishAsked, PublishSession
from recorder.timeline import Pace
from tests.recorder.media import Encoder, maker_of, slates

NOW = datetime(2026, 3, 5, 19, 0, tzinfo=UTC)
TICK = 30.0


class Wire(Output):
    """An output without a network: what waits goes out when the test says so."""

    def __init__(self, joining: Callable[[], list[Tag]], now: Callable[[], datetime]) -> None:
        super().__init__("wire", joining, now, lambda: None)
        self._open()

    async def _run_once(self) -> None:
        raise NotImplementedError

    def send(self, most: int = 1 << 30) -> list[Tag]:
        tags = [self._queue.popleft() for _ in range(min(most, len(self._queue)))]
        self._queued -= sum(len(tag.body) for tag in tags)
        return tags

    def break_down(self) -> None:
        self._is_open = False
        self._forget()

    def come_back(self) -> None:
        self._open()


class House:
    """A broadcast with one relay and one file; `ms` is the session's clock."""

    def __init__(self, pace: Pace, mode: Mode = Mode.LIVE) -> None:
        self.ms = 0.0
        self.encoder: Encoder | None = None
        self.programme = Programme(
            slates=slates(), mode=mode, pace=pace, clock=lambda: self.ms, now=self._now, changed=lambda: None
        )
        self.relay = Wire(self.programme.public.joining, self._now)
        self.file = Wire(self.programme.recording.joining, self._now)
        self.programme.carry(public=[self.relay], files=[self.file])

    def _now(self) -> datetime:
        return NOW + timedelta(milliseconds=self.ms)

    def run(self, elapsed: float) -> None:
        until = self.ms + elapsed
        while self.ms < until:
            self.step()

    def step(self) -> None:
        self.ms += TICK
        for tag in self.encoder.run(TICK) if self.encoder else ():
            self.programme.feed(tag)
        self.programme.tick()

    def connect(self) -> None:
        self.encoder = Encoder()
        self.programme.connected()

    def die(self) -> None:
        self.encoder = None
        self.programme.disconnected()


Step = Callable[[House], list[Tag]]
"""What the relay sent."""


def run(elapsed: int) -> Step:
    def step(house: House) -> list[Tag]:
        house.run(elapsed)
        return []

    return step


def send(most: int) -> Step:
    return lambda house: house.relay.send(most)


def do(act: Callable[[House], None]) -> Step:
    def step(house: House) -> list[Tag]:
        act(house)
        return []

    return step


def show(mode: Mode) -> Step:
    return do(lambda house: house.programme.show(mode))


steps = st.one_of(
    st.builds(run, st.sampled_from([30, 300, 900, 2500, 5000])),
    st.builds(send, st.sampled_from([1, 20, 500])),
    st.builds(show, st.sampled_from(Mode)),
    st.sampled_from([do(House.connect), do(House.die)]),
    st.sampled_from([do(lambda house: house.relay.break_down()), do(lambda house: house.relay.come_back())]),
)
paces = st.sampled_from([Pace(), Pace(delay=3000)])


@settings(max_examples=100, deadline=None)
@given(paces, st.lists(steps, max_size=20))
def test_in_a_closed_part_nothing_of_the_room_leaves_from_wherever_it_waited(pace: Pace, script: list[Step]) -> None:
    house = House(pace)
    house.connect()
    house.run(5000 + pace.delay)
    house.relay.send(100)
    for step in [*script, send(1 << 30)]:
        was, joining = house.programme.public.mode, house.programme.public.joining
        sent = step(house)
        if was is not Mode.LIVE and was is house.programme.public.mode:
            assert b"src" not in {maker_of(tag) for tag in [*sent, *joining()]}


def test_what_was_said_in_a_closed_part_is_not_recorded() -> None:
    house = House(Pace(delay=3000))
    house.connect()
    house.run(10_000)
    house.programme.show(Mode.SECRET)
    house.file.send()
    house.run(10_000)
    closed = {maker_of(tag) for tag in house.file.send()}
    house.programme.show(Mode.LIVE)
    house.run(10_000)
    assert b"src" not in closed
    assert b"src" in {maker_of(tag) for tag in house.file.send()}
    assert b"src" in {maker_of(tag) for tag in house.relay.send()}


class Line:
    """An RTMP connection without a network: tags in at one end, and out at the other."""

    def __init__(self) -> None:
        self._near = PublishSession(address="rtmp://there/live", app="live", key="key")
        self._far = IngestSession()
        accepted = False
        while not accepted:
            for asked in self._far.feed(self._near.outgoing()):
                assert isinstance(asked, PublishAsked)
                self._far.accept()
            accepted = any(isinstance(fact, PublishAccepted) for fact in self._near.feed(self._far.outgoing()))

    def carry(self, tags: list[Tag]) -> list[Tag]:
        for tag in tags:
            self._near.publish(tag)
        arrived = self._far.feed(self._near.outgoing())
        self._near.feed(self._far.outgoing())
        return [fact for fact in arrived if isinstance(fact, Tag)]


def evening(chance: random.Random) -> Iterator[Callable[["House"], None]]:
    """What happens each half minute of a long session: mostly nothing."""
    while True:
        kind = chance.random()
        if kind < 0.04:
            yield House.die
        elif kind < 0.08:
            yield lambda house: house.programme.show(Mode.SECRET)
        elif kind < 0.10:
            yield lambda house: house.programme.show(Mode.RECESS)
        elif kind < 0.5:
            yield lambda house: house.programme.show(Mode.LIVE)
        else:
            yield lambda house: house.encoder or house.connect()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_five_hours_by_an_accelerated_clock() -> None:
    """Over the wire at both ends, past the 4 h 39 min where RTMP's times no longer fit into 24 bits."""
    house, line, far = House(Pace(delay=3000)), Line(), Line()
    house.connect()
    last: dict[Kind, int] = {}
    steps: dict[Kind, int] = {Kind.VIDEO: 0, Kind.AUDIO: 0}
    came = 0
    happenings = evening(random.Random(5))
    while house.ms < 5 * 3600 * 1000:
        next(happenings)(house)
        until = house.ms + 30_000
        while house.ms < until:
            house.ms += 90
            for tag in line.carry(list(house.encoder.run(90))) if house.encoder else ():
                house.programme.feed(tag)
            house.programme.tick()
        house.file.send()
        for tag in far.carry(house.relay.send()):
            if not tag.is_header:
                steps[tag.kind] = max(steps[tag.kind], tag.ts - last.get(tag.kind, tag.ts))
                assert tag.ts > last.get(tag.kind, -1)
                last[tag.kind] = tag.ts
                came += tag.is_video
    assert steps[Kind.VIDEO] <= 67
    assert steps[Kind.AUDIO] <= 120
    assert last[Kind.VIDEO] > 0xFFFFFF
    assert abs(last[Kind.VIDEO] - house.ms) < 300
    assert abs(came - 5 * 3600 * 30) < 5 * 3600 * 0.3
    assert house.relay.dropped == 0
