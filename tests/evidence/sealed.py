"""A session that is over, sealed, on a real store: what the tests of the evidence look at."""

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from orchestrator.council.events import (
    DeviceGone,
    DeviceJoined,
    Event,
    MemberArrived,
    RecordingFinished,
    RecordingMissing,
    SessionAdjourned,
)
from orchestrator.council.observations import Departure, DeviceId, Grade
from orchestrator.council.session import Phase, Session
from orchestrator.documents.attendance import report
from orchestrator.documents.attendance_csv import attendance_csv
from orchestrator.documents.attendance_json import attendance_json
from orchestrator.evidence.bundle import contents
from orchestrator.evidence.keys import SealKey, new_key
from orchestrator.evidence.sealing import Sealing
from orchestrator.evidence.seals import Seals
from orchestrator.facts import Recorded
from orchestrator.verifier.record import SEGMENTS
from orchestrator.verifier.stored_zip import pack
from recorder.archive import Manifest
from tests.scenarios.play import EIGHT, MAYOR, PAU
from tests.stage import SESSION, Store, convened

FILM = bytes(range(256)) * 40
OVER = EIGHT + timedelta(hours=2)
LAPTOP = DeviceId("Mayor's laptop")


Documents = Callable[[Session, Sequence[Recorded], datetime], Awaitable[dict[str, bytes]]]


async def papers(session: Session, records: Sequence[Recorded], at: datetime) -> dict[str, bytes]:
    """The documents without what takes seconds to typeset."""
    attendance = report(session, records, at)
    return {
        "documents/attendance.csv": attendance_csv(attendance),
        "documents/attendance.json": attendance_json(attendance).model_dump_json(indent=1).encode(),
    }


@dataclass(slots=True)
class Evidence:
    """The store with what seals its records. `at` is what time it is."""

    store: Store
    folder: Path
    key: SealKey
    at: datetime = OVER
    is_stamped: bool = False
    documents: Documents = papers

    @property
    def sealing(self) -> Sealing:
        return Sealing(
            ledger=self.store.ledger,
            key=self.key,
            documents=self.documents,
            is_stamped=self.is_stamped,
            now=lambda: self.at,
        )

    @property
    def seals(self) -> Seals:
        return Seals(self.store.pool)

    @property
    def film(self) -> Path:
        return self.folder / "film.mp4"

    async def add(self, *events: Event) -> None:
        version = await self.store.pool.fetchval("SELECT version FROM session WHERE id = $1", SESSION)
        await self.store.ledger.append(SESSION, events, [], version, self.at, phase=Phase.ADJOURNED)

    async def record(self) -> None:
        """The recording is finished, and its machine has left its manifest."""
        self.film.write_bytes(FILM)
        manifest = Manifest(self.folder)
        for number in range(3):
            segment = self.folder / f"a-{number}.ts"
            segment.write_bytes(FILM[:100])
            manifest.add(segment, number, number + 1, OVER, recovered=False)
        text = (self.folder / "manifest.jsonl").read_bytes()
        await self.seals.keep(SESSION, SEGMENTS, text)
        await self.add(
            RecordingFinished(
                at=OVER,
                size=len(FILM),
                sha256=hashlib.sha256(FILM).hexdigest(),
                segments=3,
                head=text.splitlines()[-1].decode().split('"chain": "')[1][:64],
            )
        )

    async def bundle(self, *, with_film: bool = True) -> bytes:
        files = await contents(self.store.ledger, SESSION, self.film if with_film else None)
        return b"".join(pack(files))


def sitting() -> Sequence[Event]:
    """The mayor came with a laptop, which went; Pau came; the session was lifted."""
    grade = Grade.PRESENCE
    return [
        DeviceJoined(at=EIGHT, member=MAYOR, device=LAPTOP, grade=grade),
        MemberArrived(at=EIGHT, member=MAYOR, grade=grade),
        DeviceJoined(at=EIGHT, member=PAU, device=DeviceId("Pau's phone"), grade=grade),
        MemberArrived(at=EIGHT, member=PAU, grade=grade),
        DeviceGone(at=EIGHT, member=MAYOR, device=LAPTOP, departure=Departure.LOST, grade=grade),
        SessionAdjourned(at=OVER),
    ]


async def over(store: Store, folder: Path) -> Evidence:
    """A session that has been held, and is not sealed."""
    await convened(store)
    evidence = Evidence(store, folder, new_key())
    await evidence.add(*sitting())
    return evidence


async def sealed(store: Store, folder: Path, documents: Documents = papers) -> Evidence:
    """The same with its recording, sealed."""
    evidence = await over(store, folder)
    evidence.documents = documents
    await evidence.record()
    await evidence.sealing.seal(SESSION)
    return evidence


MISSING = RecordingMissing(at=OVER, cause="nothing_recorded")
