"""What the secretary takes down in the register of attendance: ticks, excuses, corrections, and the roll call.

Nothing that was written before is changed by it: a correction stands beside what it puts right, with who made it and
why.
"""

from datetime import datetime
from typing import assert_never

from orchestrator.council.attendance import mark_absent, mark_present
from orchestrator.council.authority import (
    keeps_register,
    may_conduct,
    require,
    require_member,
    require_no_vote,
    require_present,
)
from orchestrator.council.commands import (
    CallRoll,
    CheckMember,
    CorrectAttendance,
    ExcuseAbsence,
    MarkAbsent,
    MarkPresent,
    RegisterCommand,
)
from orchestrator.council.events import AbsenceExcused, AttendanceCorrected, Events, MemberChecked, RollCalled
from orchestrator.council.refusals import Reason, Refused
from orchestrator.council.roll import Mode
from orchestrator.council.session import Session


def keep_register(session: Session, command: RegisterCommand, now: datetime) -> Events:
    """The events of a command of the secretary's. Raises Refused."""
    if isinstance(command, CallRoll):
        require(keeps_register(session, command.asker) or may_conduct(session, command.asker))
        require_no_vote(session)  # The room is told of the roll, and a vote is not interrupted (ROF 98.3).
        return (RollCalled(at=now, by=command.asker),)
    require(keeps_register(session, command.asker))
    require_member(session, command.member)
    match command:
        case MarkPresent(asker=asker, member=member):
            return mark_present(session.attendance, member, asker, now)
        case MarkAbsent(asker=asker, member=member):
            require_present(session, member)
            return mark_absent(session.attendance, member, asker, now)
        case ExcuseAbsence(asker=asker, member=member, reason=reason):
            _require_reason(reason)
            return (AbsenceExcused(at=now, member=member, reason=reason.strip(), by=asker),)
        case CorrectAttendance():
            return _correct(session, command, now)
        case CheckMember():
            return _check(session, command, now)
        case _:
            assert_never(command)


def _correct(session: Session, command: CorrectAttendance, now: datetime) -> Events:
    """Only what is past can be put right, and after the session only what lies before its end."""
    _require_reason(command.reason)
    if not command.start < command.end <= (session.adjourned_at or now):
        raise Refused(Reason.BAD_INTERVAL)
    corrected = AttendanceCorrected(
        at=now,
        member=command.member,
        start=command.start,
        end=command.end,
        was_present=command.was_present,
        reason=command.reason.strip(),
        by=command.asker,
    )
    return (corrected,)


def _check(session: Session, command: CheckMember, now: datetime) -> Events:
    """Who answers from the hall is ticked by it."""
    member = command.member
    is_in_hall = command.mode is Mode.HALL
    marked = mark_present(session.attendance, member, command.asker, now) if is_in_hall else ()
    if not is_in_hall:
        require_present(session, member)
    checked = MemberChecked(
        at=now,
        member=member,
        mode=command.mode,
        identity_seen=command.identity_seen,
        identity_heard=command.identity_heard,
        territory_declared=command.territory_declared,
        by=command.asker,
    )
    return (*marked, checked)


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise Refused(Reason.REASON_NEEDED)
