"""Which channel one broadcast goes to: the entity's own, else a shared one; and on to the next when it fails.

A level as everything here: the record says where it goes and who wants it elsewhere, the channels say where it may go.
After a restart it goes on where the record has it.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

import structlog

from orchestrator.council.members import ChannelId, SessionId
from orchestrator.council.observations import ChannelLost, ChannelOpened, Grade, Observation, Reach, Sighting
from orchestrator.council.session import Session
from orchestrator.outlets import Outlet, OutletFailed, is_main
from orchestrator.store.channels import Channel
from recorder.config import Destination
from recorder.errors import HubUnavailable
from recorder.events import Event, HubLost, OutputLive, OutputLost

log = structlog.get_logger()

PATIENCE = timedelta(seconds=20)
"""How long a channel may take nothing before the broadcast goes to the next: the public is to be there within 60 s."""
_RETRY = timedelta(seconds=20)
"""Before channels that all failed are tried again."""
_RECORD_LIMIT = timedelta(seconds=10)
"""How long the record may take to say what it was told."""
_CLOSE_LIMIT = timedelta(seconds=15)
_HUB_PAUSE = timedelta(milliseconds=200)

T = TypeVar("T")


@dataclass(slots=True, kw_only=True)
class Publication:
    """Whoever carries the broadcast shows it the session (`see`) and what the hub says (`hear`).

    `usable` is where the session may go, in order; `outlet` is the way to a channel; `send` has the hub send there;
    `report` is for the session's inbox.
    """

    session_id: SessionId
    usable: Callable[[Session], Awaitable[Sequence[Channel]]]
    outlet: Callable[[Channel], Outlet]
    send: Callable[[Sequence[Destination]], Awaitable[None]]
    report: Callable[[Observation], Awaitable[None]]
    now: Callable[[], datetime]
    patience: timedelta = PATIENCE
    _session: Session = field(default_factory=Session)
    _live: set[str] = field(default_factory=set)
    _failed: dict[ChannelId, str] = field(default_factory=dict)
    _on: tuple[ChannelId, Outlet] | None = None
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def see(self, session: Session) -> None:
        """The session as it is on the record now."""
        self._session = session
        self._news.set()

    def hear(self, event: Event) -> None:
        """What the hub says of its outputs."""
        match event:
            case OutputLive(name=name):
                self._live.add(name)
            case OutputLost(name=name):
                self._live.discard(name)
            case HubLost():
                self._live.clear()
            case _:
                return
        self._news.set()

    async def run(self) -> None:
        """Have the broadcast on the best channel that there is, without an end."""
        await self._until(lambda: self._session.convocation is not None)
        while True:
            channel, cause = await self._choose()
            if channel is None:
                await self._move(None)
                await self._wait(_RETRY, lambda: self._session.airing.ordered is not None)
                continue
            try:
                await self._stay(channel, cause)
            except OutletFailed as failure:
                await self._give_up(channel, failure.cause)

    async def close(self) -> None:
        """The broadcast is over: so it is on its channel."""
        await self._move(None)

    async def _choose(self) -> tuple[Channel | None, str]:
        """The channel to be on now, and why: the one that was ordered, the one it is on, the first that has not failed;
        when all have, the first of all once more."""
        airing = self._session.airing
        usable = await self.usable(self._session)
        by_id = {channel.id: channel for channel in usable}
        failed = airing.failed | self._failed.keys()
        if airing.ordered in by_id:
            return by_id[airing.ordered], "ordered"
        current = airing.reach.channel if airing.reach else None
        cause = next(reversed(self._failed.values()), "planned")
        for channel in (by_id.get(current), *usable) if current else usable:
            if channel and channel.id not in failed:
                return channel, cause
        if usable and self._failed:
            await self._wait(_RETRY, lambda: self._session.airing.ordered is not None)
            self._failed.clear()
        return (usable[0] if usable else None), cause

    async def _stay(self, channel: Channel, cause: str) -> None:
        """Returns when somebody wants it elsewhere. Raises `OutletFailed`."""
        outlet = self.outlet(channel)
        opened = await outlet.open(self._session)
        if opened.destinations is not None:
            await self._send(opened.destinations)
        await self._opened(opened.reach, cause)
        await self._move((channel.id, outlet))
        async with _unwrapped(), asyncio.TaskGroup() as tasks:
            keeping = tasks.create_task(outlet.keep(lambda: self._session, self._opened), name=f"keep {channel.id}")
            watching = tasks.create_task(self._watch(channel), name=f"watch {channel.id}")
            await self._until(lambda: self._session.airing.ordered not in (None, channel.id))
            keeping.cancel()
            watching.cancel()

    async def _watch(self, channel: Channel) -> None:
        """Raises `OutletFailed` when it has taken nothing for too long and there is another to go to."""
        while True:
            await self._wait(self.patience, self._is_live)
            if not self._is_live() and await self._has_other(channel):
                raise OutletFailed("relay_lost")
            if self._is_live():
                await self._until(lambda: not self._is_live())

    def _is_live(self) -> bool:
        return any(map(is_main, self._live))

    async def _has_other(self, channel: Channel) -> bool:
        others = {c.id for c in await self.usable(self._session) if c.is_ready} - {channel.id}
        return bool(others - self._session.airing.failed - self._failed.keys())

    async def _opened(self, reach: Reach, cause: str) -> None:
        self._failed.pop(reach.channel, None)
        if not self._session.airing.goes_to(reach):
            log.info("channel_taken", session_id=self.session_id, channel=reach.channel, cause=cause)
            await self.report(ChannelOpened(seen=self._seen(), reach=reach, cause=cause))
            await self._wait(_RECORD_LIMIT, lambda: self._session.airing.goes_to(reach))

    async def _give_up(self, channel: Channel, cause: str) -> None:
        log.warning("channel_failed", session_id=self.session_id, channel=channel.id, cause=cause)
        self._failed.pop(channel.id, None)
        self._failed[channel.id] = cause
        if not self._session.airing.has_failed(channel.id):
            await self.report(ChannelLost(seen=self._seen(), channel=channel.id, cause=cause))
            await self._wait(_RECORD_LIMIT, lambda: self._session.airing.has_failed(channel.id))

    async def _send(self, destinations: Sequence[Destination]) -> None:
        """A hub that has just died is back in a moment."""
        names = {destination.name for destination in destinations}
        self._live &= names
        while True:
            try:
                await self.send(destinations)
                return
            except HubUnavailable as absent:
                log.warning("destinations_not_set", session_id=self.session_id, reason=str(absent))
                await asyncio.sleep(_HUB_PAUSE.total_seconds())

    async def _move(self, onward: tuple[ChannelId, Outlet] | None) -> None:
        """Once the public is elsewhere, the channel that it was on is closed."""
        left, self._on = self._on, onward
        if left is None or (onward and onward[0] == left[0]):
            return
        try:
            async with asyncio.timeout(_CLOSE_LIMIT.total_seconds()):
                await left[1].close()
        except TimeoutError:
            log.warning("channel_not_closed", session_id=self.session_id, channel=left[0])

    def _seen(self) -> Sighting:
        return Sighting(grade=Grade.PRESENCE, at=self.now())

    async def _until(self, holds: Callable[[], bool]) -> None:
        while not holds():
            self._news.clear()
            await self._news.wait()

    async def _wait(self, limit: timedelta, holds: Callable[[], bool]) -> None:
        """Until it holds, or so long."""
        try:
            async with asyncio.timeout(limit.total_seconds()):
                await self._until(holds)
        except TimeoutError:
            return


@asynccontextmanager
async def _unwrapped() -> AsyncIterator[None]:
    """A failure of the outlet as itself, not as a group of one."""
    try:
        yield
    except* OutletFailed as failures:
        first = failures.exceptions[0]
    else:
        return
    raise first
