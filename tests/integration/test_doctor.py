"""The doctor tries the account as which Jibris enter the rooms, on a real Prosody."""

import asyncio
from pathlib import Path

import pytest
from pydantic import SecretStr

from orchestrator.doctor import _recorder
from orchestrator.installations import Installation
from simulator.prosody import prosody

pytestmark = pytest.mark.slow


def test_a_recorder_that_prosody_does_not_know_is_found_before_a_session_needs_it(tmp_path: Path) -> None:
    async def main() -> None:
        async with prosody(tmp_path) as server:
            jitsi = Installation(
                xmpp_host=server.host,
                xmpp_port=server.c2s_port,
                xmpp_tls=False,
                xmpp_domain=server.domain,
                recorder_user="bot",
                recorder_password=SecretStr(server.bot_password),
            )
            assert (await _recorder(jitsi)).is_well
            refused = await _recorder(jitsi.model_copy(update={"recorder_password": SecretStr("another")}))
            assert refused.problem == "the account or its password is refused"
            assert "PLENARI_RECORDER_PASSWORD" in refused.remedy
            assert "another" not in str(refused.as_dict())
        gone = await _recorder(jitsi)
        assert not gone.is_well
        assert "XMPP" in gone.remedy

    asyncio.run(main())
