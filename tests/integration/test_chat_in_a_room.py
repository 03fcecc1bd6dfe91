"""The chat of a real room, with conductor, record and bot behind it: who hears what."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest

from orchestrator.council.members import MemberId
from tests.bench.plenary import Plenary
from tests.scenarios.play import FIRST, JOAN, MAYOR, PAU

pytestmark = pytest.mark.slow


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 (the tests' own clock)


def play(dsn: str, folder: Path, scene: Callable[[Plenary], Awaitable[None]]) -> None:
    async def run() -> None:
        async with asyncpg.create_pool(dsn) as pool, Plenary(folder / "prosody", pool, _now) as plenary:
            await scene(plenary)

    asyncio.run(run())


async def answered(plenary: Plenary, who: MemberId, line: str, *parts: str) -> None:
    """What `who` writes is answered in private with these parts in this order, and nobody else hears of it."""
    since = {member: len(person.lines) for member, person in plenary.people.items()}
    asking = plenary.people[who]
    await asking.say(line)
    answers = [
        await asking.hear(lambda heard, part=part: heard.is_private and part in heard.text, since=since[who])
        for part in parts
    ]
    others = [person.lines[since[member] :] for member, person in plenary.people.items() if member != who]
    said = {answer.text for answer in answers}
    assert not [heard.text for lines in others for heard in lines if heard.is_private or heard.text in said]


def test_questions_are_answered_in_private_in_the_language_of_the_order(dsn: str, tmp_path: Path) -> None:
    async def scene(plenary: Plenary) -> None:
        await answered(plenary, PAU, "!quòrum", "Hi ha quòrum: 5 de 13")
        await answered(plenary, PAU, "!turnos", "Nadie tiene la palabra.")
        await answered(plenary, PAU, "!help", "Type !quorum")
        await answered(plenary, MAYOR, "!ajuda", "Escriviu !quorum", "Presidència i secretaria")
        await answered(plenary, PAU, "!open", "not yours to do")
        await answered(plenary, JOAN, "!qourum", "Volíeu dir !quorum?")

    play(dsn, tmp_path, scene)


def test_the_president_conducts_by_chat_and_the_room_hears_what_it_must(dsn: str, tmp_path: Path) -> None:
    async def scene(plenary: Plenary) -> None:
        mayor, pau = plenary.people[MAYOR], plenary.people[PAU]

        async def heard(line: str, text: str) -> None:
            since = len(pau.lines)
            await mayor.say(line)
            await pau.hear(lambda said: said.text.startswith(text) and not said.is_private, since=since)

        await heard("!obre", "S'obre la sessió")
        await heard("!punt pressupost", "Punt 2: Pressupost")
        await heard("!paraula vila 2 min", "Té la paraula Pere Vila: 2 min.")
        await answered(plenary, PAU, "!torns", "Té la paraula Pere Vila")
        await heard("!vota", "S'obre la votació del punt 2")
        for member, line in ((MAYOR, "!vota sí"), (FIRST, "!vota no"), (PAU, "!quorum"), (JOAN, "!vota a favor")):
            await plenary.people[member].say(line)
        since = len(pau.lines)
        await heard("!resultat", "Punt 2 aprovat: 2 a favor, 1 en contra")
        assert [said.text for said in pau.lines[since:] if said.is_private] == []
        await heard("!tanca", "S'aixeca la sessió")

    play(dsn, tmp_path, scene)
