"""How the bot comes to its server, and how it finds out that the server is gone."""

import asyncio
import os
import signal
import ssl
import subprocess
from pathlib import Path

import pytest

from bot.client import Account, Bot
from bot.connection import Encryption
from bot.errors import ConnectionLost, FocusUnavailable, LoginRefused
from simulator.prosody import prosody
from tests.integration.jitsi import PATIENCE, Town, account_on, login_to, now, outcome, play

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("blow", [signal.SIGKILL, signal.SIGTERM])
def test_a_server_that_ends_is_a_lost_connection_where_one_iterates(tmp_path: Path, blow: signal.Signals) -> None:
    async def scene(town: Town) -> None:
        jid = await town.enter("ple")
        town.prosody.process.send_signal(blow)
        await town.until_lost()
        with pytest.raises(ConnectionLost):
            await town.bot.say(jid, "hi ha algú?")
        with pytest.raises(ConnectionLost):
            await town.bot.join(town.prosody.room("junta"))
        with pytest.raises(ConnectionLost):
            await anext(aiter(town.bot.events()))

    play(tmp_path, scene)


def test_a_join_under_way_fails_with_the_connection(tmp_path: Path) -> None:
    async def scene(town: Town) -> None:
        # Stopped, the server takes the request and never answers; then it dies.
        os.kill(town.prosody.process.pid, signal.SIGSTOP)
        async with asyncio.TaskGroup() as tasks:
            joining = tasks.create_task(outcome(town.enter("ple")))
            await asyncio.sleep(0)
            town.prosody.process.send_signal(signal.SIGKILL)
            assert isinstance(await joining, ConnectionLost)

    play(tmp_path, scene)


def test_a_silent_server_is_a_lost_connection(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.client._PING_PATIENCE", 0.5)

    async def scene() -> None:
        async with prosody(tmp_path / "prosody") as server:
            account = account_on(server)
            quick = Account(login=account.login, focus=account.focus, trust=account.trust, silence=0.2)
            async with Bot(quick, now) as bot:
                events = bot.events()
                async with asyncio.TaskGroup() as tasks:
                    waiting = tasks.create_task(outcome(anext(aiter(events))))
                    # The server answers pings for a while, so nothing is lost.
                    done, _ = await asyncio.wait({waiting}, timeout=1)
                    assert not done
                    os.kill(server.process.pid, signal.SIGSTOP)
                    try:
                        async with asyncio.timeout(PATIENCE):
                            assert isinstance(await waiting, ConnectionLost)
                    finally:
                        os.kill(server.process.pid, signal.SIGCONT)

    asyncio.run(scene())


def test_no_focus_no_room(tmp_path: Path) -> None:
    async def scene() -> None:
        async with prosody(tmp_path / "prosody") as server, Bot(account_on(server), now) as bot:
            with pytest.raises(FocusUnavailable, match="service-unavailable"):
                await bot.join(server.room("ple"))

    asyncio.run(scene())


def test_a_wrong_password_is_told_from_a_lost_connection(tmp_path: Path) -> None:
    async def scene() -> None:
        async with prosody(tmp_path / "prosody") as server:
            account = account_on(server)
            wrong = Account(login=login_to(server, server.bot_jid, "wrong"), focus=account.focus, trust=account.trust)
            with pytest.raises(LoginRefused):
                async with Bot(wrong, now):
                    pass
        with pytest.raises(ConnectionLost):
            async with Bot(account, now):
                pass

    asyncio.run(scene())


def _certificate(folder: Path, name: str) -> Path:
    key, certificate, both = folder / f"{name}.key", folder / f"{name}.crt", folder / f"{name}.pem"
    subprocess.run(
        [
            *[
                "openssl",
                "req",
                "-x509",
                "-newkey",
                "ec",
                "-pkeyopt",
                "ec_paramgen_curve:P-256",
                "-nodes",
                "-days",
                "2",
                "-subj",
            ],
            *(f"/CN={name}", "-keyout", str(key), "-out", str(certificate)),
        ],
        check=True,
        capture_output=True,
    )
    both.write_bytes(key.read_bytes() + certificate.read_bytes())
    return both


def test_starttls_with_the_pinned_certificate_and_with_no_other(tmp_path: Path) -> None:
    right, wrong = _certificate(tmp_path, "meet.plenari"), _certificate(tmp_path, "meet.evil")

    async def scene() -> None:
        async with prosody(tmp_path / "prosody", certificate=right) as server:
            pinned = account_on(server, encryption=Encryption.PINNED, certificate=right)
            async with Bot(pinned, now) as bot:
                socket = bot._xmpp.socket
                assert isinstance(socket, ssl.SSLObject)
            for changes in (
                {"encryption": Encryption.PINNED, "certificate": wrong},
                {"encryption": Encryption.VERIFIED},
            ):
                with pytest.raises(ConnectionLost, match="certificate"):
                    async with Bot(account_on(server, **changes), now):
                        pass

    asyncio.run(scene())


def test_a_server_without_starttls_does_not_get_the_password(tmp_path: Path) -> None:
    certificate = _certificate(tmp_path, "meet.plenari")

    async def scene() -> None:
        async with prosody(tmp_path / "prosody") as server:
            pinned = account_on(server, encryption=Encryption.PINNED, certificate=certificate)
            with pytest.raises((LoginRefused, ConnectionLost)):
                async with Bot(pinned, now):
                    pass
            assert "Authenticated" not in server.log_path.read_text()

    asyncio.run(scene())
