"""Channels: where the public watches. A key goes in once and is never shown; where a session went is on its record."""

from collections.abc import Iterable
from typing import Annotated, Self
from urllib.parse import urlsplit

from aiohttp import web
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, SecretStr, model_validator

from orchestrator.access import Access, Operation
from orchestrator.council.commands import Role
from orchestrator.council.members import ChannelId, EntityId
from orchestrator.store.channels import Channel, ChannelKind, NotYours
from orchestrator.web.api.entities import In, Name, Slug, entity_of, json
from orchestrator.web.house import House
from orchestrator.web.problems import Kind, Problem
from orchestrator.web.request import access_of, body_of, house_of, session_of
from orchestrator.web.route import Route
from orchestrator.web.streams import streams

Address = Annotated[str, Field(max_length=300)]


class ChannelIn(In):
    """A channel to add, or to replace. `address` and `key` are for a plain RTMP server; YouTube's API gives its own."""

    id: Slug
    name: Name
    kind: ChannelKind = ChannelKind.RTMP
    address: Address = Field(default="", description="`rtmps://host/app`, without the key")
    key: Annotated[SecretStr, Field(max_length=300)] = Field(
        default=SecretStr(""), description="Never shown again; empty keeps the one that it has"
    )
    watch: Address = Field(default="", description="Where people watch it")
    is_shared: bool = Field(default=False, description="Also for entities without a channel of their own")

    @model_validator(mode="after")
    def _is_reachable(self) -> Self:
        if self.kind is ChannelKind.RTMP and not _is_address(self.address):
            raise ValueError("address must look like rtmps://host/app, without the key")
        if self.kind is ChannelKind.YOUTUBE and (self.address or self.key.get_secret_value()):
            raise ValueError("address and key of a channel on YouTube come from YouTube")
        if any(c.isspace() or c == "/" for c in self.key.get_secret_value()):
            raise ValueError("key: the last part only, without the address and without spaces")
        if self.watch and not _is_page(self.watch):
            raise ValueError("watch must be an address that begins with https://")
        return self


class ChannelOut(BaseModel):
    """A channel. `is_ready`: it has a key, or its owner's consent."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    entity: str
    name: str
    kind: ChannelKind
    address: str
    watch: str
    is_shared: bool
    is_ready: bool


class ChannelsOut(BaseModel):
    """Channels; of an entity in the order in which its sessions try them."""

    channels: tuple[ChannelOut, ...]


class StreamOut(BaseModel):
    """A stretch of a session's broadcast on one channel; the last one is open while the broadcast goes on."""

    model_config = ConfigDict(from_attributes=True)

    channel: str
    name: str
    watch: str
    video: str = Field(description="YouTube's id of the video; empty elsewhere")
    is_shared: bool
    is_private: bool
    since: AwareDatetime
    recorded_at: AwareDatetime
    until: AwareDatetime | None
    cause: str


class StreamsOut(BaseModel):
    """Where a session was, and is, to be seen, earliest first."""

    streams: tuple[StreamOut, ...]


async def list_channels(request: web.Request) -> web.Response:
    """Those that the bearer may see: all that are shared, and the entity's own."""
    return json(_out(await reachable(house_of(request), access_of(request))))


async def list_usable(request: web.Request) -> web.Response:
    """Those that an entity's sessions may go to."""
    entity = entity_of(request)
    if await house_of(request).records.entity(entity) is None:
        raise Problem(Kind.NOT_FOUND)
    return json(_out(await house_of(request).channels.usable(entity)))


async def put_channel(request: web.Request) -> web.Response:
    """Add a channel, or replace what is known of it."""
    entity = entity_of(request)
    channel = await enter_channel(house_of(request), access_of(request), entity, await body_of(request, ChannelIn))
    return json(ChannelOut.model_validate(channel), 201)


async def remove_channel(request: web.Request) -> web.Response:
    """Forget a channel and its key. A broadcast that is on it goes on."""
    entity = entity_of(request)
    if not await house_of(request).channels.remove(entity, ChannelId(request.match_info["channel"])):
        raise Problem(Kind.NOT_FOUND)
    return web.Response(status=204)


async def list_streams(request: web.Request) -> web.Response:
    """Where a session was, and is, to be seen."""
    reading = await session_of(request)
    found = streams(reading.session, reading.records)
    return json(StreamsOut(streams=tuple(StreamOut.model_validate(stream) for stream in found)))


async def reachable(house: House, access: Access) -> list[Channel]:
    """The channels that somebody may see."""
    return [c for c in await house.channels.all() if c.is_shared or access.reaches(c.entity)]


async def enter_channel(house: House, access: Access, entity: EntityId, sent: ChannelIn) -> Channel:
    """As it is known from now on. Raises `Problem`: sharing is for who answers for all entities."""
    if sent.is_shared and access.role not in (Role.ADMIN, Role.OPERATOR):
        raise Problem(Kind.FORBIDDEN)
    if await house.records.entity(entity) is None:
        raise Problem(Kind.NOT_FOUND)
    channel = Channel(
        id=ChannelId(sent.id),
        entity=entity,
        name=sent.name,
        kind=sent.kind,
        address=sent.address.rstrip("/"),
        watch=sent.watch,
        is_shared=sent.is_shared,
    )
    try:
        by = f"{access.role}:{access.member}" if access.member else access.role.value
        await house.channels.put(channel, key=sent.key.get_secret_value(), by=by, now=house.now())
    except NotYours:
        raise Problem(Kind.CONFLICT) from None
    return await house.channels.channel(channel.id) or channel


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in ("rtmp", "rtmps") and bool(parts.hostname) and bool(parts.path.strip("/"))


def _is_page(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc


def _out(channels: Iterable[Channel]) -> ChannelsOut:
    return ChannelsOut(channels=tuple(ChannelOut.model_validate(channel) for channel in channels))


ROUTES = (
    Route(
        method="GET",
        path="/api/v1/channels",
        operation=Operation.LIST_CHANNELS,
        handler=list_channels,
        summary="The channels that the bearer may see",
        gives=ChannelsOut,
    ),
    Route(
        method="GET",
        path="/api/v1/entities/{entity}/channels",
        operation=Operation.LIST_USABLE_CHANNELS,
        handler=list_usable,
        summary="The channels that an entity's sessions may go to, in the order in which they are tried",
        gives=ChannelsOut,
    ),
    Route(
        method="POST",
        path="/api/v1/entities/{entity}/channels",
        operation=Operation.PUT_CHANNEL,
        handler=put_channel,
        summary="Add a channel, or replace what is known of it; its key is never shown again",
        takes=ChannelIn,
        gives=ChannelOut,
        status=201,
    ),
    Route(
        method="DELETE",
        path="/api/v1/entities/{entity}/channels/{channel}",
        operation=Operation.REMOVE_CHANNEL,
        handler=remove_channel,
        summary="Forget a channel and its key",
        status=204,
    ),
    Route(
        method="GET",
        path="/api/v1/sessions/{id}/streams",
        operation=Operation.LIST_STREAMS,
        handler=list_streams,
        summary="Where the session was, and is, to be seen",
        gives=StreamsOut,
    ),
)
