"""Who attended, when, and what befell: pure, from the record to the figures that every format of the document shows.

Columns: those of `peers.md` 5.1 as far as the record knows them today. A member who never came has no times.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from orchestrator.council import events as e
from orchestrator.council.commands import Asker
from orchestrator.council.convocation import Convocation
from orchestrator.council.intervals import Interval
from orchestrator.council.members import Member, MemberId, Office
from orchestrator.council.session import Phase, Session
from orchestrator.documents.quorum_history import QuorumHistory, quorum_history
from orchestrator.facts import Fact, Recorded, name_of, tell
from orchestrator.secrecy import public


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityCheck:
    """When the member's identity was established in the roll call, and by whom (`by`: a role, or a member)."""

    at: datetime
    by: Asker


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
    """What was put right afterwards: when, what, by whom (a role, or a member) and why."""

    seq: int
    at: datetime
    fact: Fact
    author: Asker
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AttendanceReport:
    """Everything that the attendance document says, as it stood `at`, after `seq` events.

    `blind` are the stretches in which nobody watched the room, `unobserved` is how long they were together; when it
    never `was_watched` there are none.
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
    was_watched: bool
    blind: tuple[Interval, ...]
    unobserved: timedelta
    rule: str
    recording: e.RecordingFinished | None
    seq: int
    chain_hash: str

    @property
    def ends_at(self) -> datetime:
        """The end of the session, or until when the document knows."""
        return self.adjourned_at or self.at


def report(session: Session, records: Sequence[Recorded], at: datetime, *, is_public: bool = False) -> AttendanceReport:
    """The report of a convened session; a public one says nothing of what was dealt with in secret (LRBRL 70.1).

    Raises ValueError for a session without a convocation.
    """
    call = session.convocation
    if call is None:
        raise ValueError("a session that was not convened has no attendance")
    shown = tuple(public(records)) if is_public else records
    events = [record.event for record in shown]
    quorum = quorum_history(records, at)
    marks = _Marks(
        deemed=_deemed_abstentions(events),
        withdrawn=_withdrawals(events),
        chairs=_chairs(quorum),
        identity={event.member: event for event in events if isinstance(event, e.MemberChecked)},
        corrections=Counter(event.member for event in events if isinstance(event, e.AttendanceCorrected)),
    )
    return AttendanceReport(
        convocation=call,
        phase=session.phase,
        at=at,
        opened_at=session.opened_at,
        adjourned_at=session.adjourned_at,
        rows=tuple(_row(session, member, marks, at) for member in call.body.members),
        incidents=tuple(_incidents(call, shown)),
        corrections=tuple(_corrections(call, shown)),
        quorum=quorum,
        was_watched=any(isinstance(event, e.ObservationBegan) for event in events),
        blind=session.blind,
        unobserved=_unobserved(session.blind, session.adjourned_at or at),
        rule=_last_rule(events) or session.verdict.rule,
        recording=session.recording if isinstance(session.recording, e.RecordingFinished) else None,
        seq=records[-1].seq if records else 0,
        chain_hash=records[-1].hash.hex() if records else "",
    )


def signed(convocation: Convocation, by: Asker) -> tuple[str, str]:
    """Who did something: the id of a role's word, and the name of the member, empty where the token names none."""
    return f"role.{by.role}", name_of(convocation, by.member) if by.member else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Marks:
    """What the record says of members beside their intervals."""

    deemed: Mapping[MemberId, tuple[int, ...]]
    withdrawn: Mapping[MemberId, tuple[int, ...]]
    identity: Mapping[MemberId, e.MemberChecked]
    chairs: Mapping[MemberId, tuple[Office, ...]]
    corrections: Mapping[MemberId, int]


def _row(session: Session, member: Member, marks: _Marks, at: datetime) -> Row:
    intervals = session.attendance.of(member.id).stays
    late = early = None
    if intervals and session.opened_at:
        late = max(intervals[0].start - session.opened_at, timedelta())
    if intervals and session.adjourned_at:
        early = max(session.adjourned_at - (intervals[-1].end or session.adjourned_at), timedelta())
    check = marks.identity.get(member.id)
    is_known = check is not None and (check.identity_seen or check.identity_heard)
    mode = session.mode_of(member.id) or (check.mode if check else None)
    return Row(
        member=member,
        intervals=intervals,
        total=sum(((i.end or at) - i.start for i in intervals), timedelta()),
        late=late,
        early=early,
        deemed=marks.deemed.get(member.id, ()),
        withdrawn=marks.withdrawn.get(member.id, ()),
        chairs=marks.chairs.get(member.id, ()),
        mode=mode.value if mode else "",
        excuse=dict(session.excuses).get(member.id),
        identity=IdentityCheck(at=check.at, by=check.by) if check and is_known else None,
        territory_at=check.at if check and check.territory_declared else None,
        corrections=marks.corrections.get(member.id, 0),
    )


def _incidents(convocation: Convocation, records: Iterable[Recorded]) -> Iterable[Incident]:
    for record in records:
        fact = tell(record.event, convocation)
        if fact is not None:
            yield Incident(seq=record.seq, at=record.event.at, fact=fact)


def _corrections(convocation: Convocation, records: Iterable[Recorded]) -> Iterable[Correction]:
    for record in records:
        event = record.event
        fact = tell(event, convocation)
        if isinstance(event, e.AttendanceCorrected) and fact:
            yield Correction(seq=record.seq, at=event.at, fact=fact, author=event.by, reason=event.reason)


def _chairs(quorum: QuorumHistory) -> Mapping[MemberId, tuple[Office, ...]]:
    """The offices that each member acted in, each once."""
    held: defaultdict[MemberId, dict[Office, None]] = defaultdict(dict)
    for chair in quorum.chairs:
        held[chair.member][chair.office] = None
    return {member: tuple(offices) for member, offices in held.items()}


def _deemed_abstentions(events: Iterable[e.Event]) -> Mapping[MemberId, tuple[int, ...]]:
    """In whose votes each member abstained by being away (LRBRL 46.2.d), item by item. An annulled vote is none."""
    abstained: defaultdict[MemberId, dict[int, None]] = defaultdict(dict)
    away: tuple[MemberId, ...] = ()
    for event in events:
        match event:
            case e.VoteOpened(deemed=deemed):
                away = deemed
            case e.VoteClosed(number=number):
                for member in away:
                    abstained[member][number] = None
            case _:
                pass
    return {member: tuple(items) for member, items in abstained.items()}


def _withdrawals(events: Iterable[e.Event]) -> Mapping[MemberId, tuple[int, ...]]:
    """From which items each member withdrew for a conflict of interest, but for those noted by mistake."""
    withdrawn: defaultdict[MemberId, dict[int, None]] = defaultdict(dict)
    for event in events:
        match event:
            case e.ConflictDeclared(member=member, number=number):
                withdrawn[member][number] = None
            case e.ConflictEnded(member=member, number=number):
                withdrawn[member].pop(number, None)
            case _:
                pass
    return {member: tuple(items) for member, items in withdrawn.items() if items}


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
