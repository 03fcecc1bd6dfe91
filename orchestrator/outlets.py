"""How a broadcast is brought to one channel: what the hub must send where, and how long the channel takes it."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from orchestrator.council.members import SessionId
from orchestrator.council.observations import Reach
from orchestrator.council.session import Session
from orchestrator.store.channels import Channel, Channels
from orchestrator.strongbox import Unreadable
from recorder.config import Destination


class OutletFailed(Exception):
    """The channel cannot take the broadcast (any longer); `cause` is a short code."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """The channel takes the broadcast: it is found as `reach` says, and sent to `destinations`; None: to where it is
    sent already."""

    reach: Reach
    destinations: tuple[Destination, ...] | None


Moved = Callable[[Reach, str], Awaitable[None]]
"""Told when the public finds the broadcast elsewhere on the same channel, and why."""


class Outlet(Protocol):
    """One channel, for one broadcast."""

    async def open(self, session: Session) -> Opened:
        """Have the channel ready for what will be sent. Raises `OutletFailed`."""

    async def keep(self, session: Callable[[], Session], moved: Moved) -> None:
        """Keep the channel showing what it is sent, without an end. Raises `OutletFailed`."""

    async def close(self) -> None:
        """The broadcast is over here. Nothing is raised: whatever is left open, YouTube ends by itself."""


MAIN = "main"
"""The part of a destination's name that says that the public hangs on it; any other is a reserve."""


def destination_name(channel: str, part: str = MAIN) -> str:
    """What the hub calls it; a channel's id has no dot."""
    return f"{channel}.{part}"


def is_main(name: str) -> bool:
    """Whether the public hangs on the destination of that name."""
    return name.endswith(f".{MAIN}")


@dataclass(slots=True, kw_only=True)
class PlainOutlet:
    """An RTMP server with a key: there is nothing to be arranged. `own` is the destination of a channel that stands in
    the settings."""

    channel: Channel
    channels: Channels
    own: Destination | None = None
    _session: SessionId | None = None

    async def open(self, session: Session) -> Opened:
        """Raises `OutletFailed` for a channel without a key, and for a rehearsal: what it is sent, everybody sees."""
        if session.convened.is_rehearsal:
            raise OutletFailed("would_be_public")
        return Opened(
            reach=Reach(
                channel=self.channel.id,
                name=self.channel.name,
                watch=self.channel.watch,
                is_shared=self.channel.is_shared,
            ),
            destinations=(await self._destination(session.convened.session),),
        )

    async def keep(self, session: Callable[[], Session], moved: Moved) -> None:
        """Nothing to be done: whether it takes what it is sent is seen at the hub."""
        await asyncio.Event().wait()

    async def close(self) -> None:
        """Another session may have it."""
        if self._session is not None:
            await self.channels.free(self.channel.id, self._session)

    async def _destination(self, session: SessionId) -> Destination:
        name = destination_name(self.channel.id)
        if self.own is not None:
            return Destination(name=name, address=self.own.address, key=self.own.key)
        try:
            key = await self.channels.key(self.channel.id)
        except Unreadable:
            raise OutletFailed("secret_unreadable") from None
        if not key:
            raise OutletFailed("no_key")
        if await self.channels.take(self.channel, session) is None:
            raise OutletFailed("channel_in_use")
        self._session = session
        return Destination(name=name, address=self.channel.address, key=key)
