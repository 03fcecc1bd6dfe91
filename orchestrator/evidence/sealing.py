"""The job `seal_session`: when a session is over and its machines have finished, its record is closed and signed.

Every word that is added to a record that is over plans the job anew, so each addition has a seal of its own, which
names the seals before it.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog

from orchestrator.council.members import SessionId
from orchestrator.council.session import Phase, Session, replay
from orchestrator.evidence.exhibits import instructions
from orchestrator.evidence.keys import SealKey
from orchestrator.evidence.manifest import Closing, manifest
from orchestrator.evidence.seals import Overtaken, Seal, Seals
from orchestrator.store import jobs
from orchestrator.store.ledger import Ledger, Recorded
from orchestrator.verifier.bundle import KEY
from orchestrator.verifier.record import RECORD, SEGMENTS
from orchestrator.verifier.signature import key_pem
from orchestrator.version import VERSION

_PATIENCE: Final = timedelta(hours=1)
"""How long a record waits for the recording, before it is sealed without."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealing:
    """What sealing needs. `documents` makes what is sealed with the record, by path; `is_stamped` says that there is an
    authority to ask for a time stamp."""

    ledger: Ledger
    key: SealKey
    documents: Callable[[Session, Sequence[Recorded], datetime], Awaitable[dict[str, bytes]]]
    is_stamped: bool
    now: Callable[[], datetime]

    async def seal(self, session_id: SessionId) -> None:
        """Seal the record up to its last event, unless that is done, or its machines have not finished."""
        records = await self.ledger.load(session_id)
        session = replay(entry.event for entry in records)
        if session.phase is not Phase.ADJOURNED or await self._waits(session, session_id):
            return
        seals = Seals(self.ledger.pool)
        before = await seals.of(session_id)
        if before and before[-1].last_seq == records[-1].seq:
            return
        kept = await seals.exhibits(session_id)
        segments = {SEGMENTS: kept[SEGMENTS]} if SEGMENTS in kept else {}
        closed = instructions() | await self.documents(session, records, self.now())
        record = await record_file(self.ledger, session_id, records[-1].seq)
        closing = Closing(
            number=len(before) + 1,
            at=self.now(),
            last_seq=records[-1].seq,
            last_hash=records[-1].hash,
            earlier={seal.number: seal.manifest_sha256 for seal in before},
        )
        files = {RECORD: record, KEY: key_pem(self.key.public), **segments, **closed}
        content = manifest(session, closing, files, VERSION)
        seal = Seal(
            number=closing.number,
            sealed_at=closing.at,
            last_seq=closing.last_seq,
            last_hash=closing.last_hash,
            manifest=content,
            public_key=self.key.public,
            signature=self.key.sign(content),
        )
        try:
            await seals.put(session_id, seal, closed, is_to_be_stamped=self.is_stamped)
        except Overtaken:
            log.info("seal_overtaken", session_id=session_id, last_seq=closing.last_seq)
            return
        log.info("session_sealed", session_id=session_id, number=seal.number, manifest_sha256=seal.manifest_sha256)

    async def _waits(self, session: Session, session_id: SessionId) -> bool:
        """Whether the recording may still come; then the job is planned for when it is given up."""
        over_at = session.adjourned_at or self.now()
        rest = over_at + _PATIENCE - self.now()
        if session.is_complete or rest <= timedelta(0):
            return False
        async with self.ledger.pool.acquire() as connection:
            await jobs.enqueue(connection, jobs.SEAL_SESSION, session_id, delay=rest, occasion="late")
        return True


async def record_file(ledger: Ledger, session_id: SessionId, last_seq: int) -> bytes:
    """`record.jsonl` up to an event."""
    lines = [f"{line}\n" async for line in ledger.record_lines(session_id)]
    return "".join(lines[:last_seq]).encode()
