"""What a message means for the record. Every transition of a session begins here.

A command is answered with events or refused (`conduct.py`); an observation is already true, so at worst it comes to
nothing (`sightings.py`). What a sensor saw is dated by the sensor, and never later than now; what the council
concludes from it is dated now. After every message the consequences are drawn once, at the end.
"""

from datetime import datetime
from functools import reduce

from orchestrator.council.commands import Command
from orchestrator.council.conduct import carry_out
from orchestrator.council.convocation import DropInVote
from orchestrator.council.events import (
    Events,
    FloorRequestWithdrawn,
    MajorityOutOfReach,
    MajorityWithinReach,
    QuorumAtEdge,
    QuorumLost,
    QuorumReached,
    VoteAnnulled,
)
from orchestrator.council.observations import Observation
from orchestrator.council.session import Phase, Session, evolve
from orchestrator.council.sightings import observe
from orchestrator.council.speaking import turn_over
from orchestrator.council.voting import Annulment, votes_needed


def decide(session: Session, message: Command | Observation, now: datetime) -> Events:
    """The events that the message comes to. Raises Refused when a command is not carried out."""
    events = carry_out(session, message, now) if isinstance(message, Command) else observe(session, message, now)
    return (*events, *_consequences(session, events, now))


def _consequences(session: Session, events: Events, now: datetime) -> Events:
    """What follows by itself from what happened: who is not there, or has no part in the item, does not speak; and the
    vote, the quorum and the majority are looked at again."""
    after = reduce(evolve, events, session)
    if not events or after.phase is Phase.ADJOURNED:
        return ()
    silenced = turn_over(after, now) if after.floor.speaker not in after.attending else ()
    withdrawn = tuple(FloorRequestWithdrawn(at=now, member=m) for m in after.floor.queue if m not in after.attending)
    annulled = _vote_lost(after, now)
    followed: Events = (*silenced, *withdrawn, *annulled)
    after = reduce(evolve, followed, after)
    return (*followed, *_quorum_changes(session, after, now), *_majority_changes(after, now))


def _vote_lost(after: Session, now: datetime) -> Events:
    """A vote does not survive the loss of the quorum, nor, where the policy says so, of anybody who may vote (ROF
    98.3). Nobody can say who is gone while nobody watches the room: a vote that was opened meanwhile is looked at as
    soon as somebody does, whatever the room was last told of the quorum."""
    vote = after.vote
    if vote is None or not after.is_observed:
        return ()
    if not after.verdict.is_met:
        return (VoteAnnulled(at=now, number=vote.item, cause=Annulment.QUORUM_LOST),)
    is_strict = after.convened.policy.drop_in_vote is DropInVote.ANNUL
    if is_strict and not vote.entitled <= after.attendance.present():
        return (VoteAnnulled(at=now, number=vote.item, cause=Annulment.LINE_DROPPED),)
    return ()


def _quorum_changes(before: Session, after: Session, now: datetime) -> Events:
    """What the room must know of the quorum. Nobody can say anything about it while nobody watches the room.

    The edge is reached from above only: who has just been told that the quorum is there, with its numbers, needs no
    second message.
    """
    if not after.is_observed:
        return ()
    verdict = after.verdict
    if verdict.is_met and not after.was_met:
        return (QuorumReached(at=now, verdict=verdict),)
    if after.was_met and not verdict.is_met:
        return (QuorumLost(at=now, verdict=verdict),)
    is_at_edge = verdict.is_at_edge and before.verdict.present > verdict.present
    warned_at = after.edge_warned_at
    if is_at_edge and (warned_at is None or now - warned_at >= after.convened.policy.edge_pause):
        return (QuorumAtEdge(at=now, verdict=verdict),)
    return ()


def _majority_changes(after: Session, now: datetime) -> Events:
    """Whether the item that the session is on can still be carried with who is there: the table hears of it before the
    debate, and again when enough have come."""
    item = after.agenda.on
    if item is None or not item.is_open or not after.is_observed:
        return ()
    needed = votes_needed(item.to_carry, after.body.number, after.body.listed)
    present = len(after.voters)
    if (present < needed) == after.is_short:
        return ()
    kind = MajorityWithinReach if after.is_short else MajorityOutOfReach
    return (kind(at=now, number=item.number, present=present, needed=needed),)
