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
    """One item: its number (from 1), its title, what majority it needs, and how far it has come."""

    number: int
    title: str
    majority: Majority = Majority.SIMPLE
    phase: ItemPhase = ItemPhase.WAITING
    called_at: datetime | None = None


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

    def moved(self, number: int, phase: ItemPhase, at: datetime | None = None) -> "Agenda":
        """The agenda after one item changed phase; a called item becomes the current one."""
        items = tuple(
            replace(i, phase=phase, called_at=at or i.called_at) if i.number == number else i for i in self.items
        )
        is_open = phase in (ItemPhase.CALLED, ItemPhase.DEBATED, ItemPhase.VOTED)
        return Agenda(items=items, current=number if is_open else None)
