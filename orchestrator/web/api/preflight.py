"""What a session needs before it begins, and whether it is there."""

from aiohttp import web
from pydantic import AwareDatetime, BaseModel, Field

from orchestrator.access import Operation
from orchestrator.convening.check import State
from orchestrator.convening.preflight import Channel, Duty, Facts, Item, preflight
from orchestrator.council.session import Phase, Session
from orchestrator.entrance import opens_at
from orchestrator.store.connections import Connections
from orchestrator.store.letters import Kind as Letter
from orchestrator.store.letters import Letters
from orchestrator.store.letters import State as Sent
from orchestrator.web.api.entities import json
from orchestrator.web.house import House
from orchestrator.web.pages.convening import around
from orchestrator.web.request import house_of, language_of, session_of
from orchestrator.web.route import Route
from orchestrator.wording import word


class ItemOut(BaseModel):
    """A line of the list. `duty`: who must do something about it."""

    topic: str
    finding: str
    state: State
    duty: Duty | None
    text: str


class PreflightOut(BaseModel):
    """The list as it is now."""

    at: AwareDatetime
    is_ready: bool = Field(description="Whether nothing is to be mended or looked at; what cannot be asked is left out")
    items: tuple[ItemOut, ...]


async def found(house: House, session: Session) -> tuple[Item, ...]:
    """Ask everything. What does not answer is unknown."""
    call = session.convened
    letters = [d for d in await Letters(house.ledger.pool).of(call.session) if d.kind in (Letter.CALL, Letter.MOVED)]
    tested = await Connections(house.ledger.pool).of(call.session)
    machine = await house.look_around() if house.look_around else None
    facts = Facts(
        now=house.now(),
        opens_at=opens_at(session, house.gathering),
        channel=await _channel(house, session),
        encoders=machine.encoders if machine else None,
        free=machine.free_encoders if machine else None,
        broadcasts=(await around(house, call)).broadcasts + 1,
        disk_free=machine.disk_free if machine else None,
        clock_ahead=(await house.checks()).clock_ahead,
        has_mail=house.has_mail,
        called=frozenset(d.member for d in letters if d.state is Sent.SENT),
        called_soon=frozenset(d.member for d in letters if d.state is Sent.WAITING),
        fit=frozenset(member for member, test in tested.items() if test.state is not State.ILL),
    )
    return preflight(session, facts)


def is_ready(items: tuple[Item, ...]) -> bool:
    """Whether nothing is left to be done by anybody."""
    return not any(item.check.state in (State.LOOK, State.ILL, State.WAITING) for item in items)


async def read_preflight(request: web.Request) -> web.Response:
    """The list, worded in the language of the request."""
    house, session, language = house_of(request), (await session_of(request)).session, language_of(request)
    items = () if session.phase is Phase.ADJOURNED else await found(house, session)
    out = tuple(
        ItemOut(
            topic=item.check.topic.removeprefix("pre_"),
            finding=item.check.finding,
            state=item.check.state,
            duty=item.duty,
            text=word(language, item.check.message, **item.check.params),
        )
        for item in items
    )
    return json(PreflightOut(at=house.now(), is_ready=is_ready(items), items=out))


async def _channel(house: House, session: Session) -> Channel:
    usable = await house.channels.usable(session.convened.entity.id)
    if not usable:
        return Channel.NONE
    return Channel.READY if any(channel.is_ready for channel in usable) else Channel.NOT_READY


ROUTES = (
    Route(
        method="GET",
        path="/api/v1/sessions/{id}/preflight",
        operation=Operation.READ_PREFLIGHT,
        handler=read_preflight,
        summary="What the session needs before it begins, whether it is there, and who must do what",
        gives=PreflightOut,
    ),
)
