"""Everything that can be taken away from a session, by name; the web, the command line and the bundle all take it here.

A document is bytes, or a `Sheet` still to be typeset: that takes seconds, and whoever asks knows where to spend them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from orchestrator.council.session import Session
from orchestrator.documents.attendance import AttendanceReport, report
from orchestrator.documents.attendance_csv import attendance_csv
from orchestrator.documents.attendance_json import attendance_json
from orchestrator.documents.attendance_workbook import attendance_workbook
from orchestrator.documents.blocks import Block
from orchestrator.documents.certificate import certificate
from orchestrator.documents.minutes import draft_minutes, minutes_sheet
from orchestrator.documents.minutes_docx import minutes_docx
from orchestrator.documents.ods import MIME as ODS
from orchestrator.documents.ods import write_ods
from orchestrator.documents.proceedings import proceedings
from orchestrator.documents.recording_index import (
    Mark,
    began_at,
    description_lines,
    index_json,
    recording_index,
    webvtt,
)
from orchestrator.documents.typesetting import Sheet
from orchestrator.documents.xlsx import write_xlsx
from orchestrator.facts import Recorded
from orchestrator.wording import word

CSV, JSON, TEXT, VTT, PDF = "text/csv", "application/json", "text/plain", "text/vtt", "application/pdf"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@dataclass(frozen=True, kw_only=True)
class Dossier:
    """What the documents of a session are made of: its record as it stands `at`, and in which language.

    `recorded_from` is when the recording began; None takes it from the record. `verify_at` is the address where the
    codes on documents can be checked. Raises ValueError, when used, for a session that was not convened.
    """

    session: Session
    records: Sequence[Recorded]
    at: datetime
    language: str
    recorded_from: datetime | None = None
    verify_at: str = ""

    @cached_property
    def report(self) -> AttendanceReport:
        """Who attended."""
        return report(self.session, self.records, self.at)

    @cached_property
    def public_report(self) -> AttendanceReport:
        """The same without what was dealt with in secret."""
        return report(self.session, self.records, self.at, is_public=True)

    @cached_property
    def minutes(self) -> tuple[Block, ...]:
        """The draft minutes."""
        return draft_minutes(self.report, proceedings(self.session.convened, self.records), self.language)

    @cached_property
    def recording_began(self) -> datetime:
        """Said, or as the record knows it; without a recording, the opening (or the hour of the call)."""
        found = self.recorded_from or began_at(self.records) or self.session.opened_at
        return found or self.session.convened.starts_at

    @cached_property
    def index(self) -> tuple[Mark, ...]:
        """Where in the recording what is."""
        return recording_index(self.session.convened, self.records, self.recording_began, self.at, self.language)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One of the documents. `make` takes up to a second of processor and does no input or output."""

    name: str
    media_type: str
    make: Callable[[Dossier], bytes | Sheet]
    is_public: bool = False

    @property
    def message(self) -> str:
        """The id of the words that say what it is."""
        return f"documents.{self.name.replace('.', '_')}"


def _vtt(dossier: Dossier) -> bytes:
    return webvtt(dossier.index).encode()


def _lines(dossier: Dossier) -> bytes:
    return description_lines(dossier.index, word(dossier.language, "index.opening")).encode()


def _index(dossier: Dossier) -> bytes:
    return _pretty(
        index_json(dossier.session.convened, dossier.records, dossier.recording_began, dossier.index).model_dump_json(
            indent=2
        )
    )


def _attendance(dossier: Dossier) -> bytes:
    return _pretty(attendance_json(dossier.report).model_dump_json(indent=2))


def _pretty(text: str) -> bytes:
    return f"{text}\n".encode()


def _docx(dossier: Dossier) -> bytes:
    return minutes_docx(dossier.report, dossier.minutes, dossier.language)


def _certificate(dossier: Dossier, *, is_public: bool) -> Sheet:
    shown = dossier.public_report if is_public else dossier.report
    return certificate(shown, dossier.language, is_public=is_public, verify_at=dossier.verify_at)


_ALL = (
    Document(name="certificate.pdf", media_type=PDF, make=lambda d: _certificate(d, is_public=False)),
    Document(
        name="certificate-public.pdf", media_type=PDF, make=lambda d: _certificate(d, is_public=True), is_public=True
    ),
    Document(name="minutes.docx", media_type=DOCX, make=_docx),
    Document(
        name="minutes.pdf",
        media_type=PDF,
        make=lambda d: minutes_sheet(d.report, d.minutes, d.language, d.verify_at),
    ),
    Document(name="attendance.csv", media_type=CSV, make=lambda d: attendance_csv(d.report)),
    Document(
        name="attendance.xlsx", media_type=XLSX, make=lambda d: write_xlsx(attendance_workbook(d.report, d.language))
    ),
    Document(
        name="attendance.ods", media_type=ODS, make=lambda d: write_ods(attendance_workbook(d.report, d.language))
    ),
    Document(name="attendance.json", media_type=JSON, make=_attendance),
    Document(name="index.vtt", media_type=VTT, make=_vtt, is_public=True),
    Document(name="index.json", media_type=JSON, make=_index, is_public=True),
    Document(name="index.txt", media_type=TEXT, make=_lines, is_public=True),
)

SHELF: Mapping[str, Document] = {document.name: document for document in _ALL}
"""All of them, in the order in which they are shown."""
