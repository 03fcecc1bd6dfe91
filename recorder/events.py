"""What the recorder tells of its broadcasts: the differences between one status and the next. `at` is UTC."""

from dataclasses import dataclass
from datetime import datetime
from typing import NewType

from recorder.health import Health
from recorder.modes import Mode
from recorder.status import OutputStatus, Status

BroadcastId = NewType("BroadcastId", str)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceLive:
    """The encoder sends pictures."""

    broadcast: BroadcastId
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceLost:
    """The encoder sends nothing more; `cause` is `source_closed` or `source_stalled`."""

    broadcast: BroadcastId
    at: datetime
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputLive:
    """An output is connected and is given the programme; `name` as in the plan, `archive` for the recording."""

    broadcast: BroadcastId
    at: datetime
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputLost:
    """An output is gone and being tried again; `cause` is a short code such as `destination_refused`."""

    broadcast: BroadcastId
    at: datetime
    name: str
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeShown:
    """The mode holds: it is on disk, and nothing that it forbids goes out."""

    broadcast: BroadcastId
    at: datetime
    mode: Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class SlateOnAir:
    """The public sees the card of a mode: the one that holds, or LIVE's because the source is missing."""

    broadcast: BroadcastId
    at: datetime
    card: Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceOnAir:
    """The public sees the room."""

    broadcast: BroadcastId
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HubLost:
    """The hub's process is gone; another is being started."""

    broadcast: BroadcastId
    at: datetime


_LOSSES = {
    *((Health.LIVE, health) for health in Health if health is not Health.LIVE),
    (Health.STALLED, Health.LOST),
}
"""One that stalls may come back on the connection it has; one that is gone after that will not."""

Event = SourceLive | SourceLost | OutputLive | OutputLost | ModeShown | SlateOnAir | SourceOnAir | HubLost


def differences(before: Status | None, after: Status) -> list[Event]:
    """What happened between two statuses of one broadcast; `before` is None when nothing was known."""
    broadcast = BroadcastId(after.broadcast)
    events: list[Event] = []
    if before is None or before.mode is not after.mode:
        events.append(ModeShown(broadcast=broadcast, at=after.at, mode=after.mode))
    known_source = before.source.condition.health if before else Health.STARTING
    source = after.source.condition
    if source.health is Health.LIVE and known_source is not Health.LIVE:
        events.append(SourceLive(broadcast=broadcast, at=source.since))
    elif (known_source, source.health) in _LOSSES:
        events.append(SourceLost(broadcast=broadcast, at=source.since, cause=source.cause))
    if before is None or before.slate is not after.slate:
        if after.slate is None:
            events.append(SourceOnAir(broadcast=broadcast, at=after.slate_at))
        else:
            events.append(SlateOnAir(broadcast=broadcast, at=after.slate_at, card=after.slate))
    known = {output.name: output for output in before.outputs} if before else {}
    for output in after.outputs:
        events += _output_differences(broadcast, known.get(output.name), output)
    return events


def _output_differences(broadcast: BroadcastId, before: OutputStatus | None, after: OutputStatus) -> list[Event]:
    """A loss is told once, however many attempts fail after it and for whatever causes."""
    old, new = before.condition.health if before else Health.STARTING, after.condition
    if new.health is old:
        return []
    if new.health is Health.LIVE:
        return [OutputLive(broadcast=broadcast, at=new.since, name=after.name)]
    if new.health is Health.LOST:
        return [OutputLost(broadcast=broadcast, at=new.since, name=after.name, cause=new.cause)]
    return []
