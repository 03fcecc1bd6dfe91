"""The page of channels: which there are, in what state, and forms to add one and to take one away."""

from collections.abc import Mapping
from contextlib import suppress

from aiohttp import hdrs, web
from pydantic import ValidationError

from orchestrator.access import Operation
from orchestrator.council.commands import Role
from orchestrator.council.members import ChannelId, EntityId
from orchestrator.store.channels import ChannelKind
from orchestrator.strongbox import Unreadable
from orchestrator.web.api.channels import ChannelIn, enter_channel, reachable
from orchestrator.web.pages.rendering import page
from orchestrator.web.policy import content_policy
from orchestrator.web.problems import Kind, Problem
from orchestrator.web.request import access_of, house_of, language_of, require_entity
from orchestrator.web.route import Route

_PAGE = "/channels"
_TOLD = {"consent_given": "ok", "consent_denied": "warn", "consent_stale": "warn", "consent_failed": "bad"}


async def show(request: web.Request) -> web.Response:
    """What there is."""
    return await _page(request)


async def enter(request: web.Request) -> web.StreamResponse:
    """Add a channel, or replace one; back to the page, or the form again with what is wrong. A key that was typed is
    not sent back."""
    form = {name: value.strip() for name, value in (await request.post()).items() if isinstance(value, str)}
    entity = EntityId(form.pop("entity", ""))
    require_entity(request, entity)
    try:
        sent = ChannelIn.model_validate(form)
    except ValidationError as error:
        faults = sorted({str(m["loc"][0]) if m["loc"] else _fault(m["msg"]) for m in error.errors(include_input=False)})
        return await _page(request, form | {"entity": entity}, faults)
    try:
        await enter_channel(house_of(request), access_of(request), entity, sent)
    except Problem as problem:
        if problem.kind is not Kind.CONFLICT:
            raise
        return await _page(request, form | {"entity": entity}, ["taken"])
    return web.Response(status=303, headers={hdrs.LOCATION: _PAGE})


async def remove(request: web.Request) -> web.StreamResponse:
    """Forget a channel; its owner's consent is given back."""
    channel = await house_of(request).channels.channel(ChannelId(request.match_info["channel"]))
    if channel is None:
        raise Problem(Kind.NOT_FOUND)
    require_entity(request, channel.entity)
    house = house_of(request)
    if house.consents is not None:
        with suppress(Unreadable):
            if token := await house.channels.refresh_token(channel.id):
                await house.consents.withdraw(token)
    await house.channels.remove(channel.entity, channel.id)
    return web.Response(status=303, headers={hdrs.LOCATION: _PAGE})


async def _page(
    request: web.Request, typed: Mapping[str, str] | None = None, faults: list[str] | None = None
) -> web.Response:
    house, access = house_of(request), access_of(request)
    entities = [entity for entity in await house.records.entities() if access.reaches(entity.id)]
    values = {
        "access": access,
        "channels": await reachable(house, access),
        "entities": entities,
        "names": {entity.id: entity.name for entity in entities},
        "kinds": tuple(ChannelKind),
        "may_share": access.role in (Role.ADMIN, Role.OPERATOR),
        "typed": typed or {},
        "faults": faults or [],
        "tones": _TOLD,
        "told": request.query.get("told") if request.query.get("told") in _TOLD else None,
        "may_ask": house.consents is not None,
    }
    response = page(request, "channels.html", language_of(request), values, 422 if faults else 200)
    if house.consents is not None:  # a browser follows a form to where the answer sends it only if that is named
        response.headers["Content-Security-Policy"] = content_policy({"form-action": house.consents.origin})
    return response


def _fault(message: str) -> str:
    """Which field a check of the whole was about: it begins with its name."""
    return message.removeprefix("Value error, ").partition(" ")[0].rstrip(":")


ROUTES = (
    Route(method="GET", path=_PAGE, operation=Operation.PAGE_CHANNELS, handler=show, summary="The channels"),
    Route(method="POST", path=_PAGE, operation=Operation.PAGE_PUT_CHANNEL, handler=enter, summary="Enter a channel"),
    Route(
        method="POST",
        path=f"{_PAGE}/{{channel}}/remove",
        operation=Operation.PAGE_REMOVE_CHANNEL,
        handler=remove,
        summary="Take a channel away",
    ),
)
