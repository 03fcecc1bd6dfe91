"""Keys, secrets and accounts: as the settings give them, or as this machine made them once and keeps them."""

import secrets
from collections.abc import Mapping
from ipaddress import ip_network
from urllib.parse import urlsplit

from bot.client import Account
from bot.connection import Encryption, Login
from bot.occupant import Trust
from orchestrator.access import LEAST_SECRET
from orchestrator.evidence.keys import SealKey, open_key
from orchestrator.evidence.signing import Signatory, open_signatory
from orchestrator.notices.people import BadAddress, Person, addressees, lines_of
from orchestrator.settings import Settings
from orchestrator.strongbox import Strongbox, open_strongbox
from recorder.config import Destination


def check(settings: Settings) -> None:
    """Raise ValueError, which says what to set, for settings that cannot be served with."""
    destinations(settings.channel.get_secret_value())
    for network in settings.proxies:
        ip_network(network)
    seal_key(settings)
    strongbox(settings)
    signatory(settings)
    told(settings)
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


def told(settings: Settings) -> tuple[Mapping[str, Person], tuple[tuple[str, ...], ...]]:
    """Who is told of alerts, by name; and the names of those told first, and of those told at an escalation.

    Raises ValueError, which says which setting is wrong and nothing of what is in it.
    """
    first, further = settings.alert_urls.get_secret_value(), settings.escalation_urls.get_secret_value()
    try:
        return addressees(lines_of(first), lines_of(further))
    except BadAddress as bad:
        raise ValueError(f"PLENARI_ALERT_URLS or PLENARI_ESCALATION_URLS: {bad}") from None
