"""Who is told of an alert, why and when. Pure.

An alert is told when it has lasted a moment, so that what mends itself wakes nobody. To those who heard that it began
it is told that it is over, once it has been for so long that it would not come back as the same. At quiet hours only
what concerns a session, or is critical, is told at once.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from orchestrator.council.troubles import Severity
from orchestrator.store.alerts import DRILL, SAME, Alert
from orchestrator.store.deliveries import Occasion, Planned

_PATIENCE: Final[Mapping[Severity, timedelta]] = {
    Severity.CRITICAL: timedelta(seconds=15),
    Severity.WARNING: timedelta(seconds=60),
}
"""How long an alert must last before anybody is told. INFO is shown, and told to nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """From when to when nobody is woken, on the clock of a zone; the same hour twice: never."""

    start: time
    end: time
    zone: ZoneInfo

    def over_at(self, now: datetime) -> datetime:
        """When one may be told: now, or when the quiet is over."""
        here = now.astimezone(self.zone)
        is_quiet = (
            self.start <= here.time() < self.end if self.start <= self.end else not self.end <= here.time() < self.start
        )
        if not is_quiet:
            return now
        end = datetime.combine(here.date(), self.end, self.zone)
        if end <= here:
            end = datetime.combine(here.date() + timedelta(days=1), self.end, self.zone)
        return end


def quiet_hours(text: str, zone: ZoneInfo) -> Quiet:
    """From `22:00-07:00`; an empty text: there are none."""
    start, _, end = (text or "00:00-00:00").partition("-")
    return Quiet(start=time.fromisoformat(start), end=time.fromisoformat(end), zone=zone)


@dataclass(frozen=True, slots=True, kw_only=True)
class Whom:
    """The names of those who are told first, and of those who are told as well when an alert is escalated."""

    first: tuple[str, ...]
    next: tuple[str, ...]
    quiet: Quiet


def due(alert: Alert, whom: Whom, now: datetime) -> Iterator[Planned]:
    """To whom an alert should have been told by now, and why; it is no harm that it was."""
    is_drill = alert.key == DRILL
    if is_drill or alert.escalated_at is not None:
        occasion = Occasion.RAISED if is_drill else Occasion.ESCALATED
        yield from _tell(alert, (*whom.first, *whom.next), occasion, whom, now)
    patience = _PATIENCE.get(alert.severity)
    has_lasted = patience is not None and (alert.resolved_at or now) - alert.raised_at >= patience
    if has_lasted:
        yield from _tell(alert, whom.first, Occasion.RAISED, whom, now)
    is_over = alert.resolved_at is not None and now - alert.resolved_at >= SAME
    if is_over and not is_drill:
        yield from _tell(alert, (*whom.first, *whom.next), Occasion.RESOLVED, whom, now)


def _tell(alert: Alert, names: tuple[str, ...], occasion: Occasion, whom: Whom, now: datetime) -> Iterator[Planned]:
    may_wake = alert.key == DRILL or alert.session is not None or alert.severity is Severity.CRITICAL
    due_at = now if may_wake else whom.quiet.over_at(now)
    for name in dict.fromkeys(names):
        yield Planned(alert=alert.id, target=name, occasion=occasion, due_at=due_at)
