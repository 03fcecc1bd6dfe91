"""The attendance as JSON, with its schema: instants in UTC beside the zone's name, durations in seconds."""

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from orchestrator.council.convocation import SessionKind
from orchestrator.council.members import Office
from orchestrator.council.session import Phase
from orchestrator.documents.attendance import AttendanceReport, Row


class IntervalOut(BaseModel):
    """A stretch of presence; `end` is null while it lasts."""

    model_config = ConfigDict(frozen=True)

    start: AwareDatetime
    end: AwareDatetime | None


class MemberOut(BaseModel):
    """One member's attendance."""

    model_config = ConfigDict(frozen=True)

    member_id: str
    name: str
    office: Office
    group: str
    is_counted: bool = Field(description="Whether presence counts towards the quorum (ROF 90.1)")
    intervals: tuple[IntervalOut, ...]
    total_s: int = Field(description="Seconds present; an interval that still lasts counts up to `at`")
    late_s: int | None = Field(description="Seconds from the opening to the first arrival")
    early_s: int | None = Field(description="Seconds from the last departure to the adjournment")
    deemed_abstentions: int = Field(description="Votes that counted the member as abstaining while away (LRBRL 46.2.d)")
    correction_count: int


class AttendanceOut(BaseModel):
    """The attendance of one session as it stood `at`."""

    model_config = ConfigDict(frozen=True)

    document: Literal["urn:plenari:attendance:1"] = "urn:plenari:attendance:1"
    session_id: str
    entity: str
    body: str
    kind: SessionKind
    call: int
    is_rehearsal: bool
    phase: Phase
    time_zone: str
    at: AwareDatetime
    observer_gap_s: int = Field(description="Seconds in which nobody watched the room")
    rule_id: str
    chain_hash: str = Field(description="SHA-256 of the record's chain up to its last event, in hexadecimal")
    members: tuple[MemberOut, ...]


def attendance_json(report: AttendanceReport) -> AttendanceOut:
    """The document; `AttendanceOut.model_json_schema()` describes it."""
    call = report.convocation
    return AttendanceOut(
        session_id=call.session,
        entity=call.entity.name,
        body=call.body.name,
        kind=call.kind,
        call=call.call,
        is_rehearsal=call.is_rehearsal,
        phase=report.phase,
        time_zone=call.time_zone,
        at=report.at,
        observer_gap_s=round(report.unobserved.total_seconds()),
        rule_id=report.rule,
        chain_hash=report.chain_hash,
        members=tuple(_member(row) for row in report.rows),
    )


def _member(row: Row) -> MemberOut:
    return MemberOut(
        member_id=row.member.id,
        name=row.member.name,
        office=row.member.office,
        group=row.member.group,
        is_counted=row.member.is_counted,
        intervals=tuple(IntervalOut(start=i.start, end=i.end) for i in row.intervals),
        total_s=round(row.total.total_seconds()),
        late_s=None if row.late is None else round(row.late.total_seconds()),
        early_s=None if row.early is None else round(row.early.total_seconds()),
        deemed_abstentions=row.deemed,
        correction_count=row.corrections,
    )
