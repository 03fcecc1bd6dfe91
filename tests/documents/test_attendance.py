"""The attendance of a session in its three formats, read back by somebody else's reader."""

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import openpyxl
import pytest

from orchestrator.council.commands import AdjournSession, CallItem, CloseVote, OpenDebate, OpenSession, OpenVote
from orchestrator.documents.attendance import AttendanceReport, report
from orchestrator.documents.attendance_csv import COLUMNS, attendance_csv, harmless
from orchestrator.documents.attendance_json import AttendanceOut, attendance_json
from orchestrator.documents.attendance_workbook import attendance_workbook
from orchestrator.documents.xlsx import write_xlsx
from tests.documents.evening import lines
from tests.scenarios.play import EIGHT, FIRST, JOAN, LAIA, MAYOR, NURIA, PAU, PLENARY, SECRETARY, Play

QUORUM = (MAYOR, FIRST, PAU, NURIA, JOAN, SECRETARY)


def reported(play: Play) -> AttendanceReport:
    return report(play.session, lines(play.record), play.now)


def attendance_xlsx(document: AttendanceReport) -> bytes:
    return write_xlsx(attendance_workbook(document, "ca"))


def rows(document: AttendanceReport) -> dict[str, dict[str, str]]:
    text = attendance_csv(document).decode("utf-8-sig")
    return {row["member_id"]: row for row in csv.DictReader(io.StringIO(text), delimiter=";")}


@pytest.fixture
def played() -> Play:
    """Laia comes ten minutes late, leaves in the debate of item 2, and it is voted without her."""
    play = Play()
    play.watched(*QUORUM)
    play.waits(60)
    play.says(MAYOR, OpenSession)
    play.waits(600)
    play.connects(LAIA)
    play.says(MAYOR, CallItem, number=2)
    play.says(MAYOR, OpenDebate)
    play.waits(300)
    play.drops(LAIA)
    play.waits(120)
    play.says(MAYOR, OpenVote)
    play.says(MAYOR, CloseVote)
    play.waits(180)
    play.says(MAYOR, AdjournSession)
    return play


def test_csv_is_as_a_spreadsheet_in_the_town_hall_expects_it(played):
    content = attendance_csv(reported(played))
    assert content.startswith(b"\xef\xbb\xbf")
    head, first, *_ = content.decode("utf-8-sig").split("\r\n")
    assert head == ";".join(f'"{column}"' for column in COLUMNS)
    assert '"Marta Roca"' in first


def test_csv_says_who_was_there_when_in_both_clocks(played):
    laia = rows(reported(played))["laia"]
    assert laia["first_join"] == "2026-03-26T19:11:00Z"
    assert laia["first_join_local"] == "26/03/2026 20:11:00"
    assert laia["last_leave"] == "2026-03-26T19:16:00Z"
    assert laia["intervals"] == "2026-03-26T19:11:00Z/2026-03-26T19:16:00Z"
    assert (laia["total_s"], laia["late_min"], laia["early_min"]) == ("300", "10", "5")
    assert (laia["deemed_abstentions"], laia["rule_id"], laia["chain_hash"]) == ("1", "PLE-1", "ab" * 32)


def test_a_member_who_never_came_is_in_every_format_without_times(played):
    document = reported(played)
    absent = rows(document)["councillor8"]
    assert (absent["first_join"], absent["intervals"], absent["total_s"], absent["late_min"]) == ("", "", "0", "")
    assert len(rows(document)) == len(attendance_json(document).members) == len(PLENARY.members)


def test_who_is_still_there_has_an_open_interval_that_counts_up_to_now():
    play = Play().opened(*QUORUM)
    play.waits(90)
    document = reported(play)
    mayor = rows(document)["mayor"]
    assert (mayor["intervals"], mayor["last_leave"], mayor["total_s"]) == ("2026-03-26T19:00:00Z/..", "", "90")
    assert attendance_json(document).members[0].intervals[0].end is None


def test_the_time_nobody_watched_is_told():
    play = Play().opened(*QUORUM)
    play.loses_sight()
    play.waits(40)
    play.watched(*QUORUM)
    play.waits(10)
    assert rows(reported(play))["mayor"]["observer_gap_s"] == "40"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_field_is_a_formula(start):
    name = f'{start}HYPERLINK("http://evil.example";"x")'
    assert harmless(name) == f"'{name}"
    members = (replace(PLENARY.members[0], name=name, group=name), *PLENARY.members[1:])
    document = reported(Play(body=replace(PLENARY, members=members)))
    assert rows(document)["mayor"]["name"].startswith("'")
    sheet = openpyxl.load_workbook(io.BytesIO(attendance_xlsx(document))).worksheets[0]
    assert (sheet["A2"].data_type, sheet["D2"].data_type) == ("s", "s")


def test_separators_quotes_and_accents_survive():
    name = 'Àngels "Nina" d\'Ú; Çalà'
    members = (replace(PLENARY.members[0], name=name), *PLENARY.members[1:])
    document = reported(Play(body=replace(PLENARY, members=members)))
    assert rows(document)["mayor"]["name"] == name
    assert openpyxl.load_workbook(io.BytesIO(attendance_xlsx(document))).worksheets[0]["A2"].value == name


def test_the_workbook_has_typed_times_and_headers_that_stay(played):
    workbook = openpyxl.load_workbook(io.BytesIO(attendance_xlsx(reported(played))))
    assert workbook.sheetnames == ["Membres", "Intervals", "Incidències"]
    members, intervals, incidents = workbook.worksheets
    assert all(sheet.freeze_panes == "B2" for sheet in workbook.worksheets)
    laia = {head.value: cell for head, cell in zip(members[1], members[8], strict=True)}
    assert laia["Nom"].value == "Laia Camps"
    assert laia["Primera entrada"].value == datetime(2026, 3, 26, 20, 11, tzinfo=UTC).replace(tzinfo=None)
    assert laia["Temps total"].value == timedelta(minutes=5)
    assert laia["Abstencions per absència"].value == 1
    assert intervals.max_row == 8
    told = [row[3].value for row in incidents.iter_rows(min_row=2)]
    assert "Laia Camps perd la connexió; es compta mentre torna" in told
    assert told[-1] == "S'aixeca la sessió"


def test_the_json_is_what_its_schema_says(played):
    document = attendance_json(reported(played))
    assert AttendanceOut.model_validate_json(document.model_dump_json()) == document
    assert AttendanceOut.model_json_schema()["properties"]["document"]["const"] == "urn:plenari:attendance:2"
    laia = next(m for m in document.members if m.member_id == "laia")
    assert (laia.total_s, laia.late_s, laia.early_s) == (300, 600, 300)


def test_a_session_to_which_nobody_came_has_its_documents():
    document = reported(Play())
    assert all(row["intervals"] == "" for row in rows(document).values())
    assert openpyxl.load_workbook(io.BytesIO(attendance_xlsx(document))).worksheets[1].max_row == 1
    assert attendance_json(document).rule_id == "PLE-1"


def test_a_session_that_was_never_convened_has_none():
    play = Play()
    with pytest.raises(ValueError, match="not convened"):
        report(replace(play.session, convocation=None), [], EIGHT)
