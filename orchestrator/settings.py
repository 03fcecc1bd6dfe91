"""Every setting of the program, read once from the environment (`PLENARI_…`) and from files for secrets.

A secret may be given as `PLENARI_TOKEN_SECRET` or as a file named in `PLENARI_SECRETS_DIR` (`/run/secrets`): the file
`plenari_token_secret` then holds it.
"""

import os
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from orchestrator.installations import FurtherInstallation, Installation, Installations
from orchestrator.notices.post import Security


def _seconds(value: object) -> object:
    """`30` or `2.5` in the environment are seconds; ISO 8601 (`PT30S`) is understood as well."""
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value


Seconds = Annotated[timedelta, BeforeValidator(_seconds)]


class Settings(BaseSettings):
    """One frozen value, made in `__main__` and handed down. The descriptions are the table in the README."""

    model_config = SettingsConfigDict(
        env_prefix="PLENARI_",
        frozen=True,
        extra="forbid",
        secrets_dir=os.environ.get("PLENARI_SECRETS_DIR"),
        env_ignore_empty=True,
    )

    data: Annotated[Path, Field(description="Folder of the embedded database, archives and broadcasts")] = Path("var")
    database: Annotated[
        SecretStr, Field(description="Postgres address (`postgresql://…`); empty starts an embedded one")
    ] = SecretStr("")

    host: Annotated[str, Field(description="Address the web server listens on")] = "127.0.0.1"
    port: Annotated[int, Field(description="Its port; 0 takes a free one", ge=0, le=65535)] = 8080
    public_url: Annotated[str, Field(description="Address under which people reach the web server")] = ""
    token_secret: Annotated[
        SecretStr,
        Field(description="Signs access tokens, at least 32 characters; empty makes one and keeps it in data"),
    ] = SecretStr("")

    requests_a_minute: Annotated[
        int, Field(description="How many requests one person may make a minute; 0: as many as they like", ge=0)
    ] = 1200
    requests_a_minute_from: Annotated[
        int, Field(description="How many may come from one address a minute (a town hall has one); 0: no limit", ge=0)
    ] = 6000
    proxies: Annotated[
        tuple[str, ...],
        Field(description='Networks of reverse proxies whose `X-Forwarded-For` is believed, as JSON: `["10.0.0.0/8"]`'),
    ] = ("127.0.0.0/8", "::1/128")
    time_server: Annotated[
        str, Field(description="NTP server that the clock is compared with; empty: the database's clock")
    ] = ""
    oidc_issuer: Annotated[
        str, Field(description="Identity provider (OpenID Connect) by which people come in; empty: none")
    ] = ""
    oidc_client_id: Annotated[str, Field(description="Our id at the provider")] = "plenari"
    oidc_client_secret: Annotated[SecretStr, Field(description="Our secret at the provider")] = SecretStr("")
    oidc_claim: Annotated[
        str, Field(description="Claim that is the login of an account; `email` counts only if the provider verified it")
    ] = "email"
    oidc_scope: Annotated[str, Field(description="What is asked of the provider")] = "openid email profile"
    oidc_name: Annotated[str, Field(description="The provider's name, as it is on the button; empty: its address")] = ""

    time_zone: Annotated[str, Field(description="Zone in which lists of sessions are shown")] = "Europe/Madrid"

    xmpp_host: Annotated[str, Field(description="Where Prosody listens for clients")] = "127.0.0.1"
    xmpp_port: Annotated[int, Field(description="Its client port", ge=1, le=65535)] = 5222
    xmpp_tls: Annotated[
        bool, Field(description="Whether the connection to Prosody must be encrypted (off only on loopback)")
    ] = True
    xmpp_ca: Annotated[Path | None, Field(description="Certificate authority or certificate of Prosody (PEM)")] = None
    xmpp_domain: Annotated[str, Field(description="Jitsi's `XMPP_DOMAIN`")] = "meet.jitsi"
    xmpp_hidden_domain: Annotated[str, Field(description="Jitsi's `XMPP_HIDDEN_DOMAIN`; empty: `hidden.` + domain")] = (
        ""
    )
    xmpp_user: Annotated[str, Field(description="The bot's account on the hidden domain")] = "plenari"
    xmpp_password: Annotated[SecretStr, Field(description="Its password")] = SecretStr("")
    identity_is_stamped: Annotated[
        bool,
        Field(
            description="Whether Prosody stamps `<identity>` from tokens (`mod_presence_identity` on the user domain)"
        ),
    ] = True

    jitsi_url: Annotated[str, Field(description="Address of Jitsi Meet for people")] = "https://meet.jitsi"
    jitsi_app_id: Annotated[str, Field(description="Jitsi's `JWT_APP_ID`")] = "plenari"
    jitsi_app_secret: Annotated[SecretStr, Field(description="Jitsi's `JWT_APP_SECRET`")] = SecretStr("")
    recorder_user: Annotated[
        str, Field(description="Account on the hidden domain as which a Jibri enters the room (`JIBRI_RECORDER_USER`)")
    ] = "recorder"
    recorder_password: Annotated[
        SecretStr, Field(description="Its password (`JIBRI_RECORDER_PASSWORD`); needed where there are Jibris")
    ] = SecretStr("")

    alert_urls: Annotated[
        SecretStr,
        Field(
            description="Apprise addresses that are told of alerts, one a line (`mailto://`, `tgram://`, `matrix://`…)"
        ),
    ] = SecretStr("")
    escalation_urls: Annotated[
        SecretStr, Field(description="Those that are told as well when an alert is escalated, one a line")
    ] = SecretStr("")
    alertmanager_url: Annotated[str, Field(description="Alertmanager that is told of all open alerts; empty: none")] = (
        ""
    )
    quiet_hours: Annotated[
        str,
        Field(
            description="When nobody is woken by what concerns no live session and is not critical, as `22:00-07:00`",
            pattern=r"^$|^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$",
        ),
    ] = ""
    other_jitsis: Annotated[
        tuple[FurtherInstallation, ...],
        Field(
            description="Further Jitsi installations, as a JSON list: for each its `entities`, and these settings from "
            "`xmpp_host` on in lower case"
        ),
    ] = ()

    jibris: Annotated[
        tuple[str, ...], Field(description='HTTP addresses of the Jibris, as JSON: `["http://jibri1:2222"]`')
    ] = ()
    ingest_host: Annotated[str, Field(description="Address at which Jibri reaches the recorder's ingest")] = "127.0.0.1"
    channel: Annotated[
        SecretStr,
        Field(description="RTMP(S) address with key of the channel that broadcasts go to; empty: archive only"),
    ] = SecretStr("")
    youtube_client_id: Annotated[
        str,
        Field(description="OAuth client at Google, for channels of YouTube; it leads back to `…/channels/consent`"),
    ] = ""
    youtube_client_secret: Annotated[SecretStr, Field(description="Its secret")] = SecretStr("")
    youtube_discovery: Annotated[
        Path | None, Field(description="File with YouTube's discovery document; empty: fetched from Google")
    ] = None
    probe: Annotated[
        bool, Field(description="Whether the public address is watched, as the public would (some 3 Mbit/s a session)")
    ] = True
    delay: Annotated[Seconds, Field(description="Delay of the broadcast, in seconds")] = timedelta(seconds=3)
    farewell: Annotated[
        Seconds, Field(description="How long the last card stays on the air after the session, in seconds")
    ] = timedelta(seconds=20)
    segments_kept: Annotated[
        int, Field(description="How long the pieces of a recording are kept after it was made of them, in days", ge=0)
    ] = 30
    picture_size: Annotated[str, Field(description="Size of Jibri's picture", pattern=r"^\d+x\d+$")] = "1280x720"

    stun: Annotated[
        tuple[str, ...], Field(description='STUN servers of the meeting, as JSON: `["stun:meet.example:3478"]`')
    ] = ()
    turn: Annotated[
        tuple[str, ...], Field(description='Its TURN servers: `["turn:meet.example:3478?transport=udp"]`')
    ] = ()
    turn_secret: Annotated[SecretStr, Field(description="Secret shared with them (coturn: `static-auth-secret`)")] = (
        SecretStr("")
    )
    smtp_host: Annotated[str, Field(description="Mail server that calls are sent through; empty: no mail")] = ""
    smtp_port: Annotated[int, Field(description="Its port", ge=1, le=65535)] = 587
    smtp_security: Annotated[Security, Field(description="`starttls`, `tls`, or `none` (only on loopback)")] = (
        Security.STARTTLS
    )
    smtp_user: Annotated[str, Field(description="Its account; empty: none is needed")] = ""
    smtp_password: Annotated[SecretStr, Field(description="Its password")] = SecretStr("")
    mail_from: Annotated[str, Field(description="Address that calls are sent from")] = ""
    webhook_hosts: Annotated[
        tuple[str, ...],
        Field(description="Hosts of our own network that webhooks may call, with TLS or without, as JSON"),
    ] = ()

    seal_key: Annotated[
        SecretStr,
        Field(description="Ed25519 key (PEM) that seals records; empty makes one and keeps it in data"),
    ] = SecretStr("")
    strongbox_key: Annotated[
        SecretStr,
        Field(
            description="Encrypts stream keys and tokens in the database: 32 bytes in base64; "
            "empty makes one and keeps it in data"
        ),
    ] = SecretStr("")
    tsa_url: Annotated[str, Field(description="Time-stamping authority (RFC 3161) for the seals; empty: none")] = ""
    signing_certificate: Annotated[
        Path | None, Field(description="PKCS#12 file whose certificate signs the sealed PDFs (PAdES); empty: none")
    ] = None
    signing_password: Annotated[SecretStr, Field(description="Its password")] = SecretStr("")

    gathering: Annotated[
        Seconds,
        Field(description="How long before its hour a session is watched and its broadcast waits, in seconds"),
    ] = timedelta(minutes=60)
    heartbeat: Annotated[
        Seconds,
        Field(description="After how long without a heartbeat a machine's sessions are taken over, in seconds"),
    ] = timedelta(seconds=6)

    @property
    def installations(self) -> Installations:
        """Every Jitsi; the one of these settings serves whoever no other does. Raises ValueError."""
        main = Installation(**{name: getattr(self, name) for name in Installation.model_fields if name != "entities"})
        return Installations(main=main, further=self.other_jitsis)

    @property
    def broadcasts(self) -> Path:
        """The folder of the broadcasts which this machine carries, each with its keys, its mode and its archive."""
        return self.data / "broadcasts"

    @property
    def recordings(self) -> Path:
        """The folder of the finished recordings, each named after its session (`….mp4`)."""
        return self.data / "recordings"
