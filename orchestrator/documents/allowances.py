"""Attendance over a period, by member: what the accounts need to pay allowances for attending (LRBRL 75.3).

Which attendance earns an allowance is the entity's to say in its budget rules; here are the figures. A session counts
from its adjournment on, and for those whose mandate covers its day; rehearsals, and sessions not held, never do.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from orchestrator.council.convocation import Convocation
from orchestrator.council.members import BodyId, Member, MemberId
from orchestrator.documents.attendance import AttendanceReport, Row
from orchestrator.documents.attendance_csv import csv_file, iso
from orchestrator.documents.attendance_workbook import wall
from orchestrator.documents.workbook import Cell, Workbook, sheet
from orchestrator.wording import word

TOLERANCE = timedelta(minutes=1)
"""Who was away for no longer than this between opening and adjournment attended the whole session."""


class Turnout(StrEnum):
    """What a session counts as, for one member."""

    ATTENDED = "attended"
    PARTIAL = "partial"
    EXCUSED = "excused"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One session, for one member. `time` is that between opening and adjournment."""

    convocation: Convocation
    member: Member
    turnout: Turnout
    time: timedelta
    length: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """One member of one body over the period; `member` as the latest of the sessions had them."""

    member: Member
    body_id: BodyId
    body: str
    entries: tuple[Entry, ...]

    @property
    def time(self) -> timedelta:
        """In all sessions together."""
        return sum((entry.time for entry in self.entries), timedelta())

    def count(self, turnout: Turnout) -> int:
        """How many sessions counted as that."""
        return sum(entry.turnout is turnout for entry in self.entries)


def allowances(reports: Iterable[AttendanceReport]) -> tuple[Allowance, ...]:
    """By body and member, in the order in which they are first called; those without a seat are not paid to attend."""
    found: dict[tuple[BodyId, MemberId], list[Entry]] = {}
    for report in sorted(reports, key=lambda report: report.convocation.starts_at):
        call = report.convocation
        if call.is_rehearsal or report.opened_at is None or report.adjourned_at is None:
            continue
        length = report.adjourned_at - report.opened_at
        day = call.starts_at.astimezone(ZoneInfo(call.time_zone)).date()
        for row in report.rows:
            if row.member.is_counted and row.member.serves_on(day):
                time = _within(row, report.opened_at, report.adjourned_at)
                entry = Entry(
                    convocation=call, member=row.member, turnout=_turnout(row, time, length), time=time, length=length
                )
                found.setdefault((call.body.id, row.member.id), []).append(entry)
    return tuple(
        Allowance(
            member=entries[-1].member,
            body_id=body,
            body=entries[-1].convocation.body.name,
            entries=tuple(entries),
        )
        for (body, _), entries in found.items()
    )


def _within(row: Row, opened: datetime, adjourned: datetime) -> timedelta:
    """For how long the member was there while the session was open: waiting for it to open is not attending."""
    stretches = ((max(i.start, opened), min(i.end or adjourned, adjourned)) for i in row.intervals)
    return sum((end - start for start, end in stretches if end > start), timedelta())


def _turnout(row: Row, time: timedelta, length: timedelta) -> Turnout:
    if time >= length - TOLERANCE and time:
        return Turnout.ATTENDED
    if time:
        return Turnout.PARTIAL
    return Turnout.ABSENT if row.excuse is None else Turnout.EXCUSED


COLUMNS = (
    "body",
    "member_id",
    "name",
    "group",
    "mandate_from",
    "mandate_until",
    "called",
    "attended",
    "partial",
    "excused",
    "absent",
    "total_s",
    "sessions",
)


def allowances_csv(rows: Sequence[Allowance]) -> bytes:
    """A line a member and body. `sessions` lists which, each with what it counted as."""
    return csv_file(COLUMNS, (_fields(row) for row in rows))


def _fields(row: Allowance) -> tuple[str, ...]:
    return (
        row.body,
        row.member.id,
        row.member.name,
        row.member.group,
        _date(row.member.mandate_from),
        _date(row.member.mandate_until),
        str(len(row.entries)),
        *(str(row.count(turnout)) for turnout in Turnout),
        str(round(row.time.total_seconds())),
        " ".join(f"{iso(entry.convocation.starts_at)}={entry.turnout}" for entry in row.entries),
    )


def _date(day: date | None) -> str:
    return day.isoformat() if day else ""


def allowances_workbook(
    rows: Sequence[Allowance], *, entity: str, since: date, until: date, language: str, at: datetime
) -> Workbook:
    """Two sheets: a row a member, and a row a member and session. `until` is the last day."""
    title = word(language, "allowances.title", since=f"{since:%d/%m/%Y}", until=f"{until:%d/%m/%Y}")
    members = ((word(language, name), width) for name, width in _MEMBERS)
    sessions = ((word(language, name), width) for name, width in _SESSIONS)
    return Workbook(
        title=title,
        subject=title,
        author=entity,
        comments=f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
        language=language,
        created=at,
        sheets=(
            sheet(word(language, "allowances.members"), members, map(_member, rows)),
            sheet(word(language, "allowances.sessions"), sessions, _sessions(rows, language)),
        ),
    )


_MEMBERS = (
    ("column.name", 28),
    ("allowances.body", 24),
    ("column.group", 24),
    ("allowances.mandate_from", 14),
    ("allowances.mandate_until", 14),
    ("allowances.called", 12),
    ("allowances.attended", 12),
    ("allowances.partial", 12),
    ("allowances.excused", 12),
    ("allowances.absent", 12),
    ("allowances.time", 12),
)
_SESSIONS = (
    ("column.name", 28),
    ("allowances.body", 24),
    ("allowances.date", 19),
    ("allowances.result", 14),
    ("allowances.time", 12),
    ("allowances.length", 12),
)


def _member(row: Allowance) -> Sequence[Cell]:
    return (
        row.member.name,
        row.body,
        row.member.group,
        row.member.mandate_from,
        row.member.mandate_until,
        len(row.entries),
        *(row.count(turnout) for turnout in Turnout),
        row.time,
    )


def _sessions(rows: Sequence[Allowance], language: str) -> Iterable[Sequence[Cell]]:
    for row in rows:
        for entry in row.entries:
            call = entry.convocation
            yield (
                row.member.name,
                row.body,
                wall(call.starts_at, ZoneInfo(call.time_zone)),
                word(language, f"allowances.is_{entry.turnout}"),
                entry.time,
                entry.length,
            )
