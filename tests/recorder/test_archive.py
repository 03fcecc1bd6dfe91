import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from recorder.archive import MANIFEST, Manifest, Segment, _cuts, read, verify
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


def segment(file: str, first_ms: int, last_ms: int) -> Segment:
    return Segment(
        seq=0,
        file=file,
        first_ms=first_ms,
        last_ms=last_ms,
        size=1,
        sha256="",
        written_at="",
        recovered=False,
        chain="",
    )


def cuts(*segments: Segment) -> list[tuple[str, int | None]]:
    return [(segment.file, limit) for segment, limit in _cuts(list(segments))]


def test_segments_of_one_writer_are_put_together_whole() -> None:
    assert cuts(segment("a-0.ts", 0, 4010), segment("a-1.ts", 4000, 8000)) == [("a-0.ts", None), ("a-1.ts", None)]


def test_what_the_next_writer_wrote_once_more_is_taken_from_it() -> None:
    assert cuts(
        segment("b-0.ts", 5000, 9000),
        segment("b-1.ts", 9000, 12_000),
        segment("a-0.ts", 0, 4000),
        segment("a-1.ts", 4000, 6500),
    ) == [("a-0.ts", None), ("a-1.ts", 5000), ("b-0.ts", None), ("b-1.ts", None)]


def test_a_segment_that_the_next_writer_wrote_once_more_as_a_whole_is_left_out() -> None:
    assert cuts(segment("a-0.ts", 0, 4000), segment("a-1.ts", 3990, 5500), segment("b-0.ts", 4000, 9000)) == [
        ("a-0.ts", None),
        ("b-0.ts", None),
    ]


def test_writers_that_die_one_after_the_other_leave_what_each_had_alone() -> None:
    assert cuts(segment("a-0.ts", 0, 3000), segment("b-0.ts", 2000, 2500), segment("c-0.ts", 2000, 8000)) == [
        ("a-0.ts", 2000),
        ("c-0.ts", None),
    ]
