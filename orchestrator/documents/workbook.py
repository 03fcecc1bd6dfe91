"""A workbook as values: sheets of typed cells. `xlsx.py` and `ods.py` write it; neither knows what it is about."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

Cell = str | int | datetime | date | timedelta | None
"""A `datetime` is naive: what the clock on the town's wall showed, since workbooks know no time zones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column's heading and its width in characters."""

    title: str
    width: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A sheet: one row of headings that stays in sight, and the rows. The first column stays in sight as well."""

    name: str
    columns: tuple[Column, ...]
    rows: tuple[Sequence[Cell], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Workbook:
    """The sheets, and what a file manager shows of the file. `created` is UTC."""

    title: str
    subject: str
    author: str
    comments: str
    language: str
    created: datetime
    sheets: tuple[Sheet, ...]


def sheet(name: str, columns: Iterable[tuple[str, int]], rows: Iterable[Sequence[Cell]]) -> Sheet:
    """A sheet from the titles and widths of its columns and its rows."""
    return Sheet(name=name, columns=tuple(Column(title=t, width=w) for t, w in columns), rows=tuple(rows))
