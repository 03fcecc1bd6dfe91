"""The Ed25519 key with which an installation seals its records: given, or made once and kept for its owner only."""

import os
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from orchestrator.verifier.signature import key_pem

PRIVATE_FILE: Final = "seal_key.pem"
PUBLIC_FILE: Final = "seal_key.pub.pem"


@dataclass(frozen=True, slots=True)
class SealKey:
    """The key of an installation. `fingerprint` is the SHA-256 of its public half, which the entity publishes."""

    _private: Ed25519PrivateKey = field(repr=False)

    @property
    def public(self) -> bytes:
        """The 32 bytes of the public key (RFC 8032)."""
        return self._private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    @property
    def fingerprint(self) -> str:
        """Hexadecimal."""
        return sha256(self.public).hexdigest()

    def sign(self, message: bytes) -> bytes:
        """The 64 bytes of the signature."""
        return self._private.sign(message)


def new_key() -> SealKey:
    """A key that nobody has had before."""
    return SealKey(Ed25519PrivateKey.generate())


def open_key(given: str, folder: Path) -> SealKey:
    """The key that was given (PEM, PKCS#8), or else the one in the folder, which is made if it is not there.

    Raises ValueError for what is no Ed25519 key, and OSError.
    """
    if given:
        return _parse(given.encode())
    file = folder / PRIVATE_FILE
    if not file.exists():
        _make(file)
    key = _parse(file.read_bytes())
    (folder / PUBLIC_FILE).write_bytes(key_pem(key.public))
    return key


def _make(file: Path) -> None:
    """Whole or not at all: of two processes that make one, the second takes the first's."""
    file.parent.mkdir(parents=True, exist_ok=True)
    content = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with NamedTemporaryFile(dir=file.parent, prefix=".seal_key") as draft:  # made 0600
        draft.write(content)
        draft.flush()
        os.fsync(draft.fileno())
        try:
            os.link(draft.name, file)
        except FileExistsError:
            return


def _parse(content: bytes) -> SealKey:
    try:
        private = load_pem_private_key(content, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        private = None
    if not isinstance(private, Ed25519PrivateKey):
        raise ValueError(
            "the seal key must be an Ed25519 private key in PEM; a good one: openssl genpkey -algorithm ed25519"
        )
    return SealKey(private)
