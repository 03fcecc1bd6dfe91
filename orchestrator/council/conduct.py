"""What a person may ask of the session, and what comes of it.

Who may do what. The role is what the signed token says; the chair is whose it is *now*: the office's holder or, when
the holder is not present, the first substitute who is. "Conduct" is to open, suspend, resume and adjourn, call items,
open debates and votes, give and take the floor, and ask for it on another's behalf.

| role              | convene | conduct                        | own floor, own vote | note down others' votes        |
| ----------------- | ------- | ------------------------------ | ------------------- | ------------------------------ |
| ADMIN             | yes     | yes                            | -                   | -                              |
| SECRETARY         | yes     | yes                            | as a member         | yes                            |
| PRESIDENT         | -       | yes                            | as a member         | -                              |
| MEMBER            | -       | while in the president's chair | yes                 | while in the secretary's chair |
| OPERATOR, AUDITOR | -       | -                              | -                   | -                              |
"""

from datetime import datetime, timedelta
from typing import assert_never

from orchestrator.council.calls import as_convened, second_call_at, waits_until
from orchestrator.council.commands import (
    AdjournSession,
    Asker,
    CallItem,
    CastVote,
    CloseVote,
    Command,
    Convene,
    DeclareNotHeld,
    GrantFloor,
    OpenDebate,
    OpenSession,
    OpenVote,
    RequestFloor,
    ResumeSession,
    Role,
    SuspendSession,
    TakeFloor,
    WithdrawRequest,
)
from orchestrator.council.convocation import Cause
from orchestrator.council.events import (
    AlertResolved,
    DebateOpened,
    Events,
    FloorGranted,
    FloorRequested,
    FloorRequestWithdrawn,
    FloorReturned,
    ItemCalled,
    ItemConcluded,
    SessionAdjourned,
    SessionConvened,
    SessionNotHeld,
    SessionOpened,
    SessionResumed,
    SessionSuspended,
    VoteCast,
    VoteClosed,
    VoteOpened,
)
from orchestrator.council.members import MemberId, Office
from orchestrator.council.quorum import Verdict
from orchestrator.council.refusals import Reason, Refused
from orchestrator.council.rules import NeedsOwnRule, NoSuchRule
from orchestrator.council.session import Phase, Session
from orchestrator.council.voting import Choice, VoteEvent, is_carried


def carry_out(session: Session, command: Command, now: datetime) -> Events:  # noqa: C901 - one case a command
    """The events of one command. Raises Refused when it is not for the asker to do, or not now."""
    if isinstance(command, Convene):
        return _convene(session, command, now)
    if session.convocation is None:
        raise Refused(Reason.NOT_CONVENED)
    if session.phase is Phase.ADJOURNED:
        raise Refused(Reason.ADJOURNED)
    match command:
        case CastVote(asker=asker, member=member, choice=choice):
            return _cast(session, asker, member, choice, now)
        case RequestFloor(asker=asker, member=member):
            return _request_floor(session, asker, member, now)
        case WithdrawRequest(asker=asker, member=member):
            return _withdraw_request(session, asker, member, now)
        case TakeFloor(asker=asker):
            return _take_floor(session, asker, now)
        case _:
            _require_conductor(session, command.asker)
    match command:
        case OpenSession():
            return _open(session, now)
        case DeclareNotHeld():
            return _declare_not_held(session, command, now)
        case SuspendSession():
            return _suspend(session, now)
        case ResumeSession():
            return _resume(session, now)
        case AdjournSession():
            return _adjourn(session, now)
        case CallItem(number=number):
            return _call_item(session, number, now)
        case OpenDebate():
            return _open_debate(session, now)
        case GrantFloor(member=member, limit=limit):
            return _grant_floor(session, member, limit, now)
        case OpenVote():
            return _open_vote(session, command, now)
        case CloseVote():
            return _close_vote(session, now)
        case _:
            assert_never(command)


def turn_over(session: Session, now: datetime) -> Events:
    """Whoever has the floor returns it."""
    speaker = session.floor.speaker
    return () if speaker is None else (FloorReturned(at=now, member=speaker),)


# --- What may be asked, and by whom ---


def _may_conduct(session: Session, asker: Asker) -> bool:
    match asker.role:
        case Role.ADMIN | Role.SECRETARY | Role.PRESIDENT:
            return True
        case Role.MEMBER:
            return asker.member is not None and asker.member == session.acting(Office.PRESIDENT)
        case Role.OPERATOR | Role.AUDITOR:
            return False


def _is_own(asker: Asker, member: MemberId) -> bool:
    return asker.member == member and asker.role in (Role.MEMBER, Role.PRESIDENT, Role.SECRETARY)


def _may_note_votes(session: Session, asker: Asker) -> bool:
    if asker.role is Role.MEMBER:
        return asker.member is not None and asker.member == session.acting(Office.SECRETARY)
    return asker.role is Role.SECRETARY


def _require(is_allowed: bool) -> None:
    if not is_allowed:
        raise Refused(Reason.NOT_ALLOWED)


def _require_conductor(session: Session, asker: Asker) -> None:
    _require(_may_conduct(session, asker))


def _require_open(session: Session) -> None:
    if session.phase is not Phase.OPEN:
        raise Refused(Reason.NOT_OPEN)


def _require_no_vote(session: Session) -> None:
    if session.vote:
        raise Refused(Reason.VOTE_IS_OPEN, number=session.vote.item)


def _require_quorum(session: Session) -> Verdict:
    """The body may act (LRBRL 46.2.c)."""
    verdict = session.verdict
    if not verdict.is_met:
        missing = [office.value for office in verdict.missing]
        raise Refused(Reason.NO_QUORUM, present=verdict.present, needed=verdict.needed, missing=missing)
    return verdict


def _require_member(session: Session, member: MemberId) -> None:
    if not session.body.has(member):
        raise Refused(Reason.NO_SUCH_MEMBER, member=member)


def _require_present(session: Session, member: MemberId) -> None:
    _require_member(session, member)
    if member not in session.attendance.present():
        raise Refused(Reason.MEMBER_ABSENT, member=member)


def _require_vote(session: Session) -> VoteEvent:
    if session.vote is None:
        raise Refused(Reason.NO_VOTE_OPEN)
    return session.vote


# --- The life of the session ---


def _convene(session: Session, command: Convene, now: datetime) -> Events:
    """The rule that the session will be judged by is chosen now, and kept in the call."""
    _require(command.asker.role in (Role.ADMIN, Role.SECRETARY))
    if session.convocation:
        raise Refused(Reason.ALREADY_CONVENED)
    try:
        convocation = as_convened(command.convocation, command.regulation)
    except NoSuchRule as unknown:
        raise Refused(Reason.NO_SUCH_RULE, rule=unknown) from None
    except NeedsOwnRule as missing:
        law = missing.deferral
        raise Refused(Reason.NEEDS_OWN_RULE, law=f"{law.norm} {law.article}" if law else "") from None
    return (SessionConvened(at=now, convocation=convocation),)


def _open(session: Session, now: datetime) -> Events:
    if session.phase is not Phase.CONVENED:
        raise Refused(Reason.ALREADY_OPEN)
    verdict = _require_quorum(session)
    president = session.acting(Office.PRESIDENT)
    if president is None:
        raise Refused(Reason.NO_QUORUM, missing=[Office.PRESIDENT.value])
    return (SessionOpened(at=now, president=president, verdict=verdict),)


def _declare_not_held(session: Session, command: DeclareNotHeld, now: datetime) -> Events:
    """For want of quorum, only after the tolerance. The law's second call is reckoned now, for the record."""
    if session.phase is not Phase.CONVENED:
        raise Refused(Reason.ALREADY_OPEN)
    is_for_quorum = command.cause is Cause.NO_QUORUM
    verdict, until = session.verdict, waits_until(session.convened)
    if is_for_quorum and verdict.is_met:
        raise Refused(Reason.QUORUM_IS_MET, present=verdict.present, needed=verdict.needed)
    if is_for_quorum and now < until:
        raise Refused(Reason.STILL_WAITING, until=until)
    for member in command.excused:
        _require_member(session, member)
    not_held = SessionNotHeld(
        at=now,
        cause=command.cause,
        note=command.note,
        came=tuple(m.id for m in session.body.members if session.attendance.of(m.id).intervals),
        excused=command.excused,
        verdict=verdict,
        second_call_at=second_call_at(session.convened) if is_for_quorum else None,
    )
    return (not_held, *_adjourn(session, now))


def _suspend(session: Session, now: datetime) -> Events:
    _require_open(session)
    _require_no_vote(session)
    return (*turn_over(session, now), SessionSuspended(at=now))


def _resume(session: Session, now: datetime) -> Events:
    if session.phase is not Phase.SUSPENDED:
        raise Refused(Reason.NOT_SUSPENDED)
    return (SessionResumed(at=now, verdict=_require_quorum(session)),)


def _adjourn(session: Session, now: datetime) -> Events:
    """Also lifts a session that never opened for want of quorum (ROF 109.2). No alert outlives the session."""
    _require_no_vote(session)
    resolved = (AlertResolved(at=now, key=key) for key in sorted(session.alerts))
    return (*turn_over(session, now), *_item_over(session, now), *resolved, SessionAdjourned(at=now))


# --- Agenda ---


def _call_item(session: Session, number: int, now: datetime) -> Events:
    _require_open(session)
    _require_no_vote(session)
    if number not in {item.number for item in session.agenda.items}:
        raise Refused(Reason.NO_SUCH_ITEM, number=number)
    _require_quorum(session)
    if number == session.agenda.current:
        return ()
    return (*turn_over(session, now), *_item_over(session, now), ItemCalled(at=now, number=number))


def _open_debate(session: Session, now: datetime) -> Events:
    _require_open(session)
    _require_no_vote(session)
    item = session.agenda.on
    if item is None:
        raise Refused(Reason.NO_ITEM_CALLED)
    _require_quorum(session)
    return () if item.debated_at else (DebateOpened(at=now, number=item.number),)


def _item_over(session: Session, now: datetime) -> Events:
    number = session.agenda.current
    return () if number is None else (ItemConcluded(at=now, number=number),)


# --- Floor ---


def _request_floor(session: Session, asker: Asker, member: MemberId, now: datetime) -> Events:
    _require(_is_own(asker, member) or _may_conduct(session, asker))
    _require_present(session, member)
    if session.floor.has(member):
        raise Refused(Reason.ALREADY_REQUESTED, member=member)
    return (FloorRequested(at=now, member=member, is_by_hand=False),)


def _withdraw_request(session: Session, asker: Asker, member: MemberId, now: datetime) -> Events:
    _require(_is_own(asker, member) or _may_conduct(session, asker))
    if member not in session.floor.queue:
        raise Refused(Reason.NOT_REQUESTED, member=member)
    return (FloorRequestWithdrawn(at=now, member=member),)


def _grant_floor(session: Session, member: MemberId, limit: timedelta | None, now: datetime) -> Events:
    """The turn before it ends. During a vote nobody takes the floor (ROF 98.3)."""
    _require_open(session)
    _require_no_vote(session)
    _require_present(session, member)
    until = now + (session.convened.policy.floor_limit if limit is None else limit)
    return (*turn_over(session, now), FloorGranted(at=now, member=member, until=until))


def _take_floor(session: Session, asker: Asker, now: datetime) -> Events:
    speaker = session.floor.speaker
    if speaker is None:
        raise Refused(Reason.FLOOR_IS_FREE)
    _require(_is_own(asker, speaker) or _may_conduct(session, asker))
    return turn_over(session, now)


# --- Votes ---


def _open_vote(session: Session, command: OpenVote, now: datetime) -> Events:
    """Freeze who may vote: those who sit in the members' seats."""
    _require_open(session)
    _require_no_vote(session)
    item = session.agenda.on
    if item is None:
        raise Refused(Reason.NO_ITEM_CALLED)
    _require_quorum(session)
    opened = VoteOpened(
        at=now,
        number=item.number,
        method=command.method,
        majority=item.majority,
        entitled=session.body.seated(session.attendance.present()),
        deemed=_deemed(session, item.debated_at) if item.debated_at else (),
    )
    return (*turn_over(session, now), opened)


def _deemed(session: Session, debated_at: datetime) -> tuple[MemberId, ...]:
    """Who left after the debate opened abstains, if the seat is empty now (LRBRL 46.2.d)."""
    body, present = session.body, session.attendance.present()
    seats = (body.occupants(m.id) for m in body.members if m.is_counted)
    empty = (occupants for occupants in seats if not any(m.id in present for m in occupants))
    left = (
        next((m.id for m in occupants if session.attendance.of(m.id).was_there_after(debated_at)), None)
        for occupants in empty
    )
    return tuple(member for member in left if member is not None)


def _cast(session: Session, asker: Asker, member: MemberId, choice: Choice, now: datetime) -> Events:
    vote = _require_vote(session)
    _require(_is_own(asker, member) or _may_note_votes(session, asker))
    _require_present(session, member)
    if member not in vote.entitled:
        raise Refused(Reason.NOT_ENTITLED, member=member)
    return (VoteCast(at=now, member=member, choice=choice),)


def _close_vote(session: Session, now: datetime) -> Events:
    vote = _require_vote(session)
    tally = vote.tally()
    carried = is_carried(tally, vote.majority, session.body.number)
    return (VoteClosed(at=now, number=vote.item, tally=tally, is_carried=carried),)
