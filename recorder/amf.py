"""AMF0, without I/O: the values inside RTMP commands (Adobe AMF0 specification). Only the types that commands use."""

import struct
from collections.abc import Mapping

Value = float | bool | str | None | Mapping[str, "Value"] | list["Value"]

_NUMBER, _BOOLEAN, _STRING, _OBJECT, _NULL, _ARRAY, _END = 0, 1, 2, 3, 5, 8, 9
_STRICT_ARRAY, _LONG_STRING = 10, 12
_MAX_DEPTH = 8


class AmfError(Exception):
    """The bytes are not AMF0 or nest too deep."""


class Array(dict[str, Value]):
    """An ECMA array: an object that announces how many members it has. `onMetaData` wants one."""


def encode(*values: Value) -> bytes:
    """The values one after the other."""
    return b"".join(_encode(value) for value in values)


def _encode(value: Value) -> bytes:
    match value:
        case bool():
            return bytes((_BOOLEAN, value))
        case int() | float():
            return bytes((_NUMBER,)) + struct.pack(">d", value)
        case str():
            raw = value.encode()
            if len(raw) > 0xFFFF:
                return bytes((_LONG_STRING,)) + struct.pack(">I", len(raw)) + raw
            return bytes((_STRING,)) + _encode_name(value)
        case None:
            return bytes((_NULL,))
        case list():
            return bytes((_STRICT_ARRAY,)) + struct.pack(">I", len(value)) + encode(*value)
        case Mapping():
            head = bytes((_ARRAY,)) + struct.pack(">I", len(value)) if isinstance(value, Array) else bytes((_OBJECT,))
            members = b"".join(_encode_name(name) + _encode(member) for name, member in value.items())
            return head + members + b"\0\0" + bytes((_END,))


def _encode_name(name: str) -> bytes:
    raw = name.encode()
    return struct.pack(">H", len(raw)) + raw


def decode(data: bytes) -> list[Value]:
    """All the values in `data`. Raises `AmfError`."""
    reader = _Reader(data)
    values = []
    try:
        while reader.at < len(data):
            values.append(reader.value(0))
    except (struct.error, UnicodeDecodeError) as error:
        raise AmfError("cut short") from error
    return values


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def value(self, depth: int) -> Value:
        if depth > _MAX_DEPTH:
            raise AmfError("nested too deep")
        marker = self._take(1)[0]
        match marker:
            case 0:
                return self._number()
            case 1:
                return self._take(1)[0] != 0
            case 2:
                return self._take(self._unsigned(2)).decode()
            case 12:
                return self._take(self._unsigned(4)).decode()
            case 3:
                return self._members(depth)
            case 8:
                self._unsigned(4)
                return Array(self._members(depth))
            case 10:
                return [self.value(depth + 1) for _ in range(self._unsigned(4))]
            case 11:
                number = self._number()
                self._take(2)
                return number
            case 5 | 6:
                return None
            case _:
                raise AmfError(f"type {marker} is not read here")

    def _members(self, depth: int) -> dict[str, Value]:
        members: dict[str, Value] = {}
        while True:
            name = self._take(self._unsigned(2)).decode()
            if not name and self.data[self.at : self.at + 1] == bytes((_END,)):
                self.at += 1
                return members
            members[name] = self.value(depth + 1)

    def _number(self) -> float:
        return float(struct.unpack(">d", self._take(8))[0])

    def _unsigned(self, size: int) -> int:
        return int.from_bytes(self._take(size), "big")

    def _take(self, size: int) -> bytes:
        taken = self.data[self.at : self.at + size]
        if len(taken) != size:
            raise AmfError("cut short")
        self.at += size
        return taken
