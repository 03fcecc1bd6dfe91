"""Which sessions' rooms the bot is not in though it should be, and for how long: an alert when it lasts. Pure."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from orchestrator.council.members import SessionId
from orchestrator.council.observations import Grade, Link, LinkDown, LinkUp, Sighting

PATIENCE: Final = timedelta(seconds=10)


@dataclass(slots=True)
class Absences:
    """Since when each session's room misses us, and for which that has been told."""

    _since: dict[SessionId, datetime] = field(default_factory=dict)
    _told: set[SessionId] = field(default_factory=set)

    def look(
        self, wanted: Mapping[str, SessionId], inside: Collection[str], now: datetime, *, is_connected: bool
    ) -> list[tuple[SessionId, LinkDown | LinkUp]]:
        """What to tell now, given in which rooms we should be and in which we are."""
        seen = Sighting(grade=Grade.PRESENCE, at=now)
        told: list[tuple[SessionId, LinkDown | LinkUp]] = []
        for room, session_id in wanted.items():
            if room in inside:
                self._since.pop(session_id, None)
                if session_id in self._told:
                    self._told.remove(session_id)
                    told.append((session_id, LinkUp(seen=seen, link=Link.CHAMBER)))
            elif now - self._since.setdefault(session_id, now) >= PATIENCE and session_id not in self._told:
                self._told.add(session_id)
                cause = "room_missing" if is_connected else "bot_disconnected"
                told.append((session_id, LinkDown(seen=seen, link=Link.CHAMBER, cause=cause)))
        self._forget(set(wanted.values()))
        return told

    def _forget(self, wanted: set[SessionId]) -> None:
        for session_id in self._since.keys() - wanted:
            del self._since[session_id]
        self._told &= wanted
