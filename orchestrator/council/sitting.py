"""The items of the agenda: called, debated, ended one way or another; who has no part in them, and what is secret."""

from datetime import datetime
from functools import reduce
from typing import assert_never

from orchestrator.council.agenda import AgendaItem, Majority, Urgency
from orchestrator.council.authority import (
    is_own,
    keeps_register,
    may_conduct,
    require,
    require_conductor,
    require_item,
    require_no_vote,
    require_open,
    require_part,
    require_quorum,
)
from orchestrator.council.commands import (
    AgendaCommand,
    Asker,
    CallItem,
    CloseSecret,
    ConcludeItem,
    DeclareConflict,
    EndConflict,
    OpenDebate,
    OpenSecret,
    ProposeUrgentItem,
    TableItem,
    WithdrawItem,
)
from orchestrator.council.convocation import SessionKind
from orchestrator.council.events import (
    ConflictDeclared,
    ConflictEnded,
    DebateOpened,
    Event,
    Events,
    ItemCalled,
    ItemConcluded,
    ItemTabled,
    ItemWithdrawn,
    SecretClosed,
    SecretOpened,
    UrgentItemProposed,
)
from orchestrator.council.members import MemberId, Office
from orchestrator.council.refusals import Reason, Refused
from orchestrator.council.session import Session, evolve
from orchestrator.council.speaking import turn_over
from orchestrator.council.voting import Count, Tally, is_carried


def conduct_item(session: Session, command: AgendaCommand, now: datetime) -> Events:
    """The events of a command about the agenda. Raises Refused."""
    if isinstance(command, DeclareConflict):
        return _declare_conflict(session, command.asker, command.member, now)
    require_conductor(session, command.asker)
    require_open(session)
    require_no_vote(session)
    match command:
        case CallItem(number=number):
            return _call(session, number, now)
        case OpenDebate():
            return _open_debate(session, now)
        case ConcludeItem():
            require_item(session)
            return (*turn_over(session, now), *item_over(session, now))
        case WithdrawItem(number=number):
            return _off(session, ItemWithdrawn(at=now, number=number), number, now)
        case TableItem(number=number):
            return _off(session, ItemTabled(at=now, number=number), number, now)
        case ProposeUrgentItem(title=title, majority=majority):
            return _propose(session, title, majority, now)
        case EndConflict(member=member):
            return _end_conflict(session, member, now)
        case OpenSecret(count=count):
            return _open_secret(session, count, now)
        case CloseSecret():
            return _close_secret(session, now)
        case _:
            assert_never(command)


def item_over(session: Session, now: datetime) -> Events:
    """The current item is concluded, and what was secret is public again. An urgency nobody agreed to is tabled."""
    item = session.agenda.on
    if item is None:
        return ()
    is_undecided = item.urgency is Urgency.PROPOSED
    end = ItemTabled(at=now, number=item.number) if is_undecided else ItemConcluded(at=now, number=item.number)
    return (*secrecy_over(session, now), end)


def secrecy_over(session: Session, now: datetime) -> Events:
    """What was secret is public again."""
    number = session.agenda.current
    return (SecretClosed(at=now, number=number),) if session.is_secret and number is not None else ()


def _call(session: Session, number: int, now: datetime) -> Events:
    """The quorum is looked at when the item before is over: who withdrew from that is back for this."""
    item = _item(session, number)
    if number == session.agenda.current:
        return ()
    over = (*turn_over(session, now), *item_over(session, now))
    require_quorum(reduce(evolve, over, session))
    is_off_agenda = item.urgency is not Urgency.ON_AGENDA
    return (*over, ItemCalled(at=now, number=number, title=item.title if is_off_agenda else ""))


def _open_debate(session: Session, now: datetime) -> Events:
    item = require_item(session)
    if item.urgency is Urgency.PROPOSED:
        raise Refused(Reason.URGENCY_FIRST, number=item.number)
    require_quorum(session)
    return () if item.debated_at else (DebateOpened(at=now, number=item.number),)


def _off(session: Session, end: Event, number: int, now: datetime) -> Events:
    """An item is taken off: also one that was not called yet."""
    _item(session, number)
    if number != session.agenda.current:
        return (end,)
    return (*turn_over(session, now), *secrecy_over(session, now), end)


def _propose(session: Session, title: str, majority: Majority, now: datetime) -> Events:
    if session.convened.kind is not SessionKind.ORDINARY:
        raise Refused(Reason.NOT_ORDINARY)
    return (UrgentItemProposed(at=now, number=session.agenda.next_number, title=title, majority=majority),)


def _item(session: Session, number: int) -> AgendaItem:
    if not session.agenda.has(number):
        raise Refused(Reason.NO_SUCH_ITEM, number=number)
    item = session.agenda.item(number)
    if item.is_off:
        raise Refused(Reason.ITEM_IS_OFF, number=number)
    return item


# --- Conflict of interest ---


def _declare_conflict(session: Session, asker: Asker, member: MemberId, now: datetime) -> Events:
    """The member withdraws until the item is over. If it is who presides, the next in order does so without any act."""
    require(is_own(asker, member) or may_conduct(session, asker) or keeps_register(session, asker))
    require_open(session)
    require_no_vote(session)
    item = require_item(session)
    require_part(session, member)
    declared = ConflictDeclared(at=now, number=item.number, member=member)
    before, after = session.acting(Office.PRESIDENT), evolve(session, declared).acting(Office.PRESIDENT)
    presiding = after if after != before else None
    return (ConflictDeclared(at=now, number=item.number, member=member, presiding=presiding),)


def _end_conflict(session: Session, member: MemberId, now: datetime) -> Events:
    item = require_item(session)
    if member not in session.conflicted:
        raise Refused(Reason.NOT_IN_CONFLICT, member=member)
    return (ConflictEnded(at=now, number=item.number, member=member),)


# --- Secrecy ---


def _open_secret(session: Session, count: Count, now: datetime) -> Events:
    """The plenary decides on it by absolute majority, for matters of honour, privacy and image (LRBRL 70.1)."""
    item = require_item(session)
    require_quorum(session)
    if session.is_secret:
        raise Refused(Reason.ALREADY_SECRET, number=item.number)
    voters = len(session.voters)
    if count.yes + count.no > voters:
        raise Refused(Reason.COUNT_DOES_NOT_FIT, entitled=voters)
    tally = Tally(yes=count.yes, no=count.no, abstain=voters - count.yes - count.no)
    if not is_carried(tally, Majority.ABSOLUTE, session.body.number):
        raise Refused(Reason.NO_MAJORITY, number=item.number)
    return (SecretOpened(at=now, number=item.number, tally=tally),)


def _close_secret(session: Session, now: datetime) -> Events:
    if not session.is_secret:
        raise Refused(Reason.NOT_SECRET)
    return secrecy_over(session, now)
