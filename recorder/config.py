"""What a hub is started with. The file holds the keys, so only its owner may read it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from recorder.graph import Picture
from recorder.modes import Mode

ARCHIVE, PAGE = "archive", "page"
"""The names of the output that records, and of the one that a web server shows; each has a folder of that name."""
SPARE = 512 * 1024**2
"""Bytes: enough for the database beside us, and for the operators to see to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """A public server: `address` is rtmp(s)://host[:port]/app; the key is never shown."""

    name: str
    address: str
    key: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class HubConfig:
    """`mode` holds until another is written to disk; `port` 0 takes a free one and keeps it; `slates` has a file for
    every mode; `has_page`: whether the programme is written as HLS too; `spare`: bytes of the disk that the recording
    leaves free; the state of the broadcast lives in the folder of the configuration."""

    broadcast: str
    began_at: datetime
    host: str
    port: int
    key: str = field(repr=False)
    mode: Mode
    delay_ms: int
    picture: Picture
    slates: Mapping[Mode, Path]
    destinations: tuple[Destination, ...]
    has_page: bool = False
    spare: int = SPARE


def build_config(config: HubConfig) -> dict[str, Any]:
    """Ready for `json.dumps(…, default=str)`."""
    return asdict(config)


def parse_config(said: Mapping[str, Any]) -> HubConfig:
    """Raises `KeyError`, `TypeError` or `ValueError` when it is not one, or lacks the slate of a mode."""
    slates = {Mode(mode): Path(file) for mode, file in said["slates"].items()}
    if missing := set(Mode) - set(slates):
        raise ValueError(f"no slate for {sorted(missing)}")
    return HubConfig(
        broadcast=str(said["broadcast"]),
        began_at=datetime.fromisoformat(said["began_at"]),
        host=str(said["host"]),
        port=int(said["port"]),
        key=str(said["key"]),
        mode=Mode(said["mode"]),
        delay_ms=int(said["delay_ms"]),
        picture=Picture(**said["picture"]),
        slates=slates,
        destinations=parse_destinations(said["destinations"]),
        has_page=bool(said.get("has_page")),
        spare=int(said.get("spare", SPARE)),
    )


def parse_destinations(said: Iterable[Mapping[str, Any]]) -> tuple[Destination, ...]:
    """Raises `TypeError` or `ValueError` when they are not destinations. No error holds a key."""
    destinations = tuple(Destination(**{name: str(value) for name, value in one.items()}) for one in said)
    check_destinations(destinations)
    return destinations


def check_destinations(destinations: Sequence[Destination]) -> None:
    """Raises `ValueError` when a hub could not serve them together."""
    names = [destination.name for destination in destinations]
    if len(set(names)) < len(names):
        raise ValueError("two destinations have one name")
    if taken := {ARCHIVE, PAGE} & set(names):
        raise ValueError(f"{sorted(taken)} are our own names")
    if any(urlsplit(destination.address).scheme not in {"rtmp", "rtmps"} for destination in destinations):
        raise ValueError("a destination is neither rtmp nor rtmps")
