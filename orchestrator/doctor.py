"""`plenari doctor`: every part that Plenari needs, whether it is well, and if not how to mend it."""

import asyncio
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import asyncpg

from bot.client import Bot
from bot.connection import connection
from bot.errors import BotError, LoginRefused
from orchestrator.access import LEAST_SECRET
from orchestrator.app import now, open_database
from orchestrator.credentials import account, destinations, google, named, short_secrets, strongbox
from orchestrator.installations import Installation
from orchestrator.settings import Settings
from orchestrator.store.channels import Channel, ChannelKind, Channels
from orchestrator.store.embedded import DatabaseUnavailable
from orchestrator.strongbox import Unreadable
from recorder.errors import RecorderError
from recorder.jibri import Jibri
from recorder.youtube import YouTubeFailed

_LEAST_FREE_BYTES = 20 * 1024**3
"""Two sessions of five hours at 3 Mbit/s, with room to make one file of each."""
_FONT = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")
_DESTINATION_PATIENCE_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found of one part; an empty `problem` is good news."""

    part: str
    problem: str = ""
    remedy: str = ""

    @property
    def is_well(self) -> bool:
        """Whether nothing is wrong with it."""
        return not self.problem

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {**asdict(self), "is_well": self.is_well}


async def examine(settings: Settings) -> list[Finding]:
    """Look at every part, one after the other, so that what is said first is what the rest stands on."""
    return [
        _programs(),
        _disk(settings),
        _secrets(settings),
        await _database(settings),
        *[await _xmpp(installation) for installation in settings.installations.all],
        *await _channels(settings),
        *await _encoders(settings),
        *[await _recorder(installation) for installation in settings.installations.all if settings.jibris],
    ]


def _programs() -> Finding:
    part = "programs: ffmpeg, a font for the cards"
    missing = [name for name in ("ffmpeg", "ffprobe", "setpriv") if shutil.which(name) is None]
    if missing:
        return Finding(part=part, problem=f"{', '.join(missing)} not found", remedy="run ./run setup")
    if not _FONT.exists():
        return Finding(part=part, problem=f"{_FONT} not found", remedy="apt-get install fonts-dejavu-core")
    return Finding(part=part)


def _disk(settings: Settings) -> Finding:
    part = f"disk for recordings: {settings.data}"
    try:
        settings.data.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(settings.data).free
    except OSError as error:
        return Finding(part=part, problem=str(error.strerror), remedy="name a folder you may write to in PLENARI_DATA")
    if free < _LEAST_FREE_BYTES:
        return Finding(
            part=part,
            problem=f"{free // 1024**2} MiB free, too little for two long sessions",
            remedy="free some space, or name a larger disk in PLENARI_DATA",
        )
    return Finding(part=part)


def _secrets(settings: Settings) -> Finding:
    part = "secrets: token secret, Jitsi application secret"
    for name in short_secrets(settings):
        return Finding(
            part=part,
            problem=f"{name} is shorter than {LEAST_SECRET} bytes",
            remedy=f"set {name}; a good one: openssl rand -base64 48 (Jitsi's must equal JWT_APP_SECRET)",
        )
    return Finding(part=part)


async def _database(settings: Settings) -> Finding:
    part = "database"
    try:
        async with open_database(settings) as pool:
            await pool.fetchval("SELECT count(*) FROM session")
    except (OSError, asyncpg.PostgresError, DatabaseUnavailable) as error:
        return Finding(
            part=part,
            problem=str(error) or type(error).__name__,
            remedy="check PLENARI_DATABASE; leave it empty for the embedded one",
        )
    return Finding(part=part)


async def _xmpp(installation: Installation) -> Finding:
    account_name = f"{installation.xmpp_user}@{installation.hidden_domain}"
    part = f"XMPP: {installation.xmpp_host}:{installation.xmpp_port} as {account_name}"
    try:
        async with Bot(account(installation), now):
            return Finding(part=part)
    except LoginRefused:
        user, password = named("xmpp_user", installation), named("xmpp_password", installation)
        remedy = f"check {user} and {password}; the account must exist on the hidden domain"
        return Finding(part=part, problem="the account or its password is refused", remedy=remedy)
    except (BotError, ValueError) as error:
        settings = (named(f"xmpp_{what}", installation) for what in ("host", "port", "tls", "ca"))
        remedy = f"check {', '.join(settings)}"
        return Finding(part=part, problem=str(error), remedy=remedy)


async def _channels(settings: Settings) -> list[Finding]:
    """The channel in the settings, and those that were entered."""
    try:
        own = destinations(settings.channel.get_secret_value())
    except ValueError as error:
        remedy = "take address and key from the channel's live control room"
        return [Finding(part="channel in PLENARI_CHANNEL", problem=str(error), remedy=remedy)]
    findings = [await _reached("channel in PLENARI_CHANNEL", destination.address) for destination in own]
    try:
        async with open_database(settings) as pool:
            channels = Channels(pool, strongbox(settings))
            findings += [await _entered(settings, channels, channel) for channel in await channels.all()]
    except (OSError, asyncpg.PostgresError, DatabaseUnavailable):
        pass  # said of the database
    return findings or [Finding(part="channels: none, sessions are only archived and shown on our own page")]


async def _entered(settings: Settings, channels: Channels, channel: Channel) -> Finding:
    part = f"channel {channel.id}"
    try:
        if channel.kind is ChannelKind.RTMP:
            has_secret = bool(await channels.key(channel.id))
        else:
            has_secret = bool(token := await channels.refresh_token(channel.id))
    except Unreadable:
        remedy = "set PLENARI_STRONGBOX_KEY to what it was when the channel was entered, or enter it again"
        return Finding(part=part, problem="its secret cannot be read", remedy=remedy)
    if not has_secret:
        return Finding(part=part, problem="it has no key or no consent yet", remedy="enter it on the page /channels")
    if channel.kind is ChannelKind.RTMP:
        return await _reached(part, channel.address)
    try:
        await (await google(settings, now).channel(token)).check()
    except YouTubeFailed as failure:
        remedy = "connect it again on the page /channels; PLENARI_YOUTUBE_CLIENT_ID and its secret must be Google's"
        return Finding(part=part, problem=str(failure), remedy=remedy)
    return Finding(part=part)


async def _reached(part: str, address: str) -> Finding:
    parts = urlsplit(address)
    is_encrypted = parts.scheme == "rtmps"
    host, port = parts.hostname or "", parts.port or (443 if is_encrypted else 1935)
    try:
        async with asyncio.timeout(_DESTINATION_PATIENCE_SECONDS):
            _, writer = await asyncio.open_connection(host, port, ssl=is_encrypted or None)
            writer.close()
    except (OSError, TimeoutError) as error:
        remedy = "check its address, and that the firewall lets it out"
        return Finding(part=f"{part}: {host}:{port}", problem=str(error) or "no answer", remedy=remedy)
    return Finding(part=part)


async def _encoders(settings: Settings) -> list[Finding]:
    if not settings.jibris:
        remedy = 'name their addresses in PLENARI_JIBRIS, such as ["http://jibri1:2222"]'
        return [Finding(part="encoders", problem="no Jibri is configured: nothing can be broadcast", remedy=remedy)]
    async with aiohttp.ClientSession() as client:
        return [await _encoder(Jibri(client, url)) for url in settings.jibris]


async def _recorder(installation: Installation) -> Finding:
    """The account as which a Jibri enters the rooms: tried here, for Jibri itself does not say why it stays outside."""
    update = {"xmpp_user": installation.recorder_user, "xmpp_password": installation.recorder_password}
    login = account(installation.model_copy(update=update)).login
    part = f"account of the encoders: {login.jid}"
    user, password = named("recorder_user", installation), named("recorder_password", installation)
    try:
        async with connection(login, hear=lambda _: False, on_loss=lambda _: None):
            return Finding(part=part)
    except LoginRefused:
        remedy = f"set {user} and {password} to JIBRI_RECORDER_USER and JIBRI_RECORDER_PASSWORD of Jitsi"
        return Finding(part=part, problem="the account or its password is refused", remedy=remedy)
    except BotError as error:
        return Finding(part=part, problem=str(error), remedy="see what is said of XMPP above")


async def _encoder(jibri: Jibri) -> Finding:
    part = f"encoder: {jibri.url}"
    remedy = "is Jibri running, and does its HTTP API listen beyond its own container (external-api-host)?"
    try:
        health = await jibri.health()
    except RecorderError as error:
        return Finding(part=part, problem=str(error), remedy=remedy)
    if not health.is_healthy:
        return Finding(part=part, problem="it says it is unhealthy", remedy="restart it")
    return Finding(part=f"{part} ({health.busyness.lower()})")
