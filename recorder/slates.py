"""Slates: the cards that the public sees when there is, or may be, nothing to show.

A card is rendered and encoded once, before it is needed, and kept by its content; the hub loads it whole and loops it.
"""

import asyncio
import hashlib
from dataclasses import dataclass
from pathlib import Path

from recorder import graph
from recorder.cards import Card, draw
from recorder.errors import SlateFailed
from recorder.flv import FlvParser, Kind, Tag, parameter_sets, with_parameter_sets
from recorder.graph import Picture

_ENCODING = 1
"""Goes up with every change of how a card is encoded, so that no old one is taken from the cache."""
_SECONDS, _HOURLY = 4, 2
"""How long the loop is; a card that will be another in a minute is made in half the time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Headers:
    """Bodies of the two sequence headers that a decoder must have seen before what follows."""

    video: bytes
    audio: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Slate:
    """An encoded card: pictures (the first is a keyframe) and sound that repeat for ever, each at its own pace (ms)."""

    headers: Headers
    video: tuple[bytes, ...]
    audio: tuple[bytes, ...]
    frame: float
    audio_frame: float = graph.AAC_FRAME * 1000 / graph.SAMPLE_RATE


async def render(card: Card, picture: Picture, cache: Path) -> Path:
    """The file of the encoded card; taken from the cache if the same card was rendered before. Raises `SlateFailed`."""
    still = await asyncio.to_thread(_drawn, card, picture, cache)
    target = cache / f"{hashlib.sha256(still + repr((_ENCODING, picture)).encode()).hexdigest()[:24]}.flv"
    if target.exists():
        return target
    partial, drawn = (target.with_suffix(f".{id(card):x}.{kind}") for kind in ("partial", "png"))
    drawn.write_bytes(still)
    command = graph.slate(picture, drawn, _HOURLY if card.clock else _SECONDS, partial)
    child = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
    try:
        _, complaint = await child.communicate()
    finally:
        if child.returncode is None:
            child.kill()
        drawn.unlink(missing_ok=True)
    if child.returncode != 0:
        raise SlateFailed(complaint.decode(errors="replace").strip().rpartition("\n")[2])
    partial.replace(target)
    return target


def _drawn(card: Card, picture: Picture, cache: Path) -> bytes:
    try:
        cache.mkdir(parents=True, exist_ok=True)
        return draw(card, picture)
    except (OSError, ValueError) as error:
        raise SlateFailed(str(error)) from None


def load(file: Path, fps: int) -> Slate:
    """The slate in an FLV file, with the parameter sets put in band. Raises `FlvError` or `SlateFailed`."""
    tags = [tag for tag in FlvParser().feed(file.read_bytes()) if not tag.is_end_of_sequence]
    headers = {tag.kind: tag.body for tag in tags if tag.is_header}
    if Kind.VIDEO not in headers or Kind.AUDIO not in headers:
        raise SlateFailed(f"{file.name} lacks pictures or sound")
    sets = parameter_sets(headers[Kind.VIDEO])

    def bodies(kind: Kind) -> tuple[bytes, ...]:
        return tuple(_in_band(tag, sets) for tag in tags if tag.kind is kind and not tag.is_header)

    return Slate(
        headers=Headers(video=headers[Kind.VIDEO], audio=headers[Kind.AUDIO]),
        video=bodies(Kind.VIDEO),
        audio=bodies(Kind.AUDIO),
        frame=1000 / fps,
    )


def _in_band(tag: Tag, sets: bytes) -> bytes:
    return with_parameter_sets(tag.body, sets) if tag.is_keyframe else tag.body
