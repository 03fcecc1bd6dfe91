"""The pages of webhooks: which there are and how they fare, a form to add one, and what may be done with each."""

from collections.abc import Mapping
from typing import Any

from aiohttp import hdrs, web
from pydantic import ValidationError

from orchestrator.access import Operation
from orchestrator.council.commands import Role
from orchestrator.notices.webhooks import Outcome
from orchestrator.store.webhook_messages import MessageId, State
from orchestrator.store.webhooks import FAMILIES, Family, Webhook
from orchestrator.web.api.webhooks import NewWebhookIn, WebhookIn, add, reachable, replace, webhook_of
from orchestrator.web.pages.rendering import page
from orchestrator.web.problems import Kind, Problem
from orchestrator.web.request import access_of, house_of, language_of
from orchestrator.web.route import Route

_PAGE = "/webhooks"
_SHOWN = 50


async def show(request: web.Request) -> web.Response:
    """What there is."""
    return await _list(request)


async def enter(request: web.Request) -> web.Response:
    """Add one. The answer shows its secret, which no other page will; or the form again, with what is wrong."""
    form = await request.post()
    fields = {"url": _text(form, "url"), "note": _text(form, "note"), "entity": _text(form, "entity") or None}
    families = form.getall("family", [])
    try:
        sent = NewWebhookIn.model_validate(fields | {"events": _names(families)})
        webhook, secret = await add(request, sent)
    except (ValidationError, Problem) as error:
        _require_mistake(error)
        return await _list(request, {**fields, "families": families}, is_wrong=True)
    return await _one(request, webhook, secret=secret, status=201)


async def show_one(request: web.Request) -> web.Response:
    """One of them: what it was told, and what may be done with it."""
    return await _one(request, await webhook_of(request))


async def act(request: web.Request) -> web.StreamResponse:
    """A button of its page."""
    webhook, house, form = await webhook_of(request), house_of(request), await request.post()
    match _text(form, "act"):
        case "test":
            return await _one(request, webhook, outcome=await house.posting.knock(webhook))
        case "rotate":
            return await _one(request, webhook, secret=await house.posting.webhooks.rotate(webhook.id, house.now()))
        case "replay":
            number = _text(form, "message")
            chosen = MessageId(int(number)) if number.isdecimal() and len(number) < 19 else None
            await house.posting.messages.replay(webhook.id, house.now(), chosen)
        case "pause" | "resume" as how:
            sent = WebhookIn(url=webhook.url, events=webhook.events, note=webhook.note, paused=how == "pause")
            await replace(request, webhook, sent)
        case "change":
            return await _change(request, webhook, _text(form, "url"), _text(form, "note"), form.getall("family", []))
        case "remove":
            await house.posting.webhooks.remove(webhook.id)
            return web.Response(status=303, headers={hdrs.LOCATION: _PAGE})
        case _:
            raise Problem(Kind.INVALID)
    return web.Response(status=303, headers={hdrs.LOCATION: f"{_PAGE}/{webhook.id}"})


async def _change(
    request: web.Request, webhook: Webhook, url: str, note: str, families: list[Any]
) -> web.StreamResponse:
    fields = {"url": url, "note": note, "paused": webhook.paused is not None}
    try:
        # Whoever leaves the families as they are keeps a choice by name that was made through the API.
        events = webhook.events if set(families) == webhook.families else _names(families)
        await replace(request, webhook, WebhookIn.model_validate(fields | {"events": events}))
    except (ValidationError, Problem) as error:
        _require_mistake(error)
        return await _one(request, webhook, is_wrong=True, status=422)
    return web.Response(status=303, headers={hdrs.LOCATION: f"{_PAGE}/{webhook.id}"})


def _text(form: Mapping[str, Any], name: str) -> str:
    value = form.get(name, "")
    return value.strip() if isinstance(value, str) else ""


def _names(families: list[Any]) -> tuple[str, ...]:
    """The names of the events of some families; of all of them: none, which is all that will ever be.

    Raises `Problem` (INVALID) when nothing was ticked.
    """
    chosen = [family for family in Family if family in families]
    if not chosen:
        raise Problem(Kind.INVALID)
    return () if len(chosen) == len(Family) else tuple(name for family in chosen for name in FAMILIES[family])


def _require_mistake(error: ValidationError | Problem) -> None:
    """Raises what is no mistake in the form."""
    if isinstance(error, Problem) and error.kind is not Kind.INVALID:
        raise error


async def _list(
    request: web.Request, typed: Mapping[str, object] | None = None, *, is_wrong: bool = False
) -> web.Response:
    house, access = house_of(request), access_of(request)
    entities = [entity for entity in await house.records.entities() if access.reaches(entity.id)]
    values = {
        "access": access,
        "webhooks": reachable(await house.posting.webhooks.all(), access),
        "counts": await house.posting.messages.counts(),
        "entities": entities,
        "names": {entity.id: entity.name for entity in entities},
        "families": tuple(Family),
        "may_all": access.role is Role.ADMIN,
        "typed": typed or {"families": list(Family)},
        "is_wrong": is_wrong,
        "states": State,
    }
    return page(request, "webhooks.html", language_of(request), values, 422 if is_wrong else 200)


async def _one(
    request: web.Request,
    webhook: Webhook,
    *,
    secret: str | None = None,
    outcome: Outcome | None = None,
    is_wrong: bool = False,
    status: int = 200,
) -> web.Response:
    house = house_of(request)
    entity = None if webhook.entity is None else await house.records.entity(webhook.entity)
    counts = await house.posting.messages.counts()
    values = {
        "access": access_of(request),
        "webhook": webhook,
        "entity": entity,
        "secret": secret,
        "outcome": outcome,
        "is_wrong": is_wrong,
        "families": tuple(Family),
        "messages": await house.posting.messages.of(webhook.id, limit=_SHOWN),
        "count": counts.get(webhook.id, {}),
        "states": State,
        "now": house.now(),
        "zone": house.time_zone.key,
        "path": f"{_PAGE}/{webhook.id}",
    }
    return page(request, "webhook.html", language_of(request), values, status)


ROUTES = (
    Route(method="GET", path=_PAGE, operation=Operation.PAGE_WEBHOOKS, handler=show, summary="The webhooks"),
    Route(method="POST", path=_PAGE, operation=Operation.PAGE_ADD_WEBHOOK, handler=enter, summary="Add a webhook"),
    Route(
        method="GET",
        path=f"{_PAGE}/{{webhook}}",
        operation=Operation.PAGE_WEBHOOK,
        handler=show_one,
        summary="One webhook",
    ),
    Route(
        method="POST",
        path=f"{_PAGE}/{{webhook}}",
        operation=Operation.PAGE_ACT_ON_WEBHOOK,
        handler=act,
        summary="A button of its page",
    ),
)
