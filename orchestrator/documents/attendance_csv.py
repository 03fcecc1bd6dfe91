"""The attendance as CSV, for spreadsheets set to Catalan or Spanish: UTF-8 with a mark, `;` between quoted fields.

Times are given twice: ISO 8601 in UTC for machines, and the town's own time for people. `office` is what the member
is in the body, `role` the chairs that the member sat in during the session. `kind` is the session's, or `rehearsal`.
"""

import csv
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from io import StringIO
from zoneinfo import ZoneInfo

from orchestrator.council.attendance import Interval
from orchestrator.documents.attendance import AttendanceReport, Row

COLUMNS = (
    "session_id",
    "entity",
    "body",
    "kind",
    "call",
    "member_id",
    "name",
    "office",
    "group",
    "role",
    "mode",
    "excused",
    "identity_checked_at",
    "territory_declared_at",
    "first_join",
    "first_join_local",
    "last_leave",
    "last_leave_local",
    "total_s",
    "intervals",
    "late_min",
    "early_min",
    "deemed_abstentions",
    "withdrawals",
    "observer_gap_s",
    "correction_count",
    "rule_id",
    "chain_hash",
)

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def attendance_csv(report: AttendanceReport) -> bytes:
    """The whole file, a row a member, in the order of the call."""
    return csv_file(COLUMNS, (_fields(report, row) for row in report.rows))


def csv_file(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> bytes:
    """A whole CSV file in which no field is a formula."""
    out = StringIO(newline="")
    writer = csv.writer(out, delimiter=";", quoting=csv.QUOTE_ALL)
    writer.writerow(columns)
    writer.writerows([harmless(field) for field in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def harmless(field: str) -> str:
    """The field so that no spreadsheet takes it for a formula: a name may begin with `=`, and be somebody's idea."""
    return f"'{field}" if field.startswith(_FORMULA_STARTS) else field


def _fields(report: AttendanceReport, row: Row) -> Iterable[str]:
    call, zone = report.convocation, ZoneInfo(report.convocation.time_zone)
    return (
        call.session,
        call.entity.name,
        call.body.name,
        "rehearsal" if call.is_rehearsal else call.kind.value,
        str(call.call),
        row.member.id,
        row.member.name,
        row.member.office.value,
        row.member.group,
        " ".join(row.chairs),
        row.mode,
        row.excuse or "",
        iso(row.identity.at if row.identity else None),
        iso(row.territory_at),
        iso(row.first_join),
        _local(row.first_join, zone),
        iso(row.last_leave),
        _local(row.last_leave, zone),
        str(round(row.total.total_seconds())),
        " ".join(_interval(interval) for interval in row.intervals),
        _minutes(row.late),
        _minutes(row.early),
        str(len(row.deemed)),
        str(len(row.withdrawn)),
        str(round(report.unobserved.total_seconds())),
        str(row.corrections),
        report.rule,
        report.chain_hash,
    )


def iso(at: datetime | None) -> str:
    """The instant in UTC to the second, `2026-01-31T18:00:00Z`; empty for none."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else ""


def _interval(interval: Interval) -> str:
    """ISO 8601 writes an interval with a slash, and one without an end with two dots (ISO 8601-2)."""
    return f"{iso(interval.start)}/{iso(interval.end) or '..'}"


def _local(at: datetime | None, zone: ZoneInfo) -> str:
    return at.astimezone(zone).strftime("%d/%m/%Y %H:%M:%S") if at else ""


def _minutes(length: timedelta | None) -> str:
    return "" if length is None else str(int(length.total_seconds() // 60))
