"""The public outputs of a broadcast: as many as are wanted now. Which ones may change while it is on the air."""

import asyncio
from collections.abc import Callable, Sequence

from recorder.config import Destination
from recorder.outputs import Output


class Relays:
    """Each destination is served by an output of its own, in a task of its own. One that is wanted no more says goodbye
    and is gone; those that stay do not notice."""

    def __init__(self, make: Callable[[Destination], Output], changed: Callable[[Sequence[Output]], None]) -> None:
        """`changed` is told of all that may still send, whenever they become more or fewer."""
        self._make = make
        self._changed = changed
        self._wanted: dict[Destination, Output] = {}
        self._running: list[Output] = []
        self._woken = asyncio.Event()
        self._is_ending = False

    @property
    def wanted(self) -> tuple[Output, ...]:
        """The outputs of the destinations that are wanted, without those that are taking their leave."""
        return tuple(self._wanted.values())

    def want(self, destinations: Sequence[Destination]) -> None:
        """Begin with those that are new, end those that are not named. A destination with another address or key is
        another destination."""
        for destination in self._wanted.keys() - set(destinations):
            self._wanted.pop(destination).end()
        self._wanted = {destination: self._output(destination) for destination in destinations}
        self._woken.set()

    async def run(self) -> None:
        """Returns after `end()`, when all have said goodbye."""
        async with asyncio.TaskGroup() as tasks:
            while not self._is_ending:
                self._woken.clear()
                for output in self.wanted:
                    if output not in self._running:
                        self._running.append(output)
                        tasks.create_task(self._run(output), name=f"output {output.name}")
                self._changed(self._running)
                await self._woken.wait()

    def end(self) -> None:
        """Have all say goodbye."""
        self._is_ending = True
        for output in self.wanted:
            output.end()
        self._woken.set()

    def _output(self, destination: Destination) -> Output:
        return self._wanted.get(destination) or self._make(destination)

    async def _run(self, output: Output) -> None:
        await output.run()
        self._running.remove(output)
        self._changed(self._running)
