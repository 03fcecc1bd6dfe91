"""The command line of evidence, as a person uses it: a process of its own, with settings in its environment."""

import asyncio
import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from orchestrator.evidence.keys import open_key
from tests.evidence.sealed import sealed
from tests.scenarios.play import EIGHT
from tests.stage import SESSION, open_store

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]


@pytest.fixture
def plenari(dsn, tmp_path):
    """Runs a command in a folder with a session that is sealed; its recording lies where recordings lie."""

    async def main():
        async with open_store(dsn) as store:
            evidence = await sealed(store, tmp_path)
            (tmp_path / "recordings").mkdir()
            (tmp_path / "recordings" / f"{SESSION}.mp4").write_bytes(evidence.film.read_bytes())

    asyncio.run(main())

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"PLENARI_DATABASE": dsn, "PLENARI_DATA": str(tmp_path)}
        command = [sys.executable, "-m", "orchestrator", *arguments]
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)

    return run


def test_a_bundle_is_written_verified_and_found_broken(plenari, tmp_path):
    file = tmp_path / "bundle.zip"
    assert plenari("bundle", SESSION, "--output", str(file)).returncode == 0
    whole = plenari("verify", str(file))
    assert whole.returncode == 0, whole.stderr
    assert "holds: the recording" in whole.stdout

    without = tmp_path / "small.zip"
    assert plenari("bundle", SESSION, "--output", str(without), "--no-recording").returncode == 0
    assert without.stat().st_size < file.stat().st_size
    assert json.loads(plenari("verify", "--json", str(without)).stdout)["is_whole"] is True
    film = str(tmp_path / "film.mp4")
    assert f"the recording in {film}" in plenari("verify", str(without), "--recording", film).stdout

    file.write_bytes(file.read_bytes().replace(b'"member":"pau"', b'"member":"pep"', 1))
    broken = plenari("verify", str(file))
    assert broken.returncode == 1
    assert "record.jsonl, line 4" in broken.stdout
    assert plenari("verify", str(tmp_path / "nothing.zip")).returncode == 2
    assert sorted(entry.name for entry in tmp_path.glob(".*")) == []


def test_the_record_alone_is_verified(plenari, tmp_path):
    record = tmp_path / "record.jsonl"
    assert plenari("export", SESSION, "--format", "jsonl", "--output", str(record)).returncode == 0
    assert "8 events, chained" in plenari("verify", str(record)).stdout
    record.write_text(record.read_text().replace('"seq":5', '"seq":6', 1))
    broken = json.loads(plenari("verify", "--json", str(record)).stdout)["broken"]
    assert (broken["file"], broken["line"]) == ("record.jsonl", 5)


def test_pruning_is_rehearsed_and_done(plenari):
    day = f"{EIGHT + timedelta(days=1):%Y-%m-%d}"
    assert json.loads(plenari("prune", "--before", f"{EIGHT:%Y-%m-%d}", "--json").stdout)["sessions"] == []
    for _ in range(2):
        (offered,) = json.loads(plenari("prune", "--before", day, "--dry-run", "--json").stdout)["sessions"]
        assert (offered["session"], offered["details"]) == (SESSION, 2)
    assert "1 records pruned" in plenari("prune", "--before", day).stdout
    assert "Nothing is old enough" in plenari("prune", "--before", day).stdout
    assert plenari("prune", "--before", day, "--dry-run", "--names", "--json").stdout.count('"details": 15') == 1
    refused = plenari("bundle", SESSION, "--output", "/tmp/never.zip")
    assert refused.returncode == 2
    assert "is not sealed" in refused.stderr


def test_the_key_is_shown_with_its_public_half_only(plenari, tmp_path):
    shown = plenari("key").stdout
    assert shown.startswith(open_key("", tmp_path).fingerprint)
    assert "BEGIN PUBLIC KEY" in shown
    assert "PRIVATE" not in shown
