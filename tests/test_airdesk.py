"""`plenari broadcast …` as an operator types it, against the whole application."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import PIPE
from dataclasses import dataclass

import pytest

from orchestrator.council.commands import Role
from orchestrator.council.effects import Picture
from orchestrator.council.observations import Grade, Link, LinkDown, LinkUp, Sighting
from tests.scenarios.play import JOAN, QUORATE
from tests.stage import SESSION
from tests.web.town import Town, served

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

QUORUM = (*QUORATE, JOAN)


@dataclass(frozen=True)
class Typed:
    exit_code: int
    output: str
    complaint: str


async def typed(town: Town, *words: str, role: Role = Role.OPERATOR) -> Typed:
    """A process of its own, as at a terminal; the token is in its environment."""
    own = {"PLENARI_URL": str(town.client.make_url("")), "PLENARI_ACCESS_TOKEN": town.token(role)}
    command = [sys.executable, "-m", "orchestrator", "broadcast", *words]
    child = await asyncio.create_subprocess_exec(*command, env={**os.environ, **own}, stdout=PIPE, stderr=PIPE)
    output, complaint = await child.communicate()
    return Typed(child.returncode or 0, output.decode(), complaint.decode())


def seen(town: Town) -> Sighting:
    return Sighting(grade=Grade.PRESENCE, at=town.clock())


def test_an_operator_puts_a_card_on_and_off_and_sees_how_it_is(dsn):
    async def main():
        async with served(dsn) as town:
            await town.gathered(*QUORUM)
            await town.see(LinkUp(seen=seen(town), link=Link.ENCODER))
            await town.see(LinkDown(seen=seen(town), link=Link.RELAY, cause="key_refused"))
            shown = await typed(town, "status", SESSION)
            assert shown.exit_code == 0, shown.output
            assert "the encoder runs  ✓ up" in shown.output
            assert "the relay sends   ✗ down" in shown.output
            assert "1. Copy the stream key anew" in shown.output
            put = await typed(town, "slate", "trouble", SESSION)
            assert put.exit_code == 0, put.output
            machine = json.loads((await typed(town, "status", SESSION, "--json")).output)
            assert machine["broadcast"]["card"] == Picture.TROUBLE
            assert (await typed(town, "slate", "off", SESSION)).exit_code == 0
            assert (await typed(town, "restart-encoder", SESSION)).exit_code == 0

    asyncio.run(main())


def test_what_cannot_be_done_is_said_in_a_line(dsn):
    async def main():
        async with served(dsn) as town:
            await town.gathered(*QUORUM)
            auditor = await typed(town, "slate", "trouble", SESSION, role=Role.AUDITOR)
            unknown = await typed(town, "status", "no-such-session")
            nowhere = await typed(town, "probe", SESSION)
            gone = await typed(town, "probe", "rtmp://127.0.0.1:1/live/a-key", "--seconds", "3")
            for result in (auditor, unknown, nowhere):
                assert result.exit_code == 2, result.output
                assert result.complaint.startswith("✗ ")
            assert (gone.exit_code, "public_unreachable" in gone.output) == (1, True)
            assert "a-key" not in gone.output + gone.complaint

    asyncio.run(main())
