"""The state of one session, as a fold over its events: `evolve`, `replay`, and when time must pass: `next_deadline`.

Reading surface for everybody outside the council; only `evolve` makes new ones.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from functools import reduce

from orchestrator.council.agenda import Agenda, ItemPhase
from orchestrator.council.airing import Airing, Order, aired
from orchestrator.council.attendance import Attendance, attended
from orchestrator.council.calls import rule_of
from orchestrator.council.convocation import Cause, Convocation, Ground
from orchestrator.council.effects import Picture
from orchestrator.council.events import (
    AbsenceExcused,
    AlertRaised,
    AlertResolved,
    CastingVoteGiven,
    ConflictDeclared,
    ConflictEnded,
    DebateOpened,
    Event,
    FloorExpired,
    FloorGranted,
    FloorRequested,
    FloorRequestWithdrawn,
    FloorReturned,
    FloorWarned,
    ItemCalled,
    ItemConcluded,
    ItemTabled,
    ItemWithdrawn,
    JoinLinkShared,
    JoinLinkWithdrawn,
    LinkFailed,
    LinkRestored,
    MajorityOutOfReach,
    MajorityWithinReach,
    MemberChecked,
    ObservationBegan,
    ObservationCeased,
    ObservationRecovered,
    PersonalDataPruned,
    QuorumAtEdge,
    QuorumLost,
    QuorumReached,
    RecordingFinished,
    RecordingMissing,
    RollCalled,
    SecretClosed,
    SecretOpened,
    SessionAdjourned,
    SessionConvened,
    SessionNotHeld,
    SessionOpened,
    SessionResumed,
    SessionSuspended,
    ToleranceEnded,
    UrgencyAgreed,
    UrgencyRefused,
    UrgentItemProposed,
    VoiceHeard,
    VoteAnnulled,
    VoteCast,
    VoteClosed,
    VoteOpened,
)
from orchestrator.council.floor import Floor, Turn
from orchestrator.council.intervals import Interval, begun, ended
from orchestrator.council.members import Body, MemberId, Office
from orchestrator.council.observations import Link
from orchestrator.council.quorum import Verdict, evaluate
from orchestrator.council.refusals import Reason, Refused
from orchestrator.council.roll import Check, Mode, Roll
from orchestrator.council.rules import Hold, QuorumRule
from orchestrator.council.voting import Method, Subject, VoteEvent


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
    after it had been watched (the last is open while nobody does). `conflicted` take no part in the item that the
    session is on; `is_secret`: that item is held in secret; `is_short`: fewer are there than it needs to be carried;
    `last_method` is how was voted last. `excuses` are the members' reasons for not coming. `links` are the broadcast's
    links that work now; `alerts` are the keys of the alerts not yet resolved. `has_waited`: the tolerance is over.
    `not_held` is what the record says of a session that could not be held.
    """

    convocation: Convocation | None = None
    phase: Phase = Phase.CONVENED
    is_observed: bool = False
    blind: tuple[Interval, ...] = ()
    attendance: Attendance = field(default_factory=Attendance)
    agenda: Agenda = field(default_factory=Agenda)
    floor: Floor = field(default_factory=Floor)
    vote: VoteEvent | None = None
    last_method: Method | None = None
    conflicted: frozenset[MemberId] = frozenset()
    is_secret: bool = False
    is_short: bool = False
    roll: Roll = field(default_factory=Roll)
    excuses: tuple[tuple[MemberId, str], ...] = ()
    was_met: bool = False
    edge_warned_at: datetime | None = None
    links: frozenset[Link] = frozenset()
    alerts: frozenset[str] = frozenset()
    airing: Airing = field(default_factory=Airing)
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
        return evaluate(rule, self.body, self.counted, chairs=self.attending, is_constituted=is_settled)

    @property
    def attending(self) -> frozenset[MemberId]:
        """Who is there and has part in what is dealt with now."""
        return self.attendance.present() - self.conflicted

    @property
    def counted(self) -> frozenset[MemberId]:
        """Who counts for the quorum, as the policy has it: who withdrew from the item may count, who has not answered
        the roll may not. Raises Refused (NOT_CONVENED)."""
        present = self.attendance.present() if self.convened.policy.conflicted_counts else self.attending
        return frozenset(member for member in present if self._is_established(member))

    @property
    def voters(self) -> tuple[MemberId, ...]:
        """Who could vote now, in the order of the seats. Raises Refused (NOT_CONVENED)."""
        return self.body.seated(self.counted & self.attending)

    @property
    def picture(self) -> Picture:
        """What the public is to see, where there is a broadcast. A card put on by hand gives way to secrecy and the
        end."""
        match self.phase:
            case Phase.ADJOURNED:
                return Picture.ENDED
            case Phase.OPEN if self.is_secret:
                return Picture.SECRET
            case Phase.OPEN:
                return self.airing.card or Picture.LIVE
            case Phase.SUSPENDED:
                return self.airing.card or Picture.RECESS
            case Phase.CONVENED:
                return self.airing.card or Picture.WAITING

    @property
    def has_broadcast(self) -> bool:
        """Whether its picture is made: of a public session (LRBRL 70.1). A rehearsal's is seen by nobody outside."""
        return self.convened.is_public and not self.is_called_off

    @property
    def is_called_off(self) -> bool:
        """Whether its call was taken back before its hour."""
        return self.not_held is not None and self.not_held.cause in (Cause.CANCELLED, Cause.POSTPONED)

    @property
    def is_complete(self) -> bool:
        """Whether nothing more is to come: the session is over, and what came of its broadcast is known."""
        return self.phase is Phase.ADJOURNED and (self.recording is not None or not self.has_broadcast)

    @property
    def is_sealable(self) -> bool:
        """Whether its evidence is there, or about to be: complete, and not a rehearsal."""
        return self.is_complete and not self.convened.is_rehearsal

    def acting(self, office: Office) -> MemberId | None:
        """Who sits in the office's chair now: its holder, or a substitute. Raises Refused (NOT_CONVENED)."""
        return self.body.acting(office, self.attending)

    def mode_of(self, member: MemberId) -> Mode | None:
        """How a member attends, as far as the secretary has established it."""
        if self.attendance.of(member).is_in_hall:
            return Mode.HALL
        check = self.roll.of(member)
        return check.mode if check and check.mode is not Mode.HALL else None

    def _is_established(self, member: MemberId) -> bool:
        """Whether a member counts as far as the roll call goes (LRBRL 46.3 asks who is at a distance for identity and
        territory)."""
        if self.convened.policy.unchecked_counts or self.convened.ground is not Ground.LRBRL_46_3:
            return True
        check = self.roll.of(member)
        return self.attendance.of(member).is_in_hall or (check is not None and check.is_complete)


def replay(events: Iterable[Event]) -> Session:
    """The session as the record has it."""
    return reduce(evolve, events, Session())


def evolve(session: Session, event: Event) -> Session:  # noqa: C901 - one case an event: the table is the point
    """The session after one more event."""
    match event:
        case SessionConvened(convocation=convocation):
            return replace(session, convocation=convocation, agenda=Agenda(items=convocation.agenda))
        case SessionOpened(at=at):
            return replace(session, phase=Phase.OPEN, opened_at=at)
        case ToleranceEnded():
            return replace(session, has_waited=True)
        case SessionNotHeld():
            return replace(session, not_held=event)
        case SessionSuspended():
            return replace(session, phase=Phase.SUSPENDED)
        case SessionResumed():
            return replace(session, phase=Phase.OPEN)
        case SessionAdjourned(at=at):
            # Lifting the session ends everybody's attendance.
            closed = session.attendance.closed(at)
            return replace(session, phase=Phase.ADJOURNED, adjourned_at=at, attendance=closed)
        case ObservationBegan(at=at):
            return replace(session, is_observed=True, blind=ended(session.blind, at))
        case ObservationCeased(at=at):
            return replace(session, is_observed=False, blind=begun(session.blind, at))
        case ObservationRecovered():
            return replace(session, is_observed=True, blind=session.blind[:-1])
        case QuorumReached():
            return replace(session, was_met=True)
        case QuorumLost():
            return replace(session, was_met=False)
        case QuorumAtEdge(at=at):
            return replace(session, edge_warned_at=at)

        case ItemCalled(number=number, at=at):
            return replace(session, agenda=session.agenda.called(number, at), is_short=False)
        case DebateOpened(number=number, at=at):
            return replace(session, agenda=session.agenda.debated(number, at))
        case UrgentItemProposed(number=number, title=title, majority=majority):
            return replace(session, agenda=session.agenda.proposed(number, title, majority))
        case UrgencyAgreed(number=number):
            return replace(session, agenda=session.agenda.agreed(number))
        case ItemConcluded(number=number):
            return _item_over(session, number, ItemPhase.CONCLUDED)
        case ItemWithdrawn(number=number):
            return _item_over(session, number, ItemPhase.WITHDRAWN)
        case ItemTabled(number=number):
            return _item_over(session, number, ItemPhase.TABLED)
        case UrgencyRefused(number=number):
            return _item_over(session, number, ItemPhase.REFUSED)
        case ConflictDeclared(member=member):
            return replace(session, conflicted=session.conflicted | {member})
        case ConflictEnded(member=member):
            return replace(session, conflicted=session.conflicted - {member})
        case MajorityOutOfReach():
            return replace(session, is_short=True)
        case MajorityWithinReach():
            return replace(session, is_short=False)
        case SecretOpened(number=number):
            return replace(session, is_secret=True, agenda=session.agenda.hidden(number))
        case SecretClosed():
            return replace(session, is_secret=False)

        case FloorRequested(member=member, kind=kind):
            return replace(session, floor=session.floor.requested(member, kind))
        case FloorRequestWithdrawn(member=member):
            return replace(session, floor=session.floor.withdrawn(member))
        case FloorGranted():
            return replace(session, floor=session.floor.granted(_turn(session, event)))
        case FloorWarned():
            return replace(session, floor=session.floor.warned())
        case FloorReturned(at=at) | FloorExpired(at=at):
            return replace(session, floor=session.floor.over(at))
        case VoiceHeard(member=member):
            return replace(session, floor=session.floor.hears(member))

        case VoteOpened():
            return replace(session, vote=_vote(event), last_method=event.method)
        case VoteCast(member=member, choice=choice):
            return replace(session, vote=session.vote.cast(member, choice) if session.vote else None)
        case VoteClosed():
            return replace(session, vote=None, agenda=_voted(session.agenda, event))
        case VoteAnnulled():
            return replace(session, vote=None)
        case CastingVoteGiven(number=number):
            return replace(session, agenda=session.agenda.voted(number))

        case RollCalled(at=at):
            return replace(session, roll=replace(session.roll, called_at=at))
        case MemberChecked(member=member):
            return replace(session, roll=session.roll.checked(member, _check(event)))
        case AbsenceExcused(member=member, reason=reason):
            excuses = {**dict(session.excuses), member: reason}
            return replace(session, excuses=tuple(excuses.items()))

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
        case PersonalDataPruned() | JoinLinkShared() | JoinLinkWithdrawn():
            return session
        case _ if isinstance(event, Order):
            return replace(session, airing=aired(session.airing, event))
        case _:
            return replace(session, attendance=attended(session.attendance, event))


def _item_over(session: Session, number: int, phase: ItemPhase) -> Session:
    """With the current item end the conflicts that were declared for it, and what was missing for it."""
    agenda = session.agenda.over(number, phase)
    if number != session.agenda.current:
        return replace(session, agenda=agenda)
    return replace(session, agenda=agenda, conflicted=frozenset(), is_short=False)


def _turn(session: Session, event: FloorGranted) -> Turn:
    warning = session.convened.policy.floor_warning
    warn_at = event.until - warning
    return Turn(
        member=event.member,
        start=event.at,
        until=event.until,
        kind=event.kind,
        item=event.item,
        warn_at=warn_at if warning and warn_at > event.at else None,
    )


def _vote(event: VoteOpened) -> VoteEvent:
    return VoteEvent(
        item=event.number,
        method=event.method,
        majority=event.majority,
        entitled=frozenset(event.entitled),
        deemed=frozenset(event.deemed),
        subject=event.subject,
        weights=event.weights,
    )


def _voted(agenda: Agenda, event: VoteClosed) -> Agenda:
    """A tie decides nothing, and neither does a vote on the urgency: the item is still to be dealt with."""
    if event.is_tied:
        return agenda.tied(event.number)
    return agenda if event.subject is Subject.URGENCY else agenda.voted(event.number)


def _check(event: MemberChecked) -> Check:
    return Check(
        at=event.at,
        mode=event.mode,
        identity_seen=event.identity_seen,
        identity_heard=event.identity_heard,
        territory_declared=event.territory_declared,
    )
