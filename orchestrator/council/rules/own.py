"""An entity's own rules: how a new version of its regulation is made, and what the law has against one.

What is compared is how many each asks for of the same number of members, which offices, and for how long.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from orchestrator.council.members import Entity
from orchestrator.council.rules import QUORUM_RULES
from orchestrator.council.rules.shape import Hold, QuorumRule, Regulation, Switches

_LARGEST_BODY: Final = 500


class Fault(StrEnum):
    """What is wrong with an own rule."""

    TAKEN = "taken"
    TWICE = "twice"
    NOT_REPLACEABLE = "not_replaceable"
    ASKS_LESS = "asks_less"


@dataclass(frozen=True, slots=True, kw_only=True)
class Objection:
    """A fault of the rule at `position` (from 0); `law` is the law that it runs against (`LRBRL 46.2.c`)."""

    position: int
    fault: Fault
    law: str = ""


def revised(before: Regulation, rules: Sequence[QuorumRule], switches: Switches) -> Regulation:
    """The next version of a regulation. A rule that says what it said before keeps its version."""
    known = {rule.id: rule for rule in before.rules}
    version = before.version + 1
    return Regulation(
        version=version,
        rules=tuple(replace(rule, version=_version(rule, known.get(rule.id), version)) for rule in rules),
        switches=switches,
    )


def objections(rules: Sequence[QuorumRule], switches: Switches, entity: Entity) -> tuple[Objection, ...]:
    """Everything that the law has against these rules of that entity."""
    return tuple(
        Objection(position=position, fault=fault, law=law)
        for position, rule in enumerate(rules)
        for fault, law in dict.fromkeys(_faults(rule, rules[:position], switches, entity))
    )


def _version(rule: QuorumRule, before: QuorumRule | None, now: int) -> int:
    is_same = before is not None and replace(rule, version=before.version) == before
    return before.version if before is not None and is_same else now


def _faults(
    rule: QuorumRule, earlier: Sequence[QuorumRule], switches: Switches, entity: Entity
) -> Iterator[tuple[Fault, str]]:
    if any(rule.id == law.id for law in QUORUM_RULES):
        yield Fault.TAKEN, ""
    if any(rule.id == other.id for other in earlier):
        yield Fault.TWICE, ""
    for law in QUORUM_RULES:
        if not _takes_the_place_of(rule, law, switches, entity):
            continue
        if rule.source not in law.overridden_by:
            yield Fault.NOT_REPLACEABLE, law.citation
        elif law.is_least and _asks_less(rule, law):
            yield Fault.ASKS_LESS, law.citation


def _takes_the_place_of(rule: QuorumRule, law: QuorumRule, switches: Switches, entity: Entity) -> bool:
    return (
        bool(rule.body_kinds & law.body_kinds)
        and (not law.entity_kinds or entity.kind in law.entity_kinds)
        and (not law.regimes or entity.regime in law.regimes)
        and (law.most_residents is None or (entity.population or law.most_residents + 1) <= law.most_residents)
        and (law.reading is None or law.reading in switches.readings)
        and rule.occasion is law.occasion
        and (rule.call is None or law.call is None or rule.call == law.call)
    )


def _asks_less(rule: QuorumRule, law: QuorumRule) -> bool:
    return (
        any(rule.needed(base) < law.needed(base) for base in range(1, _LARGEST_BODY + 1))
        or not set(law.offices) <= set(rule.offices)
        or (rule.hold is Hold.AT_CONSTITUTION and law.hold is Hold.CONTINUOUS)
    )
