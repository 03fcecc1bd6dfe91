"""Who attended, when, and what befell: pure, from the record to the figures that every format of the document shows.

Columns: those of `peers.md` 5.1 as far as the record knows them today. A member who never came has no times.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from orchestrator.council import events as e
from orchestrator.council.attendance import Interval
from orchestrator.council.convocation import Convocation
from orchestrator.council.members import Member, MemberId, Office
from orchestrator.council.observations import Grade
from orchestrator.council.session import Phase, Session
from orchestrator.documents.quorum_history import QuorumHistory, quorum_history
from orchestrator.facts import Fact, Recorded, tell


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityCheck:
    """Somebody (`by`) saw and heard the member, and knew who it was."""

    at: datetime
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One member's attendance. Intervals still open are closed at the document's `at` in `total` only.

    `late` and `early` count from the opening and up to the adjournment of the session; None when the member never
    came or the session had no such moment yet. `deemed` are the items in whose votes the member, being away, counted
    as abstaining, `withdrawn` those left for a conflict of interest. `chairs` are the offices the member acted in.
    `excuse` is why a member who is away is excused; None when nobody excused them. `mode` is how the member attended.
    """

    member: Member
    intervals: tuple[Interval, ...]
    total: timedelta
    late: timedelta | None
    early: timedelta | None
    deemed: tuple[int, ...]
    withdrawn: tuple[int, ...] = ()
    chairs: tuple[Office, ...] = ()
    mode: str = ""
    excuse: str | None = None
    identity: IdentityCheck | None = None
    territory_at: datetime | None = None
    corrections: int = 0

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
class Correction:
    """A fact that was put on the record afterwards: when it was, what it is, who put it there and why."""

    seq: int
    at: datetime
    recorded_at: datetime
    fact: Fact
    author: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttendanceReport:
    """Everything that the attendance document says, as it stood `at`, after `seq` events.

    `blind` are the stretches in which nobody watched the room, `unobserved` is how long they were together.
    """

    convocation: Convocation
    phase: Phase
    at: datetime
    opened_at: datetime | None
    adjourned_at: datetime | None
    rows: tuple[Row, ...]
    incidents: tuple[Incident, ...]
    corrections: tuple[Correction, ...]
    quorum: QuorumHistory
    blind: tuple[Interval, ...]
    unobserved: timedelta
    rule: str
    seq: int
    chain_hash: str

    @property
    def ends_at(self) -> datetime:
        """The end of the session, or until when the document knows."""
        return self.adjourned_at or self.at


def report(session: Session, records: Sequence[Recorded], at: datetime) -> AttendanceReport:
    """The report of a convened session. Raises ValueError for one without a convocation."""
    if session.convocation is None:
        raise ValueError("a session that was not convened has no attendance")
    events = [record.event for record in records]
    told = tuple(_told(session.convocation, records))
    quorum = quorum_history(records, at)
    marks = _Marks(deemed=_deemed_abstentions(events), chairs=_chairs(quorum), corrections=_corrected(events))
    return AttendanceReport(
        convocation=session.convocation,
        phase=session.phase,
        at=at,
        opened_at=session.opened_at,
        adjourned_at=session.adjourned_at,
        rows=tuple(_row(session, member, marks, at) for member in session.convocation.body.members),
        incidents=tuple(Incident(seq=record.seq, at=record.event.at, fact=fact) for record, fact in told),
        corrections=tuple(_correction(record, fact) for record, fact in told if is_correction(record.event)),
        quorum=quorum,
        blind=session.blind,
        unobserved=_unobserved(session.blind, session.adjourned_at or at),
        rule=_last_rule(events) or session.verdict.rule,
        seq=records[-1].seq if records else 0,
        chain_hash=records[-1].hash.hex() if records else "",
    )


def is_correction(event: e.Event) -> bool:
    """Whether the event puts something right that was seen otherwise."""
    return getattr(event, "grade", None) is Grade.CORRECTED


@dataclass(frozen=True, slots=True, kw_only=True)
class _Marks:
    """What the record says of members beside their intervals."""

    deemed: Mapping[MemberId, tuple[int, ...]]
    chairs: Mapping[MemberId, tuple[Office, ...]]
    corrections: Mapping[MemberId, int]


def _row(session: Session, member: Member, marks: _Marks, at: datetime) -> Row:
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
        deemed=marks.deemed.get(member.id, ()),
        chairs=marks.chairs.get(member.id, ()),
        corrections=marks.corrections.get(member.id, 0),
    )


def _told(convocation: Convocation, records: Iterable[Recorded]) -> Iterable[tuple[Recorded, Fact]]:
    for record in records:
        fact = tell(record.event, convocation)
        if fact is not None:
            yield record, fact


def _correction(record: Recorded, fact: Fact) -> Correction:
    return Correction(seq=record.seq, at=record.event.at, recorded_at=record.recorded_at, fact=fact)


def _chairs(quorum: QuorumHistory) -> Mapping[MemberId, tuple[Office, ...]]:
    """The offices that each member acted in, each once."""
    held: defaultdict[MemberId, dict[Office, None]] = defaultdict(dict)
    for chair in quorum.chairs:
        held[chair.member][chair.office] = None
    return {member: tuple(offices) for member, offices in held.items()}


def _deemed_abstentions(events: Iterable[e.Event]) -> Mapping[MemberId, tuple[int, ...]]:
    """In whose votes each member abstained by being away (LRBRL 46.2.d), item by item. An annulled vote is none."""
    abstained: defaultdict[MemberId, list[int]] = defaultdict(list)
    away: tuple[MemberId, ...] = ()
    for event in events:
        match event:
            case e.VoteOpened(deemed=deemed):
                away = deemed
            case e.VoteClosed(number=number):
                for member in away:
                    abstained[member].append(number)
            case _:
                pass
    return {member: tuple(items) for member, items in abstained.items()}


def _corrected(events: Iterable[e.Event]) -> Mapping[MemberId, int]:
    """How many facts of each member's attendance were put right afterwards."""
    return Counter(member for event in events if is_correction(event) and (member := getattr(event, "member", None)))


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
