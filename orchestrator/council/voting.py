"""Votes and what they come to (LRBRL 46.2.d and 47, ROF 98-102)."""

from dataclasses import dataclass
from enum import StrEnum

from orchestrator.council.agenda import Majority
from orchestrator.council.members import MemberId


class Choice(StrEnum):
    """A vote."""

    YES = "yes"
    NO = "no"
    ABSTAIN = "abstain"


class Method(StrEnum):
    """ORDINARY is by assent or signs and is counted by the president; NAMED is by roll call (ROF 101, 102)."""

    ORDINARY = "ordinary"
    NAMED = "named"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """The count. `deemed` is how many of the abstentions are of members who left after the debate opened."""

    yes: int
    no: int
    abstain: int
    deemed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class VoteEvent:
    """A vote in progress: what is voted, who may vote (frozen when it opened), and the votes so far."""

    item: int
    method: Method
    majority: Majority
    entitled: frozenset[MemberId]
    deemed: frozenset[MemberId] = frozenset()
    votes: tuple[tuple[MemberId, Choice], ...] = ()
