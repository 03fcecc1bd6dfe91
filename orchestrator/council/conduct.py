"""What a person may ask of the session, and what comes of it: the life of the session, and the way to the rest.

Who may ask for what is in `authority.py`; the items in `sitting.py`, the floor in `speaking.py`, the votes in
`vote_taking.py`, what the secretary takes down in `register.py`, and the broadcast in `minding.py`.
"""

from datetime import datetime
from typing import assert_never

from orchestrator.council.authority import (
    require,
    require_conductor,
    require_member,
    require_no_vote,
    require_open,
    require_quorum,
)
from orchestrator.council.calls import as_convened, second_call_at, waits_until
from orchestrator.council.commands import (
    AdjournSession,
    AgendaCommand,
    BroadcastCommand,
    Command,
    Convene,
    CorrectAttendance,
    DeclareNotHeld,
    ExcuseAbsence,
    FloorCommand,
    OpenSession,
    RegisterCommand,
    ResumeSession,
    Role,
    SuspendSession,
    VoteCommand,
)
from orchestrator.council.convocation import Cause
from orchestrator.council.events import (
    AlertResolved,
    Events,
    SessionAdjourned,
    SessionConvened,
    SessionNotHeld,
    SessionOpened,
    SessionResumed,
    SessionSuspended,
)
from orchestrator.council.members import Office
from orchestrator.council.minding import mind_broadcast
from orchestrator.council.refusals import Reason, Refused
from orchestrator.council.register import keep_register
from orchestrator.council.rules import NeedsOwnRule, NoSuchRule
from orchestrator.council.session import Phase, Session
from orchestrator.council.sitting import conduct_item, item_over
from orchestrator.council.speaking import give_floor, turn_over
from orchestrator.council.vote_taking import take_vote


def carry_out(session: Session, command: Command, now: datetime) -> Events:  # noqa: C901 - one case a command
    """The events of one command. Raises Refused when it is not for the asker to do, or not now."""
    if isinstance(command, Convene):
        return _convene(session, command, now)
    if session.convocation is None:
        raise Refused(Reason.NOT_CONVENED)
    # The attendance may be put right until the minutes are approved; nothing else happens after the session.
    if session.phase is Phase.ADJOURNED and not isinstance(command, CorrectAttendance | ExcuseAbsence):
        raise Refused(Reason.ADJOURNED)
    if isinstance(command, RegisterCommand):
        return keep_register(session, command, now)
    if isinstance(command, FloorCommand):
        return give_floor(session, command, now)
    if isinstance(command, BroadcastCommand):
        return mind_broadcast(session, command, now)
    if isinstance(command, VoteCommand):
        return take_vote(session, command, now)
    if isinstance(command, AgendaCommand):
        return conduct_item(session, command, now)
    require_conductor(session, command.asker)
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
        case _:
            assert_never(command)


def _convene(session: Session, command: Convene, now: datetime) -> Events:
    """The rule that the session will be judged by is chosen now, and kept in the call."""
    require(command.asker.role in (Role.ADMIN, Role.SECRETARY))
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
    verdict = require_quorum(session)
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
        require_member(session, member)
    not_held = SessionNotHeld(
        at=now,
        cause=command.cause,
        note=command.note,
        came=tuple(m.id for m in session.body.members if session.attendance.of(m.id).intervals),
        excused=tuple(dict.fromkeys((*(member for member, _ in session.excuses), *command.excused))),
        verdict=verdict,
        second_call_at=second_call_at(session.convened) if is_for_quorum else None,
    )
    return (not_held, *_adjourn(session, now))


def _suspend(session: Session, now: datetime) -> Events:
    require_open(session)
    require_no_vote(session)
    return (*turn_over(session, now), SessionSuspended(at=now))


def _resume(session: Session, now: datetime) -> Events:
    if session.phase is not Phase.SUSPENDED:
        raise Refused(Reason.NOT_SUSPENDED)
    return (SessionResumed(at=now, verdict=require_quorum(session)),)


def _adjourn(session: Session, now: datetime) -> Events:
    """Also lifts a session that never opened for want of quorum (ROF 109.2). No alert outlives the session."""
    require_no_vote(session)
    resolved = (AlertResolved(at=now, key=key) for key in sorted(session.alerts))
    return (*turn_over(session, now), *item_over(session, now), *resolved, SessionAdjourned(at=now))
