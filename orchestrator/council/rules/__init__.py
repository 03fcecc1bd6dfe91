"""The law as data: `shape.py` is what a rule looks like, `quorum_rules.py` the rows; here is which row applies."""

from orchestrator.council.members import BodyKind
from orchestrator.council.rules.quorum_rules import QUORUM_RULES
from orchestrator.council.rules.shape import Basis, Certainty, Hold, QuorumRule

__all__ = ["QUORUM_RULES", "Basis", "Certainty", "Hold", "QuorumRule", "rule_for"]


def rule_for(kind: BodyKind, call: int, override: str = "") -> QuorumRule:
    """The rule that a body of that kind meets under: the one named by `override`, else the first that fits.

    Raises LookupError when no rule has that id, or none fits.
    """
    for rule in QUORUM_RULES:
        if rule.id == override or (not override and rule.fits(kind, call)):
            return rule
    raise LookupError(f"no quorum rule {override or (kind.value, call)}")
