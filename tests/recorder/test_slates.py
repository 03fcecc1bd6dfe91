import asyncio
import subprocess
from pathlib import Path

import pytest

from recorder.cards import Card
from recorder.errors import SlateFailed
from recorder.flv import FILE_HEADER, Kind, Tag, build_tag
from recorder.graph import Picture, encoding
from recorder.slates import load, render
from tests.recorder.media import audio_header, picture, sound, video_header

SMALL = Picture(width=320, height=180, fps=30)
CARD = Card(
    heading="Ajuntament de Vilaclara", title="Sessió a porta tancada: 100 %", line="L'emissió tornarà: aviat, 'segur'"
)


def write(file: Path, *tags: Tag) -> None:
    file.write_bytes(FILE_HEADER + b"".join(build_tag(tag) for tag in tags))


def test_a_slate_is_loaded_with_its_parameter_sets_in_band_and_without_its_end(tmp_path: Path) -> None:
    key, other = picture(b"abc", 0, is_key=True), picture(b"abc", 1, is_key=False)
    write(
        tmp_path / "slate.flv",
        Tag(Kind.SCRIPT, 0, b"\x02"),
        Tag(Kind.VIDEO, 0, video_header(b"abc")),
        Tag(Kind.AUDIO, 0, audio_header(b"abc")),
        Tag(Kind.VIDEO, 0, key),
        Tag(Kind.AUDIO, 0, sound(b"abc", 0)),
        Tag(Kind.VIDEO, 33, other),
        Tag(Kind.VIDEO, 66, b"\x17\x02\x00\x00\x00"),
    )
    slate = load(tmp_path / "slate.flv", 25)
    assert (len(slate.video), len(slate.audio)) == (2, 1)
    assert slate.video[0].startswith(key[:5] + b"\x00\x00\x00\x04\x67abc")
    assert slate.video[1] == other
    assert slate.frame == 40


def test_a_slate_without_sound_is_refused(tmp_path: Path) -> None:
    write(tmp_path / "slate.flv", Tag(Kind.VIDEO, 0, video_header(b"abc")))
    with pytest.raises(SlateFailed):
        load(tmp_path / "slate.flv", 30)


@pytest.mark.slow
def test_a_card_is_rendered_once_and_matches_the_encoder(tmp_path: Path) -> None:
    file = asyncio.run(render(CARD, SMALL, tmp_path))
    written = file.stat().st_mtime_ns
    assert asyncio.run(render(CARD, SMALL, tmp_path)) == file
    assert file.stat().st_mtime_ns == written
    assert [left.name for left in tmp_path.iterdir()] == [file.name]
    slate = load(file, 30)
    assert (len(slate.video), len(slate.audio)) == (120, 172)

    source = tmp_path / "source.flv"
    output = [part for name, value in encoding(30).items() for part in (f"-{name}", str(value))]
    inputs = ["-f", "lavfi", "-i", "testsrc2=s=320x180:r=30", "-f", "lavfi", "-i", "sine=r=44100"]
    subprocess.run(["ffmpeg", "-v", "error", *inputs, *output, "-ac", "2", "-t", "1", str(source)], check=True)
    assert load(source, 30).headers == slate.headers, "cutting to the slate would change the decoder's parameters"


@pytest.mark.slow
def test_what_a_caller_writes_never_becomes_part_of_a_filter(tmp_path: Path) -> None:
    evil = Card(title="a',drawtext=text=b:[x];%{pts}\\n", line="$(reboot) \\: '", heading="%%{")
    assert load(asyncio.run(render(evil, SMALL, tmp_path)), 30).video
