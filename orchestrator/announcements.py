"""What the room and the table are told, and what they are spared. No input or output.

- A *condition*, such as the quorum, is told at most once in the policy's pause (a minute). What must wait is told when
  the pause is over, if it still holds and is news.
- What is no longer true, or names somebody who is no longer there, is not told at all.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from orchestrator.council.effects import Announce, Audience
from orchestrator.council.members import SessionId
from orchestrator.council.session import Phase, Session

_CONDITION = "quorum."
_GOOD = ("quorum.reached", "quorum.edge")


@dataclass(slots=True)
class _Told:
    """What one session has been told of its conditions, and what waits, by message."""

    at: dict[str, datetime] = field(default_factory=dict)
    last: str = ""
    waiting: dict[str, Announce] = field(default_factory=dict)


class Announcements:
    """Which announcements are to be made now, for all sessions."""

    def __init__(self) -> None:
        self._told: dict[SessionId, _Told] = {}

    def is_due(self, session_id: SessionId, session: Session, announcement: Announce, now: datetime) -> bool:
        """Whether to make it now; what comes too soon is kept for `due`."""
        told = self._told.setdefault(session_id, _Told())
        if is_stale(session, announcement):
            told.waiting.pop(announcement.message, None)
            return False
        if _is_too_soon(told, session, announcement, now):
            told.waiting[announcement.message] = announcement
            return False
        return True

    def made(self, session_id: SessionId, announcement: Announce, now: datetime) -> None:
        """It has been said."""
        if not announcement.message.startswith(_CONDITION):
            return
        told = self._told.setdefault(session_id, _Told())
        told.at[announcement.message] = now
        told.last = announcement.message
        told.waiting.pop(announcement.message, None)

    def due(self, sessions: Mapping[SessionId, Session], now: datetime) -> Iterable[tuple[SessionId, Announce]]:
        """What had to wait and may be said now. Sessions that are over are forgotten."""
        for session_id in self._told.keys() - sessions.keys():
            del self._told[session_id]
        for session_id, told in self._told.items():
            for announcement in tuple(told.waiting.values()):
                session = sessions[session_id]
                if is_stale(session, announcement) or told.last == announcement.message:
                    del told.waiting[announcement.message]
                elif not _is_too_soon(told, session, announcement, now):
                    is_hushed = session.vote is not None or session.phase is Phase.SUSPENDED
                    yield session_id, replace(announcement, audience=Audience.TABLE) if is_hushed else announcement


def is_stale(session: Session, announcement: Announce) -> bool:
    """Whether it would mislead: the quorum is another meanwhile, or whoever it names is no longer there."""
    if announcement.message.startswith(_CONDITION):
        return session.was_met != (announcement.message in _GOOD)
    name = dict(announcement.params).get("name")
    if name is None or announcement.audience is not Audience.ROOM:
        return False
    return name not in {session.body.member(m).name for m in session.attendance.present() if session.body.has(m)}


def _is_too_soon(told: _Told, session: Session, announcement: Announce, now: datetime) -> bool:
    at = told.at.get(announcement.message)
    return at is not None and now - at < session.convened.policy.edge_pause
