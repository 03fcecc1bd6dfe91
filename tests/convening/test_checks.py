"""What is said of a call before it is put on the record."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from orchestrator.convening.check import State
from orchestrator.convening.checks import Around, checks, needs_confirming
from orchestrator.council.agenda import AgendaItem
from orchestrator.council.calls import as_convened
from orchestrator.council.convocation import Convocation, SessionKind
from orchestrator.council.members import Body, BodyId, BodyKind, SessionId
from orchestrator.council.rules.shape import Regulation
from tests.scenarios.play import EIGHT, PLENARY, convocation

EVERYBODY = frozenset(member.id for member in PLENARY.members)
A_WEEK_BEFORE = EIGHT - timedelta(days=7)


def called(**changes: Any) -> Convocation:
    return as_convened(convocation(**changes), Regulation())


def found(call: Convocation, **changes: Any) -> dict[str, str]:
    around: dict[str, Any] = {
        "now": A_WEEK_BEFORE,
        "others": (),
        "broadcasts": 0,
        "encoders": 2,
        "reachable": EVERYBODY,
    }
    return {check.topic: check.finding for check in checks(call, Around(**(around | changes)))}


def test_a_call_in_order_needs_no_confirming() -> None:
    call = called()
    around = Around(now=A_WEEK_BEFORE, others=(), broadcasts=0, encoders=1, reachable=EVERYBODY)
    assert not needs_confirming(checks(call, around))
    assert found(call) == {
        "body": "well",
        "rule": "verified",
        "notice": "well",
        "people": "well",
        "encoders": "well",
        "second": "not_working",
    }


@pytest.mark.parametrize(("days", "finding"), [(2, "short"), (3, "well"), (7, "well")])
def test_the_notice_is_counted_in_working_days(days: int, finding: str) -> None:
    assert found(called(), now=EIGHT - timedelta(days=days))["notice"] == finding


def test_a_rehearsal_needs_no_notice() -> None:
    assert found(called(is_rehearsal=True), now=EIGHT - timedelta(hours=2))["notice"] == "well"


def test_an_urgent_session_begins_with_its_urgency() -> None:
    assert found(called(kind=SessionKind.URGENT))["notice"] == "urgency_first"
    first = (AgendaItem(number=1, title="Ratificació de la urgència"),)
    assert found(called(kind=SessionKind.URGENT, agenda=first))["notice"] == "urgent"


def test_people_who_are_called_to_two_places_are_named() -> None:
    board = Body(
        id=BodyId("jgl"), name="Junta", kind=BodyKind.GOVERNMENT_BOARD, legal_number=3, members=PLENARY.members[:3]
    )
    other = convocation(session=SessionId("s2"), body=board, starts_at=EIGHT + timedelta(hours=2), is_public=False)
    around = Around(now=A_WEEK_BEFORE, others=(other,), broadcasts=0, encoders=1, reachable=EVERYBODY)
    (clash,) = (check for check in checks(called(), around) if check.topic == "people")
    assert (clash.finding, clash.state) == ("clash", State.LOOK)
    assert clash.params["names"] == "Marta Roca, Pere Vila, Anna Soler"
    assert clash.params["at"] == "26/03/2026 22:00"
    later = convocation(session=SessionId("s2"), body=board, starts_at=EIGHT + timedelta(hours=4))
    assert found(called(), others=(later,))["people"] == "well"


def test_public_sessions_share_channel_and_encoders() -> None:
    other = convocation(session=SessionId("s2"), starts_at=EIGHT - timedelta(hours=1))
    crowded = found(called(), others=(other,), broadcasts=2)
    assert (crowded["channel"], crowded["encoders"]) == ("taken", "too_few")
    assert found(called(), encoders=0)["encoders"] == "none"
    assert found(called(is_public=False), others=(other,))["broadcast"] == "none"


def test_days_that_are_odd_are_pointed_out() -> None:
    sunday = datetime(2026, 3, 29, 17, tzinfo=UTC)
    around = Around(now=A_WEEK_BEFORE, others=(), broadcasts=0, encoders=1, reachable=EVERYBODY)
    said = [(check.topic, check.finding) for check in checks(called(starts_at=sunday), around)]
    assert ("day", "not_working") in said
    assert ("day", "clocks") in said


def test_who_has_no_address_is_named_and_holds_nothing_up() -> None:
    around = Around(now=A_WEEK_BEFORE, others=(), broadcasts=0, encoders=1, reachable=frozenset())
    said = checks(called(starts_at=EIGHT + timedelta(days=7)), around)
    (missing,) = (check for check in said if check.topic == "addresses")
    assert missing.params["count"] == len(PLENARY.members)
