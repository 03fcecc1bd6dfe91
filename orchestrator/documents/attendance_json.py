"""The attendance as JSON, with its schema: instants in UTC beside the zone's name, durations in seconds."""

from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from orchestrator.council.convocation import SessionKind
from orchestrator.council.members import Office
from orchestrator.council.session import Phase
from orchestrator.documents.attendance import AttendanceReport, Row
from orchestrator.documents.quorum_history import QuorumHistory


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
    role: tuple[Office, ...] = Field(description="The chairs that the member sat in during the session")
    mode: str = Field(description="How the member attended; empty when the record does not say")
    excuse: str | None = Field(description="Why the absence is excused; null when it is not")
    identity_checked_at: AwareDatetime | None
    identity_checked_by: str | None = Field(description="The id of a member, or a role")
    territory_declared_at: AwareDatetime | None
    intervals: tuple[IntervalOut, ...]
    total_s: int = Field(description="Seconds present; an interval that still lasts counts up to `at`")
    late_s: int | None = Field(description="Seconds from the opening to the first arrival")
    early_s: int | None = Field(description="Seconds from the last departure to the adjournment")
    deemed_abstentions: tuple[int, ...] = Field(
        description="Items in whose votes the member, being away, counted as abstaining (LRBRL 46.2.d)"
    )
    withdrawals: tuple[int, ...] = Field(description="Items left for a conflict of interest (LRBRL 76)")
    correction_count: int


class LossOut(BaseModel):
    """A stretch without quorum; `end` is null when it was not regained."""

    model_config = ConfigDict(frozen=True)

    start: AwareDatetime
    end: AwareDatetime | None
    present: int
    needed: int


class QuorumOut(BaseModel):
    """The quorum by the rule that the session was constituted under."""

    model_config = ConfigDict(frozen=True)

    rule_id: str
    rule_version: int
    article: str = Field(examples=["LRBRL 46.2.c"])
    base: int
    needed: int
    present: int = Field(description="At the constitution")
    lowest: int = Field(description="Fewest members at once while the session was open")
    losses: tuple[LossOut, ...]


class AttendanceOut(BaseModel):
    """The attendance of one session as it stood `at`."""

    model_config = ConfigDict(frozen=True)

    document: Literal["urn:plenari:attendance:2"] = "urn:plenari:attendance:2"
    session_id: str
    entity: str
    body: str
    kind: SessionKind
    call: int
    is_rehearsal: bool
    phase: Phase
    time_zone: str
    at: AwareDatetime
    starts_at: AwareDatetime
    opened_at: AwareDatetime | None
    adjourned_at: AwareDatetime | None
    ground: str = Field(description="The legal ground for attending at a distance")
    quorum: QuorumOut | None = Field(description="Null for a session that was never constituted")
    unobserved: tuple[IntervalOut, ...] = Field(description="When nobody watched the room")
    observer_gap_s: int = Field(description="Seconds in which nobody watched the room")
    rule_id: str
    event_count: int = Field(description="How many events of the record this document is made from")
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
        starts_at=call.starts_at,
        opened_at=report.opened_at,
        adjourned_at=report.adjourned_at,
        ground=call.ground.value,
        quorum=_quorum(report.quorum),
        unobserved=tuple(IntervalOut(start=b.start, end=b.end) for b in report.blind),
        observer_gap_s=round(report.unobserved.total_seconds()),
        rule_id=report.rule,
        event_count=report.seq,
        chain_hash=report.chain_hash,
        members=tuple(_member(row) for row in report.rows),
    )


def _quorum(history: QuorumHistory) -> QuorumOut | None:
    verdict = history.constituted
    if verdict is None:
        return None
    return QuorumOut(
        rule_id=verdict.rule,
        rule_version=verdict.version,
        article=verdict.article,
        base=verdict.base,
        needed=verdict.needed,
        present=verdict.present,
        lowest=verdict.present if history.lowest is None else history.lowest,
        losses=tuple(
            LossOut(start=loss.start, end=loss.end, present=loss.verdict.present, needed=loss.verdict.needed)
            for loss in history.losses
        ),
    )


def _member(row: Row) -> MemberOut:
    return MemberOut(
        member_id=row.member.id,
        name=row.member.name,
        office=row.member.office,
        group=row.member.group,
        is_counted=row.member.is_counted,
        role=row.chairs,
        mode=row.mode,
        excuse=row.excuse,
        identity_checked_at=row.identity.at if row.identity else None,
        identity_checked_by=(row.identity.by.member or row.identity.by.role) if row.identity else None,
        territory_declared_at=row.territory_at,
        intervals=tuple(IntervalOut(start=i.start, end=i.end) for i in row.intervals),
        total_s=round(row.total.total_seconds()),
        late_s=None if row.late is None else round(row.late.total_seconds()),
        early_s=None if row.early is None else round(row.early.total_seconds()),
        deemed_abstentions=row.deemed,
        withdrawals=row.withdrawn,
        correction_count=row.corrections,
    )
