"""What is signed: the manifest of a bundle, which names every file by its SHA-256, and the seal under it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from orchestrator.council.events import RecordingFinished
from orchestrator.council.session import Session
from orchestrator.store.codec import timestamp
from orchestrator.verifier.bundle import FORMAT, RECORDING, pretty


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """Where a record ended when it was sealed, for the `number`th time; `earlier` are the hashes of the manifests of
    the seals before, by their number."""

    number: int
    at: datetime
    last_seq: int
    last_hash: bytes
    earlier: Mapping[int, str]


def manifest(session: Session, closing: Closing, files: Mapping[str, bytes], software: str) -> bytes:
    """The bytes to be signed. The recording is named whether or not it will lie in the bundle."""
    call = session.convened
    recording = session.recording if isinstance(session.recording, RecordingFinished) else None
    listed: list[dict[str, Any]] = [
        {"path": path, "size": len(content), "sha256": sha256(content).hexdigest()} for path, content in files.items()
    ]
    if recording:
        listed.append({"path": RECORDING, "size": recording.size, "sha256": recording.sha256})
    return pretty(
        {
            "format": FORMAT,
            "software": software,
            "session": {
                "id": call.session,
                "entity": call.entity.id,
                "body": call.body.id,
                "starts_at": timestamp(call.starts_at),
            },
            "seal": closing.number,
            "sealed_at": timestamp(closing.at),
            "earlier": {str(number): digest for number, digest in closing.earlier.items()},
            "chain": {"last_seq": closing.last_seq, "last_hash": closing.last_hash.hex()},
            "recording": recording
            and {
                "size": recording.size,
                "sha256": recording.sha256,
                "segments": recording.segments,
                "head": recording.head,
            },
            "files": sorted(listed, key=lambda entry: str(entry["path"])),
        }
    )


def seal_file(signed: bytes, public_key: bytes, signature: bytes) -> bytes:
    """`seal.json` for a manifest."""
    return pretty(
        {
            "format": FORMAT,
            "algorithm": "Ed25519",
            "key": sha256(public_key).hexdigest(),
            "public_key": public_key.hex(),
            "signature": signature.hex(),
            "manifest_sha256": sha256(signed).hexdigest(),
        }
    )
