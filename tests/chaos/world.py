"""A session that is live on real servers, each of which may be hurt; and what must hold however often they were.

Everybody stays in the room all the time, so the truth is known: six people were there from the first second to the
last, and neither their presence nor the quorum was ever lost, whatever the machines thought in between.
"""

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import aiohttp
import jwt
import psutil

from recorder import control
from recorder.control import HubUnavailable
from simulator.api import ApiRefused
from simulator.councillor import Declined
from simulator.demo import now
from simulator.director import Director
from simulator.ears import Ears
from simulator.play import PLAYS, load
from simulator.screen import Screen
from simulator.town import PlenariDidNotStart, Town, town
from simulator.websocket import TokenRefused, WebsocketClosed

PRESENT = ("maria-soler", "anna-ferrer", "lluis-camps", "pere-puig", "joana-vidal", "nuria-pla")
SPEED = 0.05
"""Makes the play's grace of 3 s a minute: longer than any server here is away."""
PATIENCE = 120.0
_TO_SHOW = 3.0
"""Seconds until a fault has had its effect."""
LOST_A_FAULT = 20.0
"""Seconds of the archive that one fault may cost at most: a new encoder must be asked for."""
_UNREACHABLE = (aiohttp.ClientError, ApiRefused, TimeoutError, OSError)


@dataclass(slots=True)
class World:
    """The town, its council, and what has been done to them."""

    town: Town
    director: Director
    random: Random
    tell: Callable[[str], None]
    before: list[dict[str, Any]] = field(default_factory=list)
    done: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    # --- What goes wrong ---

    async def hurt(self) -> None:
        """One fault, then wait until all works again. What does not hold any more is in `wrong`."""
        fault = self.random.choice(FAULTS)
        self.done.append(fault.__name__)
        self.tell(f"{len(self.done)}. {fault.__name__.strip('_').replace('_', ' ')}")
        await fault(self)
        await asyncio.sleep(_TO_SHOW)
        try:
            await self.until_well()
        except TimeoutError:
            self.wrong.append(f"{fault.__name__}: not well again after {PATIENCE:.0f} s")
        await self.compare()

    async def until_well(self) -> None:
        """The room is observed, everybody is in it, and the public sees it."""
        async with asyncio.timeout(PATIENCE):
            while not await self._is_well():
                await self._come_back()
                await asyncio.sleep(0.25)

    async def _is_well(self) -> bool:
        try:
            live = await self.town.api.get(f"/sessions/{self.director.session}/live", role="secretary")
        except _UNREACHABLE:
            return False
        links = live["broadcast"]
        there = [member["id"] for member in live["members"] if member["presence"] == "connected"]
        is_seen = live["unobserved_since"] is None and set(PRESENT) <= set(there)
        return bool(is_seen and links["encoder"] == links["relay"] == "up")

    async def _come_back(self) -> None:
        """Browsers connect again by themselves."""
        for person in self.director._people.values():
            if not person.is_inside:
                with suppress(WebsocketClosed, Declined, TokenRefused, *_UNREACHABLE):
                    await person.enter()

    async def supervise(self) -> None:
        """Start the program again whenever it has ended, as a machine's service manager does."""
        while True:
            assert self.town.process is not None
            await self.town.process.wait()
            await asyncio.sleep(0.5)
            with suppress(PlenariDidNotStart):
                await self.town.start()

    def lengthen_tokens(self) -> None:
        """Nobody's token runs out while their line is down: what is tried here is the servers."""
        secret = self.town.prosody.app_secret
        for person in self.director._people.values():
            assert person.seat.token is not None
            claims = jwt.decode(person.seat.token, secret, algorithms=["HS256"], audience="jitsi")
            longer = claims | {"exp": claims["exp"] + 24 * 3600}
            person.seat = replace(person.seat, token=jwt.encode(longer, secret, algorithm="HS256"))

    # --- What must hold ---

    async def compare(self) -> None:
        """Nothing that was on the record is gone or changed."""
        try:
            after = await self.events()
        except _UNREACHABLE as error:
            self.wrong.append(f"the record cannot be read: {error}")
            return
        if after[: len(self.before)] != self.before:
            self.wrong.append(f"the record changed below event {len(self.before)}")
        if [event["seq"] for event in after] != list(range(1, len(after) + 1)):
            self.wrong.append("the record has a gap or an event twice")
        self.before = after

    async def events(self) -> list[dict[str, Any]]:
        """The whole record."""
        found: list[dict[str, Any]] = []
        while True:
            page = await self.town.api.get(
                f"/sessions/{self.director.session}/events", role="secretary", after=str(len(found))
            )
            if not page["events"]:
                return found
            found += page["events"]

    async def close(self) -> None:
        """Adjourn, and judge what is left: chain, attendance, alerts, recording."""
        await self.until_well()
        await self.director.say("maria-soler", "!tanca")
        recording = self.town.data / "recordings" / f"{self.director.session}.mp4"
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                while not recording.exists() or "session_adjourned" not in {n for n, _ in _named(await self.events())}:
                    await asyncio.sleep(0.5)
        await self.compare()
        names = [name for name, _ in _named(self.before)]
        for event in ("member_left", "quorum_lost"):
            if event in names:
                self.wrong.append(f"{event} is on the record, though everybody stayed")
        self._judge_alerts()
        replayed = json.loads(await self.town.plenari("replay", self.director.session, "--json"))
        if replayed["chain"] != "holds":
            self.wrong.append(f"the chain: {replayed['chain']}")
        await self._judge_recording(recording)

    def _judge_alerts(self) -> None:
        raised = [body["key"] for name, body in _named(self.before) if name == "alert_raised"]
        resolved = [body["key"] for name, body in _named(self.before) if name == "alert_resolved"]
        for key in set(raised):
            if raised.count(key) != resolved.count(key):
                self.wrong.append(f"alert {key} raised {raised.count(key)} times, resolved {resolved.count(key)}")

    async def _judge_recording(self, recording: Path) -> None:
        if not recording.exists():
            self.wrong.append("there is no recording")
            return
        command = ("ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", str(recording))
        probe = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
        said, _ = await probe.communicate()
        opened, closed = (_moment(self.before, name) for name in ("session_opened", "session_adjourned"))
        missing = closed - opened - float(said)
        self.tell(f"recording: {float(said):.0f} s of {closed - opened:.0f} s")
        if missing > LOST_A_FAULT * len(self.done):
            self.wrong.append(f"the recording lacks {missing:.0f} s")


# --- The faults ---


async def _encoder_killed(world: World) -> None:
    with suppress(RuntimeError, ProcessLookupError):
        os.kill(world.town.encoder_pid(), signal.SIGKILL)


async def _encoder_paused(world: World) -> None:
    with suppress(RuntimeError, ProcessLookupError):
        await _pause(world.town.encoder_pid(), world.random.uniform(1, 6))


async def _program_killed(world: World) -> None:
    await world.town.kill()


async def _program_paused(world: World) -> None:
    assert world.town.process is not None
    await _pause(world.town.process.pid, world.random.uniform(2, 12))


async def _program_restarted(world: World) -> None:
    await world.town.stop()


async def _hub_killed(world: World) -> None:
    with suppress(HubUnavailable, ProcessLookupError):
        status = await control.ask(world.town.data / "broadcasts" / world.director.session, do="status")
        os.kill(status.pid, signal.SIGKILL)


async def _database_killed(world: World) -> None:
    pid_file = world.town.data / "postgres" / "cluster" / "postmaster.pid"
    with suppress(FileNotFoundError, ProcessLookupError):
        os.kill(int(pid_file.read_text().split()[0]), signal.SIGKILL)


async def _database_connections_cut(world: World) -> None:
    pid_file = world.town.data / "postgres" / "cluster" / "postmaster.pid"
    with suppress(FileNotFoundError, psutil.NoSuchProcess):
        for backend in psutil.Process(int(pid_file.read_text().split()[0])).children():
            with suppress(psutil.NoSuchProcess):
                if any("plenari" in part for part in backend.cmdline()):
                    backend.send_signal(signal.SIGTERM)


async def _prosody_killed(world: World) -> None:
    await world.town.prosody.restart(signal.SIGKILL)


async def _prosody_restarted(world: World) -> None:
    await world.town.prosody.restart()


async def _public_server_killed(world: World) -> None:
    await world.town.public.kill()
    await asyncio.sleep(world.random.uniform(0, 8))
    await world.town.public.start()


FAULTS: tuple[Callable[[World], Awaitable[None]], ...] = (
    *(_encoder_killed, _encoder_paused, _program_killed, _program_paused, _program_restarted, _hub_killed),
    *(_database_killed, _database_connections_cut, _prosody_killed, _prosody_restarted, _public_server_killed),
)


async def _pause(pid: int, seconds: float) -> None:
    os.kill(pid, signal.SIGSTOP)
    await asyncio.sleep(seconds)
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGCONT)


# --- The stage ---


@asynccontextmanager
async def world(folder: Path, seed: int, tell: Callable[[str], None]) -> AsyncIterator[World]:
    """A session that is open and on the air, with six people in the room."""
    play = load(PLAYS / "ple.yaml")
    async with town(folder, play.entity.id, now) as place:
        screen = Screen(play=play, now=now)
        director = Director(play=play, town=place, ears=Ears(), screen=screen, now=now, speed=SPEED)
        await director.convene()
        async with director.council():
            for member in PRESENT:
                await director.enter(member)
            made = World(place, director, Random(seed), tell)
            made.lengthen_tokens()
            await made.until_well()
            await director.say("maria-soler", "!obre")
            async with asyncio.timeout(PATIENCE):
                while "session_opened" not in {name for name, _ in _named(await made.events())}:
                    await asyncio.sleep(0.2)
            async with asyncio.TaskGroup() as tasks:
                supervising = tasks.create_task(made.supervise())
                yield made
                supervising.cancel()


def _named(events: list[dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    return [(event["name"].partition(".")[0], event["body"]) for event in events]


def _moment(events: list[dict[str, Any]], name: str) -> float:
    """When an event was put on the record, in seconds since 1970."""
    (at,) = [body["at"] for known, body in _named(events) if known == name]
    return datetime.fromisoformat(at).timestamp()
