"""What lies in the evidence bundle of a session. `verifier.stored_zip.pack` makes the zip of it: the same bytes for the
same seal."""

import json
from hashlib import sha256
from pathlib import Path

from orchestrator.council.members import SessionId
from orchestrator.evidence.manifest import seal_file
from orchestrator.evidence.sealing import record_file
from orchestrator.evidence.seals import NotSealed, Seal, Seals
from orchestrator.store.ledger import Ledger
from orchestrator.verifier.bundle import KEY, MANIFEST, RECORDING, SEAL, STAMP, earlier
from orchestrator.verifier.record import RECORD
from orchestrator.verifier.signature import key_pem

Contents = dict[str, bytes | Path]
"""The files of a bundle, in their order in the zip."""


async def contents(ledger: Ledger, session_id: SessionId, recording: Path | None = None) -> Contents:
    """What lies in the bundle of the latest seal; `recording` is the film, where it is wanted in it.

    Raises `NotSealed`, also while what was added to the record or pruned from it waits for a new seal.
    """
    seals = await Seals(ledger.pool).of(session_id)
    version = await ledger.pool.fetchval("SELECT version FROM session WHERE id = $1", session_id)
    if not seals or seals[-1].last_seq != version:
        raise NotSealed(session_id)
    *before, seal = seals
    kept = await Seals(ledger.pool).exhibits(session_id)
    kept |= {RECORD: await record_file(ledger, session_id, seal.last_seq), KEY: key_pem(seal.public_key)}
    found: Contents = {
        MANIFEST: seal.manifest,
        SEAL: seal_file(seal.manifest, seal.public_key, seal.signature),
        **({STAMP: seal.stamp} if seal.stamp else {}),
        **_as_sealed(session_id, seal, kept),
    }
    for old in before:
        name, seal_name, stamp_name = earlier(str(old.number))
        found |= {name: old.manifest, seal_name: seal_file(old.manifest, old.public_key, old.signature)}
        found |= {stamp_name: old.stamp} if old.stamp else {}
    if recording is not None:
        found[RECORDING] = recording
    return found


def _as_sealed(session_id: SessionId, seal: Seal, kept: dict[str, bytes]) -> dict[str, bytes]:
    """The files that the manifest names; what is not (any more) as it says is about to be sealed anew."""
    listed = {entry["path"]: entry["sha256"] for entry in json.loads(seal.manifest)["files"]}
    sealed = {path: digest for path, digest in listed.items() if path != RECORDING}
    if any(sha256(kept.get(path, b"")).hexdigest() != digest for path, digest in sealed.items()):
        raise NotSealed(session_id)
    return {path: kept[path] for path in sealed}
