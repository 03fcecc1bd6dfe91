"""A real Prosody of our own on free loopback ports, for the demo and the tests. The system's Prosody is not touched.

The configuration is `docker/prosody/prosody.cfg.lua`, the same file as for a machine in service; what differs goes in
by the environment.
"""

import asyncio
import hashlib
import hmac
import os
import secrets
import shutil
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

CONFIGURATION: Final = Path(__file__).parent.parent / "docker" / "prosody"
LOOPBACK: Final = "127.0.0.1"
_ITERATIONS: Final = 10_000


class ProsodyDidNotStart(Exception):
    """Prosody ended, or did not listen in time; the message holds the end of its log."""


@dataclass(slots=True, kw_only=True)
class Prosody:
    """A running Prosody: where it listens and who has an account. `process` may be killed, to see what then."""

    domain: str
    c2s_port: int
    http_port: int
    app_id: str
    app_secret: str = field(repr=False)
    bot_password: str = field(repr=False)
    focus_password: str = field(repr=False)
    jibri_password: str = field(repr=False)
    log_path: Path
    settings: dict[str, str] = field(repr=False)
    process: asyncio.subprocess.Process

    @property
    def host(self) -> str:
        """The address it listens on."""
        return LOOPBACK

    @property
    def websocket(self) -> str:
        """Where a browser's client connects; `?room=NAME` is still to be added."""
        return f"ws://{LOOPBACK}:{self.http_port}/xmpp-websocket"

    @property
    def bot_jid(self) -> str:
        return f"bot@hidden.{self.domain}"

    @property
    def focus_jid(self) -> str:
        return f"focus@auth.{self.domain}"

    @property
    def jibri_jid(self) -> str:
        return f"jibri@auth.{self.domain}"

    @property
    def focus_address(self) -> str:
        """Where requests for a conference go."""
        return f"focus.{self.domain}"

    @property
    def journal(self) -> str:
        """The address of mod_plenari."""
        return f"plenari.{self.domain}"

    def room(self, name: str) -> str:
        """The JID of a room."""
        return f"{name}@muc.{self.domain}"

    async def restart(self, blow: signal.Signals = signal.SIGTERM, *, patience: float = 20.0) -> None:
        """End it with that signal and start it again on the same ports and data. Raises ProsodyDidNotStart."""
        await self.end(blow)
        await self.start(patience=patience)

    async def end(self, blow: signal.Signals = signal.SIGTERM) -> None:
        """End it with that signal, and wait until it has ended."""
        self.process.send_signal(blow)
        await self.process.wait()

    async def start(self, *, patience: float = 20.0) -> None:
        """Start it again after its end. Raises ProsodyDidNotStart."""
        self.process = await _run(self.log_path.parent, self.log_path, self.settings)
        await _until_listening(self.process, (self.c2s_port, self.http_port), self.log_path, patience)

    async def shell(self, *words: str) -> str:
        """What a command of Prosody's own shell prints, such as `module reload plenari plenari.meet.plenari`."""
        folder = self.log_path.parent
        process = await asyncio.create_subprocess_exec(
            shutil.which("prosodyctl") or "/usr/bin/prosodyctl",
            *("--config", str(CONFIGURATION / "prosody.cfg.lua"), "shell", *words),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=_environment(folder, self.settings),
            cwd=folder,
        )
        printed, _ = await process.communicate()
        return printed.decode(errors="replace")


@asynccontextmanager
async def prosody(
    folder: Path,
    *,
    domain: str = "meet.plenari",
    app_id: str = "plenari",
    app_secret: str | None = None,
    smacks_hibernation: int = 2,
    certificate: Path | None = None,
    has_journal: bool = True,
    journal_size: int = 5000,
    patience: float = 20.0,
) -> AsyncIterator[Prosody]:
    """Run Prosody while the block lasts; its data, log and pid file lie in `folder` (an absolute path).

    `smacks_hibernation` (seconds): how long a browser that vanished stays in the room. `certificate`: a PEM file with
    certificate and key; with it STARTTLS is demanded. `has_journal`: whether mod_plenari is loaded, which keeps at most
    `journal_size` entries a room. `patience`: seconds until it must listen.

    Raises ProsodyDidNotStart.
    """
    secret = app_secret or secrets.token_hex(32)
    passwords = _make_accounts(folder, domain)
    c2s_port, http_port = _free_ports(2)
    log_path = folder / "prosody.log"
    settings = {
        "XMPP_DOMAIN": domain,
        "PROSODY_C2S_PORT": str(c2s_port),
        "PROSODY_HTTP_PORT": str(http_port),
        "JWT_APP_ID": app_id,
        "JWT_APP_SECRET": secret,
        "SMACKS_HIBERNATION": str(smacks_hibernation),
        "PLENARI_JOURNAL": "yes" if has_journal else "no",
        "PLENARI_JOURNAL_SIZE": str(journal_size),
    }
    if certificate is not None:
        settings["PROSODY_CERTIFICATE"] = str(certificate)
    process = await _run(folder, log_path, settings)
    server: Prosody | None = None
    try:
        await _until_listening(process, (c2s_port, http_port), log_path, patience)
        server = Prosody(
            domain=domain,
            c2s_port=c2s_port,
            http_port=http_port,
            app_id=app_id,
            app_secret=secret,
            bot_password=passwords["bot"],
            focus_password=passwords["focus"],
            jibri_password=passwords["jibri"],
            log_path=log_path,
            settings=settings,
            process=process,
        )
        yield server
    finally:
        await _end(server.process if server is not None else process)


def _environment(folder: Path, settings: dict[str, str]) -> dict[str, str]:
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "PROSODY_FOLDER": str(folder),
        "PLENARI_PLUGINS": str(CONFIGURATION / "plugins"),
        "PROSODY_INTERFACE": LOOPBACK,
        # Prosody does not like to run as root; in a container and on a fresh machine there is often nobody else.
        "PROSODY_RUN_AS_ROOT": "yes" if os.getuid() == 0 else "no",
        **settings,
    }


async def _run(folder: Path, log_path: Path, settings: dict[str, str]) -> asyncio.subprocess.Process:
    program = shutil.which("prosody") or "/usr/bin/prosody"
    with log_path.open("ab") as log:
        return await asyncio.create_subprocess_exec(
            program,
            "-F",
            "--config",
            str(CONFIGURATION / "prosody.cfg.lua"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=_environment(folder, settings),
            cwd=folder,
        )


def _make_accounts(folder: Path, domain: str) -> dict[str, str]:
    """New passwords for our accounts, by the name of the account."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    passwords = {}
    for name, host in (("bot", f"hidden.{domain}"), ("focus", f"auth.{domain}"), ("jibri", f"auth.{domain}")):
        passwords[name] = secrets.token_hex(16)
        _register(folder, host, name, passwords[name])
    return passwords


def _register(folder: Path, host: str, user: str, password: str) -> None:
    """Write an account as mod_auth_internal_hashed keeps it (SCRAM-SHA-1, RFC 5802).

    Not with prosodyctl, which takes the password as an argument, for everybody on the machine to read.
    """
    salt = secrets.token_hex(16)
    salted = hashlib.pbkdf2_hmac("sha1", password.encode(), salt.encode(), _ITERATIONS)
    stored_key = hashlib.sha1(hmac.digest(salted, b"Client Key", "sha1")).hexdigest()  # noqa: S324 (the RFC's choice)
    server_key = hmac.digest(salted, b"Server Key", "sha1").hex()
    accounts = folder / _file_name(host) / "accounts"
    accounts.mkdir(parents=True, exist_ok=True)
    account = accounts / f"{_file_name(user)}.dat"
    account.touch(mode=0o600)
    account.write_text(
        f'return {{ stored_key = "{stored_key}"; server_key = "{server_key}"; '
        f'salt = "{salt}"; iteration_count = {_ITERATIONS}; }};\n'
    )


def _file_name(name: str) -> str:
    """How Prosody's datamanager writes a name in a path: all but letters and digits as %xx."""
    return "".join(c if c.isascii() and c.isalnum() else f"%{ord(c):02x}" for c in name)


def _free_ports(count: int) -> list[int]:
    listeners = [socket.socket() for _ in range(count)]
    try:
        for listener in listeners:
            listener.bind((LOOPBACK, 0))
        return [listener.getsockname()[1] for listener in listeners]
    finally:
        for listener in listeners:
            listener.close()


async def _until_listening(
    process: asyncio.subprocess.Process, ports: tuple[int, ...], log_path: Path, patience: float
) -> None:
    try:
        async with asyncio.timeout(patience):
            for port in ports:
                while not await _is_listening(port):
                    if process.returncode is not None:
                        raise ProsodyDidNotStart(_end_of(log_path))
                    await asyncio.sleep(0.02)
    except TimeoutError as late:
        raise ProsodyDidNotStart(_end_of(log_path)) from late


async def _is_listening(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(LOOPBACK, port)
    except OSError:
        return False
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()
    return True


def _end_of(log_path: Path) -> str:
    return log_path.read_text(errors="replace")[-2000:]


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(5):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
