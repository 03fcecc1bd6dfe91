"""A broadcast on real servers at the moment in which RTMP's times no longer fit into 24 bits: 4 h 39 min 37 s."""

import asyncio
from pathlib import Path

import pytest

from recorder.archive import verify
from recorder.flv import Kind
from tests.integration.studio import PLE, Studio, decode, encode_clip, gaps, studio
from tests.recorder.waiting import until

pytestmark = pytest.mark.slow
LIMIT = 0xFFFFFF


def test_times_that_need_the_extended_field_change_nothing(tmp_path: Path) -> None:
    clip = tmp_path / "clip.flv"
    encode_clip(clip)

    async def story(stage: Studio) -> None:
        encoder = stage.encode(starts_at=LIMIT / 1000 - 4)
        await stage.source_on_air()
        await until(lambda: len(stage.public.pictures(is_slate=False)) > 420, 40)
        assert not encoder.has_ended()
        await stage.broadcasts.stop(PLE)
        segments = verify(stage.broadcasts.archive(PLE))
        assert segments[0].first_ms < LIMIT < segments[-1].last_ms
        recording = (await stage.broadcasts.finish(PLE, stage.folder / "ple.mp4")).file
        assert stage.server.sessions() == 1
        (public,) = stage.server.recordings()
        assert gaps(public)[Kind.VIDEO] <= 67
        assert decode(public)[1] == ""
        assert decode(recording)[1] == ""

    async def run() -> None:
        # Its clock begins when the cards are made; a hub takes some seconds to start.
        async with studio(tmp_path, clip, hours_ago=(LIMIT / 1000 - 12) / 3600) as stage:
            await story(stage)

    asyncio.run(run())
