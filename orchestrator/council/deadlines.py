"""When a session must be looked at again, though nothing is heard: graces, turns and waits end by themselves."""

from datetime import datetime

from orchestrator.council.calls import waits_until
from orchestrator.council.session import Phase, Session


def next_deadline(session: Session) -> datetime | None:
    """When time must pass: the end of a turn or the warning of it, the end of a grace, a suspect that becomes a ghost,
    the end of the tolerance before the session opens.

    While nobody watches the room no grace can end.
    """
    attendance_end = session.attendance.next_end() if session.is_observed else None
    turn = session.floor.turn
    turn_end = (turn.warn_at or turn.until) if turn else None
    is_waiting = session.convocation is not None and session.phase is Phase.CONVENED and not session.has_waited
    patience_end = waits_until(session.convened) if is_waiting else None
    return min((at for at in (attendance_end, turn_end, patience_end) if at), default=None)
