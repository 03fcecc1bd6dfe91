"""Kill -9 of the whole program in the middle of a session: nothing on the record is lost, and the session goes on."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from recorder import control
from simulator.demo import now
from simulator.director import Director
from simulator.ears import Ears
from simulator.play import PLAYS, load
from simulator.screen import Screen
from simulator.town import Town, town

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

PRESENT = ("maria-soler", "anna-ferrer", "lluis-camps", "pere-puig", "joana-vidal", "nuria-pla")


async def events(world: Town, session: str) -> list[dict[str, Any]]:
    return (await world.api.get(f"/sessions/{session}/events", role="secretary"))["events"]


async def until_recorded(world: Town, session: str, name: str, count: int = 1) -> None:
    async with asyncio.timeout(60):
        while sum(e["name"] == f"{name}.v1" for e in await events(world, session)) < count:
            await asyncio.sleep(0.05)


async def until_live(world: Town, session: str) -> None:
    async with asyncio.timeout(60):
        while (await world.api.get(f"/sessions/{session}/live", role="secretary"))["broadcast"]["encoder"] != "up":
            await asyncio.sleep(0.1)


def test_the_session_goes_on_after_the_program_was_killed(tmp_path: Path) -> None:
    async def scenario() -> None:
        play = load(PLAYS / "ple.yaml")
        async with town(tmp_path, play.entity.id, now) as world:
            screen = Screen(play=play, now=now)
            director = Director(play=play, town=world, ears=Ears(), screen=screen, now=now)
            await director.convene()
            async with director.council():
                for member in PRESENT:
                    await director.enter(member)
                session = director.session
                await until_recorded(world, session, "quorum_reached")
                await director.say("maria-soler", "!obre")
                await until_recorded(world, session, "session_opened")
                await until_recorded(world, session, "link_restored")
                before = await events(world, session)
                hub = await control.ask(world.data / "broadcasts" / session, do="status")

                await world.kill()
                await world.start()
                await until_recorded(world, session, "observation_recovered")
                await director.say("maria-soler", "!punt 1")
                await until_recorded(world, session, "item_called")

                after = await events(world, session)
                assert after[: len(before)] == before
                fresh = {e["name"] for e in after[len(before) :]}
                assert "observation_ceased.v1" in fresh
                assert fresh.isdisjoint({"member_dropped.v1", "member_left.v1", "quorum_lost.v1", "link_failed.v1"})
                assert (await control.ask(world.data / "broadcasts" / session, do="status")).pid == hub.pid
                assert world.public.sessions() == 1
                replayed = json.loads(await world.plenari("replay", session, "--json"))
                assert replayed["chain"] == "holds"
                assert replayed["phase"] == "open"
                await director.say("maria-soler", "!tanca")
                await until_recorded(world, session, "session_adjourned")

    asyncio.run(scenario())
