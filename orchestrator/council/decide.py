"""What a message means for the record. Every transition of a session begins here.

A command is answered with events or refused (`conduct.py`); an observation is already true, so at worst it comes to
nothing (`sightings.py`). What a sensor saw is dated by the sensor, and never later than now; what the council
concludes from it is dated now. After every message the consequences are drawn once, at the end.
"""

from datetime import datetime
from functools import reduce

from orchestrator.council.commands import Command
from orchestrator.council.conduct import carry_out, turn_over
from orchestrator.council.events import (
    Events,
    FloorRequestWithdrawn,
    QuorumAtEdge,
    QuorumLost,
    QuorumReached,
    VoteAnnulled,
)
from orchestrator.council.observations import Observation
from orchestrator.council.session import Phase, Session, evolve
from orchestrator.council.sightings import observe


def decide(session: Session, message: Command | Observation, now: datetime) -> Events:
    """The events that the message comes to. Raises Refused when a command is not carried out."""
    events = carry_out(session, message, now) if isinstance(message, Command) else observe(session, message, now)
    return (*events, *_consequences(session, events, now))


def _consequences(session: Session, events: Events, now: datetime) -> Events:
    """What follows by itself from what happened: the absent do not speak, and the quorum is looked at again."""
    after = reduce(evolve, events, session)
    if not events or after.phase is Phase.ADJOURNED:
        return ()
    present = after.attendance.present()
    silenced = turn_over(after, now) if after.floor.speaker not in present else ()
    withdrawn = tuple(FloorRequestWithdrawn(at=now, member=m) for m in after.floor.queue if m not in present)
    return (*silenced, *withdrawn, *_quorum_changes(session, after, now))


def _quorum_changes(before: Session, after: Session, now: datetime) -> Events:
    """What the room must know of the quorum. Nobody can say anything about it while nobody watches the room.

    A vote does not survive the loss of the quorum. The edge is reached from above only: who has just been told that
    the quorum is there, with its numbers, needs no second message.
    """
    if not after.is_observed:
        return ()
    verdict = after.verdict
    if verdict.is_met and not after.was_met:
        return (QuorumReached(at=now, verdict=verdict),)
    if after.was_met and not verdict.is_met:
        annulled = (VoteAnnulled(at=now, number=after.vote.item),) if after.vote else ()
        return (*annulled, QuorumLost(at=now, verdict=verdict))
    is_at_edge = verdict.is_at_edge and before.verdict.present > verdict.present
    warned_at = after.edge_warned_at
    if is_at_edge and (warned_at is None or now - warned_at >= after.convened.policy.edge_pause):
        return (QuorumAtEdge(at=now, verdict=verdict),)
    return ()
