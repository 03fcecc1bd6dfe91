"""A CSV file as people's spreadsheets write it, as lines of cells; and how it is told what is wrong with one.

UTF-8 with a mark or without, or Windows-1252; `;`, `,` or tabs.
"""

import csv
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from io import StringIO
from unicodedata import combining, normalize

from orchestrator.council.roster import Discord
from orchestrator.wording import word


class Fault(StrEnum):
    """What is wrong with a file, a line or a cell: `members_csv.fault.<fault>` and, how to mend it, `.remedy`."""

    ENCODING = "encoding"
    EMPTY = "empty"
    QUOTES = "quotes"
    TOO_MANY_LINES = "too_many_lines"
    UNKNOWN_COLUMN = "unknown_column"
    COLUMN_TWICE = "column_twice"
    NO_NAME_COLUMN = "no_name_column"
    TOO_MANY_CELLS = "too_many_cells"
    NO_NAME = "no_name"
    FORMULA = "formula"
    TOO_LONG = "too_long"
    NOT_AN_ID = "not_an_id"
    NOT_AN_OFFICE = "not_an_office"
    NOT_A_NUMBER = "not_a_number"
    NOT_A_DATE = "not_a_date"
    NOT_YES_OR_NO = "not_yes_or_no"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """Something to mend: in which line of the file (from 1) and under which heading, as written; empty for a line."""

    line: int
    column: str = ""
    fault: Fault | Discord

    def problem(self, language: str) -> str:
        """What is wrong, in words."""
        return word(language, f"members_csv.fault.{self.fault}")

    def remedy(self, language: str) -> str:
        """How to mend it."""
        return word(language, f"members_csv.fault.{self.fault}.remedy")


class Unreadable(Exception):
    """The file was not read; `mistakes` are all that is wrong with it, in the order of the lines."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        super().__init__("the file cannot be read")
        self.mistakes = tuple(sorted(mistakes, key=lambda m: m.line))


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is not blank, and where it begins in the file (from 1)."""

    line: int
    cells: tuple[str, ...]


def lines_of(content: bytes, known: Collection[str]) -> list[Line]:
    """The lines, cells trimmed. The separator is that by which most headings are `known` (as `plain`).

    Raises `Unreadable`.
    """
    text = _text(content)
    first, _, rest = text.partition("\n")
    is_hint = first.strip().lower().startswith("sep=")  # Excel's own way to say which separator
    separator = (first.strip()[4:5] if is_hint else _separator(text, known)) or ";"
    reader = csv.reader(StringIO(rest if is_hint else text, newline=""), delimiter=separator, strict=True)
    lines: list[Line] = []
    begins = 1 + is_hint
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                lines.append(Line(begins, tuple(cell.strip() for cell in cells)))
            begins = reader.line_num + 1 + is_hint
    except csv.Error:
        raise Unreadable([Mistake(line=begins, fault=Fault.QUOTES)]) from None
    if not lines:
        raise Unreadable([Mistake(line=1, fault=Fault.EMPTY)])
    return lines


def plain(text: str) -> str:
    """Without accents, capitals and punctuation: `Càrrec ` and `CARREC` are the same word."""
    bare = "".join(c for c in normalize("NFKD", text.replace("·", "").casefold()) if not combining(c))
    return " ".join(re.findall(r"[a-z0-9]+", bare))


def _text(content: bytes) -> str:
    """What is neither UTF-8 nor Windows-1252, such as the UTF-16 of "Unicode text", is refused."""
    if b"\0" not in content:
        for encoding in ("utf-8-sig", "cp1252"):
            try:
                return content.decode(encoding)
            except UnicodeDecodeError:
                continue
    raise Unreadable([Mistake(line=1, fault=Fault.ENCODING)])


def _separator(text: str, known: Collection[str]) -> str:
    heading = next((line for line in text.splitlines() if line.strip()), "")
    return max(";,\t", key=lambda s: sum(plain(cell) in known for cell in heading.split(s)))
