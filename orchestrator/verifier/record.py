"""The chain of a record, and the chain of a recording's segments."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

GENESIS = "0" * 64
COMMITTED = "sha256:"
RECORD = "record.jsonl"
SEGMENTS = "recording/manifest.jsonl"


class Broken(Exception):
    """The first thing that is not as it should be: in which file, by which check, at which line (from 1; 0: none)."""

    def __init__(self, file: str, check: str, problem: str, line: int = 0) -> None:
        super().__init__(f"{file}{f', line {line}' if line else ''}: {problem} [{check}]")
        self.file, self.check, self.problem, self.line = file, check, problem, line


@dataclass
class Chain:
    """What a record came to: the hash of each event, and what its last recording is said to be."""

    hashes: list[str] = field(default_factory=list)
    recording: dict[str, Any] | None = None
    withheld: int = 0


def canonical(value: object) -> str:
    """JSON that is the same text for the same value everywhere."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def event_hash(previous: str, entry: dict[str, Any]) -> str:
    """The hash of an event: `entry` holds at, body, name, recorded_at and seq."""
    return hashlib.sha256(bytes.fromhex(previous) + canonical(entry).encode()).hexdigest()


def commit(salt: bytes, value: str) -> str:
    """What stands in the body for something personal."""
    return COMMITTED + hashlib.sha256(salt + value.encode()).hexdigest()


def check_record(lines: Iterable[str | bytes], file: str = RECORD) -> Chain:
    """Follow the chain from the first line to the last. Raises `Broken`."""
    chain = Chain()
    for number, line in enumerate(lines, start=1):
        entry = _read_line(line, file, number)
        try:
            stated, previous, opened = entry.pop("hash"), entry.pop("previous"), entry.pop("personal", {})
            seq, name, body = entry["seq"], entry["name"], entry["body"]
            _open(opened, canonical(body))
        except (KeyError, TypeError, AttributeError, ValueError):
            raise Broken(file, "record", "is not a line of a record", number) from None
        except LookupError as wrong:
            raise Broken(file, "personal", str(wrong), number) from None
        if seq != number:
            raise Broken(file, "order", f"has number {seq}", number)
        if previous != (chain.hashes[-1] if chain.hashes else GENESIS):
            raise Broken(file, "chain", "does not follow the line before it", number)
        if event_hash(previous, entry) != stated:
            raise Broken(file, "hash", "is not what was hashed", number)
        chain.hashes.append(stated)
        chain.withheld += canonical(body).count(f'"{COMMITTED}') - len(opened)
        if name.startswith("recording_finished."):
            chain.recording = body
    return chain


def _read_line(line: str | bytes, file: str, number: int) -> dict[str, Any]:
    """A line must be written in exactly one way: what is not hashed has no place to hide in."""
    try:
        text = (line if isinstance(line, str) else line.decode()).removesuffix("\n")
        entry = json.loads(text)
        if isinstance(entry, dict) and canonical(entry) == text:
            return entry
    except ValueError:
        pass
    raise Broken(file, "writing", "is not written as a record is", number)


class _NotOpened(LookupError):
    """What lies beside a body is not what was committed to."""


def _open(opened: dict[str, Any], body: str) -> None:
    for commitment, entry in opened.items():
        salt, value = entry.pop("salt"), entry.pop("value")
        if entry or salt != salt.lower() or f'"{commitment}"' not in body:
            raise _NotOpened("holds something personal that no event names")
        if commit(bytes.fromhex(salt), value) != commitment:
            raise _NotOpened("holds something personal that is not what was recorded")


def check_segments(lines: Iterable[bytes], file: str = SEGMENTS) -> str:
    """Follow the chain of a recording's segments; returns its last link. Raises `Broken`."""
    previous = GENESIS
    for number, line in enumerate(lines, start=1):
        try:
            segment = json.loads(line)
            stated = segment.pop("chain")
            link = previous + json.dumps(segment, sort_keys=True, separators=(",", ":"))
        except (ValueError, KeyError, TypeError, AttributeError):
            raise Broken(file, "writing", "is not a line of a manifest", number) from None
        if segment.get("seq") != number - 1 or hashlib.sha256(link.encode()).hexdigest() != stated:
            raise Broken(file, "chain", "is not what was chained", number)
        previous = stated
    return previous
