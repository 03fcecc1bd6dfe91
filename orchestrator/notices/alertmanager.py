"""Prometheus' Alertmanager (API v2): it is told again and again what is open, as its own clients do, and what ended.

Labels say what and whose it is; no person, address or token is in them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import aiohttp

from orchestrator.facts import alert_text
from orchestrator.notices.people import Undelivered
from orchestrator.store.alerts import Alert

NAME: Final = "Alertmanager"
EVERY: Final = timedelta(seconds=30)
_TTL: Final = timedelta(minutes=3)
"""How long Alertmanager believes in an alert that it is not told of again."""
_QUICK: Final = aiohttp.ClientTimeout(total=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alertmanager:
    """`url` is its address without a path. The caller owns the client."""

    client: aiohttp.ClientSession
    url: str
    public_url: str

    async def tell(self, alerts: Iterable[Alert], now: datetime) -> None:
        """Raises `Undelivered`."""
        said = [self.as_told(alert, now) for alert in alerts]
        try:
            async with self.client.post(f"{self.url.rstrip('/')}/api/v2/alerts", json=said, timeout=_QUICK) as answer:
                if answer.status != 200:
                    raise Undelivered(f"http_{answer.status}")
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Undelivered(type(error).__name__) from None

    def as_told(self, alert: Alert, now: datetime) -> Mapping[str, object]:
        """One alert, as Alertmanager's API has it."""
        path = f"/sessions/{alert.session}/timeline" if alert.session else "/alerts"
        labels = {
            "alertname": f"plenari_{alert.cause}",
            "severity": alert.severity.value,
            "key": alert.key,
            "entity": alert.entity,
            "session": alert.session,
        }
        return {
            "labels": {name: value for name, value in labels.items() if value},
            "annotations": {"summary": alert_text("ca", alert.link, alert.cause)},
            "startsAt": _stamp(alert.raised_at),
            "endsAt": _stamp(alert.resolved_at or now + _TTL),
            "generatorURL": f"{self.public_url.rstrip('/')}{path}" if self.public_url else "",
        }


def _stamp(at: datetime) -> str:
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
