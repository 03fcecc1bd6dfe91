"""A connection judged by what a browser found."""

from typing import Any

import pytest
from pydantic import ValidationError

from orchestrator.convening.check import State
from orchestrator.convening.connection import Measured, judge, worst

GOOD: dict[str, Any] = {
    "is_able": True,
    "camera": "well",
    "microphone": "well",
    "server": "well",
    "meeting": "well",
    "media": "well",
    "down_kbps": 20_000,
    "up_kbps": 5_000,
    "delay_ms": 30,
    "jitter_ms": 3,
    "lost_percent": 0,
}


@pytest.mark.parametrize(
    ("changes", "state", "topic"),
    [
        ({}, State.WELL, ""),
        ({"media": "unasked"}, State.WELL, "media"),
        ({"is_able": False}, State.ILL, "browser"),
        ({"camera": "denied"}, State.ILL, "camera"),
        ({"camera": "nothing"}, State.LOOK, "camera"),
        ({"microphone": "missing"}, State.ILL, "microphone"),
        ({"server": "blocked"}, State.ILL, "server"),
        ({"meeting": "blocked"}, State.ILL, "meeting"),
        ({"media": "blocked"}, State.LOOK, "media"),
        ({"up_kbps": 1_000}, State.LOOK, "speed"),
        ({"down_kbps": 500}, State.ILL, "speed"),
        ({"delay_ms": 300}, State.LOOK, "line"),
        ({"jitter_ms": 200}, State.ILL, "line"),
        ({"lost_percent": 3}, State.LOOK, "line"),
        ({"up_kbps": None}, State.WELL, "speed"),
        ({"delay_ms": None}, State.WELL, "line"),
    ],
)
def test_what_was_found_is_green_amber_or_red(changes: dict[str, Any], state: State, topic: str) -> None:
    checks = judge(Measured(**(GOOD | changes)))
    assert worst(checks) is state
    assert [check.topic for check in checks if check.state is not State.WELL] == ([topic] if topic else [])


def test_a_browser_can_tell_no_more_than_is_asked() -> None:
    with pytest.raises(ValidationError):
        Measured(**GOOD, camera_name="Logitech")
