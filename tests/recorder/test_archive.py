import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from recorder.archive import MANIFEST, Manifest, read, verify
from recorder.errors import ManifestBroken

NOW = datetime(2026, 3, 5, 19, 0, tzinfo=UTC)


def record(folder: Path, count: int) -> Manifest:
    manifest = Manifest(folder)
    for number in range(count):
        file = folder / f"a-{number:05}.ts"
        file.write_bytes(bytes((number,)) * 1000)
        manifest.add(file, number * 4000, (number + 1) * 4000, NOW, recovered=False)
    return manifest


def test_the_manifest_names_every_segment_with_its_hash(tmp_path: Path) -> None:
    record(tmp_path, 3)
    segments = verify(tmp_path)
    assert [(segment.seq, segment.file, segment.first_ms, segment.size) for segment in segments] == [
        (0, "a-00000.ts", 0, 1000),
        (1, "a-00001.ts", 4000, 1000),
        (2, "a-00002.ts", 8000, 1000),
    ]


def test_a_restarted_writer_goes_on_with_the_chain(tmp_path: Path) -> None:
    record(tmp_path, 2)
    after = tmp_path / "b-00000.ts"
    after.write_bytes(b"after the crash")
    manifest = Manifest(tmp_path)
    assert manifest.unlisted() == [after]
    manifest.add(after, 9000, 10_000, NOW, recovered=True)
    assert manifest.unlisted() == []
    assert [segment.recovered for segment in verify(tmp_path)] == [False, False, True]


def test_a_segment_is_listed_once(tmp_path: Path) -> None:
    manifest = record(tmp_path, 1)
    manifest.add(tmp_path / "a-00000.ts", 0, 4000, NOW, recovered=True)
    assert len(read(tmp_path)) == 1


def test_a_changed_segment_is_found(tmp_path: Path) -> None:
    record(tmp_path, 2)
    (tmp_path / "a-00001.ts").write_bytes(b"\x02" * 1000)
    with pytest.raises(ManifestBroken, match=r"a-00001\.ts"):
        verify(tmp_path)


def test_a_missing_segment_is_found(tmp_path: Path) -> None:
    record(tmp_path, 2)
    (tmp_path / "a-00000.ts").unlink()
    with pytest.raises(ManifestBroken, match=r"a-00000\.ts"):
        verify(tmp_path)


@pytest.mark.parametrize("change", ["edit", "remove", "swap"])
def test_a_changed_line_breaks_the_chain(tmp_path: Path, change: str) -> None:
    record(tmp_path, 3)
    lines = (tmp_path / MANIFEST).read_text().splitlines()
    match change:
        case "edit":
            lines[1] = json.dumps(json.loads(lines[1]) | {"last_ms": 7999})
        case "remove":
            del lines[1]
        case _:
            lines[0], lines[1] = lines[1], lines[0]
    (tmp_path / MANIFEST).write_text("\n".join(lines) + "\n")
    with pytest.raises(ManifestBroken):
        read(tmp_path)


def test_a_line_that_a_crash_cut_short_is_removed_and_its_segment_found_again(tmp_path: Path) -> None:
    record(tmp_path, 2)
    file = tmp_path / MANIFEST
    file.write_bytes(file.read_bytes()[:-30])
    manifest = Manifest(tmp_path)
    assert [found.name for found in manifest.unlisted()] == ["a-00001.ts"]
    manifest.add(tmp_path / "a-00001.ts", 4000, 8000, NOW, recovered=True)
    assert [segment.recovered for segment in verify(tmp_path)] == [False, True]


def test_a_line_for_which_the_disk_has_no_room_leaves_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    manifest = record(tmp_path, 2)
    third = tmp_path / "a-00002.ts"
    third.write_bytes(b"third")
    is_full = [False, True]  # the segment itself is on the disk, its line is not

    def sync(_descriptor: int) -> None:
        if is_full.pop(0):
            raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", sync)
        with pytest.raises(OSError, match="No space"):
            manifest.add(third, 8000, 12_000, NOW, recovered=False)
    assert len(read(tmp_path)) == 2
    manifest.add(third, 8000, 12_000, NOW, recovered=True)
    assert [segment.file for segment in verify(tmp_path)] == ["a-00000.ts", "a-00001.ts", "a-00002.ts"]
