"""The page of one session: what there is to see, and what whoever looks may do about it.

The server renders the parts; a stream sends them anew after every change and the script puts in those that differ.
Without a script the page reloads itself, and its buttons are plain forms.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from aiohttp import hdrs, web
from pydantic import ValidationError

from orchestrator.access import Access, Operation
from orchestrator.council.authority import minds_broadcast
from orchestrator.council.commands import Asker, Channel
from orchestrator.council.decide import decide
from orchestrator.council.refusals import Reason, Refused
from orchestrator.web.api.asked import CommandIn, command_of
from orchestrator.web.api.calls import put_second_call
from orchestrator.web.api.commands import carry_out
from orchestrator.web.feed import Item, last_event_id, stream
from orchestrator.web.house import House, Reading
from orchestrator.web.pages.rendering import page, render
from orchestrator.web.request import access_of, house_of, invalid, language_of, session_of, wants
from orchestrator.web.route import Route
from orchestrator.web.view import view
from orchestrator.wording import Language

WhyNot = Callable[..., Reason | None]
"""Called with a command's name and fields: why it would be refused now, or None when it may be asked."""


async def show(request: web.Request) -> web.Response:
    """The whole page."""
    reading = await session_of(request)
    language = language_of(request)
    values = await _values(house_of(request), reading, access_of(request), language)
    return page(request, "live.html", language, values)


async def feed(request: web.Request) -> web.StreamResponse:
    """The page's parts, after every change of the record."""
    reading = await session_of(request)
    house, access = house_of(request), access_of(request)
    session_id = reading.session.convened.session
    language = language_of(request)

    async def since(known: int) -> Sequence[Item]:
        now = await house.read(session_id)
        if now.version <= known:
            return ()
        return (Item(version=now.version, name="live", text=await _parts(house, now, access, language)),)

    return await stream(request, house, session_id, since, last_event_id(request))


async def command(request: web.Request) -> web.StreamResponse:
    """A button was pressed. Back to the page; the script needs no answer but that it is done."""
    reading = await session_of(request)
    fields = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
    zone = ZoneInfo(reading.session.convened.time_zone)
    fields |= {name: _on_the_clock(fields[name], zone) for name in ("start", "end") if name in fields}
    try:
        sent = CommandIn.model_validate(fields)
    except ValidationError as error:
        raise invalid(error) from None
    await carry_out(house_of(request), reading.session.convened.session, sent, access_of(request), key=None)
    if wants(request, "text/html"):
        return web.Response(status=303, headers={hdrs.LOCATION: f"/sessions/{reading.session.convened.session}"})
    return web.Response(status=204)


async def convene_again(request: web.Request) -> web.Response:
    """The second call of a session that was not held. On to its page."""
    second = await put_second_call(request)
    return web.Response(status=303, headers={hdrs.LOCATION: f"/sessions/{second.session.convened.session}"})


def why_not(reading: Reading, access: Access, house: House) -> WhyNot:
    """What the council would say, asked beforehand: the page offers what would be done, and says what hinders."""
    asker = asker_of(access)

    def ask(name: str, **fields: object) -> Reason | None:
        if not access.may(Operation.PAGE_COMMAND):
            return Reason.NOT_ALLOWED
        sent = CommandIn.model_validate({"name": name, **fields})
        try:
            decide(reading.session, command_of(sent, asker), house.now())
        except Refused as refusal:
            return refusal.reason
        return None

    return ask


def asker_of(access: Access) -> Asker:
    """Whoever looks at the page, as the council knows askers."""
    return Asker(role=access.role, channel=Channel.WEB, member=access.member)


def _on_the_clock(text: str, zone: ZoneInfo) -> str:
    """A time as people read it on the town's clock, with its offset; what is no time stays as it is."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return (at if at.tzinfo else at.replace(tzinfo=zone)).isoformat()


async def _parts(house: House, reading: Reading, access: Access, language: Language) -> str:
    return render("live_parts.html", language, await _values(house, reading, access, language))


async def _values(house: House, reading: Reading, access: Access, language: Language) -> dict[str, object]:
    minds = minds_broadcast(reading.session, asker_of(access))
    entity = reading.session.convened.entity.id
    return {
        "access": access,
        "view": view(reading.session, reading.records, house.now(), language),
        "own": access.member,
        "why_not": why_not(reading, access, house),
        "may_export": access.may(Operation.READ_ATTENDANCE),
        "has_bundle": access.may(Operation.READ_BUNDLE) and reading.session.is_sealable,
        "may_link": access.may(Operation.PAGE_LINKS),
        "may_convene": access.may(Operation.PAGE_SECOND_CALL),
        "minds_broadcast": minds,
        "reach": reading.session.airing.reach,
        "channels": await house.channels.usable(entity) if minds else (),
    }


ROUTES = (
    Route(method="GET", path="/sessions/{id}", operation=Operation.PAGE_LIVE, handler=show, summary="A session's page"),
    Route(method="GET", path="/sessions/{id}/feed", operation=Operation.PAGE_FEED, handler=feed, summary="Its changes"),
    Route(
        method="POST",
        path="/sessions/{id}/commands",
        operation=Operation.PAGE_COMMAND,
        handler=command,
        summary="A button of the page",
    ),
    Route(
        method="POST",
        path="/sessions/{id}/second-call",
        operation=Operation.PAGE_SECOND_CALL,
        handler=convene_again,
        summary="The button of the second call",
    ),
)
