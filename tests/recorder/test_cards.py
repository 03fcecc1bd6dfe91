"""Cards are drawn so that everything fits, and a crest is only ever a picture that we made."""

import asyncio
import io
from pathlib import Path

import pytest
from PIL import Image

from recorder.cards import Card, draw
from recorder.crests import MOST_BYTES, CrestRefused, crest_of
from recorder.graph import Picture

SMALL = Picture(width=320, height=180)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 30 40"><path d="M0 0h30v40H0z" fill="#c00"/></svg>'


def opened(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png)).convert("RGB")


@pytest.mark.parametrize(
    "card",
    [
        Card(title="Recés"),
        Card(title="Recés", clock="21:17", line="Tornem", heading="Vilaclara", under="Ple", foot="Avui"),
        Card(title="Problemes tècnics " * 9, line="paraula " * 90, heading="Consorci " * 30, foot="x" * 500),
        Card(title="Interminable" * 20, clock="21:17", line=""),
    ],
)
def test_every_card_fills_the_picture_and_stays_off_its_edge(card: Card) -> None:
    image = opened(draw(card, SMALL))
    assert image.size == (320, 180)
    edge = [image.getpixel((x, y)) for x in (0, 319) for y in range(180)]
    assert all(sum(point) < 300 for point in edge if isinstance(point, tuple)), "letters run over the edge"
    assert max(sum(point) for point in image.get_flattened_data()) > 650, "there is something to read"


def test_the_crest_is_drawn_and_one_that_is_gone_or_broken_does_not_matter(tmp_path: Path) -> None:
    crest, broken = tmp_path / "crest.png", tmp_path / "broken.png"
    crest.write_bytes(asyncio.run(crest_of(SVG)))
    broken.write_bytes(b"no picture")
    red = [
        p
        for p in opened(draw(Card(title="Recés", crest=crest), SMALL)).get_flattened_data()
        if p[0] > 150 and p[1] < 60
    ]
    assert len(red) > 100
    plain = draw(Card(title="Recés"), SMALL)
    assert draw(Card(title="Recés", crest=tmp_path / "gone.png"), SMALL) == plain
    assert draw(Card(title="Recés", crest=broken), SMALL) == plain


def test_a_crest_is_made_small_and_nothing_else_of_the_file_is_kept() -> None:
    noted = io.BytesIO()
    from PIL.PngImagePlugin import PngInfo

    remark = PngInfo()
    remark.add_text("Author", "somebody")
    Image.new("RGB", (1200, 1600), "red").save(noted, "PNG", pnginfo=remark)
    kept = asyncio.run(crest_of(noted.getvalue()))
    assert Image.open(io.BytesIO(kept)).size == (384, 512)
    assert b"somebody" not in kept


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        (b"", "not_png_or_svg"),
        (b"<html></html>", "not_png_or_svg"),
        (b"\x89PNG\r\n\x1a\n" + bytes(99), "cannot_be_read"),
        (b"<svg", "cannot_be_drawn"),
        (bytes(MOST_BYTES + 1), "too_large"),
    ],
)
def test_what_is_no_crest_is_refused(sent: bytes, code: str) -> None:
    with pytest.raises(CrestRefused, match=code):
        asyncio.run(crest_of(sent))


def test_a_drawing_reaches_no_file_of_ours(tmp_path: Path) -> None:
    secret = tmp_path / "secret.png"
    Image.new("RGB", (40, 40), "lime").save(secret)
    image = f'<image href="{secret}" width="30" height="20"/><image href="file://{secret}" width="30" height="20"/>'
    drawn = opened(asyncio.run(crest_of(SVG.replace(b"</svg>", image.encode() + b"</svg>"))))
    assert not [point for point in drawn.get_flattened_data() if point[1] > 100]
