"""Slates: the cards that the public sees when there is, or may be, nothing to show.

A card is rendered and encoded once, before it is needed, and kept by its content; the hub loads it whole and loops it.
"""

import asyncio
import hashlib
import json
import textwrap
from dataclasses import asdict, dataclass
from pathlib import Path

from recorder import graph
from recorder.errors import SlateFailed
from recorder.flv import FlvParser, Kind, Tag, parameter_sets, with_parameter_sets
from recorder.graph import Picture, Text

_DESIGN = 1
"""Goes up with every change of how a card looks, so that no old one is taken from the cache."""
_TOP, _TITLE, _LINE = 0.38, 0.085, 0.046
_LETTER = 0.52
"""Mean width of a letter of the sans-serif, in heights."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """The texts of one slate, in the words of the caller: whose broadcast, what is the matter, what comes next."""

    title: str
    line: str = ""
    heading: str = ""


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
    content = json.dumps([_DESIGN, asdict(card), asdict(picture)], sort_keys=True)
    target = cache / f"{hashlib.sha256(content.encode()).hexdigest()[:24]}.flv"
    if target.exists():
        return target
    partial = target.with_suffix(f".{id(card):x}.partial")
    texts, bar = _write_texts(card, picture, partial)
    command = graph.slate(picture, texts, bar, partial)
    child = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
    try:
        _, complaint = await child.communicate()
    finally:
        if child.returncode is None:
            child.kill()
        for text in texts:
            text.file.unlink(missing_ok=True)
    if child.returncode != 0:
        raise SlateFailed(complaint.decode(errors="replace").strip().rpartition("\n")[2])
    partial.replace(target)
    return target


def _write_texts(card: Card, picture: Picture, beside: Path) -> tuple[tuple[Text, ...], float]:
    """Texts go through files: nothing that a caller writes can become part of a filter. With them, how far down the
    bar beside them reaches, in heights."""
    beside.parent.mkdir(parents=True, exist_ok=True)
    title, line = _wrap(card.title, picture, _TITLE), _wrap(card.line, picture, _LINE)
    line_top = _TOP + _height(title, _TITLE) + 0.03
    bottom = line_top + _height(line, _LINE) if line else line_top - 0.03
    written = []
    for number, (words, top, size) in enumerate(
        ((card.heading, 0.12, 0.042), (title, _TOP, _TITLE), (line, line_top, _LINE))
    ):
        if words:
            file = beside.with_suffix(f".{number}.txt")
            file.write_text(words)
            written.append(Text(file=file, top=top, size=size, is_soft=number == 0))
    return tuple(written), bottom - _TOP + 0.01


def _height(words: str, size: float) -> float:
    return size * 1.45 * (words.count("\n") + 1)


def _wrap(words: str, picture: Picture, size: float) -> str:
    letters = round(picture.width * 0.78 / (picture.height * size * _LETTER))
    return "\n".join(textwrap.wrap(words, letters))


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
