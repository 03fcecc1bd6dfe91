"""The world of a demo: real servers on loopback, the simulated parts of a Jitsi, and Plenari as its own process."""

import asyncio
import os
import secrets
import signal
import socket
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import aiohttp

from bot.connection import Encryption, Login
from recorder.broadcasts import Broadcasts
from recorder.events import BroadcastId
from simulator.api import Api
from simulator.focus import lasting_focus
from simulator.jibri import SMALL, SimulatedJibri
from simulator.prosody import Prosody, prosody
from simulator.public_server import PublicServer

_PATIENCE_SECONDS = 60.0


class PlenariDidNotStart(Exception):
    """The program ended, or was not ready in time; the message holds the end of its log."""


@dataclass(slots=True, kw_only=True)
class Town:
    """A running world. `environment` is Plenari's, with its secrets; `process` may be killed and `start`ed again."""

    folder: Path
    api: Api
    prosody: Prosody
    jibri: SimulatedJibri
    public: PublicServer
    environment: dict[str, str]
    process: Process | None = None

    @property
    def domain(self) -> str:
        """Jitsi's XMPP domain."""
        return self.prosody.domain

    @property
    def websocket(self) -> str:
        """Where browsers connect."""
        return self.prosody.websocket

    @property
    def data(self) -> Path:
        """Plenari's data folder."""
        return Path(self.environment["PLENARI_DATA"])

    @property
    def log(self) -> Path:
        """What Plenari logs."""
        return self.folder / "plenari.log"

    def encoder_pid(self) -> int:
        """The process that encodes now. Raises RuntimeError when there is none."""
        if (pid := self.jibri.encoder_pid) is None:
            raise RuntimeError("no encoder runs")
        return pid

    async def start(self) -> None:
        """Start Plenari and wait until it serves. Raises `PlenariDidNotStart`."""
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "orchestrator",
                "serve",
                stdin=DEVNULL,
                stdout=log,
                stderr=log,
                env=self.environment,
            )
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                while not await self._is_ready():
                    if self.process.returncode is not None:
                        raise PlenariDidNotStart(_end_of(self.log))
                    await asyncio.sleep(0.1)
        except TimeoutError:
            raise PlenariDidNotStart(_end_of(self.log)) from None

    async def stop(self) -> None:
        """Ask Plenari to end, and wait for it."""
        if self.process is not None and self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
            await self.process.wait()

    async def end(self) -> None:
        """Stop Plenari, and take off the air what it left there: its broadcasts outlive it."""
        await self.stop()
        async with Broadcasts(self.data / "broadcasts", self.api.now) as broadcasts:
            for folder in (self.data / "broadcasts").glob("*/"):
                await broadcasts.stop(BroadcastId(folder.name))

    async def kill(self) -> None:
        """End Plenari without a word."""
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()

    async def plenari(self, *arguments: str) -> bytes:
        """What a command of the command line prints. Raises RuntimeError with its words when it fails."""
        command = (sys.executable, "-m", "orchestrator", *arguments)
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(*command, stdout=pipe, stderr=pipe, env=self.environment)
        out, words = await process.communicate()
        if process.returncode != 0:
            raise RuntimeError(words.decode(errors="replace"))
        return out

    async def _is_ready(self) -> bool:
        try:
            async with self.api.client.get(f"{self.api.base}/readyz") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False


@asynccontextmanager
async def town(
    folder: Path, entity: str, now: Callable[[], datetime], *, port: int = 0, farewell: float = 3.0
) -> AsyncIterator[Town]:
    """Start the world in a folder; everything ends with the block. `port` is the web server's, 0 takes a free one.

    Raises what its parts raise when they cannot start.
    """
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    async with AsyncExitStack() as stack:
        public = await stack.enter_async_context(PublicServer(folder))
        xmpp = await stack.enter_async_context(prosody(folder / "prosody"))
        login = Login(
            jid=xmpp.focus_jid,
            password=xmpp.focus_password,
            host=xmpp.host,
            port=xmpp.c2s_port,
            encryption=Encryption.NONE,
        )
        await stack.enter_async_context(lasting_focus(login, xmpp.domain, now))
        jibri = await stack.enter_async_context(SimulatedJibri())
        client = await stack.enter_async_context(aiohttp.ClientSession())
        secret = secrets.token_urlsafe(48)
        port = port or first_free_port(0)
        api = Api(client=client, base=f"http://127.0.0.1:{port}", entity=entity, secret=secret, now=now)
        environment = _environment(folder, xmpp, jibri, public, secret, port, farewell)
        world = Town(folder=folder, api=api, prosody=xmpp, jibri=jibri, public=public, environment=environment)
        stack.push_async_callback(world.end)
        await world.start()
        yield world


def _environment(
    folder: Path, xmpp: Prosody, jibri: SimulatedJibri, public: PublicServer, secret: str, port: int, farewell: float
) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": os.environ.get("HOME", "/"),
        "PYTHONPATH": str(Path(__file__).parent.parent),
        "PLENARI_DATA": str(folder / "data"),
        "PLENARI_PORT": str(port),
        "PLENARI_TOKEN_SECRET": secret,
        "PLENARI_XMPP_HOST": xmpp.host,
        "PLENARI_XMPP_PORT": str(xmpp.c2s_port),
        "PLENARI_XMPP_TLS": "no",
        "PLENARI_XMPP_DOMAIN": xmpp.domain,
        "PLENARI_XMPP_USER": "bot",
        "PLENARI_XMPP_PASSWORD": xmpp.bot_password,
        "PLENARI_RECORDER_PASSWORD": "the simulated Jibri has no browser to enter with",
        "PLENARI_JITSI_URL": f"https://{xmpp.domain}",
        "PLENARI_JITSI_APP_ID": xmpp.app_id,
        "PLENARI_JITSI_APP_SECRET": xmpp.app_secret,
        "PLENARI_JIBRIS": f'["{jibri.url}"]',
        "PLENARI_CHANNEL": f"{public.address}/{secrets.token_hex(8)}",
        "PLENARI_DELAY": "0",
        "PLENARI_FAREWELL": str(farewell),
        "PLENARI_PICTURE_SIZE": f"{SMALL.width}x{SMALL.height}",
    }


def first_free_port(wanted: int) -> int:
    """That port of the loopback, or the next one that nobody listens on; 0 lets the kernel choose."""
    for port in range(wanted, 65536):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError(f"no free port from {wanted} on")


def _end_of(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-15:])
