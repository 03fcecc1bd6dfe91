"""The container: a zip in which files are stored as they are, written in one way only.

Any zip program opens it. Whoever writes it and whoever checks it take the headers from here.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from orchestrator.verifier.record import Broken

_FIRST_OF_1980 = 0x21
_PIECE = 1 << 20
_BIG = 0xFFFFFFFF
"""From here on a size or an offset needs zip64 (APPNOTE 4.5.3)."""


@dataclass
class Part:
    """A file in the zip; `crc` is what its header states, and `is_whole` whether that is so."""

    name: str
    size: int
    crc: int
    sha256: str
    start: int
    is_whole: bool = True


def local_header(name: str, size: int, crc: int) -> bytes:
    """What stands before a file's bytes (APPNOTE 4.3.7)."""
    extra = struct.pack("<HHQQ", 1, 16, size, size) if size >= _BIG else b""
    shown, version = (_BIG, 45) if extra else (size, 20)
    return (
        struct.pack("<4s5H3L2H", b"PK\3\4", version, 0, 0, 0, _FIRST_OF_1980, crc, shown, shown, len(name), len(extra))
        + name.encode("ascii")
        + extra
    )


def central_header(name: str, size: int, crc: int, at: int) -> bytes:
    """A file's row in the directory (APPNOTE 4.3.12); `at` is where its local header begins."""
    extra = struct.pack("<HHQQQ", 1, 24, size, size, at) if max(size, at) >= _BIG else b""
    (shown, place), version = ((_BIG, _BIG), 45) if extra else ((size, at), 20)
    fixed = (b"PK\1\2", version, 3, version, 0, 0, 0, _FIRST_OF_1980, crc, shown, shown, len(name), len(extra))
    return struct.pack("<4s2B5H3L5H2L", *fixed, 0, 0, 0, 0o100644 << 16, place) + name.encode("ascii") + extra


def end_of_zip(count: int, size: int, at: int) -> bytes:
    """The end (APPNOTE 4.3.14-16), for a directory of that many rows and bytes which begins `at`."""
    if at + size < _BIG:
        return struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, count, count, size, at, 0)
    big = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, at)
    return (
        big + struct.pack("<4sLQL", b"PK\6\7", 0, at + size, 1) + end_of_zip(count, 0, 0)[:12] + b"\xff" * 8 + b"\0\0"
    )


def pack(files: Mapping[str, bytes | Path]) -> Generator[bytes, None, None]:
    """The zip of these files, in their order, a piece at a time. A file on disk is read twice."""
    directory, at = b"", 0
    for name, content in files.items():
        size, crc = (len(content), zlib.crc32(content)) if isinstance(content, bytes) else _measure(content)
        header = local_header(name, size, crc)
        directory += central_header(name, size, crc, at)
        at += len(header) + size
        yield header
        if isinstance(content, bytes):
            yield content
        else:
            with content.open("rb") as source:
                yield from pieces(source, size)
    yield directory + end_of_zip(len(files), len(directory), at)


def packed_size(files: Mapping[str, bytes | Path]) -> int:
    """How many bytes `pack` will give."""
    directory = at = 0
    for name, content in files.items():
        size = len(content) if isinstance(content, bytes) else content.stat().st_size
        directory += len(central_header(name, size, 0, at))
        at += len(local_header(name, size, 0)) + size
    return at + directory + len(end_of_zip(len(files), directory, at))


def _measure(file: Path) -> tuple[int, int]:
    with file.open("rb") as source:
        crc = 0
        for piece in pieces(source, 1 << 62):
            crc = zlib.crc32(piece, crc)
        return source.tell(), crc


def read_zip(zipped: BinaryIO) -> list[Part]:
    """The files of a zip of ours. Raises `Broken` for a byte of it that is not as it would have been written.

    A file whose bytes do not have their checksum is returned as not whole: finer checks may say where.
    """
    parts: list[Part] = []
    directory = b""
    at = 0
    while (begin := zipped.read(4)) == b"PK\3\4":
        part = _read_part(zipped, at, parts)
        directory += central_header(part.name, part.size, part.crc, at)
        at = zipped.tell()
        parts.append(part)
    written = begin + zipped.read(len(directory) + 1024)
    if (expected := directory + end_of_zip(len(parts), len(directory), at)) != written:
        different = (n for n in range(len(expected)) if expected[n : n + 1] != written[n : n + 1])
        differs = next(different, len(expected))
        blamed = next((part.name for part in parts if not part.is_whole), "the directory of the zip")
        raise Broken(blamed, "zip", f"byte {at + differs} of the bundle is not as it was written")
    return parts


def _read_part(zipped: BinaryIO, at: int, before: list[Part]) -> Part:
    file = f"file {len(before) + 1} of the zip"
    try:
        head = zipped.read(26)
        crc, size, _, name_length, extra_length = struct.unpack("<10x3L2H", head)
        tail = zipped.read(name_length + extra_length)
        name = tail[:name_length].decode("ascii")
        if size == _BIG:
            size = struct.unpack("<4xQ", tail[name_length : name_length + 12])[0]
        file = name if name.isprintable() else file
        expected = local_header(name, size, crc)
    except (struct.error, UnicodeError):
        raise Broken(file, "zip", f"its header at byte {at} of the bundle is damaged") from None
    start = zipped.tell()
    found, digest = 0, hashlib.sha256()
    for piece in pieces(zipped, size):
        found = zlib.crc32(piece, found)
        digest.update(piece)
    if expected != b"PK\3\4" + head + tail or zipped.tell() - start != size or name in {part.name for part in before}:
        raise Broken(file, "zip", f"its header at byte {at} of the bundle is damaged")
    return Part(name, size, crc, digest.hexdigest(), start, is_whole=found == crc)


def pieces(source: BinaryIO, size: int) -> Iterator[bytes]:
    """That many bytes, or what there is, a piece at a time."""
    while size > 0 and (piece := source.read(min(size, _PIECE))):
        size -= len(piece)
        yield piece
