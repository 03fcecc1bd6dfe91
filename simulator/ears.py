"""What is heard and seen while a play runs, with the moment of each: lines of chat, events on the record, pictures.

Everything is kept, so that a sight may be waited for even when it came before the waiting began.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A line of chat by the bot: who heard it, whether in private, and when."""

    by: str
    text: str
    is_private: bool
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """An event as the HTTP API gave it, and when it reached us."""

    name: str
    body: dict[str, Any]
    raw: dict[str, Any]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What the public saw from a moment on: `live` or `slate`."""

    picture: str
    at: datetime


Fact = Heard | Recorded | Shown


@dataclass(slots=True)
class Ears:
    """All facts in order of arrival, and a way to wait for one."""

    facts: list[Fact] = field(default_factory=list)
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def note(self, fact: Fact) -> None:
        """Keep a fact and wake whoever waits."""
        async with self._news:
            self.facts.append(fact)
            self._news.notify_all()

    async def wait_for(self, is_it: Callable[[Fact], bool], since: int, patience: float) -> Fact:
        """The first fact from index `since` on for which `is_it` holds. TimeoutError after `patience` seconds."""
        seen = since
        async with asyncio.timeout(patience), self._news:
            while True:
                for fact in self.facts[seen:]:
                    if is_it(fact):
                        return fact
                seen = len(self.facts)
                await self._news.wait()
