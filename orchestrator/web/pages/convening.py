"""Convening: choose the body, and what can be known comes by itself; what clashes is said before it is done."""

import secrets
import uuid
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from aiohttp import hdrs, web

from orchestrator.access import Operation
from orchestrator.convening.check import Check
from orchestrator.convening.checks import EXPECTED_LENGTH, Around, checks, needs_confirming
from orchestrator.council.commands import Asker, Channel, Convene
from orchestrator.council.convocation import Convocation, Ground, SessionKind
from orchestrator.council.members import Body, BodyId, Entity, EntityId, SessionId
from orchestrator.council.session import Phase
from orchestrator.store.contacts import Contacts
from orchestrator.store.ledger import AlreadyConvened
from orchestrator.web.house import House
from orchestrator.web.pages.convening_form import Draft, Sent, draft, read_form, suggested
from orchestrator.web.pages.rendering import page, render
from orchestrator.web.problems import Kind, Problem
from orchestrator.web.request import access_of, house_of, language_of, require_entity
from orchestrator.web.route import Route

NEW: Final = "/sessions/new"
_SPACE = uuid.UUID("5b8f6f0a-6f53-4d7d-8f0e-54f2a5d0c1ba")
"""Of the ids of sessions that were convened with the form: sent twice, it is one session."""
_PREVIOUS = timedelta(days=400)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Whose call it is: the entity, its bodies, and the one that was chosen."""

    entity: Entity | None
    entities: Sequence[Entity]
    bodies: Sequence[Body]
    body: Body | None


async def show(request: web.Request) -> web.Response:
    """The form, filled in with what is known of the body."""
    house, place = house_of(request), await _place(request)
    if place.entity is None or place.body is None:
        return _page(request, place, None, None, ())
    previous = await _previous(house, place.entity, place.body)
    sent = suggested(place.body, previous, house.now(), house.time_zone, secrets.token_urlsafe(9))
    return _page(request, place, sent, None, ())


async def look(request: web.Request) -> web.Response:
    """What there is to say of the form as it stands: for the script, while somebody writes."""
    place = await _place(request)
    sent, made = await _draft(request, place)
    found = await _checks(house_of(request), made)
    # What is still empty is not yet wrong.
    values = {"draft": made, "found": found, "sent": sent, "needs_confirming": False}
    return web.Response(text=render("convene_checks.html", language_of(request), values), content_type="text/html")


async def convene(request: web.Request) -> web.StreamResponse:
    """Put it on the record, once nothing is wrong and what was pointed out is confirmed."""
    house, access = house_of(request), access_of(request)
    place = await _place(request)
    sent, made = await _draft(request, place)
    found = await _checks(house, made)
    if made.call is None or (needs_confirming(found) and not sent.is_confirmed):
        return _page(request, place, sent, made, found, 422 if made.call is None else 409)
    asker = Asker(role=access.role, channel=Channel.WEB, member=access.member)
    regulation = await house.records.regulation(made.call.entity.id)
    with suppress(AlreadyConvened):  # sent twice: here it is
        await house.convene(Convene(asker=asker, convocation=made.call, regulation=regulation))
    return web.Response(status=303, headers={hdrs.LOCATION: f"/sessions/{made.call.session}/people"})


async def around(house: House, call: Convocation) -> Around:
    """What else there is at about the hour of a call."""
    since, until = call.starts_at - EXPECTED_LENGTH, call.starts_at + EXPECTED_LENGTH
    entries = await house.records.sessions(since=since, until=until)
    running = [entry for entry in entries if entry.id != call.session and entry.phase is not Phase.ADJOURNED]
    own = [await house.read(entry.id) for entry in running if entry.entity == call.entity.id]
    contacts = await Contacts(house.ledger.pool).of(call.entity.id)
    return Around(
        now=house.now(),
        others=[reading.session.convened for reading in own],
        broadcasts=sum(entry.is_public or entry.is_rehearsal for entry in running),
        encoders=house.encoders,
        reachable=frozenset(member for member, contact in contacts.items() if contact.email),
    )


async def _place(request: web.Request) -> _Place:
    """From the address, or the form. Raises `Problem` (NOT_FOUND) for another entity's."""
    house, access = house_of(request), access_of(request)
    form = await request.post() if request.method == "POST" else request.query
    asked = str(form.get("entity") or access.entity or "")
    if not asked:
        entities = await house.records.entities()
        if len(entities) != 1:
            return _Place(entity=None, entities=entities, bodies=(), body=None)
        asked = entities[0].id
    require_entity(request, EntityId(asked))
    entity = await house.records.entity(EntityId(asked))
    if entity is None:
        raise Problem(Kind.NOT_FOUND)
    bodies = await house.records.bodies(entity.id)
    chosen = BodyId(str(form.get("body") or (bodies[0].id if len(bodies) == 1 else "")))
    body = next((body for body in bodies if body.id == chosen), None)
    if chosen and body is None:
        raise Problem(Kind.NOT_FOUND)
    return _Place(entity=entity, entities=(), bodies=bodies, body=body)


async def _previous(house: House, entity: Entity, body: Body) -> Convocation | None:
    """The call to the body before this one."""
    now = house.now()
    entries = await house.records.sessions(entity=entity.id, since=now - _PREVIOUS, until=now + _PREVIOUS)
    before = [entry for entry in entries if entry.body == body.id and not entry.is_rehearsal]
    return (await house.read(before[-1].id)).session.convened if before else None


async def _draft(request: web.Request, place: _Place) -> tuple[Sent, Draft]:
    house = house_of(request)
    if place.entity is None or place.body is None:
        raise Problem(Kind.NOT_FOUND)
    sent = read_form({name: value for name, value in (await request.post()).items() if isinstance(value, str)})
    made = draft(
        sent,
        entity=place.entity,
        body=place.body,
        regulation=await house.records.regulation(place.entity.id),
        session=SessionId(str(uuid.uuid5(_SPACE, f"{place.entity.id} {sent.key}") if sent.key else uuid.uuid4())),
        mark=secrets.token_hex(4),
        now=house.now(),
        zone=house.time_zone,
    )
    return sent, made


async def _checks(house: House, made: Draft) -> tuple[Check, ...]:
    return () if made.call is None else checks(made.call, await around(house, made.call))


def _page(
    request: web.Request,
    place: _Place,
    sent: Sent | None,
    made: Draft | None,
    found: tuple[Check, ...],
    status: int = 200,
) -> web.Response:
    values = {
        "access": access_of(request),
        "place": place,
        "sent": sent,
        "draft": made,
        "found": found,
        "needs_confirming": made is not None and made.call is not None and needs_confirming(found),
        "kinds": list(SessionKind),
        "grounds": list(Ground),
    }
    return page(request, "convene.html", language_of(request), values, status)


ROUTES = (
    Route(method="GET", path=NEW, operation=Operation.PAGE_CONVENE, handler=show, summary="The form of a call"),
    Route(
        method="POST",
        path=NEW,
        operation=Operation.PAGE_CONVENE_SEND,
        handler=convene,
        summary="Convene with the form",
    ),
    Route(
        method="POST",
        path=f"{NEW}/checks",
        operation=Operation.PAGE_CONVENE_CHECKS,
        handler=look,
        summary="What there is to say of the form as it stands",
    ),
)
