"""The doctor looks at each channel: its secret, the way to it, and whether YouTube would be asked in vain."""

import asyncio
import json
from pathlib import Path

from pydantic import SecretStr

from orchestrator.council.members import ChannelId, Entity, EntityId
from orchestrator.doctor import _channels
from orchestrator.settings import Settings
from orchestrator.store.channels import Channel, ChannelKind, Channels
from orchestrator.store.records import Records
from orchestrator.strongbox import Strongbox, open_strongbox
from simulator.youtube import CLIENT_ID, CLIENT_SECRET
from tests.scenarios.play import EIGHT
from tests.stage import open_store

VILA = EntityId("vila")


def test_each_channel_is_looked_at(dsn: str, tmp_path: Path) -> None:
    (tmp_path / "document.json").write_text(json.dumps({}))
    settings = Settings(
        data=tmp_path,
        database=SecretStr(dsn),
        youtube_client_id=CLIENT_ID,
        youtube_client_secret=SecretStr(CLIENT_SECRET),
        youtube_discovery=tmp_path / "document.json",
    )

    async def main() -> None:
        assert [finding.is_well for finding in await _channels(settings)] == [True]
        async with open_store(dsn) as store:
            await Records(store.pool).put_entity(Entity(id=VILA, name="Vila"))
            ours = Channels(store.pool, open_strongbox("", tmp_path))
            others = Channels(store.pool, Strongbox(b"x" * 32))
            for name, channels, key in (("a-closed", ours, "k"), ("b-bare", ours, ""), ("c-foreign", others, "k")):
                channel = Channel(
                    id=ChannelId(name), entity=VILA, name=name, kind=ChannelKind.RTMP, address="rtmp://127.0.0.1:9/app"
                )
                await channels.put(channel, key=key, by="admin", now=EIGHT)
        closed, bare, foreign = await _channels(settings)
        assert closed.part == "channel a-closed: 127.0.0.1:9"
        assert "no key" in bare.problem
        assert "PLENARI_STRONGBOX_KEY" in foreign.remedy
        assert not any(finding.is_well for finding in (closed, bare, foreign))

    asyncio.run(main())
