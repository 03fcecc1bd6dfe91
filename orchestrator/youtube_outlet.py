"""A broadcast on a channel of YouTube: announced, shown, watched over, replaced when YouTube ends it, and ended."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import structlog
from babel.dates import format_datetime

from orchestrator.council.convocation import Convocation
from orchestrator.council.members import SessionId
from orchestrator.council.observations import Grade, Link, LinkDown, LinkUp, Observation, Reach, Sighting, TroubleEnded
from orchestrator.council.session import Phase, Session
from orchestrator.google import Google
from orchestrator.outlets import Moved, Opened, OutletFailed, destination_name
from orchestrator.store.channels import Channel, Channels
from orchestrator.strongbox import Unreadable
from orchestrator.wording import word
from recorder.config import Destination
from recorder.youtube import Announcement, Health, Ingest, Lifecycle, Privacy, YouTube, YouTubeBusy, YouTubeFailed

log = structlog.get_logger()

_LEAD: Final = timedelta(minutes=10)
"""How long before its hour the public sees the waiting card; until then, that it is to come."""
_UNTIL_LIVE, _LIVE, _SAVING = timedelta(seconds=5), timedelta(seconds=30), timedelta(minutes=2)
"""How often YouTube is asked: each question costs a unit of 10,000 a day, for all broadcasts together."""
_MOST_REFUSALS: Final = 6
"""In a row, of a broadcast that nobody sees yet: half a minute. Then the public is better off on another channel."""
_HOPELESS: Final = frozenset({"consent_revoked", "client_refused", "live_not_enabled", "too_many_broadcasts"})


@dataclass(slots=True, kw_only=True)
class YouTubeOutlet:
    """One channel, for one broadcast. `report` is for the session's inbox; `often` divides the pauses between looks."""

    channel: Channel
    channels: Channels
    google: Google
    report: Callable[[Observation], Awaitable[None]]
    now: Callable[[], datetime]
    often: float = 1.0
    _youtube: YouTube | None = None
    _session: SessionId | None = None
    _stream: str = ""
    _video: str = ""
    _is_live: bool = False
    _is_bad: bool = False
    _refusals: int = 0

    async def open(self, session: Session) -> Opened:
        """The broadcast of the record goes on here, or there is a new one. Raises `OutletFailed`.

        One that goes on while YouTube's API is away is sent where it is sent already: that it is away harms nobody.
        """
        token = await self._token()
        try:
            return await self._connect(token, session)
        except YouTubeBusy as busy:
            known = session.airing.reach
            if known is None or known.channel != self.channel.id or not known.video:
                raise OutletFailed(busy.cause) from None
            return Opened(reach=known, destinations=None)
        except YouTubeFailed as failed:
            raise OutletFailed(failed.cause) from None

    async def keep(self, session: Callable[[], Session], moved: Moved) -> None:
        """Live as soon as it may be, and live until the end. Raises `OutletFailed` when it cannot be; that YouTube's
        API is not there for a while harms nobody who watches."""
        while True:
            await asyncio.sleep(self._pause() / self.often)
            try:
                await self._look(session(), moved)
                self._refusals = 0
            except YouTubeBusy as busy:
                log.warning("youtube_not_asked", channel=self.channel.id, reason=str(busy))
            except YouTubeFailed as failed:
                log.warning("youtube_refuses", channel=self.channel.id, reason=str(failed))
                self._refusals += 1
                is_hopeless = failed.cause in _HOPELESS or (not self._is_live and self._refusals >= _MOST_REFUSALS)
                if is_hopeless or (failed.cause == "quota_spent" and not self._is_live):
                    raise OutletFailed(failed.cause) from None

    async def close(self) -> None:
        """The broadcast is over; YouTube makes a video of it."""
        if self._is_bad:
            await self.report(TroubleEnded(seen=self._seen(), key=Link.PUBLIC.value))
        if self._youtube is None or self._session is None:
            return
        try:
            await self._youtube.complete(self._video)
        except YouTubeFailed as failed:
            log.warning("broadcast_not_completed", channel=self.channel.id, reason=str(failed))
        await self.channels.free(self.channel.id, self._session)

    async def _look(self, session: Session, moved: Moved) -> None:
        youtube = self._youtube
        if youtube is None:
            opened = await self._connect(await self._token(), session)
            await moved(opened.reach, "replaced")
            return
        state = await youtube.lifecycle(self._video)
        self._is_live = state.is_live
        if state.is_over:
            self._is_live = False
            self._video = await self._announce(youtube, session)
            await moved(self._reach(session), "replaced")
        if not state.is_live and self._is_due(session):
            self._is_live = await youtube.go_live(self._video)
        elif state is Lifecycle.LIVE:
            await self._judge(await youtube.health(self._stream))

    async def _judge(self, health: Health) -> None:
        """What the public sees is YouTube's to say; a bad word counts when it is said twice in a row."""
        is_bad = health in (Health.BAD, Health.NO_DATA, Health.REVOKED)
        if is_bad and self._is_bad:
            cause = f"youtube_{health.value.lower()}"
            await self.report(LinkDown(seen=self._seen(), link=Link.PUBLIC, cause=cause))
        elif not is_bad and health is not Health.UNKNOWN:
            await self.report(LinkUp(seen=self._seen(), link=Link.PUBLIC))
        self._is_bad = is_bad

    def _seen(self) -> Sighting:
        return Sighting(grade=Grade.PRESENCE, at=self.now())

    def _is_due(self, session: Session) -> bool:
        return session.phase is not Phase.CONVENED or self.now() >= session.convened.starts_at - _LEAD

    def _pause(self) -> float:
        if not self._is_live:
            return _UNTIL_LIVE.total_seconds()
        return (_SAVING if self.google.quota.is_short else _LIVE).total_seconds()

    async def _connect(self, token: str, session: Session) -> Opened:
        youtube = await self.google.channel(token)
        ingest = await self._ingest(youtube, session.convened)
        self._stream = ingest.stream
        self._video = await self._known(youtube, session) or await self._announce(youtube, session)
        self._youtube = youtube
        return Opened(reach=self._reach(session), destinations=self._destinations(ingest))

    async def _token(self) -> str:
        try:
            token = await self.channels.refresh_token(self.channel.id)
        except Unreadable:
            raise OutletFailed("secret_unreadable") from None
        if not token:
            raise OutletFailed("not_connected")
        return token

    async def _ingest(self, youtube: YouTube, call: Convocation) -> Ingest:
        """A stream that no other session uses now."""
        self._session = call.session
        known = await self.channels.take(self.channel, call.session)
        ingest = await youtube.ingest(known or "", self.channel.name)
        await self.channels.put_stream(self.channel.id, call.session, ingest.stream)
        return ingest

    async def _known(self, youtube: YouTube, session: Session) -> str:
        """The broadcast that the record has on this channel, if anybody can still see it."""
        reach = session.airing.reach
        if reach is None or reach.channel != self.channel.id or not reach.video:
            return ""
        return "" if (await youtube.lifecycle(reach.video)).is_over else reach.video

    async def _announce(self, youtube: YouTube, session: Session) -> str:
        return await youtube.announce(announcement(session.convened, self.now()), self._stream)

    def _reach(self, session: Session) -> Reach:
        return Reach(
            channel=self.channel.id,
            name=self.channel.name,
            watch=f"https://www.youtube.com/watch?v={self._video}",
            video=self._video,
            is_shared=self.channel.is_shared,
            is_private=session.convened.is_rehearsal,
        )

    def _destinations(self, ingest: Ingest) -> tuple[Destination, ...]:
        """The second way takes the same pictures: YouTube goes over to it when the first one breaks."""
        ways = {destination_name(self.channel.id): ingest.primary}
        if ingest.backup:
            ways[destination_name(self.channel.id, "reserve")] = ingest.backup
        return tuple(Destination(name=name, address=address, key=ingest.key) for name, address in ways.items())


def announcement(call: Convocation, now: datetime) -> Announcement:
    """What YouTube tells the public of a session: whose it is, when, and of what it treats. A rehearsal says what it is
    and is shown to nobody. YouTube wants an hour that is still to come."""
    language = call.language
    at = call.starts_at.astimezone(ZoneInfo(call.time_zone))
    when = format_datetime(at, "d MMMM y, H:mm", locale=language)
    title = word(language, "youtube.title", body=call.body.name, entity=call.entity.name, date=f"{at:%d/%m/%Y}")
    lines = [word(language, "youtube.description", body=call.body.name, entity=call.entity.name, when=when)]
    if call.agenda:
        lines += ["", word(language, "youtube.agenda"), *(f"{item.number}. {item.title}" for item in call.agenda)]
    return Announcement(
        title=f"{word(language, 'document.rehearsal_mark')} · {title}" if call.is_rehearsal else title,
        description="\n".join(lines),
        starts_at=max(call.starts_at, now + timedelta(minutes=1)),
        privacy=Privacy.PRIVATE if call.is_rehearsal else Privacy.PUBLIC,
        mark=f"Plenari {call.session}",
    )
