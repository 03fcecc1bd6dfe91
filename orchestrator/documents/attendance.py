"""Who attended, when, and what befell: pure, from the record to the figures that every format of the document shows.

Columns: those of `peers.md` 5.1 as far as the record knows them today. A member who never came has no times.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from orchestrator.council import events as e
from orchestrator.council.attendance import Interval
from orchestrator.council.convocation import Convocation
from orchestrator.council.members import Member, MemberId
from orchestrator.council.observations import Grade
from orchestrator.council.session import Phase, Session
from orchestrator.facts import Fact, Recorded, tell


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One member's attendance. Intervals still open are closed at the document's `at` in `total` only.

    `late` and `early` count from the opening and up to the adjournment of the session; None when the member never
    came or the session had no such moment yet. `deemed` is how many votes counted the member as abstaining while away.
    """

    member: Member
    intervals: tuple[Interval, ...]
    total: timedelta
    late: timedelta | None
    early: timedelta | None
    deemed: int
    corrections: int

    @property
    def first_join(self) -> datetime | None:
        """When the member was first there."""
        return self.intervals[0].start if self.intervals else None

    @property
    def last_leave(self) -> datetime | None:
        """When the member last left; None for one who never came or is still there."""
        return self.intervals[-1].end if self.intervals else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One fact of the record, in its order."""

    seq: int
    at: datetime
    fact: Fact


@dataclass(frozen=True, slots=True, kw_only=True)
class AttendanceReport:
    """Everything that the attendance document says, as it stood `at`. `unobserved` is the time nobody watched."""

    convocation: Convocation
    phase: Phase
    at: datetime
    rows: tuple[Row, ...]
    incidents: tuple[Incident, ...]
    unobserved: timedelta
    rule: str
    chain_hash: str


def report(session: Session, records: Sequence[Recorded], at: datetime) -> AttendanceReport:
    """The report of a convened session. Raises ValueError for one without a convocation."""
    if session.convocation is None:
        raise ValueError("a session that was not convened has no attendance")
    events = [record.event for record in records]
    deemed = _deemed_abstentions(events)
    corrections = _corrections(events)
    return AttendanceReport(
        convocation=session.convocation,
        phase=session.phase,
        at=at,
        rows=tuple(
            _row(session, member, deemed[member.id], corrections[member.id], at)
            for member in session.convocation.body.members
        ),
        incidents=tuple(_incidents(session.convocation, records)),
        unobserved=_unobserved(session.blind, session.adjourned_at or at),
        rule=_last_rule(events) or session.verdict.rule,
        chain_hash=records[-1].hash.hex() if records else "",
    )


def _row(session: Session, member: Member, deemed: int, corrections: int, at: datetime) -> Row:
    intervals = session.attendance.of(member.id).intervals
    late = early = None
    if intervals and session.opened_at:
        late = max(intervals[0].start - session.opened_at, timedelta())
    if intervals and session.adjourned_at:
        early = max(session.adjourned_at - (intervals[-1].end or session.adjourned_at), timedelta())
    return Row(
        member=member,
        intervals=intervals,
        total=sum(((i.end or at) - i.start for i in intervals), timedelta()),
        late=late,
        early=early,
        deemed=deemed,
        corrections=corrections,
    )


def _incidents(convocation: Convocation, records: Iterable[Recorded]) -> Iterable[Incident]:
    for record in records:
        fact = tell(record.event, convocation)
        if fact is not None:
            yield Incident(seq=record.seq, at=record.event.at, fact=fact)


def _deemed_abstentions(events: Iterable[e.Event]) -> Counter[MemberId]:
    """In how many votes each member abstained by being away (LRBRL 46.2.d). An annulled vote is none."""
    abstained: Counter[MemberId] = Counter()
    away: tuple[MemberId, ...] = ()
    for event in events:
        match event:
            case e.VoteOpened(deemed=deemed):
                away = deemed
            case e.VoteClosed():
                abstained.update(away)
            case _:
                pass
    return abstained


def _corrections(events: Iterable[e.Event]) -> Counter[MemberId]:
    """How many facts of each member's attendance were put right afterwards."""
    corrections: Counter[MemberId] = Counter()
    for event in events:
        match event:
            case (
                e.MemberArrived(member=member, grade=Grade.CORRECTED)
                | e.MemberDropped(member=member, grade=Grade.CORRECTED)
                | e.MemberReturned(member=member, grade=Grade.CORRECTED)
                | e.MemberLeft(member=member, grade=Grade.CORRECTED)
            ):
                corrections[member] += 1
            case _:
                pass
    return corrections


def _unobserved(blind: Iterable[Interval], end: datetime) -> timedelta:
    """For how long nobody watched the room, up to the end of the session."""
    stretches = (min(b.end or end, end) - b.start for b in blind if b.start < end)
    return sum(stretches, timedelta())


def _last_rule(events: Iterable[e.Event]) -> str:
    rule = ""
    for event in events:
        match event:
            case (
                e.QuorumReached(verdict=verdict)
                | e.QuorumLost(verdict=verdict)
                | e.QuorumAtEdge(verdict=verdict)
                | e.SessionOpened(verdict=verdict)
                | e.SessionResumed(verdict=verdict)
            ):
                rule = verdict.rule
            case _:
                pass
    return rule
