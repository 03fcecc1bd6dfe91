"""Whether a body may act: three predicates, one light.

`evaluate` is given the rule and who is there; it answers with a `Verdict` that quotes its law. Verdicts are written
on the record as they were, so that a later change of a rule never changes an old one.
"""

from dataclasses import dataclass

from orchestrator.council.members import Body, MemberId, Office
from orchestrator.council.rules import Basis, QuorumRule


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the rule says of who is there.

    `is_met`: all three predicates hold. `present` of `base` members are there and `needed` are needed; `missing`
    lists the offices that nobody holds. `rule`, `article` (`LRBRL 46.2.c`) and `version` say by which law.
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

    @property
    def has_members(self) -> bool:
        """Whether enough members are there, whatever the offices."""
        return self.present >= self.needed


def needed(rule: QuorumRule, base: int) -> int:
    """How many of `base` members the rule asks for. Rounded up: below it a third is not reached. Never above `base`."""
    share = rule.numerator * base
    least = share // rule.denominator + 1 if rule.is_strict else -(-share // rule.denominator)
    return min(max(least, rule.floor), base)


def evaluate(rule: QuorumRule, body: Body, present: frozenset[MemberId]) -> Verdict:
    """What the rule says of the body when those in `present` are there.

    Whoever holds the secretary's chair now is never counted, be it a substitute who is otherwise a member.
    """
    base = body.legal_number if rule.basis is Basis.LEGAL_NUMBER else sum(m.is_counted for m in body.members)
    secretary = body.acting(Office.SECRETARY, present)
    count = sum(m.is_counted and m.id in present and m.id != secretary for m in body.members)
    least = needed(rule, base)
    missing = tuple(office for office in rule.offices if body.acting(office, present) is None)
    return Verdict(
        is_met=count >= least and not missing,
        present=count,
        needed=least,
        base=base,
        rule=rule.id,
        article=rule.citation,
        version=rule.version,
        missing=missing,
    )
