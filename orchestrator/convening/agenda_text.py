"""An agenda pasted as text, as secretaries have it in their call: numbered in whichever way, or a line an item."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from orchestrator.council.agenda import AgendaItem, Majority

MOST_ITEMS: Final = 200
LONGEST_TITLE: Final = 200

_NUMBER = re.compile(
    r"""^(?:(?:punt|punto|item)\s+)?(?:
        \d{1,3}(?:\.\d{1,3})*\s*[.):ºª]?\s*[-–—]\s+      # 1.- 2.1 – 3.ª –
      | \d{1,3}(?:\.\d{1,3})+\s+                          # 2.1
      | \d{1,3}(?:\.\d{1,3})*\s*[.):ºª]+\s*             # 1. 2.1) 3:
      | [a-z]\)\s*                                        # a)
      | [ivxl]{1,6}\s*(?:\.\s*[-–—]?|\)|[-–—])\s+         # IV. IV.- IV)
      | (?:primer|segon|tercer|quart|cinqu[èe]|sis[èe]|set[èe]|vuit[èe]|nov[èe]|des[èe]
         |primero|segundo|tercero|cuarto|quinto|sexto|s[eé]ptimo|octavo|noveno|d[eé]cimo)\s*[.):]\s*[-–—]?\s*
      | [-–—•*·▪]\s+
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_TITLE = re.compile(r"^(ordre del dia|orden del d[ií]a|agenda|order of the day)\s*[:.]?$", re.IGNORECASE)
_MAJORITIES: Final = {
    Majority.ABSOLUTE: r"(?:majoria|mayor[ií]a)\s+absoluta|absolute majority",
    Majority.TWO_THIRDS: r"dos\s+ter[çc]i?os|two[- ]thirds",
}
_MARKED: Final = {
    majority: re.compile(rf"\([^()]*(?:{words})[^()]*\)", re.IGNORECASE) for majority, words in _MAJORITIES.items()
}
"""A majority counts as meant only in brackets: a title may be about one."""


class Fault(StrEnum):
    """What is wrong with an agenda; worded as `agenda_text.<fault>`."""

    EMPTY = "empty"
    TOO_MANY = "too_many"
    TOO_LONG = "too_long"


class NoAgenda(ValueError):
    """The text is no agenda. `line` counts from 1, 0 is the whole."""

    def __init__(self, fault: Fault, line: int = 0) -> None:
        super().__init__(fault.value)
        self.fault = fault
        self.line = line


@dataclass(frozen=True, slots=True, kw_only=True)
class AgendaText:
    """The items, numbered from 1, and the headings between them, which are no items and were left out."""

    items: tuple[AgendaItem, ...]
    headings: tuple[str, ...]


def read_agenda(text: str) -> AgendaText:
    """The items of a pasted agenda. Raises `NoAgenda`.

    Where lines are numbered, a line that is not goes on with the item above it, unless it is all in capitals: that is
    a heading. Where none is, each line is an item. "(majoria absoluta)" behind a title is the majority it needs.
    """
    lines = [(n, " ".join(line.split())) for n, line in enumerate(text.splitlines(), start=1)]
    lines = [(n, line) for n, line in lines if line and not _TITLE.match(line)]
    are_numbered = any(_NUMBER.match(line) for _, line in lines)
    titles: list[tuple[int, str]] = []
    headings: list[str] = []
    for n, line in lines:
        bare = _NUMBER.sub("", line, count=1)
        is_numbered = bare != line
        if are_numbered and not is_numbered and line.isupper():
            headings.append(line)
        elif are_numbered and not is_numbered and titles:
            first, above = titles[-1]
            titles[-1] = (first, f"{above} {line}")
        elif bare:
            titles.append((n, bare))
    return AgendaText(items=_items(titles), headings=tuple(headings))


def _items(titles: list[tuple[int, str]]) -> tuple[AgendaItem, ...]:
    if not titles:
        raise NoAgenda(Fault.EMPTY)
    if len(titles) > MOST_ITEMS:
        raise NoAgenda(Fault.TOO_MANY)
    found = []
    for number, (line, written) in enumerate(titles, start=1):
        majority, title = _majority(written)
        if len(title) > LONGEST_TITLE:
            raise NoAgenda(Fault.TOO_LONG, line)
        found.append(AgendaItem(number=number, title=title, majority=majority))
    return tuple(found)


def _majority(written: str) -> tuple[Majority, str]:
    """The majority that stands in brackets behind the title, and the title without it."""
    for majority, pattern in _MARKED.items():
        if found := pattern.search(written):
            rest = f"{written[: found.start()]} {written[found.end() :]}"
            return majority, " ".join(rest.split()) or written
    return Majority.SIMPLE, written
