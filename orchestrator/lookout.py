"""The lookout: compares what is with what ought to be, and has alerts raised and resolved.

Of the sessions that are conducted here it tells the session itself, so that the alert is on its record. What has no
session (an encoder pool that is down, a full disk), and a session that nobody conducts, it writes among the alerts
directly. It also escalates what nobody attends to. It is told nothing and forgets nothing that matters: everything
here is a level, and after a restart it is compared again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, Protocol

import asyncpg
import structlog

from orchestrator.council.members import SessionId
from orchestrator.council.observations import Grade, Observation, Sighting, TroubleBegan, TroubleEnded
from orchestrator.council.session import Session
from orchestrator.council.troubles import KEYS, Severity, Surroundings, Trouble, troubles
from orchestrator.store.alerts import Alerts, Condition

_ROUND_SECONDS: Final = 2.0
_LOOK_AROUND_SECONDS: Final = 15.0
"""What is around the sessions is looked at less often: it means to ask other machines."""
_LASTING: Final = timedelta(seconds=20)
"""How long a trouble of the house must last: a server that is restarted is none."""
_UNCONDUCTED: Final = timedelta(seconds=30)
_BEHIND: Final = timedelta(seconds=5)
CLOCK_TOLERANCE: Final = timedelta(milliseconds=500)
DISK_LEAST: Final = 8 * 1024**3
"""Bytes: two recordings of three hours at 2.5 Mbit/s, and some room."""

UNATTENDED: Final[Mapping[Severity, timedelta]] = {
    Severity.CRITICAL: timedelta(minutes=3),
    Severity.WARNING: timedelta(minutes=15),
}
"""How long an alert waits for somebody to acknowledge it before the next ones are called. INFO waits for ever."""

HOUSE: Final = "house"

log = structlog.get_logger()


class Conducted(Protocol):
    """The sessions that are conducted in this process, as far as the lookout needs them."""

    def deliver(self, session_id: SessionId, observation: Observation) -> None:
        """Put an observation into the session's inbox; lost if it is no longer conducted here."""

    def sessions(self) -> Mapping[SessionId, Session]:
        """Each session that is conducted here, as it is now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What one machine sees around it. `encoders` are healthy, of which `free_encoders` are free; both None where none
    is configured. `disk_free` is in bytes."""

    is_connected: bool
    disk_free: int
    encoders: int | None = None
    free_encoders: int | None = None


def house_troubles(around: Around, clock_ahead: timedelta, machine: str) -> Mapping[Condition, str]:
    """What of the house is not as it should be, as this machine sees it."""
    found: dict[Condition, str] = {}
    if not around.is_connected:
        found[None, f"server.{machine}"] = Trouble.SERVER_UNREACHABLE
    if abs(clock_ahead) > CLOCK_TOLERANCE:
        found[None, f"clock.{machine}"] = Trouble.CLOCK_OFF
    if around.disk_free < DISK_LEAST:
        found[None, f"disk.{machine}"] = Trouble.DISK_LOW
    if around.encoders == 0:
        found[None, f"encoders.{machine}"] = Trouble.NO_ENCODER_HEALTHY
    return found


def differences(session: Session, surroundings: Surroundings, now: datetime) -> list[TroubleBegan | TroubleEnded]:
    """What to tell a session, so that its alerts are its troubles."""
    found = troubles(session, surroundings, now)
    seen = Sighting(grade=Grade.PRESENCE, at=now)
    began = [TroubleBegan(seen=seen, key=key, cause=found[key]) for key in sorted(found.keys() - session.alerts)]
    over = sorted((KEYS & session.alerts) - found.keys())
    return [*began, *(TroubleEnded(seen=seen, key=key) for key in over)]


@dataclass(slots=True)
class Lasting:
    """Since when each condition holds: only those that have lasted are believed."""

    patience: timedelta
    _since: dict[Condition, datetime] = field(default_factory=dict)

    def of(self, conditions: Mapping[Condition, str], now: datetime) -> Mapping[Condition, str]:
        """Those that have held for as long as the patience."""
        self._since = {condition: self._since.get(condition, now) for condition in conditions}
        return {c: cause for c, cause in conditions.items() if now - self._since[c] >= self.patience}


class Lookout:
    """Looks around every few seconds. `machine` is this one's name in the keys of what concerns it alone; `gathering`
    is how long before its hour a session is to be conducted."""

    def __init__(
        self,
        *,
        alerts: Alerts,
        conducted: Conducted,
        look_around: Callable[[], Awaitable[Around]],
        machine: str,
        gathering: timedelta,
        now: Callable[[], datetime],
    ) -> None:
        self._alerts = alerts
        self._conducted = conducted
        self._look_around = look_around
        self._machine = machine
        self._gathering = gathering
        self._now = now
        self._surroundings = Surroundings()
        self._lasting = Lasting(_LASTING)

    async def run(self) -> None:
        """Look for ever. While the database is away nothing can be raised; that is logged."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(_repeat(self.look_around, _LOOK_AROUND_SECONDS), name="lookout around")
            tasks.create_task(_repeat(self.look, _ROUND_SECONDS), name="lookout")

    async def look(self) -> None:
        """One round over the sessions and their alerts."""
        now = self._now()
        for session_id, session in self._conducted.sessions().items():
            for observation in differences(session, self._surroundings, now):
                self._conducted.deliver(session_id, observation)
        await self._alerts.reconcile(HOUSE, await self._of_all_sessions(now), now)
        for alert in await self._alerts.escalate_unattended(now, UNATTENDED):
            log.warning("alert_escalated", session_id=alert.session, key=alert.key, cause=alert.cause)

    async def look_around(self) -> None:
        """One look at the house."""
        around = await self._look_around()
        self._surroundings = Surroundings(free_encoders=around.free_encoders)
        now = self._now()
        ahead = await self._alerts.clock_ahead(now)
        found = self._lasting.of(house_troubles(around, ahead, self._machine), now)
        await self._alerts.reconcile(f"machine:{self._machine}", found, now)

    async def _of_all_sessions(self, now: datetime) -> Mapping[Condition, str]:
        """What can only be seen from outside a session."""
        idle = await self._alerts.unconducted(now, gathering=self._gathering, patience=_UNCONDUCTED)
        behind = await self._alerts.behind(now, _BEHIND)
        found: dict[Condition, str] = {(session, "record"): Trouble.RECORD_BEHIND for session in behind}
        return found | {(session, "conductor"): Trouble.NOT_CONDUCTED for session in idle}


async def _repeat(look: Callable[[], Awaitable[None]], seconds: float) -> None:
    while True:
        try:
            await look()
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            log.warning("lookout_blind", reason=type(error).__name__)
        await asyncio.sleep(seconds)
