"""Whether a suspicion is true: a few pictures decoded small and grey, or some seconds of sound, in a child process."""

import array
import asyncio
import sys
from asyncio.subprocess import DEVNULL, PIPE

from recorder import graph
from recorder.sight import Flaw, Observer

WIDTH, HEIGHT = 64, 36
_RATE = 8000
_LIMIT = 15.0
_DARK, _DARK_POINT = 26, 44
"""Of 255. Black of a camera's range is 16; a caption or a logo is larger than a hundredth of the picture."""
_STILL, _STILL_POINT = 0.5, 8
_QUIET = 33
"""Of 32768: -60 dBFS. Somebody who breathes beside a microphone is louder."""


async def is_true(flaw: Flaw, observer: Observer) -> bool:
    """Decode what the suspicion rests on. What cannot be decoded proves nothing."""
    match flaw:
        case Flaw.BLACK | Flaw.FROZEN:
            raw = await _decode(graph.thumbnails(WIDTH, HEIGHT), observer.pictures(flaw))
            size = WIDTH * HEIGHT
            pictures = [raw[at : at + size] for at in range(0, len(raw) - size + 1, size)]
            return is_black(pictures) if flaw is Flaw.BLACK else is_frozen(pictures)
        case Flaw.SILENT:
            return is_silent(await _decode(graph.samples(_RATE), observer.sound()))
        case Flaw.STALLED:
            return True


def is_black(pictures: list[bytes]) -> bool:
    """Whether all of them are dark, and hardly a point in them is not."""
    return bool(pictures) and all(
        sum(picture) / len(picture) < _DARK and sorted(picture)[len(picture) * 99 // 100] < _DARK_POINT
        for picture in pictures
    )


def is_frozen(pictures: list[bytes]) -> bool:
    """Whether none of them differs from the first by more than what an encoder does to a still picture."""
    if len(pictures) < 2:
        return False
    first = pictures[0]
    for picture in pictures[1:]:
        steps = [abs(a - b) for a, b in zip(first, picture, strict=True)]
        if sum(steps) / len(steps) > _STILL or max(steps) > _STILL_POINT:
            return False
    return True


def is_silent(sound: bytes) -> bool:
    """Whether nothing in it is louder than -60 dBFS; 16-bit samples, little-endian."""
    samples = array.array("h", sound[: len(sound) // 2 * 2])
    if sys.byteorder == "big":
        samples.byteswap()
    return len(samples) > 0 and max(samples) < _QUIET and min(samples) > -_QUIET


async def _decode(command: list[str], flv: bytes) -> bytes:
    child = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL)
    try:
        async with asyncio.timeout(_LIMIT):
            raw, _ = await child.communicate(flv)
            return raw
    except (TimeoutError, OSError):
        return b""
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
