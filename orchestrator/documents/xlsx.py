"""A workbook as XLSX: real dates, headings that stay in sight and can be filtered by, and no formulas."""

from datetime import UTC, date, datetime, timedelta
from io import BytesIO

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from orchestrator.documents.workbook import Cell, Sheet, Workbook

# In memory and with strings only as strings: a name that begins with `=` is a name.
_OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
_DAY = 86_400


def write_xlsx(workbook: Workbook) -> bytes:
    """The whole file."""
    out = BytesIO()
    with xlsxwriter.Workbook(out, _OPTIONS) as book:
        book.set_properties(
            {
                "title": workbook.title,
                "subject": workbook.subject,
                "author": workbook.author,
                "comments": workbook.comments,
                "created": workbook.created.astimezone(UTC).replace(tzinfo=None),
            }
        )
        pen = _Pen(book)
        for sheet in workbook.sheets:
            pen.write(sheet)
    return out.getvalue()


class _Pen:
    """Writes sheets of one workbook, each kind of cell in its own format."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self._book = book
        self._header: Format = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        self._moment: Format = book.add_format({"num_format": "dd/mm/yyyy hh:mm:ss", "align": "left"})
        self._date: Format = book.add_format({"num_format": "dd/mm/yyyy", "align": "left"})
        self._length: Format = book.add_format({"num_format": "[h]:mm:ss"})

    def write(self, sheet: Sheet) -> None:
        paper: Worksheet = self._book.add_worksheet(sheet.name)
        for number, column in enumerate(sheet.columns):
            paper.set_column(number, number, column.width)
            paper.write_string(0, number, column.title, self._header)
        for line, row in enumerate(sheet.rows, start=1):
            for number, cell in enumerate(row):
                self._cell(paper, line, number, cell)
        paper.freeze_panes(1, 1)
        paper.autofilter(0, 0, len(sheet.rows), len(sheet.columns) - 1)
        paper.set_landscape()
        paper.set_paper(9)
        paper.fit_to_pages(1, 0)
        paper.repeat_rows(0)

    def _cell(self, paper: Worksheet, line: int, column: int, cell: Cell) -> None:
        match cell:
            case None | "":
                pass
            case str():
                paper.write_string(line, column, cell)
            case datetime():
                paper.write_datetime(line, column, cell, self._moment)
            case date():
                paper.write_datetime(line, column, cell, self._date)
            case timedelta():
                paper.write_number(line, column, cell.total_seconds() / _DAY, self._length)
            case int():
                paper.write_number(line, column, cell)
