"""Requests to Jicofo, and what each of its answers means."""

import asyncio
from collections.abc import Callable
from xml.etree.ElementTree import Element

import pytest

from bot.errors import RequestRefused, RequestUnanswered
from bot.focus import (
    CONFERENCE,
    Conference,
    Focus,
    JibriProblem,
    JibriRefused,
    build_conference_request,
    build_stream_start,
    build_stream_stop,
    parse_conference,
)


def test_the_request_names_room_and_machine_and_does_not_offer_to_be_a_visitor() -> None:
    request = build_conference_request("ple@muc.test", "uid-1")
    assert request.tag == CONFERENCE
    assert request.attrib == {"room": "ple@muc.test", "machine-uid": "uid-1"}
    assert "visitors-version" not in {child.get("name") for child in request}


def test_the_answer(stanza: Callable[[str], Element]) -> None:
    ready = (
        '<conference xmlns="http://jitsi.org/protocol/focus" room="r@muc.test" ready="true" focusjid="f@auth.test"/>'
    )
    waiting = '<conference xmlns="http://jitsi.org/protocol/focus" room="r@muc.test"/>'
    assert parse_conference(stanza(ready)) == Conference(is_ready=True, focus_jid="f@auth.test")
    assert not parse_conference(stanza(waiting)).is_ready


ERRORS = {
    "bad-request": (JibriProblem.BAD_REQUEST, JibriProblem.BAD_REQUEST),
    "unexpected-request": (JibriProblem.ALREADY_RUNNING, JibriProblem.ALREADY_RUNNING),
    "resource-constraint": (JibriProblem.ALL_BUSY, JibriProblem.ALL_BUSY),
    "service-unavailable": (JibriProblem.NONE_THERE, JibriProblem.NONE_THERE),
    "forbidden": (JibriProblem.NOT_IN_ROOM, JibriProblem.NOT_IN_ROOM),
    "not-allowed": (JibriProblem.NOT_MODERATOR, JibriProblem.NOT_MODERATOR),
    "internal-server-error": (JibriProblem.BROKEN, JibriProblem.BROKEN),
    "item-not-found": (JibriProblem.NOT_CONFIGURED, JibriProblem.NOT_RUNNING),
    "never-heard-of": (JibriProblem.BROKEN, JibriProblem.BROKEN),
}


def failing(error: Exception) -> Focus:
    async def request(*_: object) -> Element:
        raise error

    return Focus("focus.test", request)


@pytest.mark.parametrize("condition", ERRORS)
def test_every_answer_of_jicofo_has_a_name_that_an_operator_can_act_upon(condition: str) -> None:
    focus = failing(RequestRefused("r@muc.test/focus", condition))
    on_start, on_stop = ERRORS[condition]
    with pytest.raises(JibriRefused) as started:
        asyncio.run(focus.start_stream("r@muc.test", "rtmp://host/live/SECRET"))
    with pytest.raises(JibriRefused) as stopped:
        asyncio.run(focus.stop_stream("r@muc.test"))
    assert (started.value.problem, stopped.value.problem) == (on_start, on_stop)
    assert "SECRET" not in str(started.value)
    assert started.value.__cause__ is None


def test_whoever_does_not_answer_is_not_asked_again_blindly() -> None:
    with pytest.raises(JibriRefused) as refused:
        asyncio.run(failing(RequestUnanswered("late")).start_stream("r@muc.test", "rtmp://host/live/KEY"))
    assert refused.value.problem is JibriProblem.NO_ANSWER
    assert not refused.value.is_retryable


def test_a_stream_is_asked_for_with_its_address_and_the_place_to_watch_it() -> None:
    start = build_stream_start("rtmp://host/live/KEY", "https://vila.test/ple")
    assert start.attrib == {
        "action": "start",
        "recording_mode": "stream",
        "streamid": "rtmp://host/live/KEY",
        "you_tube_broadcast_id": "https://vila.test/ple",
    }
    assert build_stream_stop().attrib == {"action": "stop", "recording_mode": "stream"}
