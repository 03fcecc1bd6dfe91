"""Secrets at rest: stream keys and refresh tokens lie in the database as AES-256-GCM, under the installation's key.

What is locked for one place does not open in another: the place (`about`) is authenticated with it, so that whoever can
write to the database cannot move a key from one channel to another.
"""

import base64
import os
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

FILE: Final = "strongbox.key"
_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
"""NIST SP 800-38D, 8.2.2: random nonces of 96 bits."""


class Unreadable(Exception):
    """It was locked with another key, for another place, or was changed. What it is about may be said; nothing of what
    is in it is known."""


@dataclass(frozen=True, slots=True)
class Strongbox:
    """Locks and opens under one key."""

    _key: bytes = field(repr=False)

    def lock(self, secret: str, about: str) -> bytes:
        """The secret, for nobody to read but us; each time other bytes."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + AESGCM(self._key).encrypt(nonce, secret.encode(), about.encode())

    def open(self, locked: bytes, about: str) -> str:
        """The secret again. Raises `Unreadable`."""
        try:
            nonce, content = locked[:_NONCE_BYTES], locked[_NONCE_BYTES:]
            return AESGCM(self._key).decrypt(nonce, content, about.encode()).decode()
        except (InvalidTag, ValueError):
            raise Unreadable(about) from None


def open_strongbox(given: str, folder: Path) -> Strongbox:
    """Under the key that was given (32 bytes as base64), or the one in the folder, which is made if it is not there.

    Raises ValueError for what is no such key, and OSError.
    """
    if given:
        return Strongbox(_parse(given))
    file = folder / FILE
    if not file.exists():
        _make(file)
    return Strongbox(_parse(file.read_text()))


def _make(file: Path) -> None:
    """Whole or not at all: of two processes that make one, the second takes the first's."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile("w", dir=file.parent, prefix=".strongbox") as draft:  # made 0600
        draft.write(base64.b64encode(secrets.token_bytes(_KEY_BYTES)).decode())
        draft.flush()
        os.fsync(draft.fileno())
        try:
            os.link(draft.name, file)
        except FileExistsError:
            return


def _parse(text: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except ValueError:
        key = b""
    if len(key) != _KEY_BYTES:
        raise ValueError("PLENARI_STRONGBOX_KEY must be 32 bytes in base64; a good one: openssl rand -base64 32")
    return key
