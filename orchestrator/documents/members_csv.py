"""The list of members as CSV: read as town halls have it, and written so that it can be edited and read back.

UTF-8 with a mark or without, or Windows-1252; `;`, `,` or tabs; a heading in Catalan, Spanish or English, with
accents and capitals or without. Nothing is read by halves: either every line is a member, or every mistake is told,
with its line, its column and how to mend it. A cell that a spreadsheet would take for a formula is never a value.
"""

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from io import StringIO
from typing import Final, TypeVar

from orchestrator.council.members import Member, MemberId, Office
from orchestrator.council.roster import Discord, discords
from orchestrator.documents.csv_lines import Fault, Line, Mistake, Unreadable, lines_of, plain
from orchestrator.wording import Language, word

MOST_MEMBERS: Final = 500
_LONGEST: Final = 200
_LONGEST_ID: Final = 60
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "#")
_YES: Final = frozenset({"si", "s", "yes", "y", "true", "1", "x"})
_NO: Final = frozenset({"no", "n", "false", "0"})

T = TypeVar("T")


class Column(StrEnum):
    """The columns, in the order in which they are written. Their headings are `members_csv.column.<column>`."""

    ID = "id"
    NAME = "name"
    OFFICE = "office"
    GROUP = "group"
    DEPUTISES = "deputises"
    SUBSTITUTES = "substitutes"
    STANDS_FOR = "stands_for"
    ORDER = "order"
    MANDATE_FROM = "mandate_from"
    MANDATE_UNTIL = "mandate_until"
    AGE_RANK = "age_rank"
    IS_COUNCILLOR = "is_councillor"
    REPRESENTED_BY = "represented_by"


_ALSO: Final[Mapping[Column, tuple[str, ...]]] = {
    Column.ID: ("id", "codi", "codigo", "code"),
    Column.NAME: ("nom i cognoms", "nombre y apellidos", "full name", "regidor", "concejal"),
    Column.OFFICE: ("carrec", "cargo", "position"),
    Column.GROUP: ("grup", "grup municipal", "grupo", "grupo municipal", "partit", "partido", "party"),
    Column.DEPUTISES: ("tinenca", "tinenca d'alcaldia", "tenencia", "tenencia de alcaldia", "deputy"),
    Column.STANDS_FOR: ("suplent de", "suplente de", "substitute of"),
    Column.MANDATE_FROM: ("des de", "desde", "from", "data de possessio", "fecha de posesion"),
    Column.MANDATE_UNTIL: ("fins a", "hasta", "until"),
}
"""Headings that are read beside those of the catalogues; accents and capitals do not matter."""

_OFFICES: Final[Mapping[Office, str]] = {
    Office.PRESIDENT: "alcalde alcaldessa alcaldesa alcaldia president presidenta presidente presidencia mayor chair",
    Office.SECRETARY: "secretari secretaria secretario secretary",
    Office.AUDITOR: "interventor interventora intervencio intervencion auditor auditora controller",
    Office.MEMBER: "regidor regidora concejal concejala conseller consellera consejero consejera councillor vocal "
    "membre miembro member diputat diputada diputado",
}
"""What people call an office, each as it is written without accents."""


def read_members(content: bytes) -> tuple[Member, ...]:
    """The members, in the order of the lines. Raises `Unreadable`."""
    known = _known_headings()
    headings, lines = _headed(lines_of(content, known), known)
    if len(lines) > MOST_MEMBERS:
        raise Unreadable([Mistake(line=lines[MOST_MEMBERS].line, fault=Fault.TOO_MANY_LINES)])
    table = _Table(headings)
    members = [member for line in lines if (member := table.member(line))]
    if table.mistakes:
        raise Unreadable(table.mistakes)
    settled = tuple(table.settled(member, members) for member in members)
    for position, name, discord in discords(settled):
        table.mistaken(lines[position], Column(name), discord)
    if table.mistakes:
        raise Unreadable(table.mistakes)
    return settled


def write_members(members: Sequence[Member], language: str) -> bytes:
    """The list to edit and send back, headed in that language; of an empty body, an example to write over."""
    out = StringIO(newline="")
    writer = csv.writer(out, delimiter=";", quoting=csv.QUOTE_ALL)
    writer.writerow(word(language, f"members_csv.column.{column}") for column in Column)
    for member in members or _example(language):
        writer.writerow(_escaped(cell) for cell in _cells(member, language))
    return out.getvalue().encode("utf-8-sig")


# --- Under headings ---


def _headed(
    lines: Sequence[Line], known: Mapping[str, Column]
) -> tuple[Sequence[tuple[Column | None, str]], Sequence[Line]]:
    """The columns with their headings as written, and the lines below. Raises `Unreadable`."""
    line = lines[0]
    headings = [(known.get(plain(cell)), cell) for cell in line.cells]
    while headings and not headings[-1][1]:
        headings.pop()
    columns = [column for column, _ in headings]
    mistakes = [Mistake(line=line.line, column=cell, fault=Fault.UNKNOWN_COLUMN) for c, cell in headings if c is None]
    for place, (column, cell) in enumerate(headings):
        if column and column in columns[:place]:
            mistakes.append(Mistake(line=line.line, column=cell, fault=Fault.COLUMN_TWICE))
    if Column.NAME not in columns:
        mistakes.append(Mistake(line=line.line, fault=Fault.NO_NAME_COLUMN))
    if mistakes:
        raise Unreadable(mistakes)
    return headings, lines[1:]


def _known_headings() -> Mapping[str, Column]:
    worded = {plain(word(lang, f"members_csv.column.{column}")): column for lang in Language for column in Column}
    return worded | {plain(also): column for column, others in _ALSO.items() for also in others}


# --- From cells to members ---


@dataclass(slots=True)
class _Table:
    """Reads lines under their headings, and gathers what is wrong with them."""

    headings: Sequence[tuple[Column | None, str]]
    mistakes: list[Mistake] = field(default_factory=list)

    def member(self, line: Line) -> Member | None:
        """The member of a line; None when something is wrong with it."""
        before = len(self.mistakes)
        if any(line.cells[len(self.headings) :]):
            self.mistakes.append(Mistake(line=line.line, fault=Fault.TOO_MANY_CELLS))
        name = self._read(line, Column.NAME, _short, "")
        member_id = self._read(line, Column.ID, _identifier, "") or _slug(name)
        if not name and len(self.mistakes) == before:
            self.mistaken(line, Column.NAME, Fault.NO_NAME)
        elif not member_id and len(self.mistakes) == before:
            self.mistaken(line, Column.ID, Fault.NOT_AN_ID)
        member = Member(
            id=MemberId(member_id),
            name=name,
            office=self._read(line, Column.OFFICE, _office, Office.MEMBER),
            group=self._read(line, Column.GROUP, _short, ""),
            deputises=self._read(line, Column.DEPUTISES, _number, None),
            substitutes=self._read(line, Column.SUBSTITUTES, _office, None),
            stands_for=self._read(line, Column.STANDS_FOR, _reference, None),
            order=self._read(line, Column.ORDER, _number, 1),
            mandate_from=self._read(line, Column.MANDATE_FROM, _day, None),
            mandate_until=self._read(line, Column.MANDATE_UNTIL, _day, None),
            age_rank=self._read(line, Column.AGE_RANK, _number, None),
            is_councillor=self._read(line, Column.IS_COUNCILLOR, _truth, True),
            represented_by=self._read(line, Column.REPRESENTED_BY, _reference, None),
        )
        return member if len(self.mistakes) == before else None

    def settled(self, member: Member, members: Sequence[Member]) -> Member:
        """The member with whoever is named in it by name told by id."""
        ids = {plain(other.name): other.id for other in members} | {plain(o.id): o.id for o in members}

        def found(reference: MemberId | None) -> MemberId | None:
            return ids.get(plain(reference), reference) if reference else None

        return replace(member, stands_for=found(member.stands_for), represented_by=found(member.represented_by))

    def _read(self, line: Line, column: Column, read: Callable[[str], T], default: T) -> T:
        """A cell as a value; `default` for one that is empty, missing or wrong."""
        place = next((i for i, (known, _) in enumerate(self.headings) if known is column), None)
        cell = line.cells[place] if place is not None and place < len(line.cells) else ""
        try:
            return read(_unescaped(cell)) if cell else default
        except _Wrong as wrong:
            self.mistaken(line, column, wrong.fault)
            return default

    def mistaken(self, line: Line, column: Column, fault: Fault | Discord) -> None:
        """Something is wrong in that cell."""
        heading = next((heading for known, heading in self.headings if known is column), "")
        self.mistakes.append(Mistake(line=line.line, column=heading, fault=fault))


class _Wrong(Exception):
    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.value)
        self.fault = fault


def _unescaped(cell: str) -> str:
    """A cell that we wrote with an apostrophe before it is text; any other that begins like a formula is refused."""
    if cell.startswith("'") and cell[1:].startswith(_FORMULA):
        return cell[1:]
    if cell.startswith(_FORMULA):
        raise _Wrong(Fault.FORMULA)
    return cell


def _short(cell: str) -> str:
    if len(cell) > _LONGEST:
        raise _Wrong(Fault.TOO_LONG)
    return " ".join(cell.split())


def _identifier(cell: str) -> str:
    chosen = cell.lower()
    if len(chosen) > _LONGEST_ID or not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", chosen):
        raise _Wrong(Fault.NOT_AN_ID)
    return chosen


def _slug(name: str) -> str:
    return plain(name).replace(" ", "-")[:_LONGEST_ID].strip("-")


def _reference(cell: str) -> MemberId:
    return MemberId(_short(cell))


def _office(cell: str) -> Office:
    wanted = plain(cell)
    for office in Office:
        words = {plain(word(language, f"office.{office}")) for language in Language}
        if wanted in words or wanted in _OFFICES[office].split():
            return office
    raise _Wrong(Fault.NOT_AN_OFFICE)


def _number(cell: str) -> int:
    if not re.fullmatch(r"[1-9][0-9]?[0-9]?", cell):
        raise _Wrong(Fault.NOT_A_NUMBER)
    return int(cell)


def _day(cell: str) -> date:
    """`2027-06-17`, or as people write it here, `17/6/2027`."""
    iso = re.fullmatch(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})", cell)
    local = re.fullmatch(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})", cell)
    parts = iso.groups() if iso else tuple(reversed(local.groups())) if local else ("0", "0", "0")
    try:
        return date(*map(int, parts))
    except ValueError:
        raise _Wrong(Fault.NOT_A_DATE) from None


def _truth(cell: str) -> bool:
    if plain(cell) in _YES | _NO:
        return plain(cell) in _YES
    raise _Wrong(Fault.NOT_YES_OR_NO)


# --- From members to cells ---


def _cells(member: Member, language: str) -> Iterator[str]:
    yield from (member.id, member.name, word(language, f"office.{member.office}"), member.group)
    yield str(member.deputises or "")
    yield word(language, f"office.{member.substitutes}") if member.substitutes else ""
    yield from (member.stands_for or "", str(member.order) if member.order > 1 else "")
    yield from (str(member.mandate_from or ""), str(member.mandate_until or ""), str(member.age_rank or ""))
    yield word(language, f"members_csv.{'yes' if member.is_councillor else 'no'}")
    yield member.represented_by or ""


def _escaped(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _example(language: str) -> tuple[Member, ...]:
    def named(part: str) -> str:
        return word(language, f"members_csv.example.{part}")

    return (
        Member(id=MemberId("president"), name=named("president"), office=Office.PRESIDENT, group=named("group")),
        Member(id=MemberId("deputy"), name=named("deputy"), group=named("group"), deputises=1),
        Member(id=MemberId("secretary"), name=named("secretary"), office=Office.SECRETARY),
    )
