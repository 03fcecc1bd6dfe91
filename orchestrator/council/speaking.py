"""The floor: who asks for it, who is given it and for how long (ROF 94)."""

from datetime import datetime, timedelta
from typing import assert_never

from orchestrator.council.authority import (
    is_own,
    may_conduct,
    require,
    require_conductor,
    require_no_vote,
    require_open,
    require_part,
)
from orchestrator.council.commands import Asker, FloorCommand, GrantFloor, RequestFloor, TakeFloor, WithdrawRequest
from orchestrator.council.events import Events, FloorGranted, FloorRequested, FloorRequestWithdrawn, FloorReturned
from orchestrator.council.floor import TurnKind, budgeted, time_by_group
from orchestrator.council.members import MemberId, Office
from orchestrator.council.refusals import Reason, Refused
from orchestrator.council.session import Session


def give_floor(session: Session, command: FloorCommand, now: datetime) -> Events:
    """The events of a command about the floor. Raises Refused."""
    match command:
        case RequestFloor(asker=asker, member=member, kind=kind):
            return _request(session, asker, member, kind, now)
        case WithdrawRequest(asker=asker, member=member):
            return _withdraw(session, asker, member, now)
        case GrantFloor():
            return _grant(session, command, now)
        case TakeFloor(asker=asker):
            return _take(session, asker, now)
        case _:
            assert_never(command)


def turn_over(session: Session, now: datetime) -> Events:
    """Whoever has the floor returns it."""
    speaker = session.floor.speaker
    return () if speaker is None else (FloorReturned(at=now, member=speaker),)


def time_left(session: Session, member: MemberId, now: datetime) -> timedelta | None:
    """What the member's group has left of its time for the item that the session is on; None: as long as they like."""
    budget, group = session.convened.policy.group_budget, session.body.member(member).group
    if budget is None or not group:
        return None
    turns = budgeted(session.floor.turns, session.agenda.current)
    return max(budget - time_by_group(turns, session.body, now).get(group, timedelta()), timedelta())


def _request(session: Session, asker: Asker, member: MemberId, kind: TurnKind, now: datetime) -> Events:
    require(is_own(asker, member) or may_conduct(session, asker))
    require_part(session, member)
    _require_kind(session, member, kind)
    if session.floor.has(member):
        raise Refused(Reason.ALREADY_REQUESTED, member=member)
    return (FloorRequested(at=now, member=member, is_by_hand=False, kind=kind),)


def _withdraw(session: Session, asker: Asker, member: MemberId, now: datetime) -> Events:
    require(is_own(asker, member) or may_conduct(session, asker))
    if member not in session.floor.queue:
        raise Refused(Reason.NOT_REQUESTED, member=member)
    return (FloorRequestWithdrawn(at=now, member=member),)


def _grant(session: Session, command: GrantFloor, now: datetime) -> Events:
    """The turn before it ends. During a vote nobody takes the floor (ROF 98.3)."""
    require_conductor(session, command.asker)
    require_open(session)
    require_no_vote(session)
    member = command.member
    require_part(session, member)
    kind = command.kind or session.floor.asked(member)
    _require_kind(session, member, kind)
    limit = session.convened.policy.floor_limit if command.limit is None else command.limit
    left = time_left(session, member, now) if kind.is_budgeted else None
    if left is not None:
        if not left:
            raise Refused(Reason.TIME_USED_UP, group=session.body.member(member).group)
        limit = min(limit, left)
    granted = FloorGranted(at=now, member=member, until=now + limit, kind=kind, item=session.agenda.current)
    return (*turn_over(session, now), granted)


def _take(session: Session, asker: Asker, now: datetime) -> Events:
    speaker = session.floor.speaker
    if speaker is None:
        raise Refused(Reason.FLOOR_IS_FREE)
    require(is_own(asker, speaker) or may_conduct(session, asker))
    return turn_over(session, now)


def _require_kind(session: Session, member: MemberId, kind: TurnKind) -> None:
    """A note on law or money is for the secretary and the auditor, or who stands in for the secretary (ROF 94.3)."""
    if kind is TurnKind.NOTE:
        has_office = session.body.member(member).office in (Office.SECRETARY, Office.AUDITOR)
        require(has_office or member == session.acting(Office.SECRETARY))
