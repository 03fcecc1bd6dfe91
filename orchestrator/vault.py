"""What the command line does with evidence: bundles written, records forgotten on time, the key shown."""

import asyncio
from collections.abc import Collection
from datetime import datetime
from pathlib import Path

from orchestrator.app import now, open_database
from orchestrator.council.members import SessionId
from orchestrator.council.privacy import Personal
from orchestrator.credentials import seal_key
from orchestrator.evidence.bundle import Contents, contents
from orchestrator.evidence.pruning import Prunable, prunable
from orchestrator.settings import Settings
from orchestrator.store.ledger import Ledger
from orchestrator.verifier.signature import key_pem
from orchestrator.verifier.stored_zip import pack


async def bundle(settings: Settings, session_id: SessionId, output: Path, *, with_recording: bool) -> int:
    """Write the bundle of a session's latest seal; returns its size. Raises `NotSealed`, and OSError.

    With the recording only where it lies on this machine.
    """
    film = settings.recordings / f"{session_id}.mp4"
    has_film = with_recording and await asyncio.to_thread(film.exists)
    async with open_database(settings) as pool:
        files = await contents(Ledger(pool), session_id, film if has_film else None)
    return await asyncio.to_thread(_write, files, output)


def _write(files: Contents, output: Path) -> int:
    """Whole or not at all."""
    partial = output.with_name(f".{output.name}.partial")
    try:
        with partial.open("wb") as target:
            for piece in pack(files):
                target.write(piece)
        partial.replace(output)
    finally:
        partial.unlink(missing_ok=True)
    return output.stat().st_size


async def prune(
    settings: Settings, before: datetime, kinds: Collection[Personal], *, is_rehearsed: bool
) -> list[Prunable]:
    """Take what is personal off the records of sessions of before then; or only say what that would be."""
    async with open_database(settings) as pool:
        found = await prunable(pool, before, kinds)
        for session in found if not is_rehearsed else ():
            await Ledger(pool).prune(session.session, kinds, now())
    return found


def public_key(settings: Settings) -> tuple[str, str]:
    """The fingerprint of the key that seals records here, and its public half in PEM. Raises ValueError."""
    key = seal_key(settings)
    return key.fingerprint, key_pem(key.public).decode()
