"""The strongbox: its key is made once, for its owner only, and a wrong one says what to do."""

import base64
import stat

import pytest

from orchestrator.strongbox import FILE, Unreadable, open_strongbox


def test_the_key_is_made_once_and_for_its_owner_only(tmp_path):
    locked = open_strongbox("", tmp_path).lock("secret", "here")
    assert stat.S_IMODE((tmp_path / FILE).stat().st_mode) == 0o600
    assert open_strongbox("", tmp_path).open(locked, "here") == "secret"


def test_what_was_changed_or_belongs_elsewhere_does_not_open(tmp_path):
    box = open_strongbox("", tmp_path)
    locked = box.lock("secret", "here")
    assert locked != box.lock("secret", "here")
    for wrong, about in ((locked, "there"), (locked[:-1] + bytes([locked[-1] ^ 1]), "here"), (b"", "here")):
        with pytest.raises(Unreadable):
            box.open(wrong, about)


@pytest.mark.parametrize("given", ["short", base64.b64encode(b"x" * 31).decode(), "é" * 44])
def test_a_key_that_is_none_says_how_to_make_one(tmp_path, given):
    with pytest.raises(ValueError, match="openssl rand -base64 32"):
        open_strongbox(given, tmp_path)


def test_the_key_is_not_shown(tmp_path):
    given = base64.b64encode(b"k" * 32).decode()
    assert "kkk" not in repr(open_strongbox(given, tmp_path))
