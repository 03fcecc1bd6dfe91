"""Documents of a long evening (41 members, six hours, 5,000 events), against the bare libraries in the same run.

Processor time, the best of three: other programs run on the machine as well. Each is measured from the record to the
file.
"""

import re
import time
from collections.abc import Callable
from io import BytesIO

import weasyprint
import xlsxwriter

from orchestrator.documents.attendance_csv import attendance_csv
from orchestrator.documents.attendance_workbook import attendance_workbook
from orchestrator.documents.ods import write_ods
from orchestrator.documents.shelf import SHELF, Dossier
from orchestrator.documents.typesetting import Sheet, typeset
from orchestrator.documents.workbook import Workbook
from orchestrator.documents.xlsx import write_xlsx
from tests.bench.row import Row
from tests.documents.evening import long_evening


def rows() -> list[Row]:
    """XLSX is to take less than half a second, the certificate less than three."""
    session, records, at = long_evening()

    def dossier() -> Dossier:
        return Dossier(session=session, records=records, at=at, language="ca")

    book = attendance_workbook(dossier().report, "ca")
    bare = _seconds(lambda: _bare_xlsx(book))
    certificate, minutes = _sheet(dossier(), "certificate.pdf"), _sheet(dossier(), "minutes.pdf")
    xlsx = _seconds(lambda: write_xlsx(attendance_workbook(dossier().report, "ca")))
    ods = _seconds(lambda: write_ods(attendance_workbook(dossier().report, "ca")))
    csv = _seconds(lambda: attendance_csv(dossier().report))
    return [
        _row("attendance.xlsx (limit 0.5)", xlsx, bare, "bare xlsxwriter, the same cells"),
        _row("attendance.ods", ods, bare, "bare xlsxwriter, the same cells"),
        _row("attendance.csv", csv, bare, "bare xlsxwriter, the same cells"),
        _row(
            "certificate.pdf (limit 3)",
            _seconds(lambda: typeset(_sheet(dossier(), "certificate.pdf"))),
            _seconds(lambda: _bare_pdf(certificate)),
            "bare WeasyPrint, the same words",
        ),
        _row(
            "minutes.pdf",
            _seconds(lambda: typeset(_sheet(dossier(), "minutes.pdf"))),
            _seconds(lambda: _bare_pdf(minutes)),
            "bare WeasyPrint, the same words",
        ),
        _row("minutes.docx", _seconds(lambda: SHELF["minutes.docx"].make(dossier())), bare, "bare xlsxwriter"),
    ]


def _row(name: str, ours: float, baseline: float, against: str) -> Row:
    return Row(name=name, unit="s", ours=ours, baseline=baseline, against=against, is_cost=True)


def _sheet(dossier: Dossier, name: str) -> Sheet:
    made = SHELF[name].make(dossier)
    assert isinstance(made, Sheet)
    return made


def _bare_pdf(sheet: Sheet) -> None:
    """A paragraph for each piece of text: no styles, no tables, no tags, no archive."""
    words = re.findall(r">([^<>]+)<", sheet.html.partition("<body>")[2])
    weasyprint.HTML(string="".join(f"<p>{text}</p>" for text in words if text.strip())).write_pdf()


def _bare_xlsx(book: Workbook) -> None:
    with xlsxwriter.Workbook(BytesIO(), {"in_memory": True}) as bare:
        for sheet in book.sheets:
            paper = bare.add_worksheet()
            for line, row in enumerate(sheet.rows):
                for column, cell in enumerate(row):
                    paper.write_string(line, column, str(cell))


def _seconds(work: Callable[[], object]) -> float:
    def once() -> float:
        begin = time.process_time()
        work()
        return time.process_time() - begin

    return min(once() for _ in range(3))
