"""RTMP without I/O (Adobe RTMP 1.0): bytes in, facts out, bytes to send.

`IngestSession` is the server that an encoder publishes to; `PublishSession` is the client that publishes to the public
server; `PlaySession` is somebody who watches there. Whoever owns the socket feeds what arrived and sends `outgoing()`.
"""

import os
from abc import ABC, abstractmethod
from dataclasses import dataclass

from recorder.amf import AmfError, Value, decode, encode
from recorder.flv import Kind, Tag
from recorder.rtmp_chunks import ChunkReader, Message, MessageType, RtmpError, build_chunks

_VERSION = 3
_HELLO = 1536
_CHUNK_SIZE = 4096
_WINDOW = 2_500_000
_STRANGER_LIMIT = 16 * 1024
_PUBLISHER_LIMIT = 8 * 1024 * 1024
_MEDIA_STREAM = 1
_CONTROL, _COMMANDS, _MEDIA = 2, 3, 4
_PING, _PONG = 6, 7
_PLAY_ENDS = frozenset({"NetStream.Play.UnpublishNotify", "NetStream.Play.Stop", "NetStream.Play.StreamNotFound"})


@dataclass(frozen=True, slots=True)
class PublishAsked:
    """A publisher wants in. Nothing of its media is read before `accept()`."""

    app: str
    key: str


@dataclass(frozen=True, slots=True)
class PublishAccepted:
    """The server takes our stream: send tags."""


@dataclass(frozen=True, slots=True)
class PublishRefused:
    """The server does not take our stream, or no longer; `code` is its own word, such as NetStream.Publish.BadName."""

    code: str


@dataclass(frozen=True, slots=True)
class PublishEnded:
    """The publisher said goodbye."""


@dataclass(frozen=True, slots=True)
class PlayRefused:
    """The server does not show the stream, or no longer; `code` is its own word."""

    code: str


Fact = PublishAsked | PublishAccepted | PublishRefused | PublishEnded | PlayRefused | Tag


class _Session(ABC):
    """What both ends have in common: the plain handshake, acknowledgements, pings, and the way out."""

    def __init__(self, limit: int, hello: bytes) -> None:
        self._reader = ChunkReader(limit)
        self._handshake: bytearray | None = bytearray()
        self._hello = hello
        self._out: list[bytes] = []
        self._window = _WINDOW
        self._acknowledged = 0

    def outgoing(self) -> bytes:
        """What must be sent now; empty when nothing."""
        data = b"".join(self._out)
        self._out.clear()
        return data

    def feed(self, data: bytes) -> list[Fact]:
        """Raises `RtmpError` when the peer does not speak RTMP."""
        if self._handshake is not None:
            data = self._shake_hands(data)
            if not data:
                return []
        facts: list[Fact] = []
        for message in self._reader.feed(data):
            facts += self._hear(message)
        if self._reader.received - self._acknowledged >= self._window:
            self._acknowledged = self._reader.received
            self._control(MessageType.ACKNOWLEDGEMENT, self._acknowledged & 0xFFFFFFFF)
        return facts

    def _shake_hands(self, data: bytes) -> bytes:
        """Take the peer's version, hello and echo; the rest of the bytes belongs to the chunks."""
        pending = self._handshake
        assert pending is not None  # noqa: S101 - the caller has looked
        pending += data
        if pending[0] != _VERSION:
            raise RtmpError("not RTMP")
        if len(pending) >= 1 + _HELLO and self._hello:
            self._greet(bytes(pending[1 : 1 + _HELLO]))
            self._hello = b""
        if len(pending) < 1 + 2 * _HELLO:
            return b""
        self._handshake = None
        self._begin()
        return bytes(pending[1 + 2 * _HELLO :])

    @abstractmethod
    def _greet(self, theirs: bytes) -> None:
        """The peer's hello has come."""

    @abstractmethod
    def _begin(self) -> None:
        """The handshake is over."""

    def _hear(self, message: Message) -> list[Fact]:
        match message.type:
            case MessageType.WINDOW_SIZE:
                self._window = max(int.from_bytes(message.body[:4], "big"), 1)
            case MessageType.USER_CONTROL if message.body[:2] == _PING.to_bytes(2, "big"):
                self._send(MessageType.USER_CONTROL, _PONG.to_bytes(2, "big") + message.body[2:6], _CONTROL)
            case MessageType.COMMAND:
                try:
                    values = decode(message.body)
                except AmfError as error:
                    raise RtmpError(f"command: {error}") from error
                if len(values) >= 2 and isinstance(values[0], str):
                    return self._obey(values[0], values[1], values[2:])
                raise RtmpError("command without a name")
            case _:
                pass
        return []

    @abstractmethod
    def _obey(self, name: str, number: Value, arguments: list[Value]) -> list[Fact]:
        """Carry out a command of the peer's."""

    def _send(self, type_: MessageType | Kind, body: bytes, chunk_stream: int, ts: int = 0, stream: int = 0) -> None:
        self._out.append(build_chunks(Message(type_, ts, body, stream), chunk_stream, _CHUNK_SIZE))

    def _control(self, type_: MessageType, number: int, tail: bytes = b"") -> None:
        self._send(type_, number.to_bytes(4, "big") + tail, _CONTROL)

    def _use_large_chunks(self) -> None:
        """Chunks of 128 bytes until the announcement; all that was sent so far fits into one."""
        self._control(MessageType.SET_CHUNK_SIZE, _CHUNK_SIZE)

    def _command(self, *values: Value, stream: int = 0) -> None:
        self._send(MessageType.COMMAND, encode(*values), _COMMANDS, stream=stream)


class IngestSession(_Session):
    """The server's end. After `PublishAsked` the owner calls `accept()` or `refuse()`; then tags come out of `feed`."""

    def __init__(self) -> None:
        super().__init__(_STRANGER_LIMIT, os.urandom(_HELLO - 8))
        self._app = ""
        self._is_accepted = False

    def accept(self) -> None:
        """Take the publisher's media from now on."""
        self._is_accepted = True
        self._reader.limit = _PUBLISHER_LIMIT
        self._status("status", "NetStream.Publish.Start")

    def refuse(self) -> None:
        """Say no, without saying why: a wrong key and a key in use look alike to a stranger."""
        self._status("error", "NetStream.Publish.BadName")

    def _greet(self, theirs: bytes) -> None:
        self._out.append(bytes((_VERSION,)) + bytes(8) + self._hello + theirs)

    def _begin(self) -> None:
        """The encoder speaks first."""

    def _hear(self, message: Message) -> list[Fact]:
        if message.type in (MessageType.AUDIO, MessageType.VIDEO):
            if not self._is_accepted:
                raise RtmpError("media before publish")
            return [Tag(Kind(message.type), message.ts, message.body)]
        return super()._hear(message)

    def _obey(self, name: str, number: Value, arguments: list[Value]) -> list[Fact]:
        match name, arguments:
            case "connect", [{"app": str(app)}, *_]:
                self._app = app.strip("/")
                self._control(MessageType.WINDOW_SIZE, _WINDOW)
                self._control(MessageType.PEER_BANDWIDTH, _WINDOW, b"\x02")
                self._use_large_chunks()
                welcome = {"level": "status", "code": "NetConnection.Connect.Success", "description": "welcome"}
                self._command("_result", number, {"fmsVer": "FMS/3,0,1,123", "capabilities": 31}, welcome)
            case "createStream", _:
                self._command("_result", number, None, _MEDIA_STREAM)
            case "publish", [_, str(key), *_] if not self._is_accepted:
                return [PublishAsked(self._app, key)]
            case (("deleteStream" | "closeStream" | "FCUnpublish"), _):
                return [PublishEnded()]
            case (("connect" | "publish" | "play"), _):
                raise RtmpError(f"unexpected {name}")
            case _:
                pass
        return []

    def _status(self, level: str, code: str) -> None:
        self._command("onStatus", 0, None, {"level": level, "code": code, "description": ""}, stream=_MEDIA_STREAM)


class PublishSession(_Session):
    """The client's end. After `PublishAccepted`, `publish(tag)` may be called; `address` is rtmp(s)://host/app."""

    def __init__(self, *, address: str, app: str, key: str) -> None:
        super().__init__(_PUBLISHER_LIMIT, os.urandom(_HELLO - 8))
        self._address, self._app, self._key = address, app, key
        self._stream = 0
        self._out.append(bytes((_VERSION,)) + bytes(8) + self._hello)

    def publish(self, tag: Tag) -> None:
        """Put the tag on the way out."""
        self._send(tag.kind, tag.body, _MEDIA, tag.ts & 0xFFFFFFFF, self._stream)

    def close(self) -> None:
        """Say goodbye, so that the server need not guess."""
        self._command("FCUnpublish", 6, None, self._key)
        self._command("deleteStream", 7, None, self._stream)

    def _greet(self, theirs: bytes) -> None:
        self._out.append(theirs)

    def _begin(self) -> None:
        self._use_large_chunks()
        self._command("connect", 1, {"app": self._app, "type": "nonprivate", "tcUrl": self._address})

    def _obey(self, name: str, number: Value, arguments: list[Value]) -> list[Fact]:
        match name, number, arguments:
            case "_result", 1, _:
                self._command("releaseStream", 2, None, self._key)
                self._command("FCPublish", 3, None, self._key)
                self._command("createStream", 4, None)
            case "_result", 4, [_, float(stream), *_]:
                self._stream = int(stream)
                self._command("publish", 5, None, self._key, "live", stream=self._stream)
            case "_error", (1 | 4 | 5), _:
                return [PublishRefused(_code(arguments) or "NetConnection.Connect.Rejected")]
            case "onStatus", _, _:
                code = _code(arguments)
                if code == "NetStream.Publish.Start":
                    return [PublishAccepted()]
                if _level(arguments) == "error" or code == "NetStream.Unpublish.Success":
                    return [PublishRefused(code)]
            case _:
                pass
        return []


class PlaySession(_Session):
    """Somebody who watches: the stream's tags come out of `feed`. `address` is rtmp(s)://host/app."""

    def __init__(self, *, address: str, app: str, key: str) -> None:
        super().__init__(_PUBLISHER_LIMIT, os.urandom(_HELLO - 8))
        self._address, self._app, self._key = address, app, key
        self._out.append(bytes((_VERSION,)) + bytes(8) + self._hello)

    def _greet(self, theirs: bytes) -> None:
        self._out.append(theirs)

    def _begin(self) -> None:
        self._use_large_chunks()
        self._command("connect", 1, {"app": self._app, "tcUrl": self._address})

    def _hear(self, message: Message) -> list[Fact]:
        if message.type in (MessageType.AUDIO, MessageType.VIDEO):
            return [Tag(Kind(message.type), message.ts, message.body)] if message.body else []
        return super()._hear(message)

    def _obey(self, name: str, number: Value, arguments: list[Value]) -> list[Fact]:
        match name, number, arguments:
            case "_result", 1, _:
                self._command("createStream", 2, None)
            case "_result", 2, [_, float(stream), *_]:
                self._command("play", 3, None, self._key, -1000, stream=int(stream))
            case "_error", _, _:
                return [PlayRefused(_code(arguments) or "NetConnection.Connect.Rejected")]
            case "onStatus", _, _ if _level(arguments) == "error" or _code(arguments) in _PLAY_ENDS:
                return [PlayRefused(_code(arguments))]
            case _:
                pass
        return []


def _code(arguments: list[Value]) -> str:
    return _member(arguments, "code")


def _level(arguments: list[Value]) -> str:
    return _member(arguments, "level")


def _member(arguments: list[Value], name: str) -> str:
    for argument in arguments:
        if isinstance(argument, dict):
            return str(argument.get(name, ""))
    return ""
