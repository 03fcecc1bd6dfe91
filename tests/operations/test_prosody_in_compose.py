"""A Prosody that is configured as in compose: a Jitsi's own files, with ours beside them, and the secrets as files."""

import asyncio
import os
import subprocess
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.client import Account, Bot
from bot.connection import Encryption, Login
from bot.errors import LoginRefused
from bot.occupant import Trust
from simulator.town import first_free_port
from tests.integration.jitsi import now

pytestmark = pytest.mark.slow

DOCKER = Path(__file__).parent.parent.parent / "docker"


@asynccontextmanager
async def server(folder: Path) -> AsyncIterator[int]:
    """Prosody with our file of `conf.d`; the value is its port."""
    port = first_free_port(0)
    secrets = folder / "secrets"
    # Jitsi's own certificate, which is not the hidden domain's.
    other = folder / "other.pem"
    other.write_bytes((secrets / "prosody_key").read_bytes() + (secrets / "prosody_certificate").read_bytes())
    both = folder / "both.cfg.lua"
    files = ("prosody.cfg.lua", "conf.d/plenari.cfg.lua")
    both.write_text("".join(f'Include "{DOCKER / "prosody" / file}";\n' for file in files))
    data = folder / "prosody"
    data.mkdir(exist_ok=True)
    environment = {
        "PATH": os.environ["PATH"],
        "PROSODY_FOLDER": str(data),
        "PLENARI_PLUGINS": str(DOCKER / "prosody" / "plugins"),
        "PROSODY_RUN_AS_ROOT": "yes" if os.getuid() == 0 else "no",
        "PROSODY_C2S_PORT": str(port),
        "PROSODY_HTTP_PORT": str(first_free_port(0)),
        "PROSODY_CERTIFICATE": str(other),
        "XMPP_DOMAIN": "meet.jitsi",
        "JWT_APP_ID": "plenari",
        "JWT_APP_SECRET": (secrets / "plenari_jitsi_app_secret").read_text().strip(),
        # Jitsi's files know nothing of our journal.
        "PLENARI_JOURNAL": "no",
        "PLENARI_CERTIFICATE": str(secrets / "prosody_certificate"),
        "PLENARI_PASSWORD_FILE": str(secrets / "plenari_xmpp_password"),
    }
    with (folder / "prosody.log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *("prosody", "-F", "--config", str(both)), stdin=DEVNULL, stdout=log, stderr=log, env=environment
        )
    try:
        async with asyncio.timeout(30):
            while "Activated service 'c2s'" not in (folder / "prosody.log").read_text():
                assert process.returncode is None, (folder / "prosody.log").read_text()
                await asyncio.sleep(0.05)
        yield port
    finally:
        process.terminate()
        await process.wait()


def account(folder: Path, port: int) -> Account:
    secrets = folder / "secrets"
    login = Login(
        jid="plenari@hidden.meet.jitsi",
        password=(secrets / "plenari_xmpp_password").read_text().strip(),
        host="127.0.0.1",
        port=port,
        encryption=Encryption.PINNED,
        certificate=secrets / "prosody_certificate",
    )
    trust = Trust(trusted_domains={"meet.jitsi"}, machine_domains={"hidden.meet.jitsi", "auth.meet.jitsi"})
    return Account(login=login, focus="focus.meet.jitsi", journal="plenari.meet.jitsi", trust=trust)


def test_the_bot_finds_its_account_its_certificate_and_its_journal(tmp_path: Path) -> None:
    script = tmp_path / "make-secrets"
    script.write_bytes((DOCKER / "make-secrets").read_bytes())
    script.chmod(0o755)
    subprocess.run([script], check=True, capture_output=True)

    async def scenario() -> None:
        async with server(tmp_path) as port, Bot(account(tmp_path, port), now) as bot:
            await bot.follow("ple@muc.meet.jitsi", None)

        # Another password in the file is the account's at the next start, and the one before is not.
        before = account(tmp_path, 0).login.password
        (tmp_path / "secrets" / "plenari_xmpp_password").write_text("another, longer and better one\n")
        (tmp_path / "prosody.log").unlink()
        async with server(tmp_path) as port:
            async with Bot(account(tmp_path, port), now):
                pass
            (tmp_path / "secrets" / "plenari_xmpp_password").write_text(before)
            with pytest.raises(LoginRefused):
                async with Bot(account(tmp_path, port), now):
                    pass
        assert before not in (tmp_path / "prosody.log").read_text()

    asyncio.run(scenario())
