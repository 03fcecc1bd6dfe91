"""A room in which we should be and are not is an alert, when it lasts, once."""

from datetime import timedelta

from orchestrator.absences import PATIENCE, Absences
from orchestrator.council.members import SessionId
from orchestrator.council.observations import Link, LinkDown, LinkUp
from tests.scenarios.play import EIGHT

SID = SessionId("s1")
WANTED = {"ple@muc.test": SID}


def look(absences: Absences, seconds: float, inside: set[str], *, is_connected: bool = True) -> list[str]:
    told = absences.look(WANTED, inside, EIGHT + timedelta(seconds=seconds), is_connected=is_connected)
    assert all(sid == SID and o.link is Link.CHAMBER for sid, o in told)
    return [o.cause if isinstance(o, LinkDown) else "up" for _, o in told if isinstance(o, LinkDown | LinkUp)]


def test_a_short_absence_is_not_told() -> None:
    absences = Absences()
    assert look(absences, 0, set()) == []
    assert look(absences, PATIENCE.total_seconds() - 1, set()) == []
    assert look(absences, PATIENCE.total_seconds(), {"ple@muc.test"}) == []


def test_a_long_one_is_told_once_with_its_cause_and_its_end() -> None:
    absences = Absences()
    look(absences, 0, set())
    assert look(absences, 10, set()) == ["room_missing"]
    assert look(absences, 20, set()) == []
    assert look(absences, 21, {"ple@muc.test"}) == ["up"]
    assert look(absences, 22, {"ple@muc.test"}) == []
    look(absences, 30, set(), is_connected=False)
    assert look(absences, 40, set(), is_connected=False) == ["bot_disconnected"]


def test_who_is_wanted_no_longer_is_not_missed() -> None:
    absences = Absences()
    look(absences, 0, set())
    assert absences.look({}, set(), EIGHT + timedelta(seconds=20), is_connected=True) == []
    assert look(absences, 21, set()) == []
