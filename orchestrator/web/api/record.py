"""The record of a session: everything there is to see now, and its events."""

import json as plain_json
from collections.abc import Iterable, Sequence
from typing import Any

from aiohttp import web
from pydantic import AwareDatetime, BaseModel, Field

from orchestrator.access import Operation
from orchestrator.store.codec import encode, name_of
from orchestrator.store.ledger import Recorded
from orchestrator.web.api.entities import json
from orchestrator.web.feed import Item, last_event_id, stream
from orchestrator.web.house import Reading
from orchestrator.web.problems import Kind, Problem
from orchestrator.web.request import house_of, language_of, session_of, wants
from orchestrator.web.route import Parameter, Route
from orchestrator.web.shown import View
from orchestrator.web.view import view

STREAM = "text/event-stream"
_PAGE = 500


class EventOut(BaseModel):
    """An event of the record. Its shape follows from `name`. What is personal in `body` was
    hashed as a commitment (`record.jsonl` has both); it stands here until it is pruned."""

    seq: int
    name: str = Field(examples=["member_arrived.v1"])
    at: AwareDatetime = Field(description="When it happened")
    recorded_at: AwareDatetime = Field(description="When it was recorded")
    hash: str
    body: dict[str, Any]


class EventsOut(BaseModel):
    """Events in order. `next` is the `after` of the following page; null when this is the last for now."""

    events: tuple[EventOut, ...]
    next: int | None
    version: int


async def read_live(request: web.Request) -> web.StreamResponse:
    """Everything there is to see now; as a stream, again after every change."""
    reading = await session_of(request)
    language = language_of(request)
    house = house_of(request)

    def picture(of: Reading) -> View:
        return view(of.session, of.records, house.now(), language)

    async def since(known: int) -> Sequence[Item]:
        now = await house.read(reading.session.convened.session)
        if now.version <= known:
            return ()
        return (Item(version=now.version, name="live", text=picture(now).model_dump_json()),)

    if wants(request, STREAM):
        return await stream(request, house, reading.session.convened.session, since, known=0)
    return json(picture(reading))


async def read_events(request: web.Request) -> web.StreamResponse:
    """The events after `after`; as a stream, those and all that follow."""
    reading = await session_of(request)
    after = _after(request)
    house = house_of(request)

    async def since(known: int) -> Sequence[Item]:
        now = await house.read(reading.session.convened.session)
        return [
            Item(version=event.seq, name=event.name, text=event.model_dump_json())
            for event in _events(now.records[known:])
        ]

    if wants(request, STREAM):
        return await stream(request, house, reading.session.convened.session, since, last_event_id(request, after))
    page = reading.records[after : after + _PAGE]
    is_last = after + _PAGE >= len(reading.records)
    return json(EventsOut(events=tuple(_events(page)), next=None if is_last else page[-1].seq, version=reading.version))


def _after(request: web.Request) -> int:
    text = request.query.get("after", "0")
    if not text.isdecimal() or len(text) > 9:
        raise Problem(Kind.INVALID, errors=[{"at": "after", "kind": "int", "message": "a whole number from 0"}])
    return int(text)


def _events(records: Iterable[Recorded]) -> Iterable[EventOut]:
    for record in records:
        yield EventOut(
            seq=record.seq,
            name=name_of(record.event),
            at=record.event.at,
            recorded_at=record.recorded_at,
            hash=record.hash.hex(),
            body=plain_json.loads(encode(record.event)),
        )


ROUTES = (
    Route(
        method="GET",
        path="/api/v1/sessions/{id}/live",
        operation=Operation.READ_LIVE,
        handler=read_live,
        summary="Everything there is to see of a session now; as a stream, again after every change",
        gives=View,
        also=(STREAM,),
    ),
    Route(
        method="GET",
        path="/api/v1/sessions/{id}/events",
        operation=Operation.READ_EVENTS,
        handler=read_events,
        summary="The record: a page of events, or (as a stream) all from there on",
        gives=EventsOut,
        also=(STREAM,),
        parameters=(
            Parameter(name="after", kind="integer", description="Only events after this seq"),
            Parameter(name="Last-Event-ID", where="header", description="The same, as browsers say it to a stream"),
        ),
    ),
)
