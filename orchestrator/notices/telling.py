"""Tells people of alerts: plans what is due, sends what is planned, and has it said how far it got.

What is to be told is a level, compared every few seconds; what was planned lies in the database, so that a restart
neither forgets a message nor plans it twice. Many machines may do this at once.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

import asyncpg
import structlog

from orchestrator.notices import alertmanager
from orchestrator.notices.alertmanager import Alertmanager
from orchestrator.notices.people import Person, Undelivered
from orchestrator.notices.whom import Whom, due
from orchestrator.notices.wording import message
from orchestrator.store.deliveries import Claimed, Deliveries
from orchestrator.wording import Language

_ROUND_SECONDS: Final = 2.0
_GONE: Final = "no_such_target"

log = structlog.get_logger()


@dataclass(slots=True, kw_only=True)
class Telling:
    """`people` are by the names that `whom` has. `language` and `zone` are the operators'."""

    deliveries: Deliveries
    people: Mapping[str, Person]
    whom: Whom
    alertmanager: Alertmanager | None
    language: Language
    zone: ZoneInfo
    public_url: str
    now: Callable[[], datetime]

    @property
    def names(self) -> tuple[str, ...]:
        """Of all who are told."""
        return (*self.people, *((alertmanager.NAME,) if self.alertmanager else ()))

    async def run(self) -> None:
        """Tell for ever. While the database is away nothing is told; that is logged."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._repeat(self.tell_people, _ROUND_SECONDS), name="telling people")
            if self.alertmanager:
                seconds = alertmanager.EVERY.total_seconds()
                tasks.create_task(self._repeat(self.tell_alertmanager, seconds), name="telling Alertmanager")

    async def tell_people(self) -> None:
        """One round: plan, and send what is due, all at once."""
        now = self.now()
        alerts = await self.deliveries.untold(now)
        await self.deliveries.plan([planned for alert in alerts for planned in due(alert, self.whom, now)])
        claimed = await self.deliveries.claim(now)
        async with asyncio.TaskGroup() as tasks:
            for one in claimed:
                tasks.create_task(self._send(one), name=f"delivery {one.id}")

    async def tell_alertmanager(self) -> None:
        """Tell it of all that are open, and of what was resolved lately."""
        if self.alertmanager is None:
            return
        now = self.now()
        alerts = await self.deliveries.untold(now)
        failure = None
        try:
            await self.alertmanager.tell(alerts, now)
        except Undelivered as undelivered:
            failure = str(undelivered)
            log.warning("alertmanager_not_told", reason=failure)
        opened = [alert.id for alert in alerts if alert.is_open]
        await self.deliveries.passed_on(opened, alertmanager.NAME, now, failure)

    async def _send(self, claimed: Claimed) -> None:
        person = self.people.get(claimed.target)
        failure = None
        try:
            if person is None:
                raise Undelivered(_GONE)
            text = message(claimed, language=self.language, zone=self.zone, public_url=self.public_url)
            await person.tell(text)
        except Undelivered as undelivered:
            failure = str(undelivered)
            log.warning("alert_not_told", alert=claimed.alert.id, target=claimed.target, reason=failure)
        await self.deliveries.settle(claimed.id, self.now(), failure)

    async def _repeat(self, act: Callable[[], Awaitable[None]], seconds: float) -> None:
        while True:
            try:
                await act()
            except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("telling_interrupted", reason=type(error).__name__)
            await asyncio.sleep(seconds)
