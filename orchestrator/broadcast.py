"""Translator between the council and the recorder: the public broadcast of a session, from waiting to the archive.

It follows the session's record and brings hub and encoder to what `desired` says; what the hub reports goes into the
session's inbox. It is told nothing and forgets nothing: on another machine or after a restart it compares again.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import assert_never

import aiohttp
import structlog

from orchestrator.cards import card_of, cards_of, keep_crest
from orchestrator.council.convocation import Convocation
from orchestrator.council.effects import Picture
from orchestrator.council.members import ChannelId, EntityId, SessionId
from orchestrator.council.observations import Grade, Link, LinkDown, LinkUp, Sighting, TroubleBegan, TroubleEnded
from orchestrator.council.react import desired
from orchestrator.council.session import Session
from orchestrator.encoders import Encoding
from orchestrator.google import Google
from orchestrator.outlets import Outlet, PlainOutlet, is_main
from orchestrator.publication import Publication
from orchestrator.recordings import make_recording
from orchestrator.spectating import SEEN, Spectator
from orchestrator.store.channels import Channel, ChannelKind, Channels
from orchestrator.store.crests import Crests
from orchestrator.store.encoders import Encoders
from orchestrator.store.following import follow
from orchestrator.store.inbox import Inbox
from orchestrator.store.ledger import Ledger
from orchestrator.store.listener import Listener
from orchestrator.wording import word
from orchestrator.youtube_outlet import YouTubeOutlet
from recorder.broadcasts import Broadcasts, Plan
from recorder.cards import Card
from recorder.config import ARCHIVE, Destination
from recorder.errors import HubUnavailable, SlateFailed
from recorder.events import (
    BroadcastId,
    Event,
    HubLost,
    ModeShown,
    OutputLive,
    OutputLost,
    SlateOnAir,
    SourceLive,
    SourceLost,
    SourceOnAir,
)
from recorder.graph import Picture as Format
from recorder.jibri import Account, Jibri
from recorder.modes import Mode

log = structlog.get_logger()

INSTALLED = ChannelId("installed.channel")
"""The channel in the settings; a channel that was entered cannot have a dot in its id."""

_CLOCK_LOOK = timedelta(seconds=1)

_HUB_PAUSE = timedelta(milliseconds=200)
"""Before a hub that does not answer is asked again."""

_MODES = {
    Picture.WAITING: Mode.WAITING,
    Picture.LIVE: Mode.LIVE,
    Picture.RECESS: Mode.RECESS,
    Picture.SECRET: Mode.SECRET,
    Picture.TROUBLE: Mode.TROUBLE,
    Picture.ENDED: Mode.ENDED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Studio:
    """What the broadcasts of this machine are made with.

    `recorder` is the account as which an encoder enters the rooms of an entity. `farewell` is how long the last card
    stays on the air; `segments_kept` how long the pieces of a recording stay after it was made of them. `channel` is a
    channel for all that stands in the settings: sessions go there that can go nowhere else. Without any channel a
    broadcast is only archived. `client` is for who watches at the public address; None: nobody does. `crests` is a
    folder for the crests on the cards.
    """

    ledger: Ledger
    listener: Listener
    inbox: Inbox
    broadcasts: Broadcasts
    channels: Channels
    google: Google
    jibris: tuple[Jibri, ...]
    jitsi_url: Callable[[EntityId], str]
    recorder: Callable[[EntityId], Account]
    ingest_host: str
    channel: Destination | None
    format: Format
    delay: timedelta
    farewell: timedelta
    segments_kept: timedelta
    recordings: Path
    now: Callable[[], datetime]
    often: float = 1.0
    client: aiohttp.ClientSession | None = None
    crests: Path | None = None


class Broadcasting:
    """The broadcasts that this process carries; the job `carry_broadcast` runs `carry`."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._carried: dict[BroadcastId, _Broadcast] = {}

    async def run(self) -> None:
        """Pass on what the hubs report, without an end."""
        async for event in self._studio.broadcasts.events():
            if broadcast := self._carried.get(event.broadcast):
                broadcast.reports.put_nowait(event)

    async def carry(self, session_id: SessionId) -> None:
        """Carry a session's broadcast until it has ended and its recording lies in one file."""
        broadcast = _Broadcast(studio=self._studio, session_id=session_id)
        self._carried[broadcast.id] = broadcast
        try:
            await broadcast.carry()
        finally:
            del self._carried[broadcast.id]


class _HasEnded(Exception):
    """The session is over and the last card was shown."""


@dataclass(slots=True, kw_only=True)
class _Broadcast:
    """One broadcast."""

    studio: Studio
    session_id: SessionId
    reports: asyncio.Queue[Event] = field(default_factory=asyncio.Queue)
    publication: Publication = field(init=False)
    spectator: Spectator | None = None
    _shown: Mode | None = None

    def __post_init__(self) -> None:
        self.publication = Publication(
            session_id=self.session_id,
            usable=self._usable,
            outlet=self._outlet,
            send=self._send,
            report=partial(self.studio.inbox.report, self.session_id),
            now=self.studio.now,
        )
        if self.studio.client is not None:
            self.spectator = Spectator(session_id=self.session_id, client=self.studio.client, tell=self._report_public)

    @property
    def id(self) -> BroadcastId:
        """The broadcast is named after its session."""
        return BroadcastId(self.session_id)

    async def carry(self) -> None:
        studio = self.studio
        async for session in follow(studio.ledger, studio.listener, self.session_id):
            call, crest = session.convened, await self._crest(session)
            encoding = self._encoding(session, await studio.broadcasts.start(self._plan(session, crest)))
            break
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._take_reports(encoding), name=f"reports of {self.id}")
                tasks.create_task(encoding.keep(), name=f"encoder of {self.id}")
                tasks.create_task(self.publication.run(), name=f"publication of {self.id}")
                tasks.create_task(self._keep_clock(call, crest), name=f"clock of {self.id}")
                if self.spectator:
                    tasks.create_task(self.spectator.run(), name=f"spectator of {self.id}")
                await self._follow_record(encoding)
        except* _HasEnded:
            pass
        await encoding.close()
        await self._finish()

    def _plan(self, session: Session, crest: Path | None) -> Plan:
        studio, call = self.studio, session.convened
        return Plan(
            broadcast=self.id,
            mode=Mode.WAITING,
            cards=cards_of(call, crest),
            destinations=None,
            picture=studio.format,
            delay=studio.delay,
            has_page=call.is_public and not call.is_rehearsal,
            host=studio.ingest_host,
        )

    async def _crest(self, session: Session) -> Path | None:
        """The entity's crest as a file; a new one is another file, so that cards with it are other cards."""
        if self.studio.crests is None:
            return None
        image = await Crests(self.studio.ledger.pool).image(session.convened.entity.id)
        return None if image is None else await asyncio.to_thread(keep_crest, self.studio.crests, image)

    async def _keep_clock(self, call: Convocation, crest: Path | None) -> None:
        """In a recess the card has the hour, and so is another each minute; without an end."""
        shown: Card | None = None
        while True:
            card = card_of(Mode.RECESS, call, crest, self.studio.now()) if self._shown is Mode.RECESS else shown
            if card is not None and card != shown:
                try:
                    await self.studio.broadcasts.set_card(self.id, Mode.RECESS, card)
                    shown = card
                except (HubUnavailable, SlateFailed) as error:
                    log.warning("clock_not_shown", session_id=self.session_id, reason=str(error))
            await asyncio.sleep(_CLOCK_LOOK.total_seconds())

    def _encoding(self, session: Session, address: str) -> Encoding:
        return Encoding(
            session_id=self.session_id,
            jibris=self.studio.jibris,
            jitsi_url=self.studio.jitsi_url(session.convened.entity.id),
            room=session.convened.room,
            account=self.studio.recorder(session.convened.entity.id),
            address=address,
            report=lambda cause: self._report_down(Link.ENCODER, cause, self.studio.now()),
            bookings=Encoders(self.studio.ledger.pool),
            now=self.studio.now,
        )

    # --- where it goes ------------------------------------------------------------------------------------------------

    async def _usable(self, session: Session) -> list[Channel]:
        """The channels that the session may go to, in order. A plain one shows everybody what it is sent: none of those
        for a rehearsal."""
        call = session.convened
        channels = list(await self.studio.channels.usable(call.entity.id))
        if self.studio.channel is not None:
            channels.append(_installed(call))
        return [channel for channel in channels if not call.is_rehearsal or channel.kind is ChannelKind.YOUTUBE]

    def _outlet(self, channel: Channel) -> Outlet:
        if channel.kind is ChannelKind.YOUTUBE:
            return YouTubeOutlet(
                channel=channel,
                channels=self.studio.channels,
                google=self.studio.google,
                report=partial(self.studio.inbox.report, self.session_id),
                now=self.studio.now,
                often=self.studio.often,
            )
        own = self.studio.channel if channel.id == INSTALLED else None
        return PlainOutlet(channel=channel, channels=self.studio.channels, own=own)

    async def _send(self, destinations: Sequence[Destination]) -> None:
        await self.studio.broadcasts.set_destinations(self.id, destinations)
        if self.spectator:
            self.spectator.sent_to(next((one for one in destinations if is_main(one.name)), None))

    # --- from the record to the recorder -----------------------------------------------------------------------------

    async def _follow_record(self, encoding: Encoding) -> None:
        async for session in follow(self.studio.ledger, self.studio.listener, self.session_id):
            level = desired(session)
            encoding.want(level.has_encoder, level.encoder)
            self.publication.see(session)
            if self.spectator:
                self.spectator.see(session)
            if level.picture is None:
                raise _HasEnded
            await self._show(_MODES[level.picture])
            if level.picture is Picture.ENDED:
                await asyncio.sleep(self.studio.farewell.total_seconds())
                raise _HasEnded

    async def _show(self, mode: Mode) -> None:
        """Have the hub show it; a hub that has just died is back in a moment, and until then shows nothing."""
        while mode is not self._shown:
            try:
                await self.studio.broadcasts.set_mode(self.id, mode)
                self._shown = mode
            except HubUnavailable as absent:
                log.warning("mode_not_set", session_id=self.session_id, mode=mode, reason=str(absent))
                await asyncio.sleep(_HUB_PAUSE.total_seconds())

    async def _finish(self) -> None:
        """Off the air, and one file of all that was recorded."""
        await self.publication.close()
        await self.studio.broadcasts.stop(self.id)
        studio = self.studio
        came_of_it = await make_recording(
            self.session_id,
            ledger=studio.ledger,
            broadcasts=studio.broadcasts,
            folder=studio.recordings,
            now=studio.now(),
        )
        await studio.inbox.report(self.session_id, came_of_it)
        for retired in await studio.broadcasts.retire(studio.now() - studio.segments_kept):
            log.info("segments_deleted", session_id=retired)

    def _seen(self) -> Sighting:
        return Sighting(grade=Grade.PRESENCE, at=self.studio.now())

    # --- from the recorder to the record -----------------------------------------------------------------------------

    async def _take_reports(self, encoding: Encoding) -> None:
        while True:
            event = await self.reports.get()
            self.publication.hear(event)
            if isinstance(event, SourceLive | SourceLost):
                encoding.hear(has_source=isinstance(event, SourceLive), is_stalled=_is_stall(event))
            await self._take(event, encoding)

    async def _take(self, event: Event, encoding: Encoding) -> None:
        match event:
            case SourceLive(at=at):
                await self._report_up(Link.ENCODER, at)
            case SourceLost(at=at, cause=cause):
                await self._report_down(Link.ENCODER, await encoding.explain(cause), at)
            case OutputLive(name=name, at=at) if is_main(name):
                await self._report_up(Link.RELAY, at)
            case OutputLost(name=name, at=at, cause=cause) if is_main(name):
                await self._report_down(Link.RELAY, cause, at)
            case OutputLive(name=name, at=at) if name == ARCHIVE:
                seen = Sighting(grade=Grade.PRESENCE, at=at)
                await self.studio.inbox.report(self.session_id, TroubleEnded(seen=seen, key=ARCHIVE))
            case OutputLost(name=name, at=at, cause=cause) if name == ARCHIVE:
                seen = Sighting(grade=Grade.PRESENCE, at=at)
                await self.studio.inbox.report(self.session_id, TroubleBegan(seen=seen, key=ARCHIVE, cause=cause))
            case HubLost(at=at):
                await self._report_down(Link.RELAY, "hub_lost", at)
            case OutputLive() | OutputLost() | ModeShown() | SlateOnAir() | SourceOnAir():
                log.debug("broadcast_report", session_id=self.session_id, report=type(event).__name__)
            case _:
                assert_never(event)

    async def _report_public(self, verdict: str) -> None:
        if verdict == SEEN:
            await self._report_up(Link.PUBLIC, self.studio.now())
        else:
            await self._report_down(Link.PUBLIC, verdict, self.studio.now())

    async def _report_up(self, link: Link, at: datetime) -> None:
        up = LinkUp(seen=Sighting(grade=Grade.PRESENCE, at=at), link=link)
        await self.studio.inbox.report(self.session_id, up)

    async def _report_down(self, link: Link, cause: str, at: datetime) -> None:
        down = LinkDown(seen=Sighting(grade=Grade.PRESENCE, at=at), link=link, cause=cause)
        await self.studio.inbox.report(self.session_id, down)


def _is_stall(event: Event) -> bool:
    return isinstance(event, SourceLost) and event.cause == "source_stalled"


def _installed(call: Convocation) -> Channel:
    """The channel that stands in the settings."""
    name = word(call.language, "channels.installed")
    return Channel(id=INSTALLED, entity=call.entity.id, name=name, kind=ChannelKind.RTMP, is_shared=True, is_ready=True)
