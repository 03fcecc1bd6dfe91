import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from recorder.config import Destination, HubConfig, build_config, parse_config, parse_destinations
from recorder.graph import Picture
from recorder.modes import Mode

CONFIG = HubConfig(
    broadcast="ple",
    began_at=datetime(2026, 3, 5, 19, 0, tzinfo=UTC),
    host="127.0.0.1",
    port=0,
    key="the-ingest-key",
    mode=Mode.WAITING,
    delay_ms=3000,
    picture=Picture(),
    slates={mode: Path(f"/slates/{mode}.flv") for mode in Mode},
    destinations=(Destination(name="youtube", address="rtmps://a.example/live2", key="the-public-key"),),
)


def test_a_configuration_survives_its_file() -> None:
    assert parse_config(json.loads(json.dumps(build_config(CONFIG), default=str))) == CONFIG


def test_keys_are_not_shown() -> None:
    assert "the-ingest-key" not in repr(CONFIG)
    assert "the-public-key" not in repr(CONFIG)


def test_a_mode_without_a_slate_is_refused() -> None:
    lacking = replace(CONFIG, slates={Mode.LIVE: Path("/slates/live.flv")})
    with pytest.raises(ValueError, match="no slate"):
        parse_config(json.loads(json.dumps(build_config(lacking), default=str)))


YOUTUBE = {"name": "youtube", "address": "rtmps://a.example/live2", "key": "the-public-key"}


@pytest.mark.parametrize(
    "said",
    [
        [YOUTUBE, YOUTUBE],
        [{**YOUTUBE, "name": "archive"}],
        [{**YOUTUBE, "address": "https://a.example/live2"}],
        [{**YOUTUBE, "colour": "red"}],
        [{"name": "youtube"}],
    ],
)
def test_destinations_that_cannot_be_served_are_refused_without_showing_a_key(said: list[dict[str, str]]) -> None:
    with pytest.raises((ValueError, TypeError)) as refused:
        parse_destinations(said)
    assert "the-public-key" not in str(refused.value)
