"""Votes: opened, cast, counted, held again, and decided by the president when they come out even (ROF 98-102)."""

from datetime import datetime
from functools import reduce
from typing import assert_never

from orchestrator.council.agenda import Majority, Urgency
from orchestrator.council.authority import (
    is_own,
    keeps_register,
    require,
    require_conductor,
    require_item,
    require_no_vote,
    require_open,
    require_present,
    require_quorum,
    require_vote,
)
from orchestrator.council.commands import (
    AnnulVote,
    Asker,
    CastVote,
    CloseVote,
    GiveCastingVote,
    OpenVote,
    RepeatVote,
    VoteCommand,
)
from orchestrator.council.events import (
    CastingVoteGiven,
    Events,
    UrgencyAgreed,
    UrgencyRefused,
    VoteAnnulled,
    VoteCast,
    VoteClosed,
    VoteOpened,
)
from orchestrator.council.members import MemberId, Office
from orchestrator.council.refusals import Reason, Refused
from orchestrator.council.session import Session, evolve
from orchestrator.council.sitting import secrecy_over
from orchestrator.council.speaking import turn_over
from orchestrator.council.voting import (
    Annulment,
    Choice,
    Count,
    Method,
    Subject,
    Tally,
    VoteEvent,
    is_carried,
    is_tied,
)


def take_vote(session: Session, command: VoteCommand, now: datetime) -> Events:
    """The events of a command about a vote. Raises Refused."""
    if isinstance(command, CastVote):
        return _cast(session, command.asker, command.member, command.choice, now)
    if isinstance(command, GiveCastingVote):
        return _decide_tie(session, command.asker, command.choice, now)
    require_conductor(session, command.asker)
    match command:
        case OpenVote(method=method):
            return _open(session, method, now)
        case CloseVote(count=count):
            return _close(session, count, now)
        case AnnulVote():
            return _annul(session, now)
        case RepeatVote():
            method = require_vote(session).method
            annulled = _annul(session, now)
            return (*annulled, *_open(reduce(evolve, annulled, session), method, now))
        case _:
            assert_never(command)


def _open(session: Session, method: Method, now: datetime) -> Events:
    """Freeze who may vote: those who sit in the members' seats and have part in it."""
    require_open(session)
    require_no_vote(session)
    item = require_item(session)
    require_quorum(session)
    majority = item.to_carry
    if majority is Majority.WEIGHTED and method is not Method.NAMED:
        raise Refused(Reason.ONLY_BY_NAME, number=item.number)
    opened = VoteOpened(
        at=now,
        number=item.number,
        method=method,
        majority=majority,
        entitled=session.voters,
        deemed=_deemed(session, item.debated_at) if item.debated_at else (),
        subject=Subject.URGENCY if item.urgency is Urgency.PROPOSED else Subject.ITEM,
        round=item.ties + 1,
        weights=_weights(session) if majority is Majority.WEIGHTED else (),
    )
    return (*turn_over(session, now), opened)


def _deemed(session: Session, debated_at: datetime) -> tuple[MemberId, ...]:
    """Who left after the debate opened abstains, if the seat is empty now (LRBRL 46.2.d); who withdrew from the item
    does not."""
    body, present = session.body, session.attendance.present()
    seats = (body.occupants(m.id) for m in body.members if m.is_counted)
    empty = (occupants for occupants in seats if not any(m.id in present for m in occupants))
    left = (
        next((m.id for m in occupants if session.attendance.of(m.id).was_there_after(debated_at)), None)
        for occupants in empty
    )
    return tuple(member for member in left if member is not None and member not in session.conflicted)


def _weights(session: Session) -> tuple[tuple[MemberId, int], ...]:
    by_group = dict(session.convened.policy.weights)
    return tuple((m, by_group.get(session.body.member(m).group, 1)) for m in session.voters)


def _cast(session: Session, asker: Asker, member: MemberId, choice: Choice, now: datetime) -> Events:
    vote = require_vote(session)
    require(is_own(asker, member) or keeps_register(session, asker))
    if vote.method is not Method.NAMED:
        raise Refused(Reason.NOT_BY_NAME)
    require_present(session, member)
    if member not in vote.entitled:
        raise Refused(Reason.NOT_ENTITLED, member=member)
    return (VoteCast(at=now, member=member, choice=choice),)


def _close(session: Session, count: Count | None, now: datetime) -> Events:
    vote = require_vote(session)
    tally = _tally(vote, count)
    is_won = is_carried(tally, vote.majority, session.body.number, session.body.listed)
    closed = VoteClosed(
        at=now,
        number=vote.item,
        tally=tally,
        is_carried=is_won,
        is_tied=is_tied(tally, vote.majority),
        subject=vote.subject,
    )
    return (closed, *_urgency(session, vote, is_won, now))


def _tally(vote: VoteEvent, count: Count | None) -> Tally:
    """A vote by name counts itself; any other is counted by the president."""
    if vote.method is Method.NAMED:
        if count is not None:
            raise Refused(Reason.COUNT_DOES_NOT_FIT, entitled=len(vote.entitled))
        return vote.tally()
    if count is None:
        raise Refused(Reason.COUNT_NEEDED, number=vote.item)
    if min(count.yes, count.no) < 0 or count.yes + count.no > len(vote.entitled):
        raise Refused(Reason.COUNT_DOES_NOT_FIT, entitled=len(vote.entitled))
    return vote.counted(count)


def _urgency(session: Session, vote: VoteEvent, is_won: bool, now: datetime) -> Events:
    """What follows for an item whose urgency was voted."""
    if vote.subject is not Subject.URGENCY:
        return ()
    if is_won:
        return (UrgencyAgreed(at=now, number=vote.item),)
    return (*secrecy_over(session, now), UrgencyRefused(at=now, number=vote.item))


def _annul(session: Session, now: datetime) -> Events:
    vote = require_vote(session)
    return (VoteAnnulled(at=now, number=vote.item, cause=Annulment.BY_PRESIDENT),)


def _decide_tie(session: Session, asker: Asker, choice: Choice, now: datetime) -> Events:
    """Whose vote it is: who presides now. The secretary may take it down, as any vote. There is no casting vote after a
    ballot, since it would tell how one of them was cast: the vote is held again, or by name."""
    president = session.acting(Office.PRESIDENT)
    require(president is not None and (is_own(asker, president) or keeps_register(session, asker)))
    require_open(session)
    require_no_vote(session)
    item = require_item(session)
    if item.ties < 2 or choice is Choice.ABSTAIN or president is None:
        raise Refused(Reason.NO_TIE, number=item.number)
    if session.last_method is Method.SECRET:
        raise Refused(Reason.BALLOT_IS_SECRET, number=item.number)
    is_won = choice is Choice.YES
    return (CastingVoteGiven(at=now, number=item.number, member=president, choice=choice, is_carried=is_won),)
