from pathlib import Path

import pytest

from recorder.modes import Mode, load_mode, store_mode


@pytest.mark.parametrize("mode", Mode)
def test_a_stored_mode_is_found_again(tmp_path: Path, mode: Mode) -> None:
    store_mode(tmp_path / "mode", Mode.LIVE)
    store_mode(tmp_path / "mode", mode)
    assert load_mode(tmp_path / "mode", Mode.WAITING) is mode


def test_without_a_file_the_initial_mode_holds(tmp_path: Path) -> None:
    assert load_mode(tmp_path / "mode", Mode.WAITING) is Mode.WAITING


@pytest.mark.parametrize("content", [b"", b"liv", b"\xff\xfe", b"live secret"])
def test_what_cannot_be_understood_is_a_closed_session(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "mode").write_bytes(content)
    assert load_mode(tmp_path / "mode", Mode.LIVE) is Mode.SECRET


def test_a_mode_that_cannot_be_read_is_a_closed_session(tmp_path: Path) -> None:
    (tmp_path / "mode").mkdir()
    assert load_mode(tmp_path / "mode", Mode.LIVE) is Mode.SECRET


def test_only_the_owner_reads_what_is_written(tmp_path: Path) -> None:
    store_mode(tmp_path / "mode", Mode.LIVE)
    assert (tmp_path / "mode").stat().st_mode & 0o777 == 0o600
