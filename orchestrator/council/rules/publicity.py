"""Which bodies meet in public, as data: who is convened without a word about it is public or not by these rows."""

from dataclasses import dataclass

from orchestrator.council.members import BodyKind
from orchestrator.council.rules.shape import Certainty


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicityRule:
    """Whether bodies of these kinds meet in public, by which article, how sure we are, and what is open about it."""

    id: str
    body_kinds: frozenset[BodyKind]
    is_public: bool
    article: str
    certainty: Certainty = Certainty.VERIFIED
    note: str = ""


PUBLICITY_RULES: tuple[PublicityRule, ...] = (
    PublicityRule(
        id="PUB-PLE",
        body_kinds=frozenset({BodyKind.PLENARY, BodyKind.ASSEMBLY, BodyKind.RESIDENTS_BOARD}),
        is_public=True,
        article="LRBRL 70.1",
        note="an item that touches honour, privacy or image may be held in secret by absolute majority (ROF 88)",
    ),
    PublicityRule(
        id="PUB-JGL",
        body_kinds=frozenset({BodyKind.GOVERNMENT_BOARD}),
        is_public=False,
        article="LRBRL 70.1",
        note="must be public where it decides what the plenary delegated (STC 161/2013, recalled): said in the call",
    ),
    PublicityRule(
        id="PUB-CI",
        body_kinds=frozenset({BodyKind.INFORMATION_COMMITTEE, BodyKind.SPECIAL_COMMITTEE, BodyKind.ACCOUNTS_COMMITTEE}),
        is_public=False,
        article="ROF 227.2",
        note="TRLMRLC 156.3 says the same; in Barcelona public when they decide (Carta)",
    ),
    PublicityRule(
        id="PUB-PART",
        body_kinds=frozenset({BodyKind.DISTRICT_BOARD}),
        is_public=True,
        article="TRLMRLC 156.2",
        certainty=Certainty.RECALLED,
        note="verified for bodies of participation; that a district board is one is a reading",
    ),
    PublicityRule(
        id="PUB-OTHER",
        body_kinds=frozenset(BodyKind),
        is_public=False,
        article="TRLMRLC 156.3",
        note="every other body, unless the plenary or its own statutes say otherwise",
    ),
)
"""The first that fits applies."""


def publicity_of(kind: BodyKind) -> PublicityRule:
    """The rule for a body of that kind; the last one is for all."""
    return next(rule for rule in PUBLICITY_RULES if kind in rule.body_kinds)
