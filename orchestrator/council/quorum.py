"""Whether a body may act: three predicates, one light.

`evaluate` is given the rule and who is there; it answers with a `Verdict` that quotes its law. Verdicts are written
on the record as they were, so that a later change of a rule never changes an old one.
"""

from collections import Counter
from dataclasses import dataclass

from orchestrator.council.members import Body, MemberId, Office
from orchestrator.council.rules import Basis, QuorumRule


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the rule says of who is there.

    `is_met`: all predicates hold. `present` of `base` members are there and `needed` are needed; `missing` lists the
    offices that nobody holds. `rule`, `article` (`LRBRL 46.2.c`) and `version` say by which law. `is_constituted`:
    the number was asked for at the constitution, was reached then, and is not asked for any more.
    `lacks_councillors`: the councillors there do not outnumber the others (LRBRL 126.2).
    """

    is_met: bool
    present: int
    needed: int
    base: int
    rule: str
    article: str
    version: int
    missing: tuple[Office, ...] = ()
    is_constituted: bool = False
    lacks_councillors: bool = False

    @property
    def is_at_edge(self) -> bool:
        """Whether one more departure would lose the quorum."""
        return self.is_met and self.present == self.needed and not self.is_constituted

    @property
    def has_members(self) -> bool:
        """Whether enough members are there, whatever the offices."""
        return self.is_constituted or self.present >= self.needed


def evaluate(
    rule: QuorumRule,
    body: Body,
    present: frozenset[MemberId],
    *,
    chairs: frozenset[MemberId] | None = None,
    is_constituted: bool = False,
) -> Verdict:
    """What the rule says of the body when those in `present` are counted.

    `chairs` is who may sit in the offices' chairs, if it is not the same: who withdrew from an item may still count,
    but presides no more.
    `is_constituted`: under a rule that asks at the constitution, this body has been constituted; president and
    secretary are still needed, since nobody could go on without them. Whoever holds the secretary's chair now is not
    counted, be it a substitute who is otherwise a member, unless the rule says so.
    """
    base = base_of(rule, body)
    in_chairs = present if chairs is None else chairs
    secretary = None if rule.is_secretary_counted else body.acting(Office.SECRETARY, in_chairs)
    seated = [m for m in body.seated(present) if m != secretary]
    count = len(seated)
    if rule.basis is Basis.RESIDENTS:
        count += _represented(body, frozenset(seated), present)
    least = rule.needed(base)
    missing = tuple(office for office in rule.offices if body.acting(office, in_chairs) is None)
    councillors = sum(body.member(m).is_councillor for m in seated)
    lacks_councillors = rule.has_councillor_majority and 2 * councillors <= len(seated)
    return Verdict(
        is_met=(is_constituted or count >= least) and not missing and not lacks_councillors,
        present=count,
        needed=least,
        base=base,
        rule=rule.id,
        article=rule.citation,
        version=rule.version,
        missing=missing,
        is_constituted=is_constituted,
        lacks_councillors=lacks_councillors,
    )


def base_of(rule: QuorumRule, body: Body) -> int:
    """Of how many members the rule takes its fraction."""
    match rule.basis:
        case Basis.LEGAL_NUMBER:
            return body.number
        case Basis.STATUTORY:
            return body.legal_number
        case Basis.MEMBERS | Basis.ELECTED | Basis.RESIDENTS:
            return body.listed


def _represented(body: Body, seated: frozenset[MemberId], present: frozenset[MemberId]) -> int:
    """Those away whose proxy is there; nobody carries more than a third of the members (ROF 111.3)."""
    away = (m for m in body.members if m.is_counted and m.id not in present)
    carried = Counter(m.represented_by for m in away if m.represented_by in seated)
    return sum(min(count, body.listed // 3) for count in carried.values())
