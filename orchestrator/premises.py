"""What one machine sees of itself and around it: for the lookout, and for `/readyz`."""

import asyncio
import shutil
from dataclasses import dataclass
from datetime import timedelta

import asyncpg

from orchestrator.access import Clock
from orchestrator.chambers import Chambers
from orchestrator.clock import ClockUnknown, clock_ahead
from orchestrator.duty import Duty
from orchestrator.lookout import CLOCK_TOLERANCE, Around
from orchestrator.settings import Settings
from orchestrator.store.alerts import Alerts
from orchestrator.web.house import Readiness
from recorder.errors import JibriUnavailable
from recorder.jibri import Busyness, Jibri, JibriHealth


@dataclass(frozen=True, slots=True)
class Premises:
    """The machine, with what it needs for its duties."""

    settings: Settings
    duties: frozenset[Duty]
    pool: asyncpg.Pool
    jibris: tuple[Jibri, ...]
    chambers: Chambers
    now: Clock

    async def look_around(self) -> Around:
        """Server, disk and encoders, as they are now."""
        healthy = await self._healthy()
        return Around(
            is_connected=Duty.CONDUCTOR not in self.duties or self.chambers.is_connected,
            disk_free=shutil.disk_usage(self.settings.data).free,
            encoders=len(healthy) if self.jibris else None,
            free_encoders=sum(health.busyness is Busyness.IDLE for health in healthy),
        )

    async def readiness(self) -> Readiness:
        """Part by part, whether what the duties need is there."""
        ahead = await self._clock_ahead()
        parts = {
            "database": await self._has_database(),
            "clock": ahead is not None and abs(ahead) <= CLOCK_TOLERANCE,
        }
        if Duty.CONDUCTOR in self.duties:
            parts |= {"xmpp": self.chambers.is_connected}
        if Duty.RECORDER in self.duties:
            parts |= {"encoder": bool(await self._healthy())}
        clock_of = "time_server" if self.settings.time_server else "database"
        return Readiness(parts=parts, clock_ahead=ahead, clock_of=clock_of)

    async def _clock_ahead(self) -> timedelta | None:
        try:
            if self.settings.time_server:
                return await clock_ahead(self.settings.time_server, self.now)
            return await Alerts(self.pool).clock_ahead(self.now())
        except (ClockUnknown, OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return None

    async def _has_database(self) -> bool:
        try:
            return bool(await self.pool.fetchval("SELECT true", timeout=2))
        except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
            return False

    async def _healthy(self) -> list[JibriHealth]:
        async with asyncio.TaskGroup() as tasks:
            asked = [tasks.create_task(_health(jibri)) for jibri in self.jibris]
        return [health for task in asked if (health := task.result()) and health.is_healthy]


async def _health(jibri: Jibri) -> JibriHealth | None:
    try:
        return await jibri.health()
    except JibriUnavailable:
        return None
