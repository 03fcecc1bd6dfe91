"""Commands to a session as JSON, `{"name": "call_item", "number": 2}`, and the way into its room."""

import uuid
from datetime import timedelta
from typing import Annotated, Literal, assert_never

from aiohttp import web
from pydantic import AwareDatetime, BaseModel, Field, RootModel

from orchestrator.access import Access, Operation, join_link
from orchestrator.council import commands as c
from orchestrator.council.convocation import Cause
from orchestrator.council.members import MemberId, SessionId
from orchestrator.council.voting import Choice, Method
from orchestrator.store.inbox import Accepted
from orchestrator.web.api.entities import In, json
from orchestrator.web.api.sessions import IDEMPOTENCY_KEY
from orchestrator.web.house import House
from orchestrator.web.problems import Kind, Problem
from orchestrator.web.request import access_of, body_of, house_of, session_of
from orchestrator.web.route import Route

_Plain = Literal[
    "open_session",
    "suspend_session",
    "resume_session",
    "adjourn_session",
    "open_debate",
    "take_floor",
    "close_vote",
]
_PLAIN: dict[_Plain, type] = {
    "open_session": c.OpenSession,
    "suspend_session": c.SuspendSession,
    "resume_session": c.ResumeSession,
    "adjourn_session": c.AdjournSession,
    "open_debate": c.OpenDebate,
    "take_floor": c.TakeFloor,
    "close_vote": c.CloseVote,
}


class PlainIn(In):
    """A command that says all with its name."""

    name: _Plain


class DeclareNotHeldIn(In):
    """Have it on the record that the session could not be held (ROF 109.2); `note` is the cause in words."""

    name: Literal["declare_not_held"]
    cause: Cause = Cause.NO_QUORUM
    note: Annotated[str, Field(max_length=1000)] = ""
    excused: Annotated[tuple[str, ...], Field(max_length=500)] = ()


class CallItemIn(In):
    """Come to an item of the agenda."""

    name: Literal["call_item"]
    number: Annotated[int, Field(ge=1, le=999)]


class RequestIn(In):
    """Ask to speak, or no longer; `member` is oneself when not given."""

    name: Literal["request_floor", "withdraw_request"]
    member: str = ""


class GrantFloorIn(In):
    """Give a member the floor, for `limit_s` seconds or as long as is usual in the session."""

    name: Literal["grant_floor"]
    member: str
    limit_s: Annotated[int, Field(ge=1, le=7200)] | None = None


class OpenVoteIn(In):
    """Put the current item to the vote."""

    name: Literal["open_vote"]
    method: Method = Method.NAMED


class CastVoteIn(In):
    """A vote; `member` is oneself when not given."""

    name: Literal["cast_vote"]
    choice: Choice
    member: str = ""


_Any = PlainIn | DeclareNotHeldIn | CallItemIn | RequestIn | GrantFloorIn | OpenVoteIn | CastVoteIn


class CommandIn(RootModel[Annotated[_Any, Field(discriminator="name")]]):
    """Something that a person asks of the session."""


class AcceptedOut(BaseModel):
    """The command was carried out; the record is at `version`."""

    version: int


class LinkOut(BaseModel):
    """One member's way into the room. `link` is `address` with the token in its fragment, which no server is sent."""

    room: str
    address: str
    jwt: str
    link: str
    expires_at: AwareDatetime


def command_of(sent: CommandIn, asker: c.Asker) -> c.Command:
    """As the council knows it."""
    own = asker.member or MemberId("")
    match sent.root:
        case PlainIn(name=name):
            command: c.Command = _PLAIN[name](asker=asker)
            return command
        case DeclareNotHeldIn(cause=cause, note=note, excused=excused):
            return c.DeclareNotHeld(asker=asker, cause=cause, note=note, excused=tuple(map(MemberId, excused)))
        case CallItemIn(number=number):
            return c.CallItem(asker=asker, number=number)
        case RequestIn(name="request_floor", member=member):
            return c.RequestFloor(asker=asker, member=MemberId(member or own))
        case RequestIn(member=member):
            return c.WithdrawRequest(asker=asker, member=MemberId(member or own))
        case GrantFloorIn(member=member, limit_s=limit):
            return c.GrantFloor(
                asker=asker, member=MemberId(member), limit=None if limit is None else timedelta(seconds=limit)
            )
        case OpenVoteIn(method=method):
            return c.OpenVote(asker=asker, method=method)
        case CastVoteIn(choice=choice, member=member):
            return c.CastVote(asker=asker, member=MemberId(member or own), choice=choice)
        case _:
            assert_never(sent.root)


async def carry_out(house: House, session_id: SessionId, sent: CommandIn, access: Access, key: str | None) -> int:
    """Put the command to whoever conducts the session, and wait. Returns the version of the record after it.

    Raises Refused, TimeoutError (nobody conducts it) and `KeyReused`.
    """
    asker = c.Asker(role=access.role, channel=c.Channel.WEB, member=access.member)
    # A key is its sender's own: nobody gets the answer to somebody else's command.
    own_key = f"{access.role}:{access.member or ''}:{key}" if key else str(uuid.uuid4())
    asked = await house.inbox.ask(session_id, command_of(sent, asker), own_key)
    match await house.inbox.answer(asked):
        case Accepted(version=version):
            return version
        case refusal:
            raise refusal


async def command_session(request: web.Request) -> web.Response:
    """Ask something of the session."""
    sent = await body_of(request, CommandIn)
    reading = await session_of(request)
    session_id = reading.session.convened.session
    key = request.headers.get("Idempotency-Key")
    version = await carry_out(house_of(request), session_id, sent, access_of(request), key)
    return json(AcceptedOut(version=version))


async def link_member(request: web.Request) -> web.Response:
    """The room, its address, and a token for that member and that room alone."""
    session = (await session_of(request)).session
    member_id = MemberId(request.match_info["member"])
    if not access_of(request).may_link(member_id):
        raise Problem(Kind.FORBIDDEN)
    if not session.body.has(member_id):
        raise Problem(Kind.NOT_FOUND)
    house = house_of(request)
    way = join_link(house.jitsi, room=session.convened.room, member=session.body.member(member_id), now=house.now())
    return json(LinkOut(room=way.room, address=way.address, jwt=way.token, link=way.link, expires_at=way.expires), 201)


ROUTES = (
    Route(
        method="POST",
        path="/api/v1/sessions/{id}/commands",
        operation=Operation.COMMAND_SESSION,
        handler=command_session,
        summary="Ask something of the session; what the rules do not allow now is refused (409)",
        takes=CommandIn,
        gives=AcceptedOut,
        parameters=(IDEMPOTENCY_KEY,),
    ),
    Route(
        method="POST",
        path="/api/v1/sessions/{id}/members/{member}/link",
        operation=Operation.LINK_MEMBER,
        handler=link_member,
        summary="A member's way into the room, for a few minutes",
        gives=LinkOut,
        status=201,
    ),
)
