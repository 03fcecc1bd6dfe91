"""How members come in: what became of the personal links that lead into the room."""

from dataclasses import dataclass
from datetime import datetime

from orchestrator.council.members import MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinLinkShared:
    """A member's personal link was used from a second place while the first was in use."""

    at: datetime
    member: MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinLinkWithdrawn:
    """A member's personal link opens nothing any more."""

    at: datetime
    member: MemberId


EntranceEvent = JoinLinkShared | JoinLinkWithdrawn
