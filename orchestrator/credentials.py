"""Keys, secrets and accounts: as the settings give them, or as this machine made them once and keeps them."""

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from ipaddress import ip_network
from urllib.parse import urlsplit

from aiohttp import ClientSession

from bot.client import Account
from bot.connection import Encryption, Login
from bot.occupant import Trust
from orchestrator.access import LEAST_SECRET
from orchestrator.duty import EVERYTHING, Duty
from orchestrator.evidence.keys import SealKey, open_key
from orchestrator.evidence.signing import Signatory, open_signatory
from orchestrator.google import Google
from orchestrator.installations import Installation
from orchestrator.jitsi import Jitsi
from orchestrator.notices.people import BadAddress, Person, addressees, lines_of
from orchestrator.notices.post import Post, Security
from orchestrator.oidc import Provider
from orchestrator.relays import Relays
from orchestrator.settings import Settings
from orchestrator.strongbox import Strongbox, open_strongbox
from recorder.config import Destination
from recorder.jibri import Account as RecorderAccount


def check(settings: Settings, duties: frozenset[Duty] = EVERYTHING) -> None:
    """Raise ValueError, which says what to set, for settings that cannot be served with."""
    if duties != EVERYTHING:
        _check_shared(settings)
    destinations(settings.channel.get_secret_value())
    for network in settings.proxies:
        ip_network(network)
    seal_key(settings)
    strongbox(settings)
    signatory(settings)
    told(settings)
    _check_mail(settings)
    for name in short_secrets(settings):
        raise ValueError(f"{name} must have {LEAST_SECRET} bytes or more; a good one: openssl rand -base64 48")
    for each in settings.installations.all:
        if not each.xmpp_password.get_secret_value():
            name = named("xmpp_password", each)
            raise ValueError(f"{name} is not set: the bot needs its account on {each.hidden_domain}")
        if settings.jibris and not each.recorder_password.get_secret_value():
            name = named("recorder_password", each)
            raise ValueError(f"{name} is not set: Jibri's JIBRI_RECORDER_PASSWORD, with which it enters the rooms")


def _check_mail(settings: Settings) -> None:
    """Calls hold personal links: they leave this machine encrypted only."""
    if settings.smtp_host and not settings.mail_from:
        raise ValueError("PLENARI_MAIL_FROM is not set: the address that calls are sent from")
    if settings.smtp_security is Security.NONE and settings.smtp_host not in ("", "127.0.0.1", "::1", "localhost"):
        raise ValueError("PLENARI_SMTP_SECURITY may be none on loopback only: calls hold personal links")


def _check_shared(settings: Settings) -> None:
    """What one machine makes for itself must be given to several, or none of them would know the others' work."""
    shared = {
        "PLENARI_DATABASE": settings.database,
        "PLENARI_TOKEN_SECRET": settings.token_secret,
        "PLENARI_SEAL_KEY": settings.seal_key,
        "PLENARI_STRONGBOX_KEY": settings.strongbox_key,
    }
    if missing := [name for name, value in shared.items() if not value.get_secret_value()]:
        raise ValueError(f"{' and '.join(missing)} must be set, to the same on every machine, for --only")


def provider(settings: Settings, client: ClientSession) -> Provider | None:
    """Who says who people are, if the settings name anybody."""
    if not settings.oidc_issuer:
        return None
    return Provider(
        client=client,
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret.get_secret_value(),
        claim=settings.oidc_claim,
        scope=settings.oidc_scope,
        name=settings.oidc_name or urlsplit(settings.oidc_issuer).netloc,
    )


def short_secrets(settings: Settings) -> list[str]:
    """The settings that sign tokens with too little: who guesses one can be any councillor, on the record."""
    secrets_in_use = {"PLENARI_TOKEN_SECRET": token_secret(settings)} | {
        named("jitsi_app_secret", each): each.jitsi_app_secret.get_secret_value() for each in settings.installations.all
    }
    return [name for name, secret in secrets_in_use.items() if len(secret.encode()) < LEAST_SECRET]


def seal_key(settings: Settings) -> SealKey:
    """What seals records: the setting's key, or one made once and kept in the data folder. Raises ValueError."""
    return open_key(settings.seal_key.get_secret_value(), settings.data)


def strongbox(settings: Settings) -> Strongbox:
    """What encrypts secrets at rest: the setting's key, or one made once and kept in data. Raises ValueError."""
    return open_strongbox(settings.strongbox_key.get_secret_value(), settings.data)


def signatory(settings: Settings) -> Signatory | None:
    """Who signs the sealed PDFs, if the settings name anybody. Raises ValueError."""
    if settings.signing_certificate is None:
        return None
    try:
        return open_signatory(settings.signing_certificate, settings.signing_password.get_secret_value())
    except OSError as error:
        raise ValueError(f"PLENARI_SIGNING_CERTIFICATE cannot be read: {error.strerror}") from None


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


def account(installation: Installation) -> Account:
    """The bot's account on a Jitsi, and what its domains are worth. Raises ValueError."""
    if not installation.xmpp_tls:
        encryption = Encryption.NONE
    else:
        encryption = Encryption.PINNED if installation.xmpp_ca else Encryption.VERIFIED
    hidden, domain = installation.hidden_domain, installation.xmpp_domain
    return Account(
        login=Login(
            jid=f"{installation.xmpp_user}@{hidden}",
            password=installation.xmpp_password.get_secret_value(),
            host=installation.xmpp_host,
            port=installation.xmpp_port,
            encryption=encryption,
            certificate=installation.xmpp_ca,
        ),
        focus=f"focus.{domain}",
        journal=f"plenari.{domain}",
        trust=Trust(
            trusted_domains={domain} if installation.identity_is_stamped else frozenset(),
            machine_domains={hidden, f"auth.{domain}"},
        ),
    )


def recorder_account(installation: Installation) -> RecorderAccount:
    """As whom a Jibri enters the rooms of a Jitsi: unseen, and without a token."""
    password = installation.recorder_password.get_secret_value()
    return RecorderAccount(domain=installation.hidden_domain, username=installation.recorder_user, password=password)


def jitsi(installation: Installation) -> Jitsi:
    """That Jitsi as people come to it: its address, and what signs their tokens."""
    return Jitsi(
        address=installation.jitsi_url,
        domain=installation.xmpp_domain,
        app_id=installation.jitsi_app_id,
        app_secret=installation.jitsi_app_secret.get_secret_value(),
    )


def named(setting: str, installation: Installation) -> str:
    """What an operator has to set: a setting of its own, or a part of the one that lists further installations."""
    if not installation.entities:
        return f"PLENARI_{setting.upper()}"
    return f"{setting} of {installation.xmpp_domain} in PLENARI_OTHER_JITSIS"


def google(settings: Settings, now: Callable[[], datetime]) -> Google:
    """Our project at Google; without a client of its own no owner can consent."""
    return Google(
        client_id=settings.youtube_client_id,
        client_secret=settings.youtube_client_secret.get_secret_value(),
        document=settings.youtube_discovery,
        folder=settings.data,
        now=now,
    )


def destinations(channel: str) -> tuple[Destination, ...]:
    """The channel's address and its key, which is the last part of the path."""
    if not channel:
        return ()
    address, _, key = channel.rpartition("/")
    if urlsplit(address).scheme not in ("rtmp", "rtmps") or not key:
        raise ValueError("PLENARI_CHANNEL must look like rtmps://host/app/KEY")
    return (Destination(name="channel", address=address, key=key),)


def told(settings: Settings) -> tuple[Mapping[str, Person], tuple[tuple[str, ...], ...]]:
    """Who is told of alerts, by name; and the names of those told first, and of those told at an escalation.

    Raises ValueError, which says which setting is wrong and nothing of what is in it.
    """
    first, further = settings.alert_urls.get_secret_value(), settings.escalation_urls.get_secret_value()
    try:
        return addressees(lines_of(first), lines_of(further))
    except BadAddress as bad:
        raise ValueError(f"PLENARI_ALERT_URLS or PLENARI_ESCALATION_URLS: {bad}") from None


def post(settings: Settings) -> Post:
    """The mail server of the settings."""
    return Post(
        host=settings.smtp_host,
        port=settings.smtp_port,
        security=settings.smtp_security,
        user=settings.smtp_user,
        password=settings.smtp_password.get_secret_value(),
        sender=settings.mail_from,
    )


def relays(settings: Settings) -> Relays:
    """The STUN and TURN servers of the settings."""
    return Relays(stun=settings.stun, turn=settings.turn, secret=settings.turn_secret.get_secret_value())
