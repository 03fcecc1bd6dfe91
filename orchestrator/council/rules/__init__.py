"""The law as data: `shape.py` is what a rule looks like, `plenary_rules.py` and `board_rules.py` the rows.

Here is which row applies. The order is law as well: what the entity itself laid down, where the law lets it; then
the special before the general, Catalan law before the state's ROF. The first rule that fits wins.
"""

from dataclasses import replace

from orchestrator.council.rules.board_rules import BOARD_RULES, DEFERRALS
from orchestrator.council.rules.plenary_rules import PLENARY_RULES
from orchestrator.council.rules.shape import (
    Basis,
    Certainty,
    Circumstances,
    Deferral,
    Hold,
    QuorumRule,
    Regulation,
    Switches,
)

__all__ = [
    "DEFERRALS",
    "QUORUM_RULES",
    "Basis",
    "Certainty",
    "Hold",
    "NeedsOwnRule",
    "NoSuchRule",
    "QuorumRule",
    "as_read",
    "choose_rule",
    "rule_named",
]

QUORUM_RULES: tuple[QuorumRule, ...] = (*PLENARY_RULES, *BOARD_RULES)


class NoSuchRule(LookupError):
    """No rule has that id."""


class NeedsOwnRule(LookupError):
    """The law gives no figures for such a body: its statutes or its regulation do, and have not been entered.

    `deferral` is where the law says so, if it does.
    """

    def __init__(self, deferral: Deferral | None) -> None:
        super().__init__("" if deferral is None else deferral.id)
        self.deferral = deferral


def rule_named(name: str, regulation: Regulation | None = None) -> QuorumRule:
    """The entity's own rule with that id, or the law's. Raises `NoSuchRule`."""
    own = () if regulation is None else regulation.rules
    for rule in (*own, *QUORUM_RULES):
        if rule.id == name:
            return rule
    raise NoSuchRule(name)


def choose_rule(where: Circumstances, regulation: Regulation, asked: str = "") -> QuorumRule:
    """The rule that a session meets under: the one asked for by id, else the first that fits.

    An own rule for this very body goes before one for its kind. What the entity's reading of the law decides is
    filled in. Raises `NoSuchRule` and `NeedsOwnRule`.
    """
    own = sorted(regulation.rules, key=lambda rule: not rule.bodies)
    fitting = (rule for rule in (*own, *QUORUM_RULES) if where.are_for(rule, regulation.switches))
    rule = rule_named(asked, regulation) if asked else next(fitting, None)
    if rule is None:
        raise NeedsOwnRule(deferral_for(where))
    return as_read(rule, regulation.switches)


def as_read(rule: QuorumRule, switches: Switches) -> QuorumRule:
    """The rule, with what it leaves open as the entity reads it."""
    return replace(rule, hold=switches.open_hold) if rule.is_hold_open else rule


def deferral_for(where: Circumstances) -> Deferral | None:
    """Where the law sends to somebody else's text for such a body."""
    for deferral in DEFERRALS:
        is_for_entity = not deferral.entity_kinds or where.entity.kind in deferral.entity_kinds
        if where.kind in deferral.body_kinds and is_for_entity:
            return deferral
    return None
