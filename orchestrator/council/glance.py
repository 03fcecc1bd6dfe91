"""A session at a glance: what a wall of many sessions shows of each, without its record."""

from dataclasses import dataclass

from orchestrator.council.effects import Picture
from orchestrator.council.observations import Link
from orchestrator.council.session import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """How a session stands. `links` are those that work; `picture` is what the public is to see, None where there is
    no broadcast; `item` is the number of the item that is dealt with."""

    is_observed: bool
    is_met: bool
    present: int
    needed: int
    links: frozenset[Link]
    picture: Picture | None
    item: int | None


def glance(session: Session) -> Glance:
    """Raises Refused (NOT_CONVENED) for a session that has no call yet."""
    verdict = session.verdict
    return Glance(
        is_observed=session.is_observed,
        is_met=verdict.is_met,
        present=verdict.present,
        needed=verdict.needed,
        links=session.links,
        picture=session.picture if session.has_broadcast else None,
        item=session.agenda.current,
    )
