"""The composition root: opens everything that the settings ask for, runs it as one tree of tasks, closes it in order.

The only file that may import every room of the house, and the only one that reads the clock.
"""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from ipaddress import ip_network
from typing import Any, assert_never
from zoneinfo import ZoneInfo

import aiohttp
import asyncpg
import structlog
from aiohttp import web

from orchestrator import sessions as conducting
from orchestrator.broadcast import Broadcasting, Studio
from orchestrator.chambers import Chambers
from orchestrator.council.commands import Convene
from orchestrator.council.effects import (
    AllowToSpeak,
    Announce,
    Effect,
    LeaveChamber,
    RaiseAlert,
    ResolveAlert,
    Silence,
    StartBroadcast,
    WatchChamber,
)
from orchestrator.council.members import SessionId
from orchestrator.council.session import Session
from orchestrator.credentials import (
    destinations,
    google,
    jitsi,
    post,
    provider,
    recorder_account,
    relays,
    seal_key,
    signatory,
    strongbox,
    token_secret,
    told,
)
from orchestrator.documents.press import Press
from orchestrator.duty import EVERYTHING, Duty
from orchestrator.encoders import survey
from orchestrator.evidence.exhibits import Exhibits
from orchestrator.evidence.sealing import Sealing
from orchestrator.evidence.seals import Seals
from orchestrator.evidence.stamping import Stamping
from orchestrator.lookout import Lookout
from orchestrator.notices.alertmanager import Alertmanager
from orchestrator.notices.outbound import outbound
from orchestrator.notices.sending import Sending
from orchestrator.notices.telling import Telling
from orchestrator.notices.webhooks import Posting
from orchestrator.notices.whom import Whom, quiet_hours
from orchestrator.premises import Premises
from orchestrator.sessions import Sessions
from orchestrator.settings import Settings
from orchestrator.store import jobs
from orchestrator.store.alerts import Alerts
from orchestrator.store.answered import Answered
from orchestrator.store.channels import Channels
from orchestrator.store.deliveries import Deliveries
from orchestrator.store.embedded import embedded_postgres
from orchestrator.store.encoders import Encoders
from orchestrator.store.inbox import Inbox
from orchestrator.store.ledger import Ledger
from orchestrator.store.listener import Listener
from orchestrator.store.pool import open_pool
from orchestrator.store.records import Records
from orchestrator.store.schema import migrate
from orchestrator.store.webhook_messages import Messages
from orchestrator.store.webhooks import Webhooks
from orchestrator.version import VERSION
from orchestrator.web.app import build_app, build_probes
from orchestrator.web.house import House
from orchestrator.web.limits import Buckets, Limits
from orchestrator.wording import Language
from recorder.broadcasts import Broadcasts
from recorder.crests import CrestRefused, crest_of
from recorder.graph import Picture
from recorder.jibri import Jibri

log = structlog.get_logger()


class _Stop(Exception):
    """The program was asked to end: the way out of its tree of tasks."""


def now() -> datetime:
    """The program's clock: UTC."""
    return datetime.now(UTC)


@asynccontextmanager
async def database(settings: Settings) -> AsyncIterator[str]:
    """The address of the settings' database, brought to the present schema; the embedded one if they name none."""
    async with AsyncExitStack() as stack:
        dsn = settings.database.get_secret_value()
        if not dsn:
            dsn = await stack.enter_async_context(embedded_postgres(settings.data / "postgres"))
        await migrate(dsn)
        yield dsn


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[asyncpg.Pool]:
    """A pool on it, for the rows of all."""
    async with database(settings) as dsn, open_pool(dsn) as pool:
        yield pool


async def serve(settings: Settings, duties: frozenset[Duty] = EVERYTHING) -> None:
    """Run the duties of this machine until SIGINT or SIGTERM, with settings that were checked."""
    async with AsyncExitStack() as stack:
        dsn = await stack.enter_async_context(database(settings))
        pool = await stack.enter_async_context(open_pool(dsn))
        web_pool = await stack.enter_async_context(open_pool(dsn, least=1, is_scoped=True))
        client = await stack.enter_async_context(aiohttp.ClientSession())
        broadcasts = await stack.enter_async_context(Broadcasts(settings.broadcasts, now))
        out = await stack.enter_async_context(outbound(settings.webhook_hosts))
        await _Program(settings, duties, pool, web_pool, client, broadcasts, out).run()


class _Program:
    """Everything that runs, wired. Nothing has been started when this is made."""

    def __init__(
        self,
        settings: Settings,
        duties: frozenset[Duty],
        pool: asyncpg.Pool,
        web_pool: asyncpg.Pool,
        client: aiohttp.ClientSession,
        broadcasts: Broadcasts,
        out: aiohttp.ClientSession,
    ) -> None:
        self._duties = duties
        self._settings = settings
        self._pool = pool
        self._web_pool = web_pool
        self._listener = Listener(pool)
        self._channels = Channels(pool, strongbox(settings))
        self._google = google(settings, now)
        self._client = client
        self._jibris = tuple(Jibri(client, url) for url in settings.jibris)
        self._sessions = Sessions(pool, self._listener, self._perform, now)
        self._installations = settings.installations
        self._chambers = Chambers(self._installations, self._sessions, now)
        self._premises = Premises(settings, duties, pool, self._jibris, self._chambers, now)
        self._broadcasting = Broadcasting(self._studio(broadcasts))
        self._sealing = self._sealer()
        self._lookout = self._watch(settings)
        self._telling = self._teller(settings, client)
        self._letters = self._secretariat()
        self._out = out
        self._posting = self._post_office(pool)
        self._stamping = Stamping(seals=Seals(pool), client=client, url=settings.tsa_url)

    async def run(self) -> None:
        """Every machine answers `/healthz` and `/readyz`; pages and API only where that is its duty."""
        settings, house = self._settings, self._house()
        runner = web.AppRunner(build_app(house) if Duty.WEB in self._duties else build_probes(house), access_log=None)
        await runner.setup()
        try:
            async with asyncio.TaskGroup() as tasks:
                for name, work in self._work().items():
                    tasks.create_task(work, name=name)
                site = web.TCPSite(runner, settings.host, settings.port)
                await site.start()
                url = f"http://{settings.host}:{runner.addresses[0][1]}"
                log.info("serving", url=url, duties=sorted(self._duties))
        except* _Stop:
            log.info("stopping")
        finally:
            await runner.cleanup()

    def _work(self) -> Mapping[str, Coroutine[Any, Any, None]]:
        """What runs for as long as the program does, by its duties."""
        work = {"signals": _until_told_to_stop(), "listener": self._listener.run()}
        if Duty.CONDUCTOR in self._duties:
            work |= {"signs of life": self._sessions.keep_alive(), "chambers": self._chambers.run()}
        if Duty.RECORDER in self._duties:
            work |= {"broadcasting": self._broadcasting.run()}
        if self._duties - {Duty.WEB}:
            work |= {"lookout": self._lookout.run(), "telling": self._telling.run()}
        if entrypoints := self._entrypoints():
            work |= {"jobs": jobs.work(self._pool, entrypoints, heartbeat=self._settings.heartbeat)}
        return work

    def _entrypoints(self) -> Mapping[str, jobs.Work]:
        """The jobs that this machine takes."""
        work: dict[str, jobs.Work] = {}
        if Duty.CONDUCTOR in self._duties:
            work |= {jobs.CONDUCT_SESSION: self._conduct}
            work |= {jobs.SEND_LETTERS: self._letters.send, jobs.REMIND_MEMBERS: self._letters.remind}
            work |= {jobs.POST_WEBHOOKS: self._posting.post}
        if Duty.RECORDER in self._duties:
            work |= {jobs.CARRY_BROADCAST: self._broadcasting.carry, jobs.SEAL_SESSION: self._sealing.seal}
        if Duty.RECORDER in self._duties and self._settings.tsa_url:
            work |= {jobs.STAMP_SEAL: self._stamping.stamp}
        return work

    async def _conduct(self, session_id: SessionId) -> None:
        with self._sessions.following(self._chambers.look_again):
            await self._sessions.conduct(session_id)

    async def _perform(self, session_id: SessionId, session: Session, effect: Effect) -> None:
        """Who carries an effect out."""
        match effect:
            case Announce() | AllowToSpeak() | Silence() | WatchChamber() | LeaveChamber():
                await self._chambers.perform(session_id, session, effect)
            case StartBroadcast():
                async with self._pool.acquire() as connection:
                    await jobs.enqueue(connection, jobs.CARRY_BROADCAST, session_id)
            case RaiseAlert(key=key, link=link, cause=cause):
                log.warning("alert_raised", session_id=session_id, key=key, link=link, cause=cause)
            case ResolveAlert(key=key):
                log.info("alert_resolved", session_id=session_id, key=key)
            case _:
                assert_never(effect)

    def _watch(self, settings: Settings) -> Lookout:
        return Lookout(
            alerts=Alerts(self._pool),
            conducted=self._sessions,
            look_around=self._premises.look_around,
            machine=socket.gethostname(),
            gathering=settings.gathering,
            now=now,
        )

    def _teller(self, settings: Settings, client: aiohttp.ClientSession) -> Telling:
        people, (first, further) = told(settings)
        zone = ZoneInfo(settings.time_zone)
        manager = Alertmanager(client=client, url=settings.alertmanager_url, public_url=settings.public_url)
        return Telling(
            deliveries=Deliveries(self._pool),
            people=people,
            whom=Whom(first=first, next=further, quiet=quiet_hours(settings.quiet_hours, zone)),
            alertmanager=manager if settings.alertmanager_url else None,
            language=Language.CA,
            zone=zone,
            public_url=settings.public_url,
            now=now,
        )

    def _sealer(self) -> Sealing:
        settings = self._settings
        return Sealing(
            ledger=Ledger(self._pool),
            key=seal_key(settings),
            documents=Exhibits(press=Press(), signatory=signatory(settings), verify_at=f"{settings.public_url}/verify"),
            is_stamped=bool(settings.tsa_url),
            now=now,
        )

    def _secretariat(self) -> Sending:
        settings = self._settings
        return Sending(
            ledger=Ledger(self._pool),
            post=post(settings),
            base=settings.public_url,
            secret=token_secret(settings),
            now=now,
        )

    def _studio(self, broadcasts: Broadcasts) -> Studio:
        settings = self._settings
        width, _, height = settings.picture_size.partition("x")
        return Studio(
            ledger=Ledger(self._pool),
            listener=self._listener,
            inbox=Inbox(self._pool, self._listener),
            broadcasts=broadcasts,
            channels=self._channels,
            google=self._google,
            jibris=self._jibris,
            jitsi_url=lambda entity: self._installations.of(entity).jitsi_url,
            recorder=lambda entity: recorder_account(self._installations.of(entity)),
            ingest_host=settings.ingest_host,
            channel=next(iter(destinations(settings.channel.get_secret_value())), None),
            format=Picture(width=int(width), height=int(height)),
            delay=settings.delay,
            farewell=settings.farewell,
            segments_kept=timedelta(days=settings.segments_kept),
            recordings=settings.recordings,
            now=now,
            client=self._client if settings.probe else None,
            crests=settings.data / "crests",
        )

    def _post_office(self, pool: asyncpg.Pool) -> Posting:
        return Posting(
            webhooks=Webhooks(pool, strongbox(self._settings)),
            messages=Messages(pool),
            ledger=Ledger(pool),
            client=self._out,
            now=now,
            allowed=frozenset(self._settings.webhook_hosts),
        )

    def _house(self) -> House:
        settings = self._settings
        ledger = Ledger(self._web_pool)

        async def convene(command: Convene) -> int:
            return await conducting.convene(ledger, command, now(), gathering=settings.gathering)

        return House(
            records=Records(self._web_pool),
            channels=Channels(self._web_pool, strongbox(settings)),
            consents=self._google if settings.youtube_client_id else None,
            youtube_spent=(lambda: self._google.quota.spent) if settings.youtube_client_id else None,
            answered=Answered(self._web_pool, strongbox(settings)),
            posting=self._post_office(self._web_pool),
            ledger=ledger,
            inbox=Inbox(self._web_pool, self._listener),
            listener=self._listener,
            convene=convene,
            checks=self._premises.readiness,
            jitsi=lambda entity: jitsi(self._installations.of(entity)),
            token_secret=token_secret(settings),
            now=now,
            public_url=settings.public_url,
            time_zone=ZoneInfo(settings.time_zone),
            encoders=len(settings.jibris),
            has_mail=post(settings).is_there,
            relays=relays(settings),
            look_around=self._premises.look_around,
            version=VERSION,
            limits=Limits(
                people=Buckets(settings.requests_a_minute),
                addresses=Buckets(settings.requests_a_minute_from),
                proxies=tuple(map(ip_network, settings.proxies)),
            ),
            recordings=settings.recordings,
            broadcasts=settings.broadcasts,
            gathering=settings.gathering,
            told=self._telling.names,
            provider=provider(settings, self._client),
            crest=_crest,
            survey=partial(survey, self._jibris, Encoders(self._pool)),
        )


async def _crest(sent: bytes) -> bytes:
    try:
        return await crest_of(sent)
    except CrestRefused as refusal:
        raise ValueError(str(refusal)) from None


async def _until_told_to_stop() -> None:
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told.set)
    await told.wait()
    raise _Stop
