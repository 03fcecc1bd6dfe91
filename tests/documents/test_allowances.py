"""Attendance for allowances: who earns, for which sessions, and not for which."""

import csv
import io
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import openpyxl

from orchestrator.council.commands import AdjournSession, OpenSession
from orchestrator.council.members import BodyId
from orchestrator.documents.allowances import Turnout, allowances, allowances_csv, allowances_workbook
from orchestrator.documents.attendance import AttendanceReport
from orchestrator.documents.xlsx import write_xlsx
from tests.documents.sitting import THERE, dossier, sitting
from tests.scenarios.play import JOAN, LAIA, MAYOR, PLENARY, SECRETARY, Play


def an_hour(**changes: object) -> Play:
    """Everybody of THERE, from before the opening to the end."""
    play = Play(**changes)
    play.watched(*THERE)
    play.waits(600)
    play.says(MAYOR, OpenSession)
    play.waits(3600)
    play.says(MAYOR, AdjournSession)
    return play


def report(play: Play) -> AttendanceReport:
    return dossier(play).report


def test_each_session_counts_as_what_it_was():
    rows = {row.member.id: row for row in allowances([report(sitting()), report(an_hour())])}
    mayor, laia = rows[MAYOR], rows[LAIA]
    assert [entry.turnout for entry in rows[JOAN].entries] == [Turnout.ATTENDED, Turnout.ATTENDED]
    assert (mayor.count(Turnout.PARTIAL), mayor.count(Turnout.ATTENDED)) == (1, 1)
    assert (laia.count(Turnout.PARTIAL), laia.count(Turnout.ABSENT)) == (1, 1)
    assert SECRETARY not in rows


def test_waiting_for_the_opening_is_not_attending():
    row = next(r for r in allowances([report(an_hour())]) if r.member.id == MAYOR)
    assert row.time == timedelta(hours=1)


def test_rehearsals_and_sessions_that_are_not_over_do_not_count():
    assert allowances([report(an_hour(is_rehearsal=True)), report(Play().opened(*THERE))]) == ()


def test_who_was_not_in_mandate_that_day_was_not_called():
    gone = replace(PLENARY.members[0], mandate_from=date(2023, 6, 17), mandate_until=date(2026, 3, 25))
    document = report(an_hour())
    convocation = replace(document.convocation, body=replace(PLENARY, members=(gone, *PLENARY.members[1:])))
    rows = tuple(replace(row, member=gone) if row.member.id == MAYOR else row for row in document.rows)
    found = allowances([replace(document, convocation=convocation, rows=rows)])
    assert MAYOR not in {row.member.id for row in found}


def test_bodies_are_counted_apart():
    board = replace(PLENARY, id=BodyId("jgl"), name="Junta de Govern Local")
    rows = [r for r in allowances([report(an_hour()), report(an_hour(body=board))]) if r.member.id == MAYOR]
    assert [(row.body_id, len(row.entries)) for row in rows] == [("ple", 1), ("jgl", 1)]


def test_the_files_say_the_same():
    rows = allowances([report(sitting()), report(an_hour())])
    read = list(csv.DictReader(io.StringIO(allowances_csv(rows).decode("utf-8-sig")), delimiter=";"))
    assert [line["member_id"] for line in read] == [row.member.id for row in rows]
    assert read[0]["called"] == "2"
    book = allowances_workbook(
        rows,
        entity="Ajuntament",
        since=date(2026, 3, 1),
        until=date(2026, 3, 31),
        language="ca",
        at=datetime(2026, 4, 1, tzinfo=UTC),
    )
    members, sessions = openpyxl.load_workbook(io.BytesIO(write_xlsx(book))).worksheets
    assert members.max_row == len(rows) + 1
    assert sessions.max_row == 2 * len(rows) + 1
    assert members["K2"].value == rows[0].time
