"""A crest as people send it, made into a picture that is safe to keep and to draw: PNG, small, nothing else in it."""

import asyncio
import io
from asyncio.subprocess import DEVNULL, PIPE

from PIL import Image, UnidentifiedImageError

from recorder import graph

MOST_BYTES = 512 * 1024
"""Of what is sent."""
_MOST_POINTS = 16_000_000
_TALL = 512
_LIMIT = 10.0


class CrestRefused(Exception):
    """It is not a picture that could be a crest; the message is a short code."""


async def crest_of(sent: bytes) -> bytes:
    """PNG or SVG in, PNG out: at most 512 points high, without whatever else was in the file. Raises `CrestRefused`."""
    if len(sent) > MOST_BYTES:
        raise CrestRefused("too_large")
    is_png = sent.startswith(b"\x89PNG\r\n\x1a\n")
    if not is_png and b"<svg" not in sent[:4096]:
        raise CrestRefused("not_png_or_svg")
    return await asyncio.to_thread(_cleaned, sent if is_png else await _drawn(sent))


async def _drawn(svg: bytes) -> bytes:
    """A drawing from standard input has no folder of its own, so it can reach no other file."""
    child = await asyncio.create_subprocess_exec(
        *graph.drawing(len(svg), _TALL), stdin=PIPE, stdout=PIPE, stderr=DEVNULL
    )
    try:
        async with asyncio.timeout(_LIMIT):
            png, _ = await child.communicate(svg)
    except (TimeoutError, OSError):
        raise CrestRefused("cannot_be_drawn") from None
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    if not png:
        raise CrestRefused("cannot_be_drawn")
    return png


def _cleaned(png: bytes) -> bytes:
    try:
        with Image.open(io.BytesIO(png), formats=["PNG"]) as image:
            if image.width * image.height > _MOST_POINTS:
                raise CrestRefused("too_large")
            crest = image.convert("RGBA")
    except (OSError, ValueError, SyntaxError, UnidentifiedImageError, Image.DecompressionBombError):
        raise CrestRefused("cannot_be_read") from None
    if box := crest.getbbox():
        crest = crest.crop(box)
    if min(crest.size) < 16:
        raise CrestRefused("too_small")
    crest.thumbnail((_TALL * 2, _TALL), Image.Resampling.LANCZOS)
    plain = Image.new("RGBA", crest.size)
    plain.paste(crest)
    encoded = io.BytesIO()
    plain.save(encoded, "PNG", optimize=True)
    return encoded.getvalue()
