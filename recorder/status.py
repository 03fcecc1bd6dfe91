"""What a hub says of itself on its control socket: one JSON object a line."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from recorder.health import Condition, Health
from recorder.modes import Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceStatus:
    """The encoder as the ingest sees it. Rates over the last second; `connections` counts accepted publishers."""

    condition: Condition
    connections: int
    kilobits: int
    pictures: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OutputStatus:
    """One output. `starts`: how often it was (re)connected; `backlog`: bytes that wait for it; `dropped`: tags that it
    will never get; `sent`: bytes."""

    name: str
    condition: Condition
    starts: int
    backlog: int
    dropped: int
    sent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """A broadcast at a moment. `slate` names the card on the air, None while the source is; `slate_at`: since when."""

    broadcast: str
    at: datetime
    pid: int
    port: int
    mode: Mode
    slate: Mode | None
    slate_at: datetime
    switches: int
    source: SourceStatus
    outputs: tuple[OutputStatus, ...]


def build_status(status: Status) -> dict[str, Any]:
    """Ready for `json.dumps(…, default=str)`."""
    return asdict(status)


def parse_status(said: Mapping[str, Any]) -> Status:
    """Raises `KeyError`, `TypeError` or `ValueError` when it is not a status."""
    return Status(
        broadcast=str(said["broadcast"]),
        at=_at(said["at"]),
        pid=int(said["pid"]),
        port=int(said["port"]),
        mode=Mode(said["mode"]),
        slate=None if said["slate"] is None else Mode(said["slate"]),
        slate_at=_at(said["slate_at"]),
        switches=int(said["switches"]),
        source=SourceStatus(**{**said["source"], "condition": _condition(said["source"]["condition"])}),
        outputs=tuple(
            OutputStatus(**{**output, "condition": _condition(output["condition"])}) for output in said["outputs"]
        ),
    )


def _condition(said: Mapping[str, Any]) -> Condition:
    return Condition(health=Health(said["health"]), since=_at(said["since"]), cause=str(said["cause"]))


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)
