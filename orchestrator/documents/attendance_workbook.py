"""The attendance as a workbook: members, their intervals, and what happened. `xlsx.py` or `ods.py` writes it."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from orchestrator.documents.attendance import AttendanceReport, Row
from orchestrator.documents.attendance_csv import iso
from orchestrator.documents.workbook import Cell, Sheet, Workbook, sheet
from orchestrator.wording import label, word


def attendance_workbook(report: AttendanceReport, language: str) -> Workbook:
    """The three sheets. Times of day are the town's own."""
    call, zone = report.convocation, ZoneInfo(report.convocation.time_zone)
    mark = f"{word(language, 'document.rehearsal_mark')} · " if call.is_rehearsal else ""
    return Workbook(
        title=f"{mark}{call.body.name} · {word(language, f'kind.{call.kind}')}",
        subject=word(language, "live.attendance"),
        author=call.entity.name,
        comments=f"{call.session} {report.chain_hash}",
        language=language,
        created=report.at,
        sheets=(
            _sheet(mark, language, "sheet.members", _MEMBERS, (_member(row, language, zone) for row in report.rows)),
            _sheet(mark, language, "sheet.intervals", _INTERVALS, _intervals(report, zone)),
            _sheet(mark, language, "sheet.incidents", _INCIDENTS, _incidents(report, language, zone)),
        ),
    )


def wall(at: datetime | None, zone: ZoneInfo) -> datetime | None:
    """What the clock on the wall showed, to the second."""
    return at.astimezone(zone).replace(tzinfo=None, microsecond=0) if at else None


_MEMBERS = (
    ("column.name", 28),
    ("column.office", 16),
    ("column.role", 16),
    ("column.group", 24),
    ("column.mode", 14),
    ("column.excuse", 20),
    ("column.first_join", 19),
    ("column.last_leave", 19),
    ("column.total", 12),
    ("column.intervals", 10),
    ("column.late_min", 17),
    ("column.early_min", 17),
    ("column.deemed", 17),
    ("column.withdrawals", 17),
    ("column.identity", 19),
    ("column.territory", 19),
    ("column.corrections", 13),
    ("column.member_id", 16),
)
_INTERVALS = (("column.name", 28), ("column.start", 19), ("column.end", 19), ("column.duration", 12))
_INCIDENTS = (("column.seq", 7), ("column.at", 19), ("column.at_utc", 22), ("column.what", 80))


def _sheet(
    mark: str, language: str, name: str, columns: Iterable[tuple[str, int]], rows: Iterable[Sequence[Cell]]
) -> Sheet:
    return sheet(f"{mark}{word(language, name)}", ((word(language, title), width) for title, width in columns), rows)


def _member(row: Row, language: str, zone: ZoneInfo) -> Sequence[Cell]:
    return (
        row.member.name,
        word(language, f"office.{row.member.office}"),
        ", ".join(word(language, f"office.{office}") for office in row.chairs),
        row.member.group,
        label(language, f"mode.{row.mode}") if row.mode else None,
        row.excuse,
        wall(row.first_join, zone),
        wall(row.last_leave, zone),
        row.total,
        len(row.intervals),
        _minutes(row.late),
        _minutes(row.early),
        len(row.deemed),
        len(row.withdrawn),
        wall(row.identity.at if row.identity else None, zone),
        wall(row.territory_at, zone),
        row.corrections,
        row.member.id,
    )


def _intervals(report: AttendanceReport, zone: ZoneInfo) -> Iterable[Sequence[Cell]]:
    for row in report.rows:
        for i in row.intervals:
            yield row.member.name, wall(i.start, zone), wall(i.end, zone), (i.end or report.at) - i.start


def _incidents(report: AttendanceReport, language: str, zone: ZoneInfo) -> Iterable[Sequence[Cell]]:
    for incident in report.incidents:
        yield incident.seq, wall(incident.at, zone), iso(incident.at), incident.fact.text(language)


def _minutes(length: timedelta | None) -> int | None:
    return None if length is None else int(length.total_seconds() // 60)
