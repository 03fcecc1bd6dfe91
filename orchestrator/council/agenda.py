"""The order of the day and the life of its items (ROF 82, 91)."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum


class Majority(StrEnum):
    """What an item needs to be carried (LRBRL 47)."""

    SIMPLE = "simple"
    ABSOLUTE = "absolute"


class ItemPhase(StrEnum):
    """Where an item is: those who left before the debate opened are absent, after it they abstain (LRBRL 46.2.d)."""

    WAITING = "waiting"
    CALLED = "called"
    DEBATED = "debated"
    VOTED = "voted"
    CONCLUDED = "concluded"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class AgendaItem:
    """One item: its number (from 1), its title, what majority it needs, and how far it has come.

    `debated_at` is when the debate opened; None until then, and for an item that is voted without one.
    """

    number: int
    title: str
    majority: Majority = Majority.SIMPLE
    phase: ItemPhase = ItemPhase.WAITING
    called_at: datetime | None = None
    debated_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Agenda:
    """The items in order, and which of them the session is on."""

    items: tuple[AgendaItem, ...] = ()
    current: int | None = None

    def item(self, number: int) -> AgendaItem:
        """The item with that number. Raises KeyError when there is none."""
        for item in self.items:
            if item.number == number:
                return item
        raise KeyError(number)

    @property
    def on(self) -> AgendaItem | None:
        """The item that the session is on."""
        return None if self.current is None else self.item(self.current)

    def called(self, number: int, at: datetime) -> "Agenda":
        """The session comes to an item; what is known of an earlier debate on it is void."""
        item = replace(self.item(number), phase=ItemPhase.CALLED, called_at=at, debated_at=None)
        return Agenda(items=self._with(item), current=number)

    def debated(self, number: int, at: datetime) -> "Agenda":
        """The debate on the item is open."""
        item = replace(self.item(number), phase=ItemPhase.DEBATED, debated_at=at)
        return replace(self, items=self._with(item))

    def voted(self, number: int) -> "Agenda":
        """The item was put to the vote and there is a result."""
        return replace(self, items=self._with(replace(self.item(number), phase=ItemPhase.VOTED)))

    def concluded(self, number: int) -> "Agenda":
        """The session is done with the item."""
        item = replace(self.item(number), phase=ItemPhase.CONCLUDED)
        return Agenda(items=self._with(item), current=None)

    def _with(self, item: AgendaItem) -> tuple[AgendaItem, ...]:
        return tuple(item if i.number == item.number else i for i in self.items)
