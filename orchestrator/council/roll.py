"""The roll call: name by name, whose identity was established, how they attend, and what they declared (LRBRL 46.3)."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from orchestrator.council.members import MemberId


class Mode(StrEnum):
    """How a member attends."""

    HALL = "hall"
    REMOTE_VIDEO = "remote_video"
    REMOTE_AUDIO = "remote_audio"
    DIAL_IN = "dial_in"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What the secretary established of one member, and when. `territory_declared`: that they are in Spanish
    territory, as LRBRL 46.3 asks of whoever attends at a distance."""

    at: datetime
    mode: Mode
    identity_seen: bool
    identity_heard: bool
    territory_declared: bool

    @property
    def is_complete(self) -> bool:
        """Whether it holds for one at a distance under LRBRL 46.3: known by face or voice, in Spanish territory."""
        return self.territory_declared and (self.identity_seen or self.identity_heard)


@dataclass(frozen=True, slots=True, kw_only=True)
class Roll:
    """Since when the names are called (None: not yet), and the last check of each member.

    A roll that is called again leaves the checks before it as they are, until each member is checked anew.
    """

    called_at: datetime | None = None
    checks: tuple[tuple[MemberId, Check], ...] = ()

    def of(self, member: MemberId) -> Check | None:
        """The last check of a member."""
        return dict(self.checks).get(member)

    def has(self, member: MemberId) -> bool:
        """Whether the member answered the roll that was called last."""
        check = self.of(member)
        return check is not None and self.called_at is not None and check.at >= self.called_at

    def checked(self, member: MemberId, check: Check) -> "Roll":
        """The roll with one more answer."""
        known = dict(self.checks)
        known[member] = check
        return replace(self, checks=tuple(known.items()))
