"""What can be taken away from a session: the list of its documents, each of them, and whether a code is of one of ours.

Whoever may read the record gets them all; members and the rest of the body's house get the public ones.
"""

import asyncio
from collections.abc import Mapping
from datetime import datetime

from aiohttp import hdrs, web
from pydantic import AwareDatetime, BaseModel, Field, TypeAdapter, ValidationError

from orchestrator.access import Access, Operation
from orchestrator.council.convocation import Convocation
from orchestrator.documents.attendance_json import AttendanceOut
from orchestrator.documents.ods import MIME as ODS
from orchestrator.documents.press import Press
from orchestrator.documents.recording_index import IndexOut
from orchestrator.documents.shelf import CSV, DOCX, PDF, SHELF, TEXT, VTT, XLSX, Document, Dossier
from orchestrator.documents.typesetting import Sheet
from orchestrator.documents.verification import check_of, parse_code
from orchestrator.web.api.entities import json
from orchestrator.web.house import Reading
from orchestrator.web.problems import Kind, Problem
from orchestrator.web.request import access_of, house_of, invalid, language_of, session_of, wants
from orchestrator.web.route import Parameter, Route
from orchestrator.wording import Language, word

PRESS = web.AppKey("press", Press)
VERIFY = "/verify"
_FORMATS = {"json": "attendance.json", "csv": "attendance.csv", "xlsx": "attendance.xlsx", "ods": "attendance.ods"}
_ACCEPTED = {CSV: "csv", XLSX: "xlsx", ODS: "ods", PDF: "pdf"}
_SCHEMAS: Mapping[str, type[BaseModel]] = {"attendance": AttendanceOut, "index": IndexOut}
_MOMENT = TypeAdapter(AwareDatetime)


class DocumentOut(BaseModel):
    """A document: its name, what it is, and where it can be fetched."""

    name: str = Field(examples=["certificate.pdf"])
    title: str
    media_type: str
    href: str
    is_public: bool = Field(description="Whether it may be shown to anybody")


class DocumentsOut(BaseModel):
    """What the bearer may take away from the session."""

    documents: tuple[DocumentOut, ...]


class VerificationOut(BaseModel):
    """What a code on a document says. A code that is not ours is answered with `is_genuine` false and no more."""

    is_genuine: bool
    session_id: str | None = None
    entity: str | None = None
    body: str | None = None
    starts_at: AwareDatetime | None = None
    is_rehearsal: bool | None = Field(default=None, description="Genuine, and worth nothing: it was a rehearsal")
    event_count: int | None = Field(
        default=None, description="How many events of the record the document was made from"
    )
    is_latest: bool | None = Field(default=None, description="Whether the record has not grown since")


async def list_documents(request: web.Request) -> web.Response:
    """What there is, and where."""
    reading = await session_of(request)
    call, language = reading.session.convened, language_of(request)
    return json(
        DocumentsOut(
            documents=tuple(
                DocumentOut(
                    name=document.name,
                    title=word(language, document.message),
                    media_type=document.media_type,
                    href=f"/api/v1/sessions/{call.session}/documents/{document.name}",
                    is_public=document.is_public,
                )
                for document in within_reach(access_of(request), call)
            )
            + _evidence(access_of(request), reading, language)
        )
    )


async def read_document(request: web.Request) -> web.Response:
    """One of them."""
    reading = await session_of(request)
    document = SHELF.get(request.match_info["name"])
    if document is None:
        raise Problem(Kind.NOT_FOUND)
    return await _give(request, reading, document)


async def read_attendance(request: web.Request) -> web.Response:
    """Who attended, in whichever format; as PDF it is the certificate, with `public=1` the public one."""
    reading = await session_of(request)
    asked = request.query.get("format") or next((f for m, f in _ACCEPTED.items() if wants(request, m)), "json")
    if asked == "pdf":
        name = "certificate-public.pdf" if request.query.get("public") == "1" else "certificate.pdf"
    elif asked in _FORMATS:
        name = _FORMATS[asked]
    else:
        raise Problem(Kind.NOT_ACCEPTABLE)
    return await _give(request, reading, SHELF[name])


async def verify(request: web.Request) -> web.Response:
    """Whether a code is of a document made here. It says no more of a session than the document does."""
    return json(await verified(request, request.query.get("code", "")))


async def schema(request: web.Request) -> web.Response:
    """The JSON Schema of a document, at an address that does not change: `attendance` or `index`."""
    model = _SCHEMAS.get(request.match_info["name"])
    if model is None:
        raise Problem(Kind.NOT_FOUND)
    described = {"$schema": "https://json-schema.org/draft/2020-12/schema"} | model.model_json_schema(
        mode="serialization"
    )
    return web.json_response(described, content_type="application/schema+json")


def _evidence(access: Access, reading: Reading, language: str) -> tuple[DocumentOut, ...]:
    """The sealed bundle, once the session is over."""
    if not (access.may(Operation.READ_BUNDLE) and reading.session.is_sealable):
        return ()
    return (
        DocumentOut(
            name="bundle.zip",
            title=word(language, "documents.bundle"),
            media_type="application/zip",
            href=f"/api/v1/sessions/{reading.session.convened.session}/bundle",
            is_public=False,
        ),
    )


def within_reach(access: Access, call: Convocation) -> tuple[Document, ...]:
    """The documents that the bearer may have; none is public of a session that is not."""
    may_all = access.may(Operation.READ_ATTENDANCE)
    return tuple(d for d in SHELF.values() if may_all or (d.is_public and call.is_public))


async def verified(request: web.Request, text: str) -> VerificationOut:
    """What a code says, compared with the record."""
    code = parse_code(text)
    if code is None:
        return VerificationOut(is_genuine=False)
    try:
        reading = await house_of(request).read(code.session)
    except Problem:
        return VerificationOut(is_genuine=False)
    if code.seq > reading.version or check_of(reading.records[code.seq - 1].hash) != code.check:
        return VerificationOut(is_genuine=False)
    call = reading.session.convened
    return VerificationOut(
        is_genuine=True,
        session_id=call.session,
        entity=call.entity.name,
        body=call.body.name,
        starts_at=call.starts_at,
        is_rehearsal=call.is_rehearsal,
        event_count=code.seq,
        is_latest=code.seq == reading.version,
    )


async def _give(request: web.Request, reading: Reading, document: Document) -> web.Response:
    call = reading.session.convened
    if document not in within_reach(access_of(request), call):
        raise Problem(Kind.FORBIDDEN)
    house = house_of(request)
    dossier = Dossier(
        session=reading.session,
        records=reading.records,
        at=house.now(),
        language=_language(request, call),
        recorded_from=_recorded_from(request),
        verify_at=f"{house.public_url}{VERIFY}",
    )
    made = await asyncio.to_thread(document.make, dossier)
    content = await request.app[PRESS].pdf(made) if isinstance(made, Sheet) else made
    stem, _, suffix = document.name.partition(".")
    name = f"{word(dossier.language, f'document.file_{stem}')}-{call.entity.id}-{call.body.id}-{call.starts_at:%Y%m%d}"
    if call.is_rehearsal:
        name = f"{word(dossier.language, 'document.rehearsal_mark').lower()}-{name}"
    is_text = document.media_type.startswith("text/")
    return web.Response(
        body=content,
        content_type=document.media_type,
        charset="utf-8" if is_text else None,
        headers={
            hdrs.CONTENT_DISPOSITION: f'attachment; filename="{name}.{suffix}"',
            hdrs.CONTENT_LANGUAGE: dossier.language,
        },
    )


def _language(request: web.Request, call: Convocation) -> Language:
    """A document is in the session's language unless another is asked for: it is the body's, not the reader's."""
    asked = request.query.get("lang", "")
    return Language(asked) if asked in set(Language) else Language(call.language)


def _recorded_from(request: web.Request) -> datetime | None:
    """The `start` of the recording, if the request says it. Raises `Problem` (INVALID)."""
    asked = request.query.get("start")
    if asked is None:
        return None
    try:
        return _MOMENT.validate_python(asked)
    except ValidationError as error:
        raise invalid(error) from None


_LANGUAGE = Parameter(name="lang", description="Instead of the session's language", choices=tuple(Language))
_START = Parameter(
    name="start", kind="date-time", description="For the index: when the recording began, if the record does not know"
)

ROUTES = (
    Route(
        method="GET",
        path="/api/v1/sessions/{id}/attendance",
        operation=Operation.READ_ATTENDANCE,
        handler=read_attendance,
        summary="Who attended, and when; as PDF, the certificate of attendance",
        gives=AttendanceOut,
        also=(CSV, XLSX, ODS, PDF),
        parameters=(
            Parameter(name="format", description="Instead of Accept", choices=(*_FORMATS, "pdf")),
            Parameter(name="public", description="The certificate without technical data", choices=("1",)),
            _LANGUAGE,
        ),
    ),
    Route(
        method="GET",
        path="/api/v1/sessions/{id}/documents",
        operation=Operation.LIST_DOCUMENTS,
        handler=list_documents,
        summary="What can be taken away from a session",
        gives=DocumentsOut,
    ),
    Route(
        method="GET",
        path="/api/v1/sessions/{id}/documents/{name}",
        operation=Operation.READ_DOCUMENT,
        handler=read_document,
        summary="One of the documents",
        also=(PDF, DOCX, CSV, XLSX, ODS, VTT, TEXT, "application/json"),
        parameters=(_LANGUAGE, _START),
    ),
    Route(
        method="GET",
        path="/api/v1/verification",
        operation="verification",
        handler=verify,
        summary="Whether the code on a document is of one made here",
        gives=VerificationOut,
        parameters=(Parameter(name="code", description="As it is printed at the foot of each page"),),
    ),
    Route(
        method="GET",
        path="/api/v1/schemas/{name}",
        operation="schema",
        handler=schema,
        summary="The JSON Schema of a document: attendance, index",
        also=("application/schema+json",),
    ),
)
