"""The steps of an entity to its first session: a list that ticks itself by what is there."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from orchestrator.access import Operation
from orchestrator.store.beginnings import Beginning


class Step(StrEnum):
    """Worded as `steps.<step>`; what is to be done, as `steps.<step>.todo`."""

    BODIES = "bodies"
    MEMBERS = "members"
    SECRETARY = "secretary"
    CHANNEL = "channel"
    CONTACTS = "contacts"
    REHEARSAL = "rehearsal"
    SESSION = "session"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A step, whether it is done, and where to do it; None in `asks` where everybody may go. `found` are the figures of
    its wording."""

    step: Step
    is_done: bool
    leads_to: str
    asks: Operation | None
    found: Mapping[str, object] = field(default_factory=dict)


def steps(known: Beginning) -> tuple[Line, ...]:
    """In the order in which they are best done."""
    convene, people = "/sessions/new", f"/sessions/{known.next_session}/people"
    contacts_at, may_contact = (people, Operation.PAGE_PEOPLE) if known.next_session else (convene, _CONVENE)
    empty = ", ".join(known.empty) or "–"
    return (
        Line(step=Step.BODIES, is_done=known.bodies > 0, leads_to=_API, asks=None, found={"count": known.bodies}),
        Line(
            step=Step.MEMBERS,
            is_done=known.members > 0 and not known.empty,
            leads_to=_API,
            asks=None,
            found={"count": known.members, "empty": empty},
        ),
        Line(step=Step.SECRETARY, is_done=known.has_secretary, leads_to="/accounts", asks=Operation.PAGE_ACCOUNTS),
        Line(step=Step.CHANNEL, is_done=known.has_channel, leads_to="/channels", asks=Operation.PAGE_CHANNELS),
        Line(
            step=Step.CONTACTS,
            is_done=0 < known.members == known.reachable,
            leads_to=contacts_at,
            asks=may_contact,
            found={"reachable": known.reachable, "count": known.members},
        ),
        Line(step=Step.REHEARSAL, is_done=known.has_rehearsed, leads_to=convene, asks=_CONVENE),
        Line(step=Step.SESSION, is_done=known.has_session, leads_to=convene, asks=_CONVENE),
    )


_API = "/api/docs"
"""Bodies and members are entered over the API; its page is where it is tried."""
_CONVENE = Operation.PAGE_CONVENE
