"""The composition root: opens everything that the settings ask for, runs it as one tree of tasks, closes it in order.

The only file that may import every room of the house, and the only one that reads the clock.
"""

import asyncio
import secrets
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import assert_never
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import aiohttp
import asyncpg
import structlog
from aiohttp import web

from bot.client import Account
from bot.connection import Encryption, Login
from bot.occupant import Trust
from orchestrator import sessions as conducting
from orchestrator.access import LEAST_SECRET, Jitsi
from orchestrator.broadcast import Broadcasting, Studio
from orchestrator.chamber import Chamber
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
from orchestrator.documents.press import Press
from orchestrator.evidence.exhibits import Exhibits
from orchestrator.evidence.keys import SealKey, open_key
from orchestrator.evidence.sealing import Sealing
from orchestrator.evidence.seals import Seals
from orchestrator.evidence.signing import Signatory, open_signatory
from orchestrator.evidence.stamping import Stamping
from orchestrator.sessions import Sessions
from orchestrator.settings import Settings
from orchestrator.store import jobs
from orchestrator.store.embedded import embedded_postgres
from orchestrator.store.inbox import Inbox
from orchestrator.store.ledger import Ledger
from orchestrator.store.listener import Listener
from orchestrator.store.pool import open_pool
from orchestrator.store.records import Records
from orchestrator.store.schema import migrate
from orchestrator.version import VERSION
from orchestrator.web.app import build_app
from orchestrator.web.house import House
from recorder.broadcasts import Broadcasts
from recorder.config import Destination
from recorder.errors import JibriUnavailable
from recorder.graph import Picture
from recorder.jibri import Jibri

log = structlog.get_logger()


class _Stop(Exception):
    """The program was asked to end: the way out of its tree of tasks."""


def now() -> datetime:
    """The program's clock: UTC."""
    return datetime.now(UTC)


@asynccontextmanager
async def open_database(settings: Settings) -> AsyncIterator[asyncpg.Pool]:
    """A pool on the database of the settings, brought to the present schema; the embedded one if they name none."""
    async with AsyncExitStack() as stack:
        dsn = settings.database.get_secret_value()
        if not dsn:
            dsn = await stack.enter_async_context(embedded_postgres(settings.data / "postgres"))
        await migrate(dsn)
        yield await stack.enter_async_context(open_pool(dsn))


def check(settings: Settings) -> None:
    """Raise ValueError, which says what to set, for settings that cannot be served with."""
    destinations(settings.channel.get_secret_value())
    seal_key(settings)
    signatory(settings)
    for name in short_secrets(settings):
        raise ValueError(f"{name} must have {LEAST_SECRET} bytes or more; a good one: openssl rand -base64 48")
    if not settings.xmpp_password.get_secret_value():
        raise ValueError("PLENARI_XMPP_PASSWORD is not set: the bot needs its account on the hidden domain")


def short_secrets(settings: Settings) -> list[str]:
    """The settings that sign tokens with too little: who guesses one can be any councillor, on the record."""
    secrets_in_use = {
        "PLENARI_TOKEN_SECRET": token_secret(settings),
        "PLENARI_JITSI_APP_SECRET": settings.jitsi_app_secret.get_secret_value(),
    }
    return [name for name, secret in secrets_in_use.items() if len(secret.encode()) < LEAST_SECRET]


def seal_key(settings: Settings) -> SealKey:
    """What seals records: the setting's key, or one made once and kept in the data folder. Raises ValueError."""
    return open_key(settings.seal_key.get_secret_value(), settings.data)


def signatory(settings: Settings) -> Signatory | None:
    """Who signs the sealed PDFs, if the settings name anybody. Raises ValueError."""
    if settings.signing_certificate is None:
        return None
    try:
        return open_signatory(settings.signing_certificate, settings.signing_password.get_secret_value())
    except OSError as error:
        raise ValueError(f"PLENARI_SIGNING_CERTIFICATE cannot be read: {error.strerror}") from None


async def serve(settings: Settings) -> None:
    """Run everything until SIGINT or SIGTERM, with settings that were checked."""
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(open_database(settings))
        client = await stack.enter_async_context(aiohttp.ClientSession())
        broadcasts = await stack.enter_async_context(Broadcasts(settings.data / "broadcasts", now))
        await _Program(settings, pool, client, broadcasts).run()


class _Program:
    """Everything that runs, wired. Nothing has been started when this is made."""

    def __init__(
        self, settings: Settings, pool: asyncpg.Pool, client: aiohttp.ClientSession, broadcasts: Broadcasts
    ) -> None:
        self._settings = settings
        self._pool = pool
        self._listener = Listener(pool)
        self._jibris = tuple(Jibri(client, url) for url in settings.jibris)
        self._sessions = Sessions(pool, self._listener, self._perform, now)
        self._chamber = Chamber(account(settings), settings.muc_domain, self._sessions, now)
        self._broadcasting = Broadcasting(self._studio(broadcasts))
        self._sealing = self._sealer()
        self._stamping = Stamping(seals=Seals(pool), client=client, url=settings.tsa_url)

    async def run(self) -> None:
        settings = self._settings
        house = self._house()
        runner = web.AppRunner(build_app(house), access_log=None)
        await runner.setup()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(_until_told_to_stop(), name="signals")
                tasks.create_task(self._listener.run(), name="listener")
                tasks.create_task(self._sessions.keep_alive(), name="signs of life")
                tasks.create_task(self._chamber.run(), name="chamber")
                tasks.create_task(self._broadcasting.run(), name="broadcasting")
                tasks.create_task(jobs.work(self._pool, self._entrypoints(), heartbeat=settings.heartbeat), name="jobs")
                site = web.TCPSite(runner, settings.host, settings.port)
                await site.start()
                log.info("serving", url=f"http://{settings.host}:{runner.addresses[0][1]}")
        except* _Stop:
            log.info("stopping")
        finally:
            await runner.cleanup()

    def _entrypoints(self) -> Mapping[str, jobs.Work]:
        work: dict[str, jobs.Work] = {
            jobs.CONDUCT_SESSION: self._conduct,
            jobs.CARRY_BROADCAST: self._broadcasting.carry,
            jobs.SEAL_SESSION: self._sealing.seal,
        }
        return work | ({jobs.STAMP_SEAL: self._stamping.stamp} if self._settings.tsa_url else {})

    async def _conduct(self, session_id: SessionId) -> None:
        with self._sessions.following(self._chamber.look_again):
            await self._sessions.conduct(session_id)

    async def _perform(self, session_id: SessionId, session: Session, effect: Effect) -> None:
        """Who carries an effect out."""
        match effect:
            case Announce() | AllowToSpeak() | Silence() | WatchChamber() | LeaveChamber():
                await self._chamber.perform(session_id, session, effect)
            case StartBroadcast():
                async with self._pool.acquire() as connection:
                    await jobs.enqueue(connection, jobs.CARRY_BROADCAST, session_id)
            case RaiseAlert(key=key, link=link, cause=cause):
                log.warning("alert_raised", session_id=session_id, key=key, link=link, cause=cause)
            case ResolveAlert(key=key):
                log.info("alert_resolved", session_id=session_id, key=key)
            case _:
                assert_never(effect)

    def _sealer(self) -> Sealing:
        settings = self._settings
        return Sealing(
            ledger=Ledger(self._pool),
            key=seal_key(settings),
            documents=Exhibits(press=Press(), signatory=signatory(settings), verify_at=f"{settings.public_url}/verify"),
            is_stamped=bool(settings.tsa_url),
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
            jibris=self._jibris,
            jitsi_url=settings.jitsi_url,
            ingest_host=settings.ingest_host,
            destinations=destinations(settings.channel.get_secret_value()),
            format=Picture(width=int(width), height=int(height)),
            delay=settings.delay,
            farewell=settings.farewell,
            recordings=settings.data / "recordings",
            now=now,
        )

    def _house(self) -> House:
        settings = self._settings
        ledger = Ledger(self._pool)

        async def convene(command: Convene) -> int:
            return await conducting.convene(ledger, command, now(), gathering=settings.gathering)

        return House(
            records=Records(self._pool),
            ledger=ledger,
            inbox=Inbox(self._pool, self._listener),
            listener=self._listener,
            convene=convene,
            checks=self._checks,
            jitsi=Jitsi(
                address=settings.jitsi_url,
                domain=settings.xmpp_domain,
                app_id=settings.jitsi_app_id,
                app_secret=settings.jitsi_app_secret.get_secret_value(),
            ),
            token_secret=token_secret(settings),
            now=now,
            public_url=settings.public_url,
            time_zone=ZoneInfo(settings.time_zone),
            version=VERSION,
            recordings=settings.data / "recordings",
        )

    async def _checks(self) -> Mapping[str, bool]:
        """What the service needs, part by part."""
        return {
            "database": await _is_there(self._pool),
            "xmpp": self._chamber.is_connected,
            "encoder": await _has_encoder(self._jibris),
        }


async def _until_told_to_stop() -> None:
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told.set)
    await told.wait()
    raise _Stop


async def _is_there(pool: asyncpg.Pool) -> bool:
    try:
        return bool(await pool.fetchval("SELECT true", timeout=2))
    except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return False


async def _has_encoder(jibris: tuple[Jibri, ...]) -> bool:
    for jibri in jibris:
        try:
            if (await jibri.health()).is_healthy:
                return True
        except JibriUnavailable:
            continue
    return False


def token_secret(settings: Settings) -> str:
    """What signs access tokens: the setting's, or one made once and kept in the data folder for its owner only."""
    if given := settings.token_secret.get_secret_value():
        return given
    file = settings.data / "token_secret"
    if not file.exists():
        settings.data.mkdir(parents=True, exist_ok=True)
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(48))
    return file.read_text().strip()


def account(settings: Settings) -> Account:
    """The bot's account, and what the domains of this Jitsi are worth."""
    if not settings.xmpp_tls:
        encryption = Encryption.NONE
    else:
        encryption = Encryption.PINNED if settings.xmpp_ca else Encryption.VERIFIED
    hidden = settings.hidden_domain
    return Account(
        login=Login(
            jid=f"{settings.xmpp_user}@{hidden}",
            password=settings.xmpp_password.get_secret_value(),
            host=settings.xmpp_host,
            port=settings.xmpp_port,
            encryption=encryption,
            certificate=settings.xmpp_ca,
        ),
        focus=f"focus.{settings.xmpp_domain}",
        journal=f"plenari.{settings.xmpp_domain}",
        trust=Trust(
            trusted_domains={settings.xmpp_domain} if settings.identity_is_stamped else frozenset(),
            machine_domains={hidden, f"auth.{settings.xmpp_domain}"},
        ),
    )


def destinations(channel: str) -> tuple[Destination, ...]:
    """The channel's address and its key, which is the last part of the path."""
    if not channel:
        return ()
    address, _, key = channel.rpartition("/")
    if urlsplit(address).scheme not in ("rtmp", "rtmps") or not key:
        raise ValueError("PLENARI_CHANNEL must look like rtmps://host/app/KEY")
    return (Destination(name="channel", address=address, key=key),)


def recording(settings: Settings, session_id: SessionId) -> Path:
    """Where the finished recording of a session lies, once there is one."""
    return settings.data / "recordings" / f"{session_id}.mp4"
