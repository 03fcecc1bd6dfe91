"""The state of one session, as a fold over its events: `evolve`, `replay`, and when time must pass: `next_deadline`.

Reading surface for everybody outside the council; only `evolve` makes new ones.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from functools import reduce
from typing import assert_never

from orchestrator.council.agenda import Agenda
from orchestrator.council.attendance import Attendance, Interval, begun, ended
from orchestrator.council.calls import rule_of, waits_until
from orchestrator.council.convocation import Convocation
from orchestrator.council.effects import Picture
from orchestrator.council.events import (
    AlertRaised,
    AlertResolved,
    DebateOpened,
    DeviceGone,
    DeviceJoined,
    Event,
    FloorExpired,
    FloorGranted,
    FloorRequested,
    FloorRequestWithdrawn,
    FloorReturned,
    ItemCalled,
    ItemConcluded,
    LinkFailed,
    LinkRestored,
    MemberArrived,
    MemberDropped,
    MemberLeft,
    MemberReturned,
    ObservationBegan,
    ObservationCeased,
    ObservationRecovered,
    PersonalDataPruned,
    QuorumAtEdge,
    QuorumLost,
    QuorumReached,
    RecordingFinished,
    RecordingMissing,
    SessionAdjourned,
    SessionConvened,
    SessionNotHeld,
    SessionOpened,
    SessionResumed,
    SessionSuspended,
    ToleranceEnded,
    VoteAnnulled,
    VoteCast,
    VoteClosed,
    VoteOpened,
)
from orchestrator.council.floor import Floor
from orchestrator.council.members import Body, MemberId, Office
from orchestrator.council.observations import Link
from orchestrator.council.quorum import Verdict, evaluate
from orchestrator.council.refusals import Reason, Refused
from orchestrator.council.rules import Hold, QuorumRule
from orchestrator.council.voting import VoteEvent


class Phase(StrEnum):
    """Where the session is in its life."""

    CONVENED = "convened"
    OPEN = "open"
    SUSPENDED = "suspended"
    ADJOURNED = "adjourned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One meeting of a body. A session without a convocation has no event yet.

    `was_met` is what the room was last told of the quorum. `blind` are the stretches in which nobody watched the room
    after it had been watched (the last is open while nobody does). `links` are the broadcast's links that work now;
    `alerts` are the keys of the alerts not yet resolved. `has_waited`: the tolerance is over. `not_held` is what the
    record says of a session that could not be held.
    """

    convocation: Convocation | None = None
    phase: Phase = Phase.CONVENED
    is_observed: bool = False
    blind: tuple[Interval, ...] = ()
    attendance: Attendance = field(default_factory=Attendance)
    agenda: Agenda = field(default_factory=Agenda)
    floor: Floor = field(default_factory=Floor)
    vote: VoteEvent | None = None
    was_met: bool = False
    edge_warned_at: datetime | None = None
    picture: Picture = Picture.WAITING
    links: frozenset[Link] = frozenset()
    alerts: frozenset[str] = frozenset()
    opened_at: datetime | None = None
    adjourned_at: datetime | None = None
    recording: RecordingFinished | RecordingMissing | None = None
    has_waited: bool = False
    not_held: SessionNotHeld | None = None

    @property
    def convened(self) -> Convocation:
        """The convocation. Raises Refused (NOT_CONVENED) when there is none yet."""
        if self.convocation is None:
            raise Refused(Reason.NOT_CONVENED)
        return self.convocation

    @property
    def body(self) -> Body:
        """The body as it was convened. Raises Refused (NOT_CONVENED)."""
        return self.convened.body

    @property
    def verdict(self) -> Verdict:
        """What the rule of the session says of who is there now, as far as is known. Raises Refused (NOT_CONVENED)."""
        return self.verdict_under(rule_of(self.convened), is_constituted=self.opened_at is not None)

    def verdict_under(self, rule: QuorumRule, *, is_constituted: bool) -> Verdict:
        """What that rule says of who is there now; `is_constituted` matters to one that asks only once.

        Raises Refused (NOT_CONVENED).
        """
        is_settled = is_constituted and rule.hold is Hold.AT_CONSTITUTION
        return evaluate(rule, self.body, self.attendance.present(), is_constituted=is_settled)

    @property
    def has_broadcast(self) -> bool:
        """Whether there is something to put on the air: a public session that is not a rehearsal (LRBRL 70.1)."""
        return self.convened.is_public and not self.convened.is_rehearsal

    @property
    def is_complete(self) -> bool:
        """Whether nothing more is to come: the session is over, and what came of its broadcast is known."""
        return self.phase is Phase.ADJOURNED and (self.recording is not None or not self.has_broadcast)

    def acting(self, office: Office) -> MemberId | None:
        """Who sits in the office's chair now: its holder, or a substitute. Raises Refused (NOT_CONVENED)."""
        return self.body.acting(office, self.attendance.present())


def next_deadline(session: Session) -> datetime | None:
    """When time must pass: the end of a turn, of a grace, or of the tolerance before the session opens.

    While nobody watches the room no grace can end.
    """
    grace_end = session.attendance.next_grace_end() if session.is_observed else None
    turn_end = session.floor.turn.until if session.floor.turn else None
    is_waiting = session.convocation is not None and session.phase is Phase.CONVENED and not session.has_waited
    patience_end = waits_until(session.convened) if is_waiting else None
    return min((at for at in (grace_end, turn_end, patience_end) if at), default=None)


def replay(events: Iterable[Event]) -> Session:
    """The session as the record has it."""
    return reduce(evolve, events, Session())


def evolve(session: Session, event: Event) -> Session:  # noqa: C901 - one case an event: the table is the point
    """The session after one more event."""
    attendance, agenda, floor = session.attendance, session.agenda, session.floor
    match event:
        case SessionConvened(convocation=convocation):
            return replace(session, convocation=convocation, agenda=Agenda(items=convocation.agenda))
        case SessionOpened(at=at):
            return replace(session, phase=Phase.OPEN, opened_at=at, picture=Picture.LIVE)
        case ToleranceEnded():
            return replace(session, has_waited=True)
        case SessionNotHeld():
            return replace(session, not_held=event)
        case SessionSuspended():
            return replace(session, phase=Phase.SUSPENDED, picture=Picture.RECESS)
        case SessionResumed():
            return replace(session, phase=Phase.OPEN, picture=Picture.LIVE)
        case SessionAdjourned(at=at):
            return _adjourned(session, at)

        case ObservationBegan(at=at):
            return replace(session, is_observed=True, blind=ended(session.blind, at))
        case ObservationCeased(at=at):
            return replace(session, is_observed=False, blind=begun(session.blind, at))
        case ObservationRecovered():
            return replace(session, is_observed=True, blind=session.blind[:-1])
        case DeviceJoined(member=member, device=device):
            return replace(session, attendance=attendance.joined(member, device))
        case DeviceGone(member=member, device=device, departure=departure):
            return replace(session, attendance=attendance.gone(member, device, departure))
        case MemberArrived(member=member, at=at):
            return replace(session, attendance=attendance.after(member, attendance.of(member).arrived(at)))
        case MemberDropped(member=member, at=at, until=until, grade=grade):
            dropped = attendance.of(member).dropped(at, until, grade)
            return replace(session, attendance=attendance.after(member, dropped))
        case MemberReturned(member=member):
            return replace(session, attendance=attendance.after(member, attendance.of(member).returned()))
        case MemberLeft(member=member, at=at):
            return replace(session, attendance=attendance.after(member, attendance.of(member).left(at)))

        case QuorumReached():
            return replace(session, was_met=True)
        case QuorumLost():
            return replace(session, was_met=False)
        case QuorumAtEdge(at=at):
            return replace(session, edge_warned_at=at)

        case ItemCalled(number=number, at=at):
            return replace(session, agenda=agenda.called(number, at))
        case DebateOpened(number=number, at=at):
            return replace(session, agenda=agenda.debated(number, at))
        case ItemConcluded(number=number):
            return replace(session, agenda=agenda.concluded(number))

        case FloorRequested(member=member):
            return replace(session, floor=floor.requested(member))
        case FloorRequestWithdrawn(member=member):
            return replace(session, floor=floor.withdrawn(member))
        case FloorGranted(member=member, at=at, until=until):
            return replace(session, floor=floor.granted(member, at, until))
        case FloorReturned(at=at) | FloorExpired(at=at):
            return replace(session, floor=floor.over(at))

        case VoteOpened():
            return replace(session, vote=_vote(event))
        case VoteCast(member=member, choice=choice):
            return replace(session, vote=session.vote.cast(member, choice) if session.vote else None)
        case VoteClosed(number=number):
            return replace(session, vote=None, agenda=agenda.voted(number))
        case VoteAnnulled():
            return replace(session, vote=None)

        case LinkRestored(link=link):
            return replace(session, links=session.links | {link})
        case LinkFailed(link=link):
            return replace(session, links=session.links - {link})
        case AlertRaised(key=key):
            return replace(session, alerts=session.alerts | {key})
        case AlertResolved(key=key):
            return replace(session, alerts=session.alerts - {key})
        case RecordingFinished() | RecordingMissing():
            return replace(session, recording=event)
        case PersonalDataPruned():
            return session
        case _:
            assert_never(event)


def _adjourned(session: Session, at: datetime) -> Session:
    """Lifting the session ends everybody's attendance."""
    return replace(
        session,
        phase=Phase.ADJOURNED,
        adjourned_at=at,
        picture=Picture.ENDED,
        attendance=session.attendance.closed(at),
    )


def _vote(event: VoteOpened) -> VoteEvent:
    return VoteEvent(
        item=event.number,
        method=event.method,
        majority=event.majority,
        entitled=frozenset(event.entitled),
        deemed=frozenset(event.deemed),
    )
