"""Commands to a session."""

import uuid

from aiohttp import web
from pydantic import BaseModel

from orchestrator.access import Access, Operation
from orchestrator.council import commands as c
from orchestrator.council.members import SessionId
from orchestrator.council.refusals import Reason, Refused
from orchestrator.store.inbox import Accepted
from orchestrator.web.api.asked import ChangeChannelIn, CommandIn, command_of
from orchestrator.web.api.entities import json
from orchestrator.web.house import House
from orchestrator.web.request import access_of, body_of, house_of, session_of
from orchestrator.web.route import Route


class AcceptedOut(BaseModel):
    """The command was carried out; the record is at `version`."""

    version: int


async def carry_out(house: House, session_id: SessionId, sent: CommandIn, access: Access, key: str | None) -> int:
    """Put the command to whoever conducts the session, and wait. Returns the version of the record after it.

    Raises Refused, TimeoutError (nobody conducts it) and `KeyReused`.
    """
    if isinstance(sent.root, ChangeChannelIn):
        await _require_channel(house, session_id, sent.root)
    asker = c.Asker(role=access.role, channel=c.Channel.WEB, member=access.member)
    # A key is its sender's own: nobody gets the answer to somebody else's command.
    own_key = f"{access.signature}:{key}" if key else str(uuid.uuid4())
    asked = await house.inbox.ask(session_id, command_of(sent, asker), own_key)
    match await house.inbox.answer(asked):
        case Accepted(version=version):
            return version
        case refusal:
            raise refusal


async def _require_channel(house: House, session_id: SessionId, sent: ChangeChannelIn) -> None:
    """Which channels an entity may use is not on the record. Raises Refused (NO_SUCH_CHANNEL)."""
    entity = (await house.read(session_id)).session.convened.entity.id
    if sent.channel not in {channel.id for channel in await house.channels.usable(entity)}:
        raise Refused(Reason.NO_SUCH_CHANNEL, channel=sent.channel)


async def command_session(request: web.Request) -> web.Response:
    """Ask something of the session."""
    sent = await body_of(request, CommandIn)
    reading = await session_of(request)
    session_id = reading.session.convened.session
    key = request.headers.get("Idempotency-Key")
    version = await carry_out(house_of(request), session_id, sent, access_of(request), key)
    return json(AcceptedOut(version=version))


ROUTES = (
    Route(
        method="POST",
        path="/api/v1/sessions/{id}/commands",
        operation=Operation.COMMAND_SESSION,
        handler=command_session,
        summary="Ask something of the session; what the rules do not allow now is refused (409)",
        takes=CommandIn,
        gives=AcceptedOut,
    ),
)
