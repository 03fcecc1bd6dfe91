"""What a rule of law looks like as data.

A rule says when a body may act; `orchestrator.council.quorum.evaluate` applies it. Rules are written down once, in
`quorum_rules.py`, each with its source and how sure we are of it, and are never edited: a change of the law is a new
`version`, and the verdicts on the record keep the version that they were made under.
"""

from dataclasses import dataclass
from enum import StrEnum

from orchestrator.council.members import BodyKind, Office


class Basis(StrEnum):
    """What the fraction is taken of: the number of members by law, vacancies included, or the members in fact."""

    LEGAL_NUMBER = "legal_number"
    MEMBERS = "members"


class Hold(StrEnum):
    """Whether the quorum must last all through the session or is asked for when the body is constituted."""

    CONTINUOUS = "continuous"
    AT_CONSTITUTION = "at_constitution"


class Certainty(StrEnum):
    """Read in the text of the law; known from practice but not looked up; or read in more than one way."""

    VERIFIED = "verified"
    RECALLED = "recalled"
    CONTESTED = "contested"


@dataclass(frozen=True, slots=True, kw_only=True)
class QuorumRule:
    """How many members, and which offices, a kind of body needs to act.

    `numerator`/`denominator` of `basis`, rounded up (`is_strict`: more than that fraction), and never fewer than
    `floor`. `call` is the call (1 or 2) that the rule is for; None where the law knows one call only.
    `offices` must be held by their holder or a legal substitute; the president counts as a member, the secretary
    never does. `norm` and `article` are the source, `url` where it can be read, `note` what is open about it.
    """

    id: str
    version: int
    body_kinds: frozenset[BodyKind]
    call: int | None
    numerator: int
    denominator: int
    is_strict: bool = False
    floor: int = 0
    basis: Basis = Basis.LEGAL_NUMBER
    offices: tuple[Office, ...] = (Office.PRESIDENT, Office.SECRETARY)
    hold: Hold = Hold.CONTINUOUS
    norm: str
    article: str
    url: str
    certainty: Certainty = Certainty.VERIFIED
    note: str = ""

    @property
    def citation(self) -> str:
        """The source as it is quoted in a verdict: `LRBRL 46.2.c`."""
        return f"{self.norm} {self.article}"

    def fits(self, kind: BodyKind, call: int) -> bool:
        """Whether the rule is for that kind of body in that call."""
        return kind in self.body_kinds and self.call in (None, call)
