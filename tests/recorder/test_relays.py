"""Which destinations are served, while they come and go."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from recorder.config import Destination
from recorder.outputs import Output
from recorder.relays import Relays
from tests.recorder.waiting import until

NOW = datetime(2026, 3, 5, 19, 0, tzinfo=UTC)


def destination(name: str, key: str = "key") -> Destination:
    return Destination(name=name, address="rtmp://example/live2", key=key)


A, B, C = (destination(name) for name in "abc")


class Stand(Output):
    """An output that is live until its end, and then takes its leave when it may."""

    def __init__(self, destination: Destination, may_leave: asyncio.Event) -> None:
        super().__init__(destination.name, lambda: [], lambda: NOW, lambda: None)
        self.destination = destination
        self._may_leave = may_leave

    async def _run_once(self) -> None:
        self._open()
        while await self._next():
            pass
        await self._may_leave.wait()


class House:
    def __init__(self) -> None:
        self.may_leave = asyncio.Event()
        self.may_leave.set()
        self.made: list[Stand] = []
        self.feeding: list[Output] = []
        self.relays = Relays(self._make, self._changed)

    def _make(self, destination: Destination) -> Output:
        self.made.append(Stand(destination, self.may_leave))
        return self.made[-1]

    def _changed(self, outputs: object) -> None:
        assert isinstance(outputs, list)
        self.feeding = [*outputs]

    def names(self) -> list[str]:
        return [output.name for output in self.relays.wanted]


def run(story: Callable[[House], Awaitable[None]]) -> House:
    async def play() -> House:
        house = House()
        house.relays.want([A, B])
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(house.relays.run())
            await until(lambda: len(house.feeding) == 2)
            await story(house)
            house.relays.end()
        return house

    return asyncio.run(play())


def test_those_that_stay_do_not_notice_who_comes_and_goes() -> None:
    async def story(house: House) -> None:
        kept = house.made[0]
        house.relays.want([C, A])
        await until(lambda: {output.name for output in house.feeding} == {"a", "c"})
        assert house.names() == ["c", "a"]
        assert kept.starts == 1
        assert kept in house.feeding

    house = run(story)
    assert [stand.name for stand in house.made] == ["a", "b", "c"]
    assert house.feeding == []


def test_another_key_is_another_destination() -> None:
    async def story(house: House) -> None:
        house.relays.want([A, destination("b", "another")])
        await until(lambda: len(house.feeding) == 2 and house.made[1] not in house.feeding)

    house = run(story)
    assert [stand.destination.key for stand in house.made] == ["key", "key", "another"]


def test_one_that_takes_its_leave_is_still_told_to_throw_away_what_waits() -> None:
    async def story(house: House) -> None:
        house.may_leave.clear()
        house.relays.want([A])
        assert house.names() == ["a"]
        assert house.made[1] in house.feeding
        house.may_leave.set()
        await until(lambda: house.made[1] not in house.feeding)

    run(story)


def test_without_any_destination_the_broadcast_goes_on() -> None:
    async def story(house: House) -> None:
        house.relays.want([])
        await until(lambda: house.feeding == [])
        house.relays.want([B])
        await until(lambda: [output.name for output in house.feeding] == ["b"])

    assert len(run(story).made) == 3
