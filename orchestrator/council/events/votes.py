"""Votes and their results."""

from dataclasses import dataclass
from datetime import datetime

from orchestrator.council.agenda import Majority
from orchestrator.council.members import MemberId
from orchestrator.council.voting import Annulment, Choice, Method, Subject, Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class VoteOpened:
    """`entitled` may vote; `deemed` left after the debate opened, were not back by now, and count as abstaining.

    `round` counts the votes on one matter that came out even, and this one. `weights` is what each vote counts for
    where they are weighted by group.
    """

    at: datetime
    number: int
    method: Method
    majority: Majority
    entitled: tuple[MemberId, ...]
    deemed: tuple[MemberId, ...]
    subject: Subject = Subject.ITEM
    round: int = 1
    weights: tuple[tuple[MemberId, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class VoteCast:
    """A member's vote by name; the last one before the vote closes stands. There is none in any other kind of vote."""

    at: datetime
    member: MemberId
    choice: Choice


@dataclass(frozen=True, slots=True, kw_only=True)
class VoteClosed:
    """The result. Those entitled who did not vote abstained. `is_tied`: nothing is decided, the vote came out even."""

    at: datetime
    number: int
    tally: Tally
    is_carried: bool
    is_tied: bool = False
    subject: Subject = Subject.ITEM


@dataclass(frozen=True, slots=True, kw_only=True)
class VoteAnnulled:
    """The vote came to nothing (LRBRL 46.2.c, ROF 98.3). It may be held again."""

    at: datetime
    number: int
    cause: Annulment = Annulment.QUORUM_LOST


@dataclass(frozen=True, slots=True, kw_only=True)
class CastingVoteGiven:
    """The president decided a vote that came out even twice."""

    at: datetime
    number: int
    member: MemberId
    choice: Choice
    is_carried: bool


VotingEvent = VoteOpened | VoteCast | VoteClosed | VoteAnnulled | CastingVoteGiven
