"""The state of one session, as a fold over its events: `evolve`, `replay`, and when time must pass: `next_deadline`.

Reading surface for everybody outside the council; only `evolve` makes new ones.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from orchestrator.council.agenda import Agenda
from orchestrator.council.attendance import Attendance
from orchestrator.council.convocation import Convocation
from orchestrator.council.effects import Picture
from orchestrator.council.floor import Floor
from orchestrator.council.observations import Link
from orchestrator.council.quorum import Verdict
from orchestrator.council.voting import VoteEvent


class Phase(StrEnum):
    """Where the session is in its life."""

    CONVENED = "convened"
    OPEN = "open"
    SUSPENDED = "suspended"
    ADJOURNED = "adjourned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One meeting of a body. A session without a convocation has no event yet.

    `verdict` is the last one that was computed, `was_met` what the room was last told.
    `links` are the broadcast's links that work now; `alerts` are the keys of the alerts not yet resolved.
    """

    convocation: Convocation | None = None
    phase: Phase = Phase.CONVENED
    is_observed: bool = False
    attendance: Attendance = field(default_factory=Attendance)
    agenda: Agenda = field(default_factory=Agenda)
    floor: Floor = field(default_factory=Floor)
    vote: VoteEvent | None = None
    was_met: bool = False
    edge_warned_at: datetime | None = None
    picture: Picture = Picture.WAITING
    links: frozenset[Link] = frozenset()
    alerts: frozenset[str] = frozenset()
    opened_at: datetime | None = None
    adjourned_at: datetime | None = None
