"""The certificate of attendance, as it goes to the secretary for signature: internal, or public (no intervals, no
identity checks, no blind spots, no hashes). The internal one carries the attendance as JSON inside.

The law sets no form for it; the contents follow `peers.md` 4.8.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from zoneinfo import ZoneInfo

from orchestrator.council.commands import Asker
from orchestrator.council.members import Office
from orchestrator.documents.attendance import AttendanceReport, Row, signed
from orchestrator.documents.attendance_json import attendance_json
from orchestrator.documents.quorum_history import Chair
from orchestrator.documents.typesetting import Attachment, Sheet, page
from orchestrator.documents.verification import code_of
from orchestrator.facts import name_of
from orchestrator.wording import word


@dataclass(frozen=True, slots=True, kw_only=True)
class Attended:
    """The members in three groups. Those without a seat (secretary, auditor) are among those who came, if they did."""

    came: tuple[Row, ...]
    excused: tuple[Row, ...]
    absent: tuple[Row, ...]


def certificate(report: AttendanceReport, language: str, *, is_public: bool, verify_at: str = "") -> Sheet:
    """The certificate, ready to be typeset. `verify_at` is the address where its code can be checked."""
    call = report.convocation
    html = page(
        "certificate.html",
        language,
        {
            "report": report,
            "call": call,
            "zone": ZoneInfo(call.time_zone),
            "is_public": is_public,
            "is_final": report.adjourned_at is not None,
            "groups": _attended(report),
            "seats": tuple(_seats(report)),
            "code": str(code_of(call.session, report.seq, bytes.fromhex(report.chain_hash))),
            "verify_at": verify_at,
            "signed": partial(_signed, report, language),
        },
    )
    if is_public:
        return Sheet(html=html, made_at=report.at)
    attendance = attendance_json(report).model_dump_json(indent=2)
    attached = Attachment(name=f"{call.session}.json", description="urn:plenari:attendance:2", text=attendance)
    return Sheet(html=html, made_at=report.at, attachment=attached)


def _signed(report: AttendanceReport, language: str, by: Asker) -> str:
    """Who did it: by name where the token names somebody, else by role."""
    role, name = signed(report.convocation, by)
    return name or word(language, role)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """Who held an office, and in which stretches. `is_substitute`: the office is not the holder's own."""

    office: Office
    name: str
    is_substitute: bool
    stretches: tuple[Chair, ...]


def _seats(report: AttendanceReport) -> Iterable[Seat]:
    """Each holder once, in the order in which they first held the office."""
    own = {member.id: member.office for member in report.convocation.body.members}
    for office, member in dict.fromkeys((chair.office, chair.member) for chair in report.quorum.chairs):
        yield Seat(
            office=office,
            name=name_of(report.convocation, member),
            is_substitute=own.get(member) is not office,
            stretches=tuple(c for c in report.quorum.chairs if (c.office, c.member) == (office, member)),
        )


def _attended(report: AttendanceReport) -> Attended:
    away = [row for row in report.rows if not row.intervals]
    return Attended(
        came=tuple(row for row in report.rows if row.intervals),
        excused=tuple(row for row in away if row.excuse is not None),
        absent=tuple(row for row in away if row.excuse is None and row.member.is_counted),
    )
