"""XMPP over websocket (RFC 7395), as far as a browser's client needs it: log in, bind, then stanzas both ways."""

from typing import Final
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

import aiohttp
from slixmpp.xmlstream import tostring

_FRAMING: Final = "{urn:ietf:params:xml:ns:xmpp-framing}"
_SASL: Final = "{urn:ietf:params:xml:ns:xmpp-sasl}"
_BIND: Final = "{urn:ietf:params:xml:ns:xmpp-bind}"
_SM: Final = "{urn:xmpp:sm:3}"
_CLIENT: Final = "{jabber:client}"


class WebsocketClosed(Exception):
    """The server ended the stream, or it never began."""


class TokenRefused(Exception):
    """The server did not accept the token; the message is its reason."""


class XmppWebsocket:
    """One logged-in stream.

    XEP-0198 is on, as with lib-jitsi-meet: a stream that breaks stays alive on the server for a while
    (`smacks_hibernation_time`). It is never resumed here.
    """

    def __init__(self, address: str, *, domain: str, room: str, token: str | None) -> None:
        self.jid = ""
        self._address = f"{address}?room={room}"
        self._domain = domain
        self._headers = {"Host": domain} | ({"Authorization": f"Bearer {token}"} if token is not None else {})
        self._heard = 0
        self._http: aiohttp.ClientSession
        self._socket: aiohttp.ClientWebSocketResponse | None = None

    async def open(self) -> None:
        """Connect and log in. Raises TokenRefused, WebsocketClosed."""
        self._http = aiohttp.ClientSession()
        try:
            self._socket = await self._http.ws_connect(self._address, protocols=("xmpp",), headers=self._headers)
            await self._log_in()
        except BaseException as error:
            await self._hang_up()
            if isinstance(error, aiohttp.ClientError):
                raise WebsocketClosed(str(error)) from error
            raise

    async def send(self, stanza: Element) -> None:
        """Send a stanza. Raises WebsocketClosed."""
        try:
            await self._connected().send_str(tostring(stanza))
        except ConnectionError as gone:
            raise WebsocketClosed(str(gone)) from gone

    async def receive(self) -> Element:
        """The next stanza. Raises WebsocketClosed."""
        while True:
            element = await self._receive()
            if element.tag == f"{_SM}r":
                await self.send(Element(f"{_SM}a", {"h": str(self._heard)}))
            elif element.tag.startswith(_CLIENT):
                self._heard += 1
                return element

    async def close(self) -> None:
        """Say goodbye and close."""
        try:
            await self.send(Element(f"{_FRAMING}close"))
            await self._connected().close()
        except WebsocketClosed:
            pass  # it was closed from the other side
        finally:
            await self._hang_up()

    async def abort(self) -> None:
        """Cut the line without a word: the TCP connection closes, no frame is sent."""
        await self._hang_up()

    async def _hang_up(self) -> None:
        if self._socket is not None:
            # The session alone would leave a line that no frame has closed to the garbage collector, which warns.
            self._socket._response.close()
        await self._http.close()

    def _connected(self) -> aiohttp.ClientWebSocketResponse:
        if self._socket is None:
            raise WebsocketClosed("it was never open")
        return self._socket

    async def _receive(self) -> Element:
        frame = await self._connected().receive()
        if frame.type is not aiohttp.WSMsgType.TEXT:
            raise WebsocketClosed(f"websocket ended ({frame.type.name.lower()})")
        element = ElementTree.fromstring(frame.data)  # noqa: S314 (our own server)
        if element.tag == f"{_FRAMING}close":
            raise WebsocketClosed("the server closed the stream")
        return element

    async def _log_in(self) -> None:
        await self._open()
        await self.send(Element(f"{_SASL}auth", {"mechanism": "ANONYMOUS"}))
        outcome = await self._receive()
        if outcome.tag != f"{_SASL}success":
            raise TokenRefused(outcome.findtext(f"{_SASL}text") or "not accepted")
        await self._open()
        bind = Element(f"{_CLIENT}iq", {"type": "set", "id": "bind"})
        SubElement(bind, f"{_BIND}bind")
        await self.send(bind)
        bound = await self._receive()
        self.jid = bound.findtext(f"{_BIND}bind/{_BIND}jid") or ""
        await self.send(Element(f"{_SM}enable", {"resume": "true"}))
        enabled = await self._receive()
        if not self.jid or enabled.tag != f"{_SM}enabled":
            raise WebsocketClosed("the server did not take the binding")

    async def _open(self) -> None:
        await self.send(Element(f"{_FRAMING}open", {"to": self._domain, "version": "1.0"}))
        await self._receive()
        await self._receive()
