import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from recorder.events import (
    BroadcastId,
    Event,
    ModeShown,
    OutputLive,
    OutputLost,
    SlateOnAir,
    SourceLive,
    SourceLost,
    SourceOnAir,
    differences,
)
from recorder.health import Condition, Health, judge_source
from recorder.modes import Mode
from recorder.status import OutputStatus, SourceStatus, Status, build_status, parse_status

AT = datetime(2026, 3, 5, 19, 0, tzinfo=UTC)
LATER = AT + timedelta(seconds=10)
PLE = BroadcastId("ple")


def condition(health: Health, cause: str = "") -> Condition:
    return Condition(health=health, since=AT, cause=cause)


def output(name: str, health: Health, cause: str = "") -> OutputStatus:
    return OutputStatus(name=name, condition=condition(health, cause), starts=1, backlog=0, dropped=0, sent=9)


def status(source: Health, *outputs: OutputStatus, slate: Mode | None = Mode.LIVE, cause: str = "") -> Status:
    return Status(
        broadcast="ple",
        at=LATER,
        pid=1,
        port=2,
        mode=Mode.LIVE,
        slate=slate,
        slate_at=AT,
        switches=0,
        source=SourceStatus(condition=condition(source, cause), connections=1, kilobits=2500, pictures=30),
        outputs=outputs,
    )


def test_a_status_survives_the_control_socket() -> None:
    said = status(Health.LIVE, output("youtube", Health.LOST, "destination_refused"), slate=None)
    assert parse_status(json.loads(json.dumps(build_status(said), default=str))) == said


def test_the_first_status_tells_all_that_is_so() -> None:
    first = status(Health.STARTING, output("youtube", Health.LIVE), output("archive", Health.STARTING))
    assert differences(None, first) == [
        ModeShown(broadcast=PLE, at=LATER, mode=Mode.LIVE),
        SlateOnAir(broadcast=PLE, at=AT, card=Mode.LIVE),
        OutputLive(broadcast=PLE, at=AT, name="youtube"),
    ]


def test_a_source_comes_and_goes() -> None:
    none, live = status(Health.STARTING), status(Health.LIVE, slate=None)
    stalled, lost = status(Health.STALLED, cause="source_stalled"), status(Health.LOST, cause="source_closed")
    expected: list[tuple[Status, Status, list[Event]]] = [
        (none, live, [SourceLive(broadcast=PLE, at=AT), SourceOnAir(broadcast=PLE, at=AT)]),
        (
            live,
            stalled,
            [
                SourceLost(broadcast=PLE, at=AT, cause="source_stalled"),
                SlateOnAir(broadcast=PLE, at=AT, card=Mode.LIVE),
            ],
        ),
        (stalled, lost, [SourceLost(broadcast=PLE, at=AT, cause="source_closed")]),
        (lost, live, [SourceLive(broadcast=PLE, at=AT), SourceOnAir(broadcast=PLE, at=AT)]),
    ]
    assert [differences(before, after) for before, after, _ in expected] == [events for _, _, events in expected]


def test_the_loss_of_an_output_is_told_once_with_its_first_cause() -> None:
    live = status(Health.LIVE, output("youtube", Health.LIVE))
    closed = status(Health.LIVE, output("youtube", Health.LOST, "destination_closed"))
    refused = status(Health.LIVE, output("youtube", Health.LOST, "destination_refused"))
    assert differences(live, closed) == [OutputLost(broadcast=PLE, at=AT, name="youtube", cause="destination_closed")]
    assert differences(closed, refused) == []
    assert differences(refused, live) == [OutputLive(broadcast=PLE, at=AT, name="youtube")]


def test_a_change_of_mode_is_told() -> None:
    before = status(Health.LIVE, slate=None)
    after = replace(before, mode=Mode.SECRET, slate=Mode.SECRET)
    assert differences(before, after) == [
        ModeShown(broadcast=PLE, at=LATER, mode=Mode.SECRET),
        SlateOnAir(broadcast=PLE, at=AT, card=Mode.SECRET),
    ]


def test_a_condition_keeps_its_time_until_it_changes() -> None:
    live = condition(Health.LIVE)
    assert live.become(Health.LIVE, LATER) is live
    assert live.become(Health.LOST, LATER, "source_closed").since == LATER


def test_the_source_is_judged_by_what_comes() -> None:
    def judge(before: Health, *, is_connected: bool, has_pictures: bool, is_silent: bool) -> Health:
        return judge_source(
            condition(before), LATER, is_connected=is_connected, has_pictures=has_pictures, is_silent=is_silent
        ).health

    assert judge(Health.STARTING, is_connected=False, has_pictures=False, is_silent=False) is Health.STARTING
    assert judge(Health.STARTING, is_connected=True, has_pictures=False, is_silent=False) is Health.STARTING
    assert judge(Health.STARTING, is_connected=True, has_pictures=True, is_silent=False) is Health.LIVE
    assert judge(Health.LIVE, is_connected=True, has_pictures=True, is_silent=True) is Health.STALLED
    assert judge(Health.LIVE, is_connected=False, has_pictures=False, is_silent=False) is Health.LOST
    assert judge(Health.LOST, is_connected=True, has_pictures=False, is_silent=False) is Health.LOST
