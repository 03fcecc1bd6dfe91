"""Several machines that share the work of one Plenari: real processes over one Postgres and one Prosody.

The people are connections that sit on the same seat in every room (`tests.bench.crowd`), so that many sessions can be
live at once: the president, the secretary and three councillors of one plenary.
"""

import asyncio
import os
import secrets
import sys
from asyncio.subprocess import DEVNULL, Process
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from orchestrator.duty import Duty
from simulator.api import Api
from simulator.prosody import Prosody, prosody
from simulator.town import first_free_port
from tests.bench.crowd import Crowd, crowd
from tests.integration.jitsi import now

ENTITY, BODY = "vila", "ple"
SEATS = 5
OFFICES = {0: "president", 1: "secretary"}
"""The offices of the crowd's seats; the others are councillors."""


@dataclass(slots=True)
class Machine:
    """One process with its duty; its log is a file of its own."""

    name: str
    duty: Duty
    environment: dict[str, str]
    log: Path
    process: Process | None = None

    @property
    def address(self) -> str:
        """Where its web server answers."""
        return f"http://127.0.0.1:{self.environment['PLENARI_PORT']}"

    async def start(self, client: aiohttp.ClientSession) -> None:
        """Start it and wait until it is ready. Raises RuntimeError with the end of its log."""
        command = (sys.executable, "-m", "orchestrator", "serve", "--only", self.duty)
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *command, stdin=DEVNULL, stdout=log, stderr=log, env=self.environment
            )
        async with asyncio.timeout(90):
            while not await self._is_ready(client):
                if self.process.returncode is not None:
                    raise RuntimeError(f"{self.name}: {self.log.read_text()[-2000:]}")
                await asyncio.sleep(0.1)

    async def stop(self) -> None:
        """Ask it to end, as an upgrade does, and wait."""
        if self.process is not None and self.process.returncode is None:
            self.process.terminate()
            await self.process.wait()

    async def kill(self) -> None:
        """End it without a word."""
        assert self.process is not None
        self.process.kill()
        await self.process.wait()

    def began(self) -> int:
        """How many times it began to conduct a session."""
        return self.log.read_text().count("conducting_began")

    async def _is_ready(self, client: aiohttp.ClientSession) -> bool:
        try:
            async with client.get(f"{self.address}/readyz") as answer:
                return answer.status == 200
        except aiohttp.ClientError:
            return False


@dataclass(slots=True)
class Site:
    """The place where the machines stand."""

    folder: Path
    client: aiohttp.ClientSession
    people: Crowd
    shared: dict[str, str]
    api: Api
    machines: dict[str, Machine] = field(default_factory=dict)

    async def machine(self, name: str, duty: Duty, port: int = 0) -> Machine:
        """One more machine, started."""
        own = {"PLENARI_DATA": str(self.folder / name), "PLENARI_PORT": str(port or first_free_port(0))}
        machine = Machine(name, duty, self.shared | own, self.folder / f"{name}.log")
        self.machines[name] = machine
        await machine.start(self.client)
        return machine

    async def sessions(self, count: int) -> list[str]:
        """So many sessions of one plenary, convened for now. Returns their ids."""
        api, entity = self.api, f"/entities/{ENTITY}"
        await api.post("/entities", {"id": ENTITY, "name": "Ajuntament de la Vila"}, role="admin")
        body = {"id": BODY, "name": "Ple", "kind": "plenary", "legal_number": 9}
        await api.post(f"{entity}/bodies", body, role="admin")
        members = [
            {"id": f"m-{seat}", "name": f"Persona {seat}", "office": OFFICES.get(seat, "member")} for seat in range(10)
        ]
        await api.put(f"{entity}/bodies/{BODY}/members", {"members": members}, role="secretary")
        return [(await api.post("/sessions", self._call(n), role="secretary"))["id"] for n in range(count)]

    async def fill(self, sessions: list[str]) -> None:
        """Everybody enters the room of every session, as soon as the bot is there; and stays."""
        await self.until_recorded(sessions, "observation_began")
        names = [(await self.api.get(f"/sessions/{s}", role="secretary"))["room"] for s in sessions]
        domain = self.shared["PLENARI_XMPP_DOMAIN"]
        await self.people.fill([f"{name}@muc.{domain}" for name in names], others=2)

    async def events(self, session: str) -> list[str]:
        """The names of what is on a session's record, in order."""
        page = await self.api.get(f"/sessions/{session}/events", role="secretary")
        return [event["name"].partition(".")[0] for event in page["events"]]

    async def until_recorded(self, sessions: list[str], name: str, count: int = 1, patience: float = 90) -> None:
        """Wait until each session's record has that event so many times. Raises TimeoutError."""
        async with asyncio.timeout(patience):
            for session in sessions:
                while (await self.events(session)).count(name) < count:
                    await asyncio.sleep(0.2)

    def _call(self, number: int) -> dict[str, Any]:
        # A minute apart, so that each has a room of its own.
        return {
            "entity": ENTITY,
            "body": BODY,
            "kind": "ordinary",
            "starts_at": (now() + timedelta(minutes=1 + number)).isoformat(),
            "time_zone": "Europe/Madrid",
            "language": "ca",
            "public": False,
            "ground": "lrbrl_46_3",
            "agenda": [{"title": "Acta anterior"}],
        }


@asynccontextmanager
async def site(folder: Path, dsn: str) -> AsyncIterator[Site]:
    """Prosody, the people with the focus, and a web machine; the test adds the others. All end with the block."""
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(prosody(folder / "prosody"))
        people = await stack.enter_async_context(crowd(server, SEATS))
        client = await stack.enter_async_context(aiohttp.ClientSession())
        secret, port = secrets.token_urlsafe(48), first_free_port(0)
        api = Api(client=client, base=f"http://127.0.0.1:{port}", entity=ENTITY, secret=secret, now=now)
        place = Site(folder, client, people, _shared(server, dsn, secret), api)
        stack.push_async_callback(_stop_all, place)
        await place.machine("web", Duty.WEB, port)
        yield place


async def _stop_all(place: Site) -> None:
    for machine in place.machines.values():
        await machine.stop()


def _shared(server: Prosody, dsn: str, secret: str) -> dict[str, str]:
    key = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(Path(__file__).parent.parent.parent),
        "PLENARI_DATABASE": dsn,
        "PLENARI_TOKEN_SECRET": secret,
        "PLENARI_SEAL_KEY": key.decode(),
        "PLENARI_STRONGBOX_KEY": b64encode(secrets.token_bytes(32)).decode(),
        "PLENARI_XMPP_HOST": server.host,
        "PLENARI_XMPP_PORT": str(server.c2s_port),
        "PLENARI_XMPP_TLS": "no",
        "PLENARI_XMPP_DOMAIN": server.domain,
        "PLENARI_XMPP_USER": "bot",
        "PLENARI_XMPP_PASSWORD": server.bot_password,
        "PLENARI_JITSI_APP_ID": server.app_id,
        "PLENARI_JITSI_APP_SECRET": server.app_secret,
    }
