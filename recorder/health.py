"""How the source and each output are, judged from what is known of them. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum


class Health(StrEnum):
    """STARTING: not there yet. LIVE: works. STALLED: connected, but nothing moves. LOST: gone, to be had back."""

    STARTING = "starting"
    LIVE = "live"
    STALLED = "stalled"
    LOST = "lost"


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A health, since when (UTC), and a short code of the cause where it is not good."""

    health: Health
    since: datetime
    cause: str = ""

    def become(self, health: Health, now: datetime, cause: str = "") -> "Condition":
        """The same condition if nothing changed, so that `since` stays true."""
        if health is self.health and cause == self.cause:
            return self
        return replace(self, health=health, since=now, cause=cause)


def judge_source(
    before: Condition, now: datetime, *, is_connected: bool, has_pictures: bool, is_silent: bool
) -> Condition:
    """The source's condition. `has_pictures`: this connection has sent some; `is_silent`: none for the patience."""
    if not is_connected:
        if before.health is Health.STARTING:
            return before
        return before.become(Health.LOST, now, "source_closed")
    if is_silent:
        return before.become(Health.STALLED, now, "source_stalled")
    if has_pictures:
        return before.become(Health.LIVE, now)
    return before
