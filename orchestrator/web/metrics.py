"""What Prometheus reads. How the sessions stand is asked of the database at each scrape; how requests were served is
counted by the process.

Labels are bounded and name no person: an entity, a link, a cause, a part, a route. Sessions, members and addresses are
never labels.
"""

import shutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily, InfoMetricFamily, Metric

from orchestrator.council.observations import Link
from orchestrator.council.session import Phase
from orchestrator.council.troubles import Severity
from orchestrator.store.alerts import Alert
from orchestrator.store.standing import Backlog, Standing, backlog, standing
from orchestrator.web.house import House, Readiness

_AHEAD: Final = timedelta(hours=1)
_OPEN: Final = (Phase.OPEN, Phase.SUSPENDED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scrape:
    """All that is looked at for one answer. `disk_free` is in bytes; None where there are no recordings here.
    `youtube_spent` is in units of YouTube's quota; None where there is no client at Google."""

    at: datetime
    version: str
    sessions: Sequence[Standing]
    alerts: Sequence[Alert]
    backlog: Backlog
    readiness: Readiness
    disk_free: int | None = None
    youtube_spent: int | None = None

    def collect(self) -> Iterator[Metric]:
        """As prometheus-client takes it."""
        yield InfoMetricFamily("plenari_build", "What runs", {"version": self.version})
        yield _by(
            "plenari_sessions",
            "Sessions that are live or begin within the hour",
            ("phase",),
            Counter((entry.phase.value,) for entry in self.sessions),
            [(phase.value,) for phase in Phase if phase is not Phase.ADJOURNED],
        )
        yield from self._of_the_open()
        yield from self._of_the_alerts()
        yield _one("plenari_inbox_oldest_seconds", "How long the oldest request to a session waits", self._waiting)
        yield _one(
            "plenari_alert_deliveries_pending", "Messages about alerts that are under way", self.backlog.deliveries
        )
        yield _one(
            "plenari_alert_deliveries_failing",
            "Of those, the ones that a service did not take",
            self.backlog.failing,
        )
        yield _by(
            "plenari_part_ready",
            "Whether what the service needs is there",
            ("part",),
            {(part,): int(is_there) for part, is_there in self.readiness.parts.items()},
        )
        if (ahead := self.readiness.clock_ahead) is not None:
            yield _one("plenari_clock_ahead_seconds", "Our clock beside another", ahead.total_seconds())
        if self.disk_free is not None:
            yield _one("plenari_disk_free_bytes", "Where the recordings are", self.disk_free)
        if self.youtube_spent is not None:
            yield _one(
                "plenari_youtube_quota_spent", "Of YouTube's 10,000 units a day, by this process", self.youtube_spent
            )

    @property
    def _waiting(self) -> float:
        asked = self.backlog.oldest_asked_at
        return max(0.0, (self.at - asked).total_seconds()) if asked else 0.0

    def _of_the_open(self) -> Iterator[Metric]:
        """By entity; where one has two sessions at once, the one that stands worse counts."""
        met: dict[tuple[str, ...], float] = {}
        watched: dict[tuple[str, ...], float] = {}
        links: dict[tuple[str, ...], float] = {}
        for entry in self.sessions:
            if entry.phase not in _OPEN or entry.glance is None:
                continue
            of = (entry.entity,)
            met[of] = min(met.get(of, 1), int(entry.glance.is_met))
            watched[of] = min(watched.get(of, 1), int(entry.glance.is_observed))
            if entry.glance.picture is not None:
                for link in (Link.ENCODER, Link.RELAY):
                    of_link = (entry.entity, link.value)
                    links[of_link] = min(links.get(of_link, 1), int(link in entry.glance.links))
        yield _by("plenari_quorum_met", "Whether the open session has its quorum", ("entity",), met)
        yield _by("plenari_room_watched", "Whether the bot sees the room of the open session", ("entity",), watched)
        yield _by("plenari_link_up", "Whether a link of the broadcast works", ("entity", "link"), links)

    def _of_the_alerts(self) -> Iterator[Metric]:
        yield _by(
            "plenari_alerts_open",
            "Alerts that are open",
            ("severity", "cause"),
            Counter((alert.severity.value, alert.cause) for alert in self.alerts),
        )
        yield _by(
            "plenari_alerts_unattended",
            "Open alerts that nobody has acknowledged",
            ("severity",),
            Counter((alert.severity.value,) for alert in self.alerts if alert.acknowledged_at is None),
            [(severity.value,) for severity in Severity],
        )


async def scrape(house: House) -> bytes:
    """The answer, in Prometheus' text format."""
    pool, now = house.records.pool, house.now()
    seen = Scrape(
        at=now,
        version=house.version,
        sessions=await standing(pool, now, ahead=_AHEAD),
        alerts=await house.alerts.find(limit=5000),
        backlog=await backlog(pool),
        readiness=await house.checks(),
        disk_free=_free(house.recordings),
        youtube_spent=house.youtube_spent() if house.youtube_spent else None,
    )
    registry = CollectorRegistry()
    registry.register(_Once(list(seen.collect())))
    return generate_latest(registry) + generate_latest(house.served.registry)


class _Once:
    """A collector of what was looked at already."""

    def __init__(self, metrics: Sequence[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[Metric]:
        return self._metrics


def _one(name: str, meaning: str, value: float) -> Metric:
    family = GaugeMetricFamily(name, meaning)
    family.add_metric((), value)
    return family


def _by(
    name: str,
    meaning: str,
    labels: Sequence[str],
    values: Mapping[Any, float],
    always: Iterable[tuple[str, ...]] = (),
) -> Metric:
    """By labels; `always` are told of as 0 when there is none."""
    family = GaugeMetricFamily(name, meaning, labels=labels)
    for key in always:
        if key not in values:
            family.add_metric(key, 0)
    for key, value in sorted(values.items()):
        family.add_metric(key, value)
    return family


def _free(recordings: Path | None) -> int | None:
    for folder in (recordings, *(recordings.parents if recordings else ())):
        if folder is not None and folder.exists():
            return shutil.disk_usage(folder).free
    return None
