"""`./run demo --exit` as a newcomer runs it: a whole plenary on real servers, and what it leaves behind."""

import csv
import json
import subprocess
import sys
import threading
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from orchestrator.store.ledger import verify
from orchestrator.verifier.__main__ import check
from recorder.flv import FlvParser, Tag
from simulator.play import PLAYS, Play, load
from tests.integration.prying import Pry

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

ROOT = Path(__file__).parents[2]
PLAY = load(PLAYS / "ple.yaml")
HIBERNATION = timedelta(seconds=2)
"""How long the demo's Prosody keeps a browser that vanished (`simulator/prosody.py`)."""
MARGIN = timedelta(seconds=1)
"""The file has whole seconds."""
BUSY = timedelta(seconds=5)
"""How long a step may take on a busy machine; people come one after the other."""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Pry]:
    """The folder that the demo leaves behind, and what was to be seen from beside it meanwhile."""
    folder, pry = tmp_path_factory.mktemp("demo") / "output", Pry()
    command = [sys.executable, "-m", "orchestrator", "demo", "--exit", "--output", str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as played:
        beside = threading.Thread(target=pry.run, args=(played.pid,))
        beside.start()
        try:
            out, err = played.communicate(timeout=380)
        finally:
            pry.is_over.set()
            beside.join()
            played.kill()
    log = folder / "world" / "plenari.log"
    words = log.read_text()[-4000:] if log.exists() else ""
    assert played.returncode == 0, f"{out}\n{err}\n{words}"
    return folder, pry


@pytest.fixture(scope="module")
def output(demo: tuple[Path, Pry]) -> Path:
    return demo[0]


@pytest.fixture(scope="module")
def record(output: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (output / "record.jsonl").read_text().splitlines()]


def decode(file: Path) -> str:
    """What a decoder complains of. (Two frames that round into one slot of the null muxer are none of its business.)"""
    command = ["ffmpeg", "-nostdin", "-v", "error", "-i", str(file), "-fps_mode", "passthrough", "-f", "null", "-"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stderr


def tags(file: Path) -> list[Tag]:
    return FlvParser().feed(file.read_bytes())


def of_name(record: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return [entry for entry in record if entry["name"] == f"{name}.v1"]


def test_every_file_is_there_and_every_step_was_seen(output: Path) -> None:
    for name in ("attendance.csv", "attendance.xlsx", "record.jsonl", "recording.mp4", "chat.txt", "report.json"):
        assert (output / name).stat().st_size > 0
    report = json.loads((output / "report.json").read_text())
    assert [step["step"] for step in report["steps"]] == [step.name for step in PLAY.steps]
    assert all(seen["is_seen"] for step in report["steps"] for seen in step["seen"])


def test_the_chain_of_the_record_holds(output: Path, record: list[dict[str, Any]]) -> None:
    with (output / "record.jsonl").open() as lines:
        assert verify(lines) == len(record)


def test_the_sealed_bundle_verifies_and_holds_the_same_record_and_recording(output: Path) -> None:
    found = check(output / "evidence.zip")
    assert found.unchecked[1:] == ["when manifest.json was sealed: there is no time stamp of an authority"]
    with zipfile.ZipFile(output / "evidence.zip") as bundle:
        assert bundle.read("record.jsonl") == (output / "record.jsonl").read_bytes()
        assert bundle.read("recording/recording.mp4") == (output / "recording.mp4").read_bytes()
        assert {"documents/certificate.pdf", "documents/attendance.xlsx"} <= set(bundle.namelist())


def test_the_public_saw_one_stream_without_an_error_or_a_gap(output: Path) -> None:
    (seen,) = (output / "public").iterdir()
    assert decode(seen) == ""
    times = [tag.ts for tag in tags(seen) if tag.is_video and not tag.is_header]
    assert times[-1] > 60_000
    assert max(later - earlier for earlier, later in pairwise(times)) <= 1000
    assert json.loads((output / "report.json").read_text())["publish_sessions"] == 1


def test_the_archive_decodes_and_lacks_less_than_two_seconds(output: Path, record: list[dict[str, Any]]) -> None:
    assert decode(output / "recording.mp4") == ""
    command = ["ffprobe", "-v", "error", "-count_packets", "-select_streams", "v", "-of", "json"]
    shown = ["-show_entries", "stream=nb_read_packets,r_frame_rate", str(output / "recording.mp4")]
    stream = json.loads(subprocess.check_output([*command, *shown]))["streams"][0]
    frames, per_second = int(stream["nb_read_packets"]), 30
    assert encoded(record) - frames / per_second < 2


def encoded(record: list[dict[str, Any]]) -> float:
    """For how many seconds the encoder was sending while the session lasted."""
    edges = [entry for entry in record if entry["body"].get("link") == "encoder" and entry["name"].startswith("link_")]
    times = [datetime.fromisoformat(edge["body"]["at"]) for edge in edges]
    times.append(datetime.fromisoformat(of_name(record, "session_adjourned")[0]["body"]["at"]))
    up, down = times[::2], times[1::2]
    assert [edge["name"] for edge in edges] == ["link_restored.v1", "link_failed.v1"] * (len(edges) // 2) + [
        "link_restored.v1"
    ]
    return sum((end - start).total_seconds() for start, end in zip(up, down, strict=True))


def test_the_attendance_has_every_member_with_the_intervals_of_the_script(output: Path) -> None:
    with (output / "attendance.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["member_id"]: row for row in csv.DictReader(file, delimiter=";")}
    assert list(rows) == [member.id for member in PLAY.members]
    assert {rows[member.id]["name"] for member in PLAY.members} == {member.name for member in PLAY.members}
    expected = scripted(PLAY, json.loads((output / "report.json").read_text()))
    for member, row in rows.items():
        told = [interval.split("/") for interval in row["intervals"].split()]
        assert len(told) == len(expected[member]), member
        for (start, end), (come, gone, slack) in zip(told, expected[member], strict=True):
            assert come - MARGIN <= datetime.fromisoformat(start) <= come + BUSY, member
            assert gone - MARGIN <= datetime.fromisoformat(end) <= gone + slack + BUSY, member


def scripted(play: Play, report: dict[str, Any]) -> dict[str, list[tuple[datetime, datetime, timedelta]]]:
    """When each member was there, by the script and by when its steps were played; a broken line is noticed late."""
    times = [datetime.fromisoformat(step["at"]) for step in report["steps"]]
    present: dict[str, datetime] = {}
    away: dict[str, tuple[datetime, timedelta]] = {}
    intervals: dict[str, list[tuple[datetime, datetime, timedelta]]] = defaultdict(list)
    for step, at in zip(play.steps, times, strict=True):
        for member in step.do.enter:
            if member in away and at - away[member][0] > timedelta(seconds=play.grace) + away[member][1]:
                intervals[member].append((present.pop(member), *away[member]))
            away.pop(member, None)
            present.setdefault(member, at)
        for member in step.do.leave:
            away[member] = at, timedelta(0)
        for member in step.do.drop:
            away[member] = at, HIBERNATION
    for member, start in present.items():
        intervals[member].append((start, *away.get(member, (times[-1], timedelta(0)))))
    return intervals


def test_the_spreadsheet_opens(output: Path) -> None:
    book = openpyxl.load_workbook(output / "attendance.xlsx")
    assert len(book.sheetnames) == 3
    assert book.worksheets[0].max_row == len(PLAY.members) + 1


def test_no_secret_is_in_any_log(output: Path) -> None:
    world = output / "world"
    ours = [world / "plenari.log", *(world / "data").glob("broadcasts/*/*.log")]
    logs = "".join(file.read_text(errors="replace") for file in ours)
    key = next((world / "public").glob("*.flv")).name.partition("-")[0]
    assert len(ours) == 2
    assert key not in logs
    assert "eyJ" not in logs  # how every JWT begins


def test_no_secret_is_in_a_process_list_the_figures_a_page_or_a_document(demo: tuple[Path, Pry]) -> None:
    output, pry = demo
    assert {"PLENARI_TOKEN_SECRET", "PLENARI_JITSI_APP_SECRET", "PLENARI_XMPP_PASSWORD"} <= pry.secrets.keys()
    seen = {f"process {line}": line.encode() for line in pry.command_lines}
    seen |= {f"page {place}": body.encode() for place, body in pry.answers.items()}
    seen |= dict(documents(output))
    for kind in ("page /metrics", "page /sessions/", "process ", "evidence.zip/documents/certificate.pdf", "chat.txt"):
        assert any(name.startswith(kind) for name in seen), kind
    assert any("ffmpeg" in line for line in pry.command_lines)
    for name, secret in {**pry.secrets, "a signed token": "eyJ"}.items():
        assert [place for place, content in seen.items() if secret.encode() in content] == [], name


def documents(output: Path) -> Iterator[tuple[str, bytes]]:
    """Everything readable that is taken home: what is packed, unpacked; of a PDF its text. (Films have no words.)"""
    for file in output.iterdir():
        if file.is_file() and file.suffix != ".mp4":
            yield from unpacked(file.name, file.read_bytes())


def unpacked(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    match Path(name).suffix:
        case ".zip" | ".xlsx" | ".ods":
            with zipfile.ZipFile(BytesIO(content)) as packed:
                for inner in packed.namelist():
                    if not inner.endswith((".mp4", ".flv", ".ts")):
                        yield from unpacked(f"{name}/{inner}", packed.read(inner))
        case ".pdf":
            yield name, subprocess.run(["pdftotext", "-", "-"], input=content, capture_output=True, check=True).stdout
        case _:
            yield name, content
