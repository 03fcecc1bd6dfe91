"""The wall: all live sessions, those in trouble first. What is shown of each comes from two queries, and no record.

A tile is a value, and its HTML is kept: of hundreds of sessions only those that changed are rendered again.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from orchestrator.council.session import Phase
from orchestrator.council.troubles import Severity
from orchestrator.store.alerts import Alert
from orchestrator.store.standing import Standing, standing
from orchestrator.web.house import House

_AHEAD: Final = timedelta(hours=1)
_MOST_ALERTS: Final = 2000
_SEVERITIES: Final = tuple(Severity)
_PHASES: Final = {Phase.OPEN: 0, Phase.SUSPENDED: 0, Phase.CONVENED: 1, Phase.ADJOURNED: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """A session on the wall, with its open alerts, the worst first."""

    standing: Standing
    alerts: tuple[Alert, ...]

    @property
    def id(self) -> str:
        """Of its element."""
        return f"tile-{self.standing.session}"

    @property
    def severity(self) -> Severity | None:
        """Of the worst alert."""
        return self.alerts[0].severity if self.alerts else None

    @property
    def is_unattended(self) -> bool:
        """Whether there is an alert that nobody has acknowledged."""
        return any(alert.acknowledged_at is None for alert in self.alerts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wall:
    """Everything on it. `of_the_house` are the open alerts that concern no session."""

    tiles: tuple[Tile, ...]
    of_the_house: tuple[Alert, ...]

    @property
    def live(self) -> int:
        """How many sessions are open or in recess."""
        return sum(tile.standing.phase in (Phase.OPEN, Phase.SUSPENDED) for tile in self.tiles)

    @property
    def soon(self) -> int:
        """How many are to be opened."""
        return sum(tile.standing.phase is Phase.CONVENED for tile in self.tiles)

    @property
    def alerts(self) -> tuple[Alert, ...]:
        """All that are open."""
        return (*self.of_the_house, *(alert for tile in self.tiles for alert in tile.alerts))

    @property
    def unattended(self) -> int:
        """How many of them nobody has acknowledged."""
        return sum(alert.acknowledged_at is None for alert in self.alerts)

    @property
    def severity(self) -> Severity | None:
        """Of the worst alert."""
        return min((alert.severity for alert in self.alerts), key=_SEVERITIES.index, default=None)


async def look(house: House) -> Wall:
    """The wall as it is now."""
    sessions = await standing(house.records.pool, house.now(), ahead=_AHEAD)
    return lay_out(sessions, await house.alerts.find(limit=_MOST_ALERTS))


def lay_out(sessions: Sequence[Standing], alerts: Sequence[Alert]) -> Wall:
    """Those sessions, ordered by their trouble."""
    by_session: defaultdict[str | None, list[Alert]] = defaultdict(list)
    for alert in by_urgency(alerts):
        by_session[alert.session].append(alert)
    tiles = (Tile(standing=session, alerts=tuple(by_session[session.session])) for session in sessions)
    return Wall(tiles=tuple(sorted(tiles, key=_rank)), of_the_house=tuple(by_session[None]))


def by_urgency(alerts: Sequence[Alert]) -> list[Alert]:
    """The worst first, and of those the ones that nobody looks after."""
    return sorted(alerts, key=_urgency)


def _urgency(alert: Alert) -> tuple[int, bool, object]:
    return _SEVERITIES.index(alert.severity), alert.acknowledged_at is not None, alert.raised_at


def _rank(tile: Tile) -> tuple[object, ...]:
    """The worst that nobody looks after; the worst; the open ones; by their hour and name."""
    at, none = tile.standing, len(_SEVERITIES)
    unattended = (_SEVERITIES.index(alert.severity) for alert in tile.alerts if alert.acknowledged_at is None)
    worst = _SEVERITIES.index(tile.severity) if tile.severity else none
    return (min(unattended, default=none), worst, _PHASES[at.phase], at.starts_at, at.entity_name, at.session)
