"""Webhooks: who is told of what goes on the record, with which secret, and what became of it."""

from collections.abc import Iterable
from typing import Annotated, Self
from urllib.parse import urlsplit

from aiohttp import web
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator, model_validator

from orchestrator.access import Access, Operation
from orchestrator.council.commands import Role
from orchestrator.council.members import EntityId
from orchestrator.notices.outbound import is_forbidden_host
from orchestrator.notices.webhooks import Posting
from orchestrator.store.webhook_messages import MessageId, State
from orchestrator.store.webhooks import TOLD, Pause, Webhook, WebhookId
from orchestrator.web.api.entities import In, Slug, json
from orchestrator.web.etags import IF_MATCH, IF_NONE_MATCH, NOT_MODIFIED, require_match, tag_of, tagged
from orchestrator.web.paging import PARAMETERS, PageOut, page_asked
from orchestrator.web.problems import Kind, Problem
from orchestrator.web.request import access_of, body_of, house_of, require_entity, signature_of
from orchestrator.web.route import Parameter, Route


class WebhookIn(In):
    """Where to, and what of. `events` are names as in `/sessions/{id}/events`; none of them: all that there are."""

    url: Annotated[str, Field(max_length=500, examples=["https://example.cat/plenari"])]
    events: Annotated[tuple[str, ...], Field(max_length=100)] = ()
    note: Annotated[str, Field(max_length=200, description="Whose it is, for people")] = ""
    paused: bool = False

    @field_validator("url")
    @classmethod
    def _is_an_address(cls, url: str) -> str:
        try:
            parts = urlsplit(url)
            is_whole = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            is_whole = False
        if not is_whole or not url.isascii() or not url.isprintable() or " " in url:
            raise ValueError("an address like https://example.cat/plenari")
        if parts.username is not None or parts.password is not None or parts.fragment:
            raise ValueError("without a name, a password or a fragment")
        return url

    @field_validator("events")
    @classmethod
    def _are_told(cls, events: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := sorted(set(events) - TOLD):
            raise ValueError(f"webhooks are told of no such events: {', '.join(unknown)[:200]}")
        return tuple(sorted(set(events)))


class NewWebhookIn(WebhookIn):
    """A webhook to add. Without an `entity` it is told of every one: for who answers for all of them."""

    entity: Slug | None = None

    @model_validator(mode="after")
    def _begins(self) -> Self:
        if self.paused:
            raise ValueError("paused: a webhook begins by being told")
        return self


class WebhookOut(BaseModel):
    """A webhook. Its secret is not here: it was shown when it was made."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    entity: str | None
    url: str
    events: tuple[str, ...]
    note: str
    paused: Pause | None = Field(
        description="`stopped` by somebody, or `gone`: it answered 410. Messages wait meanwhile"
    )


class NewWebhookOut(WebhookOut):
    """A webhook that was added."""

    secret: str = Field(description="Signs its messages (Standard Webhooks). Shown now and never again")


class SecretOut(BaseModel):
    """A new secret. The one before signs beside it for a day."""

    secret: str = Field(description="Shown now and never again")


class WebhooksOut(PageOut):
    """Webhooks, by id."""

    webhooks: tuple[WebhookOut, ...]


class OutcomeOut(BaseModel):
    """How the test message was received."""

    is_delivered: bool
    status: int | None = Field(description="What the receiver answered (HTTP)")
    failure: str = Field(description="A code; empty when it was delivered")


class MessageOut(BaseModel):
    """A message to a webhook. `failure` is the code of the last attempt's."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    session: str
    seq: int
    name: str
    state: State
    attempts: int
    status: int | None
    failure: str | None
    due_at: AwareDatetime = Field(description="When it is, or was last, to be sent")
    settled_at: AwareDatetime | None


class MessagesOut(PageOut):
    """Messages, the latest first."""

    messages: tuple[MessageOut, ...]


class ReplayedOut(BaseModel):
    """How many messages are sent (again)."""

    replayed: int


def reaches(access: Access, entity: EntityId | None) -> bool:
    """Whether somebody may see and change an entity's webhooks; None: the installation's."""
    return access.role is Role.ADMIN if entity is None else access.reaches(entity)


def reachable(webhooks: Iterable[Webhook], access: Access) -> list[Webhook]:
    """Those that somebody may see."""
    return [webhook for webhook in webhooks if reaches(access, webhook.entity)]


async def webhook_of(request: web.Request) -> Webhook:
    """The webhook in the path. Raises `Problem` (NOT_FOUND)."""
    webhook = await house_of(request).posting.webhooks.webhook(WebhookId(request.match_info["webhook"]))
    if webhook is None or not reaches(access_of(request), webhook.entity):
        raise Problem(Kind.NOT_FOUND)
    return webhook


def require_reachable(posting: Posting, url: str) -> None:
    """Raises `Problem` (INVALID) for what is not on the public internet, or not encrypted on the way there."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host in posting.allowed:
        return
    if parts.scheme != "https":
        raise _unfit("it must begin with https://")
    if is_forbidden_host(host, posting.allowed):
        raise _unfit("it must be on the public internet")


def _unfit(message: str) -> Problem:
    return Problem(Kind.INVALID, errors=[{"at": "url", "kind": "value", "message": message}])


async def add(request: web.Request, sent: NewWebhookIn) -> tuple[Webhook, str]:
    """A new webhook and its secret. Raises `Problem`."""
    house, entity = house_of(request), EntityId(sent.entity) if sent.entity else None
    if entity is None and access_of(request).role is not Role.ADMIN:
        raise Problem(Kind.FORBIDDEN)
    if entity is not None:
        require_entity(request, entity)
        if await house.records.entity(entity) is None:
            raise Problem(Kind.NOT_FOUND)
    require_reachable(house.posting, sent.url)
    by = signature_of(request)
    return await house.posting.webhooks.add(entity, sent.url, sent.events, sent.note, by=by, now=house.now())


async def replace(request: web.Request, webhook: Webhook, sent: WebhookIn) -> Webhook:
    """The webhook as it is from now on. What waited while it was paused is sent. Raises `Problem`."""
    posting = house_of(request).posting
    require_reachable(posting, sent.url)
    pause = (webhook.paused or Pause.STOPPED) if sent.paused else None
    changed = Webhook(
        id=webhook.id, entity=webhook.entity, url=sent.url, events=sent.events, note=sent.note, paused=pause
    )
    if not await posting.webhooks.change(changed, webhook):
        raise Problem(Kind.PRECONDITION_FAILED)
    if webhook.paused and not pause:
        await posting.messages.resume(webhook.id, house_of(request).now())
    return changed


async def add_webhook(request: web.Request) -> web.Response:
    """From now on it is told."""
    webhook, secret = await add(request, await body_of(request, NewWebhookIn))
    out = NewWebhookOut(**_out(webhook).model_dump(), secret=secret)
    return json(out, 201, Location=f"/api/v1/webhooks/{webhook.id}")


async def list_webhooks(request: web.Request) -> web.Response:
    """Those that the bearer may see."""
    asked = page_asked(request)
    found = reachable(await house_of(request).posting.webhooks.all(), access_of(request))
    page, following = asked.cut([w for w in found if w.id > (asked.cursor() or "")], lambda webhook: (webhook.id,))
    return json(WebhooksOut(webhooks=tuple(map(_out, page)), next=following))


async def read_webhook(request: web.Request) -> web.Response:
    """One of them, with its tag."""
    return tagged(request, _out(await webhook_of(request)))


async def replace_webhook(request: web.Request) -> web.Response:
    """Another address, other events, or a pause."""
    webhook = await webhook_of(request)
    sent = await body_of(request, WebhookIn)
    require_match(request, tag_of(_out(webhook)))
    return tagged(request, _out(await replace(request, webhook, sent)))


async def remove_webhook(request: web.Request) -> web.Response:
    """It is told nothing more."""
    await house_of(request).posting.webhooks.remove((await webhook_of(request)).id)
    return web.Response(status=204)


async def rotate_webhook(request: web.Request) -> web.Response:
    """A new secret, beside which the one before signs for a day."""
    house = house_of(request)
    secret = await house.posting.webhooks.rotate((await webhook_of(request)).id, house.now())
    if secret is None:
        raise Problem(Kind.NOT_FOUND)
    return json(SecretOut(secret=secret), 201)


async def try_webhook(request: web.Request) -> web.Response:
    """Send it a message that tells of nothing, and say how that went."""
    outcome = await house_of(request).posting.knock(await webhook_of(request))
    return json(OutcomeOut(is_delivered=outcome.is_delivered, status=outcome.status, failure=outcome.failure))


async def list_messages(request: web.Request) -> web.Response:
    """What it was told, and what waits."""
    webhook, asked = await webhook_of(request), page_asked(request)
    state, before = request.query.get("state"), asked.number()
    found = await house_of(request).posting.messages.of(
        webhook.id,
        state=State(state) if state else None,
        before=None if before is None else MessageId(before),
        limit=asked.limit + 1,
    )
    page, following = asked.cut(found, lambda message: (str(message.id),))
    return json(MessagesOut(messages=tuple(map(MessageOut.model_validate, page)), next=following))


async def replay_webhook(request: web.Request) -> web.Response:
    """Everything that was given up is sent again, and what waits is sent at once."""
    webhook, house = await webhook_of(request), house_of(request)
    return json(ReplayedOut(replayed=await house.posting.messages.replay(webhook.id, house.now())))


async def replay_message(request: web.Request) -> web.Response:
    """One message is sent again, whatever became of it."""
    webhook, house, number = await webhook_of(request), house_of(request), request.match_info["message"]
    if not (number.isascii() and number.isdecimal() and len(number) < 19):
        raise Problem(Kind.NOT_FOUND)
    replayed = await house.posting.messages.replay(webhook.id, house.now(), MessageId(int(number)))
    if not replayed:
        raise Problem(Kind.NOT_FOUND)
    return json(ReplayedOut(replayed=replayed))


def _out(webhook: Webhook) -> WebhookOut:
    return WebhookOut.model_validate(webhook)


_PATH = "/api/v1/webhooks"
_ONE = f"{_PATH}/{{webhook}}"

ROUTES = (
    Route(
        method="POST",
        path=_PATH,
        operation=Operation.ADD_WEBHOOK,
        handler=add_webhook,
        summary="Have an address told of what goes on the record; the answer shows the secret, once",
        takes=NewWebhookIn,
        gives=NewWebhookOut,
        status=201,
    ),
    Route(
        method="GET",
        path=_PATH,
        operation=Operation.LIST_WEBHOOKS,
        handler=list_webhooks,
        summary="The webhooks that the bearer may see",
        gives=WebhooksOut,
        parameters=PARAMETERS,
    ),
    Route(
        method="GET",
        path=_ONE,
        operation=Operation.READ_WEBHOOK,
        handler=read_webhook,
        summary="A webhook",
        gives=WebhookOut,
        parameters=(IF_NONE_MATCH,),
        is_tagged=True,
        also_status=NOT_MODIFIED,
    ),
    Route(
        method="PUT",
        path=_ONE,
        operation=Operation.REPLACE_WEBHOOK,
        handler=replace_webhook,
        summary="Another address or other events, a pause, or its end",
        takes=WebhookIn,
        gives=WebhookOut,
        parameters=(IF_MATCH,),
        is_tagged=True,
    ),
    Route(
        method="DELETE",
        path=_ONE,
        operation=Operation.REMOVE_WEBHOOK,
        handler=remove_webhook,
        summary="Tell it nothing more, and forget what waits",
        status=204,
    ),
    Route(
        method="POST",
        path=f"{_ONE}/secret",
        operation=Operation.ROTATE_WEBHOOK,
        handler=rotate_webhook,
        summary="A new secret, shown once; the one before signs beside it for a day",
        gives=SecretOut,
        status=201,
    ),
    Route(
        method="POST",
        path=f"{_ONE}/test",
        operation=Operation.TEST_WEBHOOK,
        handler=try_webhook,
        summary="Send a message that tells of nothing, now",
        gives=OutcomeOut,
    ),
    Route(
        method="GET",
        path=f"{_ONE}/messages",
        operation=Operation.LIST_WEBHOOK_MESSAGES,
        handler=list_messages,
        summary="What it was told, what waits, and what was given up",
        gives=MessagesOut,
        parameters=(*PARAMETERS, Parameter(name="state", description="Only those that stand so", choices=tuple(State))),
    ),
    Route(
        method="POST",
        path=f"{_ONE}/replay",
        operation=Operation.REPLAY_WEBHOOK,
        handler=replay_webhook,
        summary="Send what was given up again, and what waits at once",
        gives=ReplayedOut,
    ),
    Route(
        method="POST",
        path=f"{_ONE}/messages/{{message}}/replay",
        operation=Operation.REPLAY_WEBHOOK_MESSAGE,
        handler=replay_message,
        summary="Send one message again, whatever became of it",
        gives=ReplayedOut,
    ),
)
