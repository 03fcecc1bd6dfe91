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

    def cast(self, member: MemberId, choice: Choice) -> "VoteEvent":
        """The vote with one more vote in it; a member's last one stands."""
        others = tuple((m, c) for m, c in self.votes if m != member)
        return replace(self, votes=(*others, (member, choice)))

    def tally(self) -> Tally:
        """The count as it would be now: whoever is entitled and has not voted abstains, and so do those deemed to."""
        choices = [choice for _, choice in self.votes]
        yes, no = choices.count(Choice.YES), choices.count(Choice.NO)
        return Tally(
            yes=yes,
            no=no,
            abstain=len(self.entitled) - yes - no + len(self.deemed),
            deemed=len(self.deemed),
        )


def is_carried(tally: Tally, majority: Majority, legal_number: int) -> bool:
    """Simple: more yes than no. Absolute: more than half of the legal number of members (LRBRL 47, ROF 99)."""
    match majority:
        case Majority.SIMPLE:
            return tally.yes > tally.no
        case Majority.ABSOLUTE:
            return 2 * tally.yes > legal_number
