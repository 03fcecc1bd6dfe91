"""`plenari replay SESSION --rule ID`: asked at the terminal, answered from the record, and nothing written."""

import asyncio
import json

import pytest
from typer.testing import CliRunner

from orchestrator.__main__ import cli
from orchestrator.council.commands import OpenSession
from orchestrator.council.members import EntityId
from orchestrator.council.rules.shape import Switches
from orchestrator.council.session import replay
from orchestrator.sessions import Sessions
from orchestrator.store.records import Records
from tests.council.test_law import own_rule
from tests.scenarios.play import EIGHT, FIRST, JOAN, MAYOR, NURIA, PAU, SECRETARY
from tests.stage import ADMIN, SESSION, Clock, Performer, convened, entered, open_store, until

TOWN = EntityId("vila")


@pytest.fixture
def held(dsn: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A session that was opened with five of thirteen, in the database that the command line reads."""

    async def hold() -> None:
        async with open_store(dsn) as store, asyncio.TaskGroup() as tasks:
            clock = Clock()
            await convened(store, clock())
            sessions = Sessions(store.pool, store.listener, Performer(), clock)
            conducting = tasks.create_task(sessions.conduct(SESSION))
            await until(lambda: sessions.current(SESSION) is not None)
            sessions.deliver(SESSION, entered(clock(), MAYOR, FIRST, PAU, NURIA, JOAN, SECRETARY))
            asked = await store.inbox.ask(SESSION, OpenSession(asker=ADMIN), "key")
            await store.inbox.answer(asked)
            await Records(store.pool).pool.execute("INSERT INTO entity (id, name) VALUES ('vila', 'La Vila')")
            rules = (own_rule(id="ROM-HALF", is_strict=True),)
            await Records(store.pool).put_regulation(TOWN, rules, Switches(), by="admin", now=EIGHT)
            conducting.cancel()

    asyncio.run(hold())
    monkeypatch.setenv("PLENARI_DATABASE", dsn)
    return dsn


async def count(dsn: str) -> int:
    async with open_store(dsn) as store:
        recorded = await store.ledger.load(SESSION)
        assert replay(entry.event for entry in recorded).opened_at
        return len(recorded)


def asked(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(cli, ["replay", SESSION, *arguments])
    return result.exit_code, result.output


def test_what_would_have_differed_is_told_as_a_table_and_as_json_and_the_record_stays(held: str) -> None:
    before = asyncio.run(count(held))
    status, text = asked("--rule", "ROM-HALF")
    assert (status, "Hypothetical" in text, "SessionOpened" in text) == (0, True, True)
    status, text = asked("--rule", "ROM-HALF", "--json")
    answer = json.loads(text)
    assert (status, answer["hypothetical"]) == (0, True)
    assert (answer["held_under"]["id"], answer["rule"]) == (
        "PLE-1",
        {"id": "ROM-HALF", "version": 1, "article": "ROM 12"},
    )
    opened = next(d for d in answer["differences"] if d["event"] == "SessionOpened")
    assert opened["actual"] == {"met": True, "present": 5, "needed": 5, "base": 13, "missing": []}
    assert opened["hypothetical"] == {"met": False, "present": 5, "needed": 7, "base": 13, "missing": []}
    assert asyncio.run(count(held)) == before


def test_under_its_own_rule_nothing_differs_and_an_unknown_rule_is_a_complaint(held: str) -> None:
    status, text = asked("--rule", "PLE-1")
    assert (status, "0 would have differed" in text) == (0, True)
    status, text = asked("--rule", "PLE-9")
    assert status == 2
