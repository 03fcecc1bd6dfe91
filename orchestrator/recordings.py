"""What comes of a broadcast: one film with a chapter an item, what it lacks, and the word of it for the record."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import structlog

from orchestrator.council.members import SessionId
from orchestrator.council.observations import Blind, Grade, RecordingFailed, RecordingMade, Sighting
from orchestrator.council.session import replay
from orchestrator.documents.recording_index import recording_index
from orchestrator.evidence.seals import Seals
from orchestrator.facts import Recorded
from orchestrator.store.ledger import Ledger
from orchestrator.verifier.record import SEGMENTS
from orchestrator.wording import word
from recorder.archive import MANIFEST
from recorder.broadcasts import Broadcasts
from recorder.errors import ArchiveFailed, DiskFull, NothingRecorded
from recorder.events import BroadcastId
from recorder.recording import Chapter

log = structlog.get_logger()


async def make_recording(
    session_id: SessionId, *, ledger: Ledger, broadcasts: Broadcasts, folder: Path, now: datetime
) -> RecordingMade | RecordingFailed:
    """One file of all that was recorded. A broadcast in which nothing was sent has none, and says so."""
    broadcast, seen = BroadcastId(session_id), Sighting(grade=Grade.PRESENCE, at=now)
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    chapters = item_chapters(await ledger.load(session_id), now)
    try:
        made = await broadcasts.finish(broadcast, folder / f"{session_id}.mp4", chapters)
    except ArchiveFailed as failed:
        log.warning("recording_not_finished", session_id=session_id, reason=str(failed))
        return RecordingFailed(seen=seen, cause=_cause(failed))
    manifest = await asyncio.to_thread((broadcasts.archive(broadcast) / MANIFEST).read_bytes)
    await Seals(ledger.pool).keep(session_id, SEGMENTS, manifest)
    log.info("recording_finished", session_id=session_id, size=made.size, sha256=made.sha256, holes=len(made.holes))
    return RecordingMade(
        seen=seen,
        size=made.size,
        sha256=made.sha256,
        segments=made.segments,
        head=made.head,
        began_at=made.began_at,
        blind=tuple(Blind(since=hole.since, until=hole.until) for hole in made.holes),
    )


def item_chapters(records: Sequence[Recorded], at: datetime) -> list[Chapter]:
    """Where each item begins, in the language of the session, after what comes before the first; of a secret one there
    is none."""
    call = replay(record.event for record in records).convened
    convened = records[0].recorded_at
    marks = recording_index(call, records, convened, at, call.language)
    items = [Chapter(at=convened + mark.start, title=mark.title) for mark in marks if mark.kind == "item"]
    return [Chapter(at=convened, title=word(call.language, "index.opening")), *items]


def _cause(failed: ArchiveFailed) -> str:
    match failed:
        case NothingRecorded():
            return "nothing_recorded"
        case DiskFull():
            return "disk_full"
        case _:
            return "archive_failed"
