"""The people of a session before it begins: how each is reached, what has reached them, and the call taken back."""

import re
import secrets
import uuid
from contextlib import suppress
from typing import Final
from zoneinfo import ZoneInfo

from aiohttp import hdrs, web

from orchestrator.access import Operation
from orchestrator.convening.check import State as Health
from orchestrator.council.calls import second_call_at
from orchestrator.council.commands import Asker, Channel, Convene
from orchestrator.council.convocation import Cause
from orchestrator.council.members import MemberId, SessionId
from orchestrator.council.refusals import Reason, Refused
from orchestrator.council.session import Phase, Session
from orchestrator.notices.sending import invite, tell_cancelled, tell_moved
from orchestrator.store.connections import Connections
from orchestrator.store.contacts import Contact, Contacts
from orchestrator.store.ledger import AlreadyConvened
from orchestrator.store.letters import Delivery, Letters, State
from orchestrator.store.letters import Kind as Letter
from orchestrator.web.api.asked import CommandIn
from orchestrator.web.api.commands import carry_out
from orchestrator.web.house import House, Reading
from orchestrator.web.pages.convening_form import Wrong, hour_of, moved
from orchestrator.web.pages.rendering import page
from orchestrator.web.problems import Kind, Problem
from orchestrator.web.request import access_of, house_of, language_of, session_of
from orchestrator.web.route import Route
from orchestrator.wording import Language

_SPACE: Final = uuid.UUID("b0a5f5c2-7a55-4e52-9d57-90f2f2f7c9a4")
"""Of the ids of sessions that were put off."""
_EMAIL: Final = re.compile(r"[^@\s,;<>\"]{1,64}@[^@\s,;<>\"]{1,190}\.[^@\s,;<>\"]{2,60}")
_PHONE: Final = re.compile(r"[+0-9][0-9 .()/-]{5,24}")


async def show(request: web.Request) -> web.Response:
    """Everybody who is called, and what there is to do for each."""
    reading = await session_of(request)
    contacts = await Contacts(house_of(request).ledger.pool).of(reading.session.convened.entity.id)
    return await _page(request, reading, contacts, {})


async def keep(request: web.Request) -> web.StreamResponse:
    """How people are reached, as it was written into the list; all of it or nothing."""
    reading = await session_of(request)
    call = reading.session.convened
    form = await request.post()
    written: dict[MemberId, Contact] = {}
    wrong: dict[str, Wrong] = {}
    for member in call.body.members:
        contact = Contact(
            email=str(form.get(f"email-{member.id}", "")).strip(),
            phone=str(form.get(f"phone-{member.id}", "")).strip(),
            language=str(form.get(f"language-{member.id}", "")),
        )
        written[member.id] = contact
        if contact.email and not _EMAIL.fullmatch(contact.email):
            wrong[f"email-{member.id}"] = ("people.wrong.email", {})
        if contact.phone and not _PHONE.fullmatch(contact.phone):
            wrong[f"phone-{member.id}"] = ("people.wrong.phone", {})
        if contact.language not in ("", *Language):
            wrong[f"language-{member.id}"] = ("convene.wrong.choose", {})
    if wrong:
        return await _page(request, reading, written, wrong, 422)
    await Contacts(house_of(request).ledger.pool).put(call.entity.id, written)
    return _back(call.session)


async def send(request: web.Request) -> web.StreamResponse:
    """Have the call sent: to one member, or to all who have an address and have not had it."""
    house, reading = house_of(request), await session_of(request)
    session, asked = reading.session, MemberId(str((await request.post()).get("member", "")))
    if session.phase is not Phase.CONVENED:
        raise Refused(Reason.ALREADY_OPEN)
    if not house.has_mail:
        raise Problem(Kind.NO_MAIL)
    members = (asked,) if asked else await not_called(house, session)
    if not all(session.body.has(member) for member in members):
        raise Problem(Kind.NOT_FOUND)
    await invite(house.ledger, session, members, house.now())
    return _back(session.convened.session)


async def cancel(request: web.Request) -> web.StreamResponse:
    """Take the call back: the session will not be held."""
    reading = await session_of(request)
    note = str((await request.post()).get("note", "")).strip()
    await _take_back(request, reading.session.convened.session, Cause.CANCELLED, note)
    house = house_of(request)
    await tell_cancelled(house.ledger, reading.session, house.now())
    return _back(reading.session.convened.session)


async def postpone(request: web.Request) -> web.StreamResponse:
    """Call the same session for another hour, then take this call back."""
    house, access, reading = house_of(request), access_of(request), await session_of(request)
    call, form = reading.session.convened, await request.post()
    day, clock, which, note = (str(form.get(name, "")).strip() for name in ("day", "clock", "which", "note"))
    starts_at, wrong = hour_of(day, clock, which, house.now(), ZoneInfo(call.time_zone))
    if starts_at is None:
        contacts = await Contacts(house.ledger.pool).of(call.entity.id)
        return await _page(request, reading, contacts, wrong, 422, day=day, clock=clock, note=note)
    regulation = await house.records.regulation(call.entity.id)
    later = SessionId(str(uuid.uuid5(_SPACE, f"{call.session} {starts_at.isoformat()}")))
    following = moved(call, later, starts_at, secrets.token_hex(4), regulation)
    asker = Asker(role=access.role, channel=Channel.WEB, member=access.member)
    if reading.session.phase is not Phase.ADJOURNED:
        await _take_back(request, call.session, Cause.POSTPONED, note)
        with suppress(AlreadyConvened):
            await house.convene(Convene(asker=asker, convocation=following, regulation=regulation))
        await tell_moved(house.ledger, reading.session, (await house.read(later)).session, house.now())
    return _back(later)


async def not_called(house: House, session: Session) -> tuple[MemberId, ...]:
    """Who can be sent the call, and has not had it."""
    contacts = await Contacts(house.ledger.pool).of(session.convened.entity.id)
    had = {d.member for d in await _calls(house, session) if d.state is not State.FAILED}
    return tuple(m.id for m in session.body.members if contacts.get(m.id, Contact()).email and m.id not in had)


async def _calls(house: House, session: Session) -> list[Delivery]:
    """The letters that called the members, or that told them of another hour."""
    found = await Letters(house.ledger.pool).of(session.convened.session)
    return [delivery for delivery in found if delivery.kind in (Letter.CALL, Letter.MOVED)]


async def _take_back(request: web.Request, session: SessionId, cause: Cause, note: str) -> None:
    sent = CommandIn.model_validate({"name": "declare_not_held", "cause": cause, "note": note[:1000]})
    await carry_out(house_of(request), session, sent, access_of(request), key=None)


async def _page(
    request: web.Request,
    reading: Reading,
    contacts: dict[MemberId, Contact],
    wrong: dict[str, Wrong],
    status: int = 200,
    **moving: str,
) -> web.Response:
    house, call = house_of(request), reading.session.convened
    calls = {delivery.member: delivery for delivery in await _calls(house, reading.session)}
    tested = await Connections(house.ledger.pool).of(call.session)
    local = call.starts_at.astimezone(ZoneInfo(call.time_zone))
    values = {
        "access": access_of(request),
        "call": call,
        "session": reading.session,
        "is_to_come": reading.session.phase is Phase.CONVENED,
        "second_call_at": second_call_at(call),
        "contacts": contacts,
        "nobody": Contact(),
        "calls": calls,
        "not_called": await not_called(house, reading.session),
        "is_busy": any(delivery.state is State.WAITING for delivery in calls.values()),
        "has_mail": house.has_mail,
        "tested": tested,
        "to_phone": [m for m in call.body.members if m.id in tested and tested[m.id].state is Health.ILL],
        "now": house.now(),
        "wrong": wrong,
        "moving": {"day": f"{local:%Y-%m-%d}", "clock": f"{local:%H:%M}", "note": ""} | moving,
        "missing": [m for m in call.body.members if not contacts.get(m.id, Contact()).email],
    }
    return page(request, "people.html", language_of(request), values, status)


def _back(session: SessionId) -> web.Response:
    return web.Response(status=303, headers={hdrs.LOCATION: f"/sessions/{session}/people"})


ROUTES = (
    Route(
        method="GET",
        path="/sessions/{id}/people",
        operation=Operation.PAGE_PEOPLE,
        handler=show,
        summary="Who is called to a session",
    ),
    Route(
        method="POST",
        path="/sessions/{id}/people",
        operation=Operation.PAGE_CONTACTS,
        handler=keep,
        summary="How they are reached",
    ),
    Route(
        method="POST",
        path="/sessions/{id}/invitations",
        operation=Operation.PAGE_INVITE,
        handler=send,
        summary="Have the call sent",
    ),
    Route(
        method="POST",
        path="/sessions/{id}/cancel",
        operation=Operation.PAGE_CANCEL,
        handler=cancel,
        summary="Take the call back",
    ),
    Route(
        method="POST",
        path="/sessions/{id}/postpone",
        operation=Operation.PAGE_POSTPONE,
        handler=postpone,
        summary="Put the session off",
    ),
)
