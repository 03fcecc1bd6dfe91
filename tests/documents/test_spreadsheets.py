"""XLSX and ODS, read back by somebody else's reader: the same cells in both, typed, and in time."""

import io
import time
import zipfile
from datetime import UTC, datetime, timedelta

import openpyxl
import pytest
from odf import opendocument, table, teletype

from orchestrator.documents.attendance_workbook import attendance_workbook
from orchestrator.documents.ods import write_ods
from orchestrator.documents.shelf import Dossier
from orchestrator.documents.workbook import Workbook, sheet
from orchestrator.documents.xlsx import write_xlsx
from tests.documents.evening import COUNCILLORS, EVENTS, long_evening
from tests.documents.sitting import dossier, sitting

AT = datetime(2026, 3, 26, 20, 1, 2)  # noqa: DTZ001 - workbooks know no zones


def book(*rows: tuple[object, ...]) -> Workbook:
    columns = (("Nom", 20), ("Hora", 19), ("Durada", 12), ("Núm.", 5))
    return Workbook(
        title="Prova <&>",
        subject="",
        author="Ajuntament d'Ú",
        comments="",
        language="ca",
        created=AT.replace(tzinfo=UTC),
        sheets=(sheet("Full 1", columns, rows),),  # type: ignore[arg-type]
    )


def cells(content: bytes) -> list[list[tuple[str | None, str]]]:
    """Type and text of every cell of the first sheet of an ODS, by row."""
    document = opendocument.load(io.BytesIO(content))
    first = document.spreadsheet.getElementsByType(table.Table)[0]
    return [
        [(c.getAttribute("valuetype"), teletype.extractText(c)) for c in row.getElementsByType(table.TableCell)]
        for row in first.getElementsByType(table.TableRow)
    ]


def test_the_ods_has_typed_cells():
    content = write_ods(book(("=1+1 <b>&", AT, timedelta(hours=26, seconds=5), 7), ("", None, None, 0)))
    head, first, second = cells(content)
    assert [text for _, text in head] == ["Nom", "Hora", "Durada", "Núm."]
    assert first == [("string", "=1+1 <b>&"), ("date", "26/03/2026 20:01:02"), ("time", "26:00:05"), ("float", "7")]
    assert [kind for kind, _ in second] == [None, None, None, "float"]


def test_the_ods_says_what_it_is_first_and_uncompressed():
    with zipfile.ZipFile(io.BytesIO(write_ods(book()))) as package:
        first = package.infolist()[0]
        assert (first.filename, first.compress_type) == ("mimetype", zipfile.ZIP_STORED)
        assert package.read("mimetype") == b"application/vnd.oasis.opendocument.spreadsheet"
        assert b'"VerticalSplitPosition" config:type="int">1<' in package.read("settings.xml")
        assert package.testzip() is None


def test_a_character_that_xml_has_no_way_to_write_is_left_out():
    assert cells(write_ods(book(("a\x0bb\x00c",))))[1] == [("string", "abc")]


def test_both_workbooks_have_the_same_cells():
    workbook = attendance_workbook(dossier(sitting()).report, "ca")
    xlsx = openpyxl.load_workbook(io.BytesIO(write_xlsx(workbook))).worksheets[0]
    names = [row[0].value for row in xlsx.iter_rows()]
    assert names == [row[0][1] for row in cells(write_ods(workbook))]
    assert len(names) == 16


@pytest.mark.parametrize("write", [write_xlsx, write_ods])
def test_a_long_evening_is_written_in_half_a_second(write):
    """Processor time: the machine that runs the tests has other things to do."""
    session, records, at = long_evening()
    assert len(records) == EVENTS
    begin = time.process_time()
    content = write(attendance_workbook(Dossier(session=session, records=records, at=at, language="ca").report, "ca"))
    assert time.process_time() - begin < 1.5
    assert len(content) > 50_000
    assert len(session.body.members) == COUNCILLORS + 2
