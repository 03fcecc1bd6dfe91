"""Those who are told, through Apprise. Their addresses hold passwords and tokens: they are never shown or logged, and
what is known of a target outside this file is a name such as `Telegram 2`."""

import asyncio
import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

import apprise

from orchestrator.notices.wording import Message

_PATIENCE: Final = 30.0

logging.getLogger("apprise").setLevel(logging.CRITICAL)  # it names the addresses, with what opens them


class Undelivered(Exception):
    """It did not get there. The text is a code, and holds nothing of the address."""


class Person(Protocol):
    """Somebody who can be told."""

    async def tell(self, message: Message) -> None:
        """Raises `Undelivered`."""


@dataclass(frozen=True, slots=True)
class Addressee:
    """One address of the settings."""

    _service: apprise.NotifyBase = field(repr=False)

    async def tell(self, message: Message) -> None:
        """Raises `Undelivered`."""
        try:
            async with asyncio.timeout(_PATIENCE):
                is_sent = await self._service.async_notify(title=message.title, body=message.body)
        except TimeoutError:
            raise Undelivered("timeout") from None
        except Exception as error:  # a plugin may raise anything; its text may hold the address
            raise Undelivered(type(error).__name__) from None
        if not is_sent:
            raise Undelivered("refused")


class BadAddress(ValueError):
    """An address that Apprise does not know. The text says which line, and nothing of the address."""


def addressees(*groups: Sequence[str]) -> tuple[Mapping[str, Person], tuple[tuple[str, ...], ...]]:
    """Everybody by name, and the names of each group in order. Raises `BadAddress`."""
    people: dict[str, Person] = {}
    names: list[tuple[str, ...]] = []
    counts: Counter[str] = Counter()
    for group in groups:
        of_group: list[str] = []
        for number, address in enumerate(group, start=1):
            service = apprise.Apprise.instantiate(address, suppress_exceptions=True)
            if service is None:
                raise BadAddress(f"address {number} is not one that Apprise knows")
            kind = str(service.service_name)
            counts[kind] += 1
            name = f"{kind} {counts[kind]}"
            people[name] = Addressee(service)
            of_group.append(name)
        names.append(tuple(of_group))
    return people, tuple(names)


def lines_of(text: str) -> tuple[str, ...]:
    """The addresses of a setting, one a line."""
    return tuple(line for line in (line.strip() for line in text.splitlines()) if line)
