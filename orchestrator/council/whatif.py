"""Had the rule been another one: the record is read again, and every verdict made under that rule beside its own.

Nothing of it goes on the record, and nothing on the record changes. People would have done other things under another
rule, so it answers for the verdicts alone: who was there is taken as it was.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from orchestrator.council.events import (
    DebateOpened,
    Event,
    ItemCalled,
    QuorumAtEdge,
    QuorumLost,
    QuorumReached,
    SessionNotHeld,
    SessionOpened,
    SessionResumed,
    VoteClosed,
    VoteOpened,
)
from orchestrator.council.quorum import Verdict
from orchestrator.council.rules import QuorumRule
from orchestrator.council.session import Phase, Session, evolve

_Said = QuorumReached | QuorumLost | QuorumAtEdge | SessionOpened | SessionResumed | SessionNotHeld
_Act = ItemCalled | DebateOpened | VoteOpened | VoteClosed


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A verdict that would have been the other way round.

    `seq` and `event` are the place on the record (from 1): a verdict that it states, an act that needs a quorum, or
    the moment from which the two rules part.
    """

    seq: int
    at: datetime
    event: str
    actual: Verdict
    hypothetical: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """The answer, which is a hypothesis: `examined` verdicts were made under `rule`, and these came out otherwise."""

    rule: QuorumRule
    examined: int
    differences: tuple[Difference, ...]


def what_if(events: Iterable[Event], rule: QuorumRule) -> WhatIf:
    """What would have differed under that rule in the session of these events."""
    session, is_constituted, parted, examined = Session(), False, False, 0
    differences: list[Difference] = []
    for seq, event in enumerate(events, start=1):
        session = evolve(session, event)
        if session.convocation is None or session.phase is Phase.ADJOURNED:
            continue
        hypothetical = session.verdict_under(rule, is_constituted=is_constituted)
        if isinstance(event, SessionOpened):
            is_constituted = hypothetical.is_met
        actual = event.verdict if isinstance(event, _Said) else session.verdict
        is_needed = isinstance(event, _Said | _Act)
        examined += is_needed
        differs = actual.is_met != hypothetical.is_met
        if differs and (is_needed or (session.is_observed and not parted)):
            name = type(event).__name__
            differences.append(Difference(seq=seq, at=event.at, event=name, actual=actual, hypothetical=hypothetical))
        parted = differs
    return WhatIf(rule=rule, examined=examined, differences=tuple(differences))
