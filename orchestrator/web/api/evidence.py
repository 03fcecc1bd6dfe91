"""What proves a session: its seals, and the bundle that anybody can verify without us."""

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path

from aiohttp import hdrs, web
from pydantic import AwareDatetime, BaseModel, Field

from orchestrator.access import Operation
from orchestrator.council.events import RecordingFinished
from orchestrator.evidence.bundle import contents
from orchestrator.evidence.seals import NotSealed, Seal, Seals
from orchestrator.verifier.stored_zip import pack, packed_size
from orchestrator.web.api.entities import json
from orchestrator.web.house import House, Reading
from orchestrator.web.problems import Kind, Problem
from orchestrator.web.request import house_of, session_of
from orchestrator.web.route import Parameter, Route
from orchestrator.wording import word

ZIP = "application/zip"


class SealOut(BaseModel):
    """A signature over the manifest of a bundle. The manifest names the end of the record and every file."""

    number: int
    sealed_at: AwareDatetime
    last_seq: int = Field(description="The last event that is sealed")
    last_hash: str
    manifest_sha256: str
    key: str = Field(description="SHA-256 of the public key that signed: what the entity publishes")
    signature: str = Field(description="Ed25519, of the manifest's bytes")
    stamped_at: AwareDatetime | None = Field(description="The time in the stamp of the authority, if there is one")
    stamp_problem: str | None = Field(description="Why there is no stamp yet, if one was asked for")


class SealsOut(BaseModel):
    """The seals of a session, the latest last. `is_current`: the latest covers all that the record says now."""

    is_current: bool
    seals: tuple[SealOut, ...]


async def read_seals(request: web.Request) -> web.Response:
    """When and with which key the record was sealed."""
    reading = await session_of(request)
    seals = await Seals(house_of(request).ledger.pool).of(reading.session.convened.session)
    is_current = bool(seals) and seals[-1].last_seq == reading.version
    return json(SealsOut(is_current=is_current, seals=tuple(map(_out, seals))))


async def read_bundle(request: web.Request) -> web.StreamResponse:
    """The bundle of the latest seal, a piece at a time; with `recording=1` the film lies in it, if it lies here."""
    reading = await session_of(request)
    house, call = house_of(request), reading.session.convened
    if call.is_rehearsal:
        raise Problem(Kind.NEVER_SEALED)
    wanted = request.query.get("recording") == "1"
    try:
        files = await contents(house.ledger, call.session, film(house, reading) if wanted else None)
    except NotSealed:
        raise Problem(Kind.NOT_SEALED) from None
    name = f"{word(call.language, 'document.file_evidence')}-{call.entity.id}-{call.body.id}-{call.starts_at:%Y%m%d}"
    response = web.StreamResponse(headers={hdrs.CONTENT_DISPOSITION: f'attachment; filename="{name}.zip"'})
    response.content_type = ZIP
    response.content_length = packed_size(files)
    await response.prepare(request)
    with contextlib.closing(pack(files)) as pieces:
        while piece := await asyncio.to_thread(_next, pieces):
            await response.write(piece)
    await response.write_eof()
    return response


def _next(pieces: Iterator[bytes]) -> bytes:
    """The next piece that is not empty; nothing at the end."""
    return next((piece for piece in pieces if piece), b"")


async def current_seal(house: House, reading: Reading) -> Seal | None:
    """The seal over all that the record says now; None while it is being made."""
    seal = await Seals(house.ledger.pool).latest(reading.session.convened.session)
    return seal if seal and seal.last_seq == reading.version else None


def film(house: House, reading: Reading) -> Path | None:
    """The recording, if what lies here is as long as what is on the record."""
    recorded = reading.session.recording
    if house.recordings is None or not isinstance(recorded, RecordingFinished):
        return None
    file = house.recordings / f"{reading.session.convened.session}.mp4"
    return file if file.exists() and file.stat().st_size == recorded.size else None


def _out(seal: Seal) -> SealOut:
    return SealOut(
        number=seal.number,
        sealed_at=seal.sealed_at,
        last_seq=seal.last_seq,
        last_hash=seal.last_hash.hex(),
        manifest_sha256=seal.manifest_sha256,
        key=seal.fingerprint,
        signature=seal.signature.hex(),
        stamped_at=seal.stamped_at,
        stamp_problem=seal.stamp_problem,
    )


ROUTES = (
    Route(
        method="GET",
        path="/api/v1/sessions/{id}/seals",
        operation=Operation.READ_SEALS,
        handler=read_seals,
        summary="When and with which key the record was sealed",
        gives=SealsOut,
    ),
    Route(
        method="GET",
        path="/api/v1/sessions/{id}/bundle",
        operation=Operation.READ_BUNDLE,
        handler=read_bundle,
        summary="The sealed record with its documents, as a zip that `plenari verify` checks offline",
        also=(ZIP,),
        parameters=(Parameter(name="recording", description="With the film in it", choices=("1",)),),
    ),
)
