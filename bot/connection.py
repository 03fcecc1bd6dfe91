"""One authenticated connection of a client to an XMPP server (RFC 6120), on slixmpp; closed when the block ends."""

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element

from slixmpp import ClientXMPP
from slixmpp.xmlstream import StanzaBase

from bot.errors import ConnectionLost, LoginRefused


class Encryption(StrEnum):
    """How the line to the server is kept safe."""

    VERIFIED = "verified"
    """STARTTLS, and the certificate is good for the domain of the account."""
    PINNED = "pinned"
    """STARTTLS, and the certificate is signed by, or is itself, the one in a file: Jitsi's own are self-signed."""
    NONE = "none"
    """In the clear; on the loopback interface only."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """An account and the server on which it lives. `certificate` (PEM) is what PINNED compares with."""

    jid: str
    password: str = field(repr=False)
    host: str
    port: int = 5222
    encryption: Encryption = Encryption.VERIFIED
    certificate: Path | None = None

    def __post_init__(self) -> None:
        if self.encryption is Encryption.NONE and not _is_loopback(self.host):
            raise ValueError(f"Without encryption only the loopback interface may be used, not {self.host}.")
        if self.encryption is Encryption.PINNED and self.certificate is None:
            raise ValueError("A pinned certificate needs the file it is in.")


@asynccontextmanager
async def connection(
    login: Login,
    *,
    hear: Callable[[Element], bool],
    on_loss: Callable[[str], None],
    patience: float = 15.0,
) -> AsyncIterator[ClientXMPP]:
    """Connect and log in; the block gets the live stream.

    `hear` sees every stanza first, and says whether it took it; the rest is the library's (answers to our requests,
    service discovery). `on_loss` is told once if the stream ends before the block does. `patience` in seconds.

    Raises ConnectionLost if the server cannot be reached or is not the one it should be, LoginRefused if it does not
    take the account.
    """
    xmpp = _client(login)
    is_closing = False

    def take(stanza: StanzaBase) -> StanzaBase | None:
        # Consumed here, a stanza passes by twenty matchers and by a roster that would remember every occupant for good.
        return None if hear(stanza.xml) else stanza

    def lost(why: object) -> None:
        if not is_closing:
            on_loss(str(why or "the server closed the stream"))

    xmpp.add_filter("in", take)
    try:
        await _log_in(xmpp, login, patience)
        xmpp.add_event_handler("disconnected", lost)
        yield xmpp
    finally:
        is_closing = True
        await _close(xmpp)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _client(login: Login) -> ClientXMPP:
    is_plain = login.encryption is Encryption.NONE
    # Without encryption SCRAM still hides the password; with it, a server that offers no STARTTLS gets nothing at all.
    xmpp = ClientXMPP(
        login.jid,
        login.password,
        plugin_config={"feature_mechanisms": {"unencrypted_scram": is_plain}},
        ssl_context=_ssl_context(login),
        loop=asyncio.get_running_loop(),
    )
    xmpp.enable_direct_tls = False
    xmpp.enable_starttls = not is_plain
    xmpp.enable_plaintext = is_plain
    xmpp.register_plugin("xep_0030")
    return xmpp


def _ssl_context(login: Login) -> ssl.SSLContext:
    if login.encryption is not Encryption.PINNED:
        return ssl.create_default_context()
    context = ssl.create_default_context(cafile=login.certificate)
    # The certificate of a Jitsi is made out to its main domain, not to the hidden one.
    context.check_hostname = False
    return context


async def _log_in(xmpp: ClientXMPP, login: Login, patience: float) -> None:
    outcome: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def started(_: Any) -> None:
        if not outcome.done():
            outcome.set_result(None)

    def failed(error: Exception) -> None:
        # slixmpp would try again by itself, for ever; here the owner of the connection decides that.
        xmpp.cancel_connection_attempt()
        if not outcome.done():
            outcome.set_exception(error)

    def unreachable(why: object) -> None:
        failed(ConnectionLost(f"{login.host}:{login.port}: {why}"))

    handlers: dict[str, Callable[[Any], None]] = {
        "session_start": started,
        "connection_failed": unreachable,
        "ssl_invalid_chain": unreachable,
        "failed_all_auth": lambda _: failed(LoginRefused(f"{login.jid} is not accepted")),
        "disconnected": lambda why: unreachable(why or "the server closed the stream"),
    }
    for name, handler in handlers.items():
        xmpp.add_event_handler(name, handler)
    xmpp.connect(login.host, login.port)
    try:
        async with asyncio.timeout(patience):
            await outcome
    except TimeoutError as late:
        raise ConnectionLost(f"{login.host}:{login.port} did not answer within {patience:.0f} s") from late
    finally:
        for name, handler in handlers.items():
            xmpp.del_event_handler(name, handler)
        if outcome.done() and not outcome.cancelled():
            outcome.exception()  # whoever was interrupted did not look


async def _close(xmpp: ClientXMPP) -> None:
    xmpp.cancel_connection_attempt()
    if xmpp.is_connected():
        await xmpp.disconnect(wait=2.0)
    # The library leaves its sending task waiting for a next connection, which this object will never have.
    if xmpp._run_out_filters is not None:
        xmpp._run_out_filters.cancel()
