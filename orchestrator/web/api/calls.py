"""When a session cannot be held: the draft of its *diligència*, and the second call."""

import secrets
import uuid
from contextlib import suppress

from aiohttp import web
from pydantic import Field

from orchestrator.access import Operation
from orchestrator.council.calls import is_at_weekend, second_call
from orchestrator.council.commands import Asker, Channel, Convene
from orchestrator.council.members import SessionId
from orchestrator.council.refusals import Reason, Refused
from orchestrator.documents.diligence import diligence
from orchestrator.store.ledger import AlreadyConvened
from orchestrator.web.api.entities import json
from orchestrator.web.api.sessions import SessionOut, session_out
from orchestrator.web.house import Reading
from orchestrator.web.request import access_of, house_of, language_of, session_of
from orchestrator.web.route import Parameter, Route

_SPACE = uuid.UUID("0f3b9f0e-4c63-4a7e-9a53-5d0f6c1f2b64")
"""Of the ids of second calls: a session has one at most."""


class SecondCallOut(SessionOut):
    """The session in second call."""

    is_at_weekend: bool = Field(description="The law counts days: somebody should confirm a Saturday or Sunday")


async def put_second_call(request: web.Request) -> Reading:
    """Put the second call on the record, or find it there: a session has one.

    Raises Refused (NO_SECOND_CALL) for a session that was held, and where the law knows none.
    """
    house, access = house_of(request), access_of(request)
    first = (await session_of(request)).session
    session_id = SessionId(str(uuid.uuid5(_SPACE, first.convened.session)))
    following = second_call(first.convened, session_id, secrets.token_hex(4))
    if first.not_held is None or first.not_held.second_call_at is None or following is None:
        raise Refused(Reason.NO_SECOND_CALL)
    convene = Convene(
        asker=Asker(role=access.role, channel=Channel.WEB, member=access.member),
        convocation=following,
        regulation=await house.records.regulation(following.entity.id),
    )
    with suppress(AlreadyConvened):
        await house.convene(convene)
    return await house.read(session_id)


async def convene_again(request: web.Request) -> web.Response:
    """Convene in second call; asked again, it is the same one."""
    reading = await put_second_call(request)
    call = reading.session.convened
    out = SecondCallOut(**session_out(reading).model_dump(), is_at_weekend=is_at_weekend(call))
    return json(out, 201, Location=f"/api/v1/sessions/{call.session}")


async def read_diligence(request: web.Request) -> web.Response:
    """The draft, for the secretary to finish and sign."""
    session = (await session_of(request)).session
    if session.opened_at is not None:
        raise Refused(Reason.ALREADY_OPEN)
    return web.Response(text=diligence(session, language_of(request)))


ROUTES = (
    Route(
        method="POST",
        path="/api/v1/sessions/{id}/second-call",
        operation=Operation.CONVENE_AGAIN,
        handler=convene_again,
        summary="Convene in second call a session that was not held for want of quorum, when the law has it",
        gives=SecondCallOut,
        status=201,
    ),
    Route(
        method="GET",
        path="/api/v1/sessions/{id}/diligence",
        operation=Operation.READ_DILIGENCE,
        handler=read_diligence,
        summary="The draft of the diligència of a session that was not held (ROF 109.2)",
        parameters=(Parameter(name="lang", description="Its language", choices=("ca", "es", "en")),),
        also=("text/plain",),
    ),
)
