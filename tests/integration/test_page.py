"""The broadcast as a web server shows it: HLS written by a real hub, in real files."""

import asyncio
import subprocess
from pathlib import Path

import psutil
import pytest

from recorder.events import OutputLive, OutputLost
from recorder.modes import Mode
from recorder.page_output import PLAYLIST
from tests.integration.studio import PLE, Studio, decode, encode_clip, slices, slices_of_tags, studio
from tests.recorder.waiting import until

pytestmark = pytest.mark.slow


def listed(folder: Path) -> list[Path]:
    playlist = folder / PLAYLIST
    lines = playlist.read_text().splitlines() if playlist.exists() else []
    return [folder / line for line in lines if line.endswith(".ts")]


def pictures(segment: Path) -> set[bytes]:
    command = ["ffmpeg", "-v", "error", "-i", str(segment), "-map", "0:v", "-c", "copy", "-f", "h264", "-"]
    return slices(subprocess.run(command, capture_output=True, check=True).stdout)


def test_the_page_has_the_programme_and_fails_and_returns_alone(tmp_path: Path) -> None:
    clip = tmp_path / "clip.flv"
    encode_clip(clip)

    async def story(stage: Studio) -> None:
        page, slates = stage.broadcasts.page(PLE), slices_of_tags(stage.slates)
        stage.encode()
        await stage.source_on_air()
        await until(lambda: any(not pictures(segment) <= slates for segment in listed(page)), 20)

        (writer,) = [
            child
            for child in psutil.Process((await stage.status()).pid).children()
            if str(page / PLAYLIST) in child.cmdline()
        ]
        writer.kill()
        await stage.happened(lambda event: isinstance(event, OutputLost) and event.name == "page")
        await stage.happened(lambda event: isinstance(event, OutputLive) and event.name == "page")
        known = set(listed(page))
        await until(lambda: bool(set(listed(page)) - known), 20)
        assert "#EXT-X-DISCONTINUITY" in (page / PLAYLIST).read_text()

        await stage.broadcasts.set_mode(PLE, Mode.SECRET)
        begun = set(page.glob("*.ts*"))
        await until(lambda: len(set(listed(page)) - begun) >= 3, 20)
        closed = [segment for segment in listed(page) if segment not in begun]
        assert all(pictures(segment) <= slates for segment in closed[1:])
        for segment in closed:
            assert decode(segment)[1] == ""

        outputs = {output.name: output for output in (await stage.status()).outputs}
        assert (outputs["public"].starts, outputs["archive"].starts, outputs["page"].starts) == (1, 1, 2)
        assert stage.server.sessions() == 1
        await stage.finish()
        assert not page.exists()

    async def run() -> None:
        async with studio(tmp_path, clip, has_page=True) as stage:
            await story(stage)

    asyncio.run(run())
