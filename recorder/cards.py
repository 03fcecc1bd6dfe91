"""How a card looks: drawn once as a still picture, in any size, from the texts of whoever broadcasts.

From the top: whose broadcast it is, with the crest; what is the matter, large; what comes next; and below a line what
is being held. Beside it, in a recess, the hour. All measures are in parts of the picture's height.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, UnidentifiedImageError

from recorder.graph import Picture

_FONTS = (Path("/usr/share/fonts/truetype/open-sans"), Path("/usr/share/fonts/truetype/dejavu"))
_FACES = {
    "light": ("OpenSans-Light.ttf", "DejaVuSans.ttf"),
    "regular": ("OpenSans-Regular.ttf", "DejaVuSans.ttf"),
    "semibold": ("OpenSans-Semibold.ttf", "DejaVuSans-Bold.ttf"),
}
_DEEP, _DEEPER = (17, 78, 80), (5, 31, 34)
_INK, _SOFT, _FAINT = (246, 250, 249), (178, 206, 203), (120, 160, 157)
_MARGIN, _LEADING = 0.115, 1.22
_TITLE, _LINE = 0.102, 0.046


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """The texts of one slate, in the words of the caller: whose broadcast, what is the matter, what comes next.

    `heading` is the entity, `under` the body, `foot` what is held and when; `clock` an hour to be shown large. `accent`
    is a colour such as #3FB8A9; `crest` is a PNG file.
    """

    title: str
    line: str = ""
    heading: str = ""
    under: str = ""
    foot: str = ""
    clock: str = ""
    accent: str = "#3FB8A9"
    crest: Path | None = None


def draw(card: Card, picture: Picture) -> bytes:
    """The card as a PNG of the picture's size."""
    height = picture.height
    canvas = _background(picture.width, height)
    pen = ImageDraw.Draw(canvas)
    margin, right = round(height * _MARGIN), picture.width - round(height * _MARGIN)
    _head(canvas, pen, card, margin, right)
    clock = _font("light", height * 0.22) if card.clock else None
    if clock:
        pen.text((right, height * 0.53), card.clock, font=clock, fill=_INK, anchor="rm")
    bar = margin + max(round(height * 0.009), 2)
    left = bar + round(height * 0.04)
    room = right - left - (round(clock.getlength(card.clock)) + round(height * 0.06) if clock else 0)
    title, title_font = _fitted(card.title, "semibold", height * _TITLE, room, most=2)
    line, line_font = _fitted(card.line, "regular", height * _LINE, room, most=3)
    title_step, line_step = title_font.size * _LEADING, line_font.size * 1.42
    gap = height * 0.028 if line else 0
    block = len(title) * title_step + gap + len(line) * line_step
    top = height * 0.53 - block / 2
    pen.rounded_rectangle(
        (margin, top + title_font.size * 0.16, bar, top + block - line_font.size * 0.2), bar - margin, fill=card.accent
    )
    for text in title:
        pen.text((left, top), text, font=title_font, fill=_INK)
        top += title_step
    top += gap
    for text in line:
        pen.text((left, top), text, font=line_font, fill=_SOFT)
        top += line_step
    _foot(pen, card, margin, right, height)
    encoded = io.BytesIO()
    canvas.save(encoded, "PNG")
    return encoded.getvalue()


def _head(canvas: Image.Image, pen: ImageDraw.ImageDraw, card: Card, margin: int, right: int) -> None:
    """The crest, and beside it the entity over the body."""
    height, left = canvas.height, margin
    tall = round(height * 0.14)
    middle = round(height * 0.155)
    if crest := _crest(card.crest, tall):
        canvas.paste(crest, (left, middle - crest.height // 2), crest)
        left += crest.width + round(height * 0.032)
    heading, font = _fitted(card.heading, "semibold", height * 0.046, right - left, most=2)
    under, small = _fitted(card.under, "regular", height * 0.036, right - left, most=1)
    top = middle - (len(heading) * font.size + len(under) * small.size) * 1.3 / 2
    for text in heading:
        pen.text((left, top), text, font=font, fill=_INK)
        top += font.size * 1.3
    for text in under:
        pen.text((left, top), text, font=small, fill=_SOFT)


def _foot(pen: ImageDraw.ImageDraw, card: Card, margin: int, right: int, height: int) -> None:
    foot, font = _fitted(card.foot, "regular", height * 0.033, right - margin, most=1)
    for text in foot:
        y = round(height * 0.855)
        pen.line((margin, y, right, y), fill=(44, 98, 99), width=max(round(height * 0.002), 1))
        pen.text((margin, y + height * 0.028), text, font=font, fill=_FAINT, anchor="la")


def _background(width: int, height: int) -> Image.Image:
    """A gradient from one corner to the other, drawn small and enlarged."""
    small = Image.new("RGB", (64, 36))
    for x in range(64):
        for y in range(36):
            share = (x / 63 * 0.6 + y / 35 * 0.4) ** 0.9
            small.putpixel((x, y), _blend(share))
    return small.resize((width, height), Image.Resampling.BICUBIC)


def _blend(share: float) -> tuple[int, int, int]:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(_DEEP, _DEEPER, strict=True))
    return red, green, blue


def _crest(file: Path | None, tall: int) -> Image.Image | None:
    """The crest, in proportion; none when the file is not there (any more) or is no picture."""
    if file is None:
        return None
    try:
        with Image.open(file, formats=["PNG"]) as image:
            crest = image.convert("RGBA")
    except (OSError, UnidentifiedImageError):
        return None
    share = min(tall / crest.height, tall * 2.2 / crest.width)
    size = (max(round(crest.width * share), 1), max(round(crest.height * share), 1))
    return crest.resize(size, Image.Resampling.LANCZOS)


@dataclass(frozen=True, slots=True)
class _Face:
    """A font by its kind: sizes of it are made as they are asked for."""

    files: tuple[Path, ...]

    def at(self, size: float) -> ImageFont.FreeTypeFont:
        for file in self.files:
            if file.exists():
                return ImageFont.truetype(file, max(round(size), 6))
        raise OSError("neither Open Sans nor DejaVu is installed")


@cache
def _face(kind: str) -> _Face:
    return _Face(tuple(folder / name for folder, name in zip(_FONTS, _FACES[kind], strict=True)))


def _font(kind: str, size: float) -> ImageFont.FreeTypeFont:
    return _face(kind).at(size)


def _fitted(text: str, kind: str, size: float, room: float, *, most: int) -> tuple[list[str], ImageFont.FreeTypeFont]:
    """The text in lines that fit, in letters that are smaller only if they must be; what is still too long is cut."""
    words = text.split()
    for share in (1.0, 0.88, 0.76, 0.66, 0.58):
        font = _font(kind, size * share)
        lines = _wrapped(words, font, room)
        if len(lines) <= most and all(font.getlength(line) <= room for line in lines):
            return _balanced(words, font, room, len(lines)), font
    return [_cut(line, font, room) for line in _rest(lines, most)], font


def _wrapped(words: Sequence[str], font: ImageFont.FreeTypeFont, room: float) -> list[str]:
    lines: list[str] = []
    for word in words:
        if lines and font.getlength(f"{lines[-1]} {word}") <= room:
            lines[-1] = f"{lines[-1]} {word}"
        else:
            lines.append(word)
    return lines


def _balanced(words: Sequence[str], font: ImageFont.FreeTypeFont, room: float, count: int) -> list[str]:
    """In as many lines, but of like length: no word stands alone."""
    narrow = next(
        (share for share in (0.55, 0.65, 0.75, 0.85, 0.95) if len(_wrapped(words, font, room * share)) <= count), 1.0
    )
    return _wrapped(words, font, room * narrow)


def _rest(lines: list[str], most: int) -> list[str]:
    return [*lines[: most - 1], " ".join(lines[most - 1 :])]


def _cut(line: str, font: ImageFont.FreeTypeFont, room: float) -> str:
    if font.getlength(line) <= room:
        return line
    while line and font.getlength(f"{line}…") > room:
        line = line[:-1].rstrip()
    return f"{line}…"
