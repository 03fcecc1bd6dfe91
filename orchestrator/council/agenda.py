"""The order of the day and the life of its items (ROF 82, 91, 92)."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum


class Majority(StrEnum):
    """What an item needs to be carried (LRBRL 47, ROF 99).

    TWO_THIRDS is of the members in fact, and never less than the absolute majority; the lists of TRLMRLC 114.2 and ROF
    99.3 that ask for it were overtaken by basic law (STC 66/2011, 159/2012, 127/2016), so an entity that still names it
    must know why. WEIGHTED compares what the votes weigh by group (TRLMRLC 58.3, 60.5), as the policy has it.
    """

    SIMPLE = "simple"
    ABSOLUTE = "absolute"
    TWO_THIRDS = "two_thirds"
    WEIGHTED = "weighted"


class ItemPhase(StrEnum):
    """Where an item is: those who left before the debate opened are absent, after it they abstain (LRBRL 46.2.d).

    TABLED is left on the table for a later session (ROF 92), WITHDRAWN taken back by who put it forward, REFUSED an
    item off the agenda whose urgency was not agreed to.
    """

    WAITING = "waiting"
    CALLED = "called"
    DEBATED = "debated"
    VOTED = "voted"
    CONCLUDED = "concluded"
    WITHDRAWN = "withdrawn"
    TABLED = "tabled"
    REFUSED = "refused"


class Urgency(StrEnum):
    """An item that was not on the agenda is dealt with only after its urgency is agreed to (ROF 83, 91.4)."""

    ON_AGENDA = "on_agenda"
    PROPOSED = "proposed"
    AGREED = "agreed"


@dataclass(frozen=True, slots=True, kw_only=True)
class AgendaItem:
    """One item: its number (from 1), its title, what majority it needs, and how far it has come.

    `debated_at` is when the debate opened; None until then, and for an item that is voted without one. `ties` is how
    many votes in a row came out even. `was_secret`: a part of it was held in secret (LRBRL 70.1).
    """

    number: int
    title: str
    majority: Majority = Majority.SIMPLE
    phase: ItemPhase = ItemPhase.WAITING
    called_at: datetime | None = None
    debated_at: datetime | None = None
    urgency: Urgency = Urgency.ON_AGENDA
    ties: int = 0
    was_secret: bool = False

    @property
    def is_open(self) -> bool:
        """Whether there is still something to decide: it is called or debated, and not voted yet."""
        return self.phase in (ItemPhase.CALLED, ItemPhase.DEBATED)

    @property
    def to_carry(self) -> Majority:
        """What a vote on it needs now: to agree to an urgency takes the absolute majority (ROF 83)."""
        return Majority.ABSOLUTE if self.urgency is Urgency.PROPOSED else self.majority

    @property
    def is_off(self) -> bool:
        """Whether this session no longer deals with it."""
        return self.phase in (ItemPhase.WITHDRAWN, ItemPhase.TABLED, ItemPhase.REFUSED)


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

    def has(self, number: int) -> bool:
        """Whether there is an item with that number."""
        return any(item.number == number for item in self.items)

    @property
    def on(self) -> AgendaItem | None:
        """The item that the session is on."""
        return None if self.current is None else self.item(self.current)

    @property
    def next_number(self) -> int:
        """The number that an item added now would have."""
        return max((item.number for item in self.items), default=0) + 1

    def called(self, number: int, at: datetime) -> "Agenda":
        """The session comes to an item; what is known of an earlier debate on it is void."""
        item = replace(self.item(number), phase=ItemPhase.CALLED, called_at=at, debated_at=None, ties=0)
        return Agenda(items=self._with(item), current=number)

    def debated(self, number: int, at: datetime) -> "Agenda":
        """The debate on the item is open."""
        item = replace(self.item(number), phase=ItemPhase.DEBATED, debated_at=at)
        return replace(self, items=self._with(item))

    def voted(self, number: int) -> "Agenda":
        """The item was put to the vote and there is a result."""
        return replace(self, items=self._with(replace(self.item(number), phase=ItemPhase.VOTED, ties=0)))

    def tied(self, number: int) -> "Agenda":
        """The vote came out even: nothing is decided yet."""
        item = self.item(number)
        return replace(self, items=self._with(replace(item, ties=item.ties + 1)))

    def proposed(self, number: int, title: str, majority: Majority) -> "Agenda":
        """One more item, whose urgency must be agreed to before it is dealt with."""
        item = AgendaItem(number=number, title=title, majority=majority, urgency=Urgency.PROPOSED)
        return replace(self, items=(*self.items, item))

    def agreed(self, number: int) -> "Agenda":
        """The urgency is agreed to: the item is dealt with like any other."""
        return replace(self, items=self._with(replace(self.item(number), urgency=Urgency.AGREED, ties=0)))

    def hidden(self, number: int) -> "Agenda":
        """The item is, from now on, one that was held in secret."""
        return replace(self, items=self._with(replace(self.item(number), was_secret=True)))

    def over(self, number: int, phase: ItemPhase) -> "Agenda":
        """The session is done with the item, in one way or another."""
        current = None if number == self.current else self.current
        return Agenda(items=self._with(replace(self.item(number), phase=phase)), current=current)

    def _with(self, item: AgendaItem) -> tuple[AgendaItem, ...]:
        return tuple(item if i.number == item.number else i for i in self.items)
