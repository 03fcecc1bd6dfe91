"""Whether a body may act: three predicates, one light.

`evaluate` is given the rule and who is there; it answers with a `Verdict` that quotes its law. Verdicts are written
on the record as they were, so that a later change of a rule never changes an old one.
"""

from dataclasses import dataclass

from orchestrator.council.members import Office


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the rule says of who is there.

    `is_met`: all three predicates hold. `present` of `base` members are there and `needed` are needed; `missing`
    lists the offices that nobody holds. `rule`, `article` and `version` say by which law.
    """

    is_met: bool
    present: int
    needed: int
    base: int
    rule: str
    article: str
    version: int
    missing: tuple[Office, ...] = ()

    @property
    def is_at_edge(self) -> bool:
        """Whether one more departure would lose the quorum."""
        return self.is_met and self.present == self.needed
