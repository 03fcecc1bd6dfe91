"""The items and what befell them."""

from dataclasses import dataclass
from datetime import datetime

from orchestrator.council.agenda import Majority
from orchestrator.council.members import MemberId
from orchestrator.council.voting import Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemCalled:
    """The session comes to an item. `title` is given for one that is not on the agenda of the call."""

    at: datetime
    number: int
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DebateOpened:
    """Who leaves from now on and is away at the vote abstains (LRBRL 46.2.d)."""

    at: datetime
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemConcluded:
    """The session is done with an item."""

    at: datetime
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemWithdrawn:
    """The item is taken back."""

    at: datetime
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemTabled:
    """The item is left on the table for a later session (ROF 92)."""

    at: datetime
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UrgentItemProposed:
    """Something that is not on the agenda is put forward; its urgency must be agreed to first (ROF 91.4)."""

    at: datetime
    number: int
    title: str
    majority: Majority


@dataclass(frozen=True, slots=True, kw_only=True)
class UrgencyAgreed:
    """The item off the agenda is dealt with (absolute majority, ROF 83)."""

    at: datetime
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UrgencyRefused:
    """The item off the agenda is not dealt with."""

    at: datetime
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictDeclared:
    """The member takes no part in the item (LRBRL 76). `presiding` is who takes the chair because of it, if it changes
    hands (ROF 47.2)."""

    at: datetime
    number: int
    member: MemberId
    presiding: MemberId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictEnded:
    """The member takes part again: the conflict was noted by mistake. At the end of an item all of its conflicts end
    by themselves."""

    at: datetime
    number: int
    member: MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class MajorityOutOfReach:
    """Fewer who may vote are there than votes are needed to carry the item that the session is on."""

    at: datetime
    number: int
    present: int
    needed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MajorityWithinReach:
    """Enough who may vote are there again."""

    at: datetime
    number: int
    present: int
    needed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretOpened:
    """From now on the item is held in secret. `tally` is the agreement on it (LRBRL 70.1)."""

    at: datetime
    number: int
    tally: Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretClosed:
    """The item is public again, or over."""

    at: datetime
    number: int


AgendaEvent = (
    ItemCalled
    | DebateOpened
    | ItemConcluded
    | ItemWithdrawn
    | ItemTabled
    | UrgentItemProposed
    | UrgencyAgreed
    | UrgencyRefused
    | ConflictDeclared
    | ConflictEnded
    | MajorityOutOfReach
    | MajorityWithinReach
    | SecretOpened
    | SecretClosed
)
