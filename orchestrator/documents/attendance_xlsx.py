"""The attendance as a workbook: members, their intervals, and what happened, with real dates and headers that stay."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from io import BytesIO
from zoneinfo import ZoneInfo

from xlsxwriter import Workbook
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from orchestrator.documents.attendance import AttendanceReport
from orchestrator.documents.attendance_csv import iso
from orchestrator.wording import word

Cell = str | int | datetime | timedelta | None


def attendance_xlsx(report: AttendanceReport) -> bytes:
    """The whole workbook, in the session's language. Times of day are the town's own."""
    language, zone = report.convocation.language, ZoneInfo(report.convocation.time_zone)
    out = BytesIO()
    # In memory and with strings only as strings: a name that begins with `=` is a name.
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with Workbook(out, options) as workbook:
        workbook.set_properties(
            {
                "title": f"{report.convocation.body.name} · {word(language, f'kind.{report.convocation.kind}')}",
                "subject": word(language, "live.attendance"),
                "author": report.convocation.entity.name,
                "comments": f"{report.convocation.session} {report.chain_hash}",
                "created": report.at.astimezone(UTC).replace(tzinfo=None),
            }
        )
        pen = _Pen(workbook, language, zone)
        pen.sheet("sheet.members", _MEMBER_COLUMNS, _member_rows(report, language))
        pen.sheet("sheet.intervals", _INTERVAL_COLUMNS, _interval_rows(report))
        pen.sheet("sheet.incidents", _INCIDENT_COLUMNS, _incident_rows(report, language))
    return out.getvalue()


_MEMBER_COLUMNS = (
    ("column.name", 28),
    ("column.office", 16),
    ("column.group", 24),
    ("column.first_join", 19),
    ("column.last_leave", 19),
    ("column.total", 12),
    ("column.intervals", 10),
    ("column.late_min", 17),
    ("column.early_min", 17),
    ("column.deemed", 17),
    ("column.corrections", 13),
    ("column.member_id", 16),
)
_INTERVAL_COLUMNS = (("column.name", 28), ("column.start", 19), ("column.end", 19), ("column.duration", 12))
_INCIDENT_COLUMNS = (("column.seq", 7), ("column.at", 19), ("column.at_utc", 22), ("column.what", 80))


def _member_rows(report: AttendanceReport, language: str) -> Iterable[Sequence[Cell]]:
    for row in report.rows:
        yield (
            row.member.name,
            word(language, f"office.{row.member.office}"),
            row.member.group,
            row.first_join,
            row.last_leave,
            row.total,
            len(row.intervals),
            None if row.late is None else int(row.late.total_seconds() // 60),
            None if row.early is None else int(row.early.total_seconds() // 60),
            row.deemed,
            row.corrections,
            row.member.id,
        )


def _interval_rows(report: AttendanceReport) -> Iterable[Sequence[Cell]]:
    for row in report.rows:
        for interval in row.intervals:
            yield row.member.name, interval.start, interval.end, (interval.end or report.at) - interval.start


def _incident_rows(report: AttendanceReport, language: str) -> Iterable[Sequence[Cell]]:
    for incident in report.incidents:
        yield incident.seq, incident.at, iso(incident.at), incident.fact.text(language)


class _Pen:
    """Writes sheets of one workbook, each kind of cell in its own format."""

    def __init__(self, workbook: Workbook, language: str, zone: ZoneInfo) -> None:
        self._workbook = workbook
        self._language = language
        self._zone = zone
        self._header: Format = workbook.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        self._date: Format = workbook.add_format({"num_format": "dd/mm/yyyy hh:mm:ss", "align": "left"})
        self._length: Format = workbook.add_format({"num_format": "[h]:mm:ss"})

    def sheet(self, name: str, columns: Sequence[tuple[str, int]], rows: Iterable[Sequence[Cell]]) -> None:
        """One sheet: a header that stays in sight and can be filtered by, then the rows."""
        sheet: Worksheet = self._workbook.add_worksheet(word(self._language, name))
        for column, (title, width) in enumerate(columns):
            sheet.set_column(column, column, width)
            sheet.write_string(0, column, word(self._language, title), self._header)
        last = 0
        for last, row in enumerate(rows, start=1):
            for column, cell in enumerate(row):
                self._write(sheet, last, column, cell)
        sheet.freeze_panes(1, 1)
        sheet.autofilter(0, 0, last, len(columns) - 1)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)

    def _write(self, sheet: Worksheet, row: int, column: int, cell: Cell) -> None:
        match cell:
            case None | "":
                pass
            case datetime():
                # A workbook knows no time zones: what is written is what the clock on the wall showed.
                wall = cell.astimezone(self._zone).replace(tzinfo=None, microsecond=0)
                sheet.write_datetime(row, column, wall, self._date)
            case timedelta():
                sheet.write_number(row, column, cell.total_seconds() / 86_400, self._length)
            case int():
                sheet.write_number(row, column, cell)
            case str():
                sheet.write_string(row, column, cell)
