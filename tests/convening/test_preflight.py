"""The list of the hour before: what ticks itself, what waits, and whose each line is."""

from datetime import timedelta
from typing import Any

import pytest

from orchestrator.convening.check import State
from orchestrator.convening.preflight import Channel, Duty, Facts, Item, preflight
from orchestrator.council.observations import Link
from tests.scenarios.play import EIGHT, PAU, PLENARY, QUORATE, Play

EVERYBODY = frozenset(member.id for member in PLENARY.members)


def items(play: Play, **changes: Any) -> dict[str, Item]:
    facts: dict[str, Any] = {
        "now": EIGHT - timedelta(minutes=30),
        "opens_at": EIGHT - timedelta(minutes=60),
        "channel": Channel.READY,
        "encoders": 2,
        "free": 1,
        "broadcasts": 1,
        "disk_free": 100 * 1024**3,
        "clock_ahead": timedelta(milliseconds=3),
        "has_mail": True,
        "called": EVERYBODY,
        "called_soon": frozenset(),
        "fit": EVERYBODY,
    }
    return {item.check.topic.removeprefix("pre_"): item for item in preflight(play.session, Facts(**(facts | changes)))}


def test_when_all_is_there_everything_is_ticked_and_nobody_has_to_do_anything() -> None:
    play = Play().watched(*QUORATE)
    play.link_up(Link.RELAY)
    found = items(play)
    assert {topic: item.check.state for topic, item in found.items()} == dict.fromkeys(
        ("room", "encoder", "channel", "ingest", "disk", "clock", "calls", "connections"), State.WELL
    )
    assert not any(item.duty for item in found.values())


def test_before_its_hour_the_room_and_the_channel_are_waited_for() -> None:
    found = items(Play(), now=EIGHT - timedelta(hours=5))
    assert [found[topic].check.state for topic in ("room", "ingest")] == [State.WAITING, State.WAITING]
    assert found["room"].check.params["at"] == "26/03/2026 19:00"


@pytest.mark.parametrize(
    ("changes", "topic", "finding", "state", "duty"),
    [
        ({}, "room", "missing", State.ILL, Duty.OPERATOR),
        ({}, "ingest", "refused", State.ILL, Duty.OPERATOR),
        ({"channel": Channel.NONE}, "ingest", "unknown", State.UNKNOWN, Duty.OPERATOR),
        ({"free": 0}, "encoder", "busy", State.ILL, Duty.OPERATOR),
        ({"broadcasts": 3}, "encoder", "too_few", State.LOOK, Duty.OPERATOR),
        ({"encoders": None, "free": None}, "encoder", "unknown", State.UNKNOWN, Duty.OPERATOR),
        ({"channel": Channel.NOT_READY}, "channel", "not_ready", State.ILL, Duty.OPERATOR),
        ({"channel": Channel.NONE}, "channel", "none", State.LOOK, Duty.OPERATOR),
        ({"disk_free": 1024**3}, "disk", "full", State.ILL, Duty.OPERATOR),
        ({"disk_free": None}, "disk", "unknown", State.UNKNOWN, Duty.OPERATOR),
        ({"clock_ahead": timedelta(seconds=-2)}, "clock", "wrong", State.ILL, Duty.OPERATOR),
        ({"clock_ahead": None}, "clock", "unknown", State.UNKNOWN, Duty.OPERATOR),
        ({"called": EVERYBODY - {PAU}}, "calls", "missing", State.LOOK, Duty.SECRETARY),
        ({"called": EVERYBODY - {PAU}, "called_soon": {PAU}}, "calls", "waiting", State.WAITING, None),
        ({"has_mail": False}, "calls", "unknown", State.UNKNOWN, Duty.SECRETARY),
        ({"fit": EVERYBODY - {PAU}}, "connections", "missing", State.LOOK, Duty.SECRETARY),
    ],
)
def test_what_is_missing_is_said_with_whose_it_is(
    changes: dict[str, Any], topic: str, finding: str, state: State, duty: Duty | None
) -> None:
    item = items(Play(), **changes)[topic]
    assert (item.check.finding, item.check.state, item.duty) == (finding, state, duty)


def test_a_session_that_is_not_public_needs_no_encoder_and_a_rehearsal_no_channel() -> None:
    assert {"encoder", "channel", "ingest"} & set(items(Play(is_public=False))) == set()
    rehearsal = items(Play(is_rehearsal=True))
    assert (rehearsal["channel"].check.finding, "ingest" in rehearsal) == ("rehearsal", False)


def test_an_encoder_that_sends_is_there_however_many_are_free() -> None:
    play = Play().watched(*QUORATE)
    play.link_up(Link.ENCODER)
    assert items(play, free=0)["encoder"].check.finding == "sends"
