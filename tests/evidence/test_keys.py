"""The installation's key: made once, for its owner only, or given."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_public_key

from orchestrator.evidence.keys import PRIVATE_FILE, PUBLIC_FILE, new_key, open_key


def test_a_key_is_made_once_and_only_its_owner_can_read_it(tmp_path):
    os.umask(os.umask(0))
    key = open_key("", tmp_path / "data")
    file = tmp_path / "data" / PRIVATE_FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert open_key("", tmp_path / "data").public == key.public
    assert open_key(file.read_text(), tmp_path / "elsewhere").public == key.public
    assert not (tmp_path / "elsewhere").exists()
    assert [entry.name for entry in sorted((tmp_path / "data").iterdir())] == [PRIVATE_FILE, PUBLIC_FILE]


def test_the_public_half_is_beside_it_and_verifies_what_it_signed(tmp_path):
    key = open_key("", tmp_path)
    load_pem_public_key((tmp_path / PUBLIC_FILE).read_bytes()).verify(key.sign(b"this"), b"this")


def test_many_that_start_at_once_have_one_key(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        keys = {key.public for key in pool.map(lambda _: open_key("", tmp_path), range(8))}
    assert len(keys) == 1


def test_another_kind_of_key_is_refused_and_not_repeated(tmp_path):
    other = generate_private_key(SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    for wrong in (other, "hunter2"):
        with pytest.raises(ValueError, match="must be an Ed25519") as error:
            open_key(wrong, tmp_path)
        assert wrong not in str(error.value)


def test_a_key_is_not_shown():
    assert "rivate" not in repr(new_key())
