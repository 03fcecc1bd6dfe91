"""Votes and what they come to (LRBRL 46.2.d and 47, ROF 98-102)."""

from dataclasses import dataclass, replace
from enum import StrEnum

from orchestrator.council.agenda import Majority
from orchestrator.council.members import MemberId


class Choice(StrEnum):
    """A vote."""

    YES = "yes"
    NO = "no"
    ABSTAIN = "abstain"


class Method(StrEnum):
    """ORDINARY is by assent or signs and is counted by the president; NAMED is by roll call; SECRET by ballots, to
    elect or remove people only (ROF 101, 102). Of a secret vote nothing is known but that it took
    place, and its counts."""

    ORDINARY = "ordinary"
    NAMED = "named"
    SECRET = "secret"  # noqa: S105 - a way of voting


class Subject(StrEnum):
    """What is put to the vote: the item, or whether an item off the agenda is urgent (ROF 91.4)."""

    ITEM = "item"
    URGENCY = "urgency"


class Annulment(StrEnum):
    """Why a vote came to nothing: there was no quorum any more, the president ordered it to be held again, or the line
    of somebody who could vote went and the policy wants it so (ROF 98.3)."""

    QUORUM_LOST = "quorum_lost"
    BY_PRESIDENT = "by_president"
    LINE_DROPPED = "line_dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """The count, in members. `deemed` is how many of the abstentions are of members who left after the debate opened.

    `yes_weight` and `no_weight` are what the votes weigh where they are weighted by group, else 0.
    """

    yes: int
    no: int
    abstain: int
    deemed: int = 0
    yes_weight: int = 0
    no_weight: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """What the president counted. Whoever could vote and is in neither abstained, or voted blank."""

    yes: int
    no: int


@dataclass(frozen=True, slots=True, kw_only=True)
class VoteEvent:
    """A vote in progress: what is voted, who may vote (frozen when it opened), and the votes so far.

    `weights` is what each vote counts for; empty where each counts for one.
    """

    item: int
    method: Method
    majority: Majority
    entitled: frozenset[MemberId]
    deemed: frozenset[MemberId] = frozenset()
    votes: tuple[tuple[MemberId, Choice], ...] = ()
    subject: Subject = Subject.ITEM
    weights: tuple[tuple[MemberId, int], ...] = ()

    def cast(self, member: MemberId, choice: Choice) -> "VoteEvent":
        """The vote with one more vote in it; a member's last one stands."""
        others = tuple((m, c) for m, c in self.votes if m != member)
        return replace(self, votes=(*others, (member, choice)))

    def tally(self) -> Tally:
        """The count as it would be now: whoever is entitled and has not voted abstains, and so do those deemed to."""
        choices = [choice for _, choice in self.votes]
        tally = self.counted(Count(yes=choices.count(Choice.YES), no=choices.count(Choice.NO)))
        return replace(tally, yes_weight=self._weight(Choice.YES), no_weight=self._weight(Choice.NO))

    def counted(self, count: Count) -> Tally:
        """The count as the president gives it."""
        abstain = len(self.entitled) - count.yes - count.no + len(self.deemed)
        return Tally(yes=count.yes, no=count.no, abstain=abstain, deemed=len(self.deemed))

    def _weight(self, choice: Choice) -> int:
        weights = dict(self.weights)
        return sum(weights.get(member, 0) for member, given in self.votes if given is choice)


def votes_needed(majority: Majority, legal_number: int, in_fact: int) -> int:
    """How many votes the majority asks for whatever the others vote; 0 where it depends on them.

    Absolute: more than half of the legal number of members (LRBRL 47, ROF 99). Two thirds: of the members in fact, and
    never less than the absolute majority.
    """
    match majority:
        case Majority.SIMPLE | Majority.WEIGHTED:
            return 0
        case Majority.ABSOLUTE:
            return legal_number // 2 + 1
        case Majority.TWO_THIRDS:
            return max(-(-2 * in_fact // 3), legal_number // 2 + 1)


def is_carried(tally: Tally, majority: Majority, legal_number: int, in_fact: int | None = None) -> bool:
    """Simple: more yes than no (ROF 99). Weighted: more weight of yes than of no. The others: as many as are needed.

    `in_fact` is how many members there are; as many as the law gives the body when it is not said.
    """
    match majority:
        case Majority.SIMPLE:
            return tally.yes > tally.no
        case Majority.WEIGHTED:
            return tally.yes_weight > tally.no_weight
        case Majority.ABSOLUTE | Majority.TWO_THIRDS:
            return tally.yes >= votes_needed(majority, legal_number, legal_number if in_fact is None else in_fact)


def is_tied(tally: Tally, majority: Majority) -> bool:
    """Whether the vote is to be held again: it came out even, and what it lacks is not a number of votes."""
    match majority:
        case Majority.SIMPLE:
            return tally.yes == tally.no
        case Majority.WEIGHTED:
            return tally.yes_weight == tally.no_weight
        case Majority.ABSOLUTE | Majority.TWO_THIRDS:
            return False
