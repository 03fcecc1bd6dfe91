"""The record: whole or not at all, by one conductor, and unforgeable afterwards."""

import asyncio
import json
import os
import signal
import sys
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest

from orchestrator.council.commands import Convene
from orchestrator.council.decide import decide
from orchestrator.council.effects import Announce, Audience, WatchChamber
from orchestrator.council.events import Event, MemberArrived, MemberLeft, SessionConvened
from orchestrator.council.members import MemberId, SessionId
from orchestrator.council.observations import Grade, JournalMark
from orchestrator.council.session import Phase, Session, replay
from orchestrator.store.codec import canonical
from orchestrator.store.inbox import Accepted, Answer, AskedId
from orchestrator.store.ledger import AlreadyConvened, BrokenChain, Fenced, Ledger, NoSuchSession, verify
from orchestrator.store.listener import Channel
from tests.scenarios.play import EIGHT, MAYOR, NURIA, PAU, convocation
from tests.stage import ADMIN, SESSION, convened, open_store


def arrived(member: MemberId) -> Event:
    return MemberArrived(at=EIGHT, member=member, grade=Grade.PRESENCE)


def left(member: MemberId) -> Event:
    return MemberLeft(at=EIGHT + timedelta(minutes=1), member=member, grade=Grade.PRESENCE)


async def lines_of(ledger: Ledger) -> list[str]:
    return [line async for line in ledger.record_lines(SESSION)]


def test_what_is_appended_is_loaded_in_order_with_both_clocks(dsn):
    async def main():
        async with open_store(dsn) as store:
            await convened(store)
            later = EIGHT + timedelta(seconds=3)
            version = await store.ledger.append(SESSION, [arrived(MAYOR), left(MAYOR)], [], 1, later)
            recorded = await store.ledger.load(SESSION)
            assert version == 3
            assert [r.seq for r in recorded] == [1, 2, 3]
            assert [r.event for r in recorded[1:]] == [arrived(MAYOR), left(MAYOR)]
            assert [r.recorded_at for r in recorded] == [EIGHT, later, later]
            assert await store.ledger.load(SESSION, after=2) == recorded[2:]

    asyncio.run(main())


def test_of_two_writers_on_the_same_version_one_is_fenced(dsn):
    async def main():
        async with open_store(dsn) as store:
            await convened(store)

            async def write(member: MemberId) -> bool:
                try:
                    await store.ledger.append(SESSION, [arrived(member)], [], 1, EIGHT)
                except Fenced:
                    return False
                return True

            async with asyncio.TaskGroup() as tasks:
                writing = [tasks.create_task(write(member)) for member in (MAYOR, PAU, NURIA)]
            assert [task.result() for task in writing].count(True) == 1
            assert len(await store.ledger.load(SESSION)) == 2

    asyncio.run(main())


def test_whoever_lost_the_session_cannot_write_even_if_nothing_was_written_since(dsn):
    async def main():
        async with open_store(dsn) as store:
            await convened(store)
            first = await store.ledger.take(SESSION)
            second = await store.ledger.take(SESSION)
            with pytest.raises(Fenced):
                await store.ledger.append(SESSION, [arrived(MAYOR)], [], 1, EIGHT, term=first.term)
            assert await store.ledger.append(SESSION, [arrived(PAU)], [], 1, EIGHT, term=second.term) == 2

    asyncio.run(main())


def test_whoever_takes_over_knows_up_to_where_the_record_holds_the_journal(dsn):
    async def main():
        async with open_store(dsn) as store:
            session = await convened(store)
            assert (await store.ledger.take(session)).mark is None
            mark = JournalMark(journal="J", seq=7)
            await store.ledger.append(session, [arrived(PAU)], [], 1, EIGHT, mark=mark)
            await store.ledger.append(session, [left(PAU)], [], 2, EIGHT)
            assert (await store.ledger.take(session)).mark == mark

    asyncio.run(main())


def test_a_session_that_does_not_exist_cannot_be_taken(dsn):
    async def main():
        async with open_store(dsn) as store:
            with pytest.raises(NoSuchSession):
                await store.ledger.take(SessionId("nowhere"))

    asyncio.run(main())


def test_a_session_is_convened_once(dsn):
    async def main():
        async with open_store(dsn) as store:
            await convened(store)
            with pytest.raises(AlreadyConvened):
                await convened(store)
            assert len(await store.ledger.load(SESSION)) == 1

    asyncio.run(main())


def test_the_job_of_a_session_is_planned_for_its_hour(dsn):
    async def main():
        async with open_store(dsn) as store:
            call = convocation(starts_at=EIGHT + timedelta(days=2))
            event = SessionConvened(at=EIGHT, convocation=call)
            await store.ledger.convene(call, [event], [], EIGHT, gathering=timedelta(hours=1))
            job = await store.pool.fetchrow("SELECT *, execute_after - created AS delay FROM pgqueuer")
            assert job["payload"] == SESSION.encode()
            assert abs(job["delay"] - timedelta(hours=47)) < timedelta(seconds=5)

    asyncio.run(main())


def test_events_effects_and_answers_are_written_together_or_not_at_all(dsn):
    async def main():
        async with open_store(dsn) as store:
            await convened(store)
            before = await store.outbox.pending(SESSION)
            announce = Announce(message="quorum.reached", audience=Audience.ROOM)
            broken = Answer(id=AskedId(2**70), outcome=Accepted(version=2))  # no row can have this id
            with pytest.raises(asyncpg.DataError):
                await store.ledger.append(SESSION, [arrived(MAYOR)], [announce], 1, EIGHT, answers=[broken])
            assert len(await store.ledger.load(SESSION)) == 1
            assert await store.outbox.pending(SESSION) == before

    asyncio.run(main())


def test_effects_are_exactly_as_recorded_and_settled_once(dsn):
    async def main():
        async with open_store(dsn) as store:
            await convened(store)
            for effect_id, _ in await store.outbox.pending(SESSION):
                await store.outbox.settle(effect_id, EIGHT)
            effects = [
                Announce(
                    message="quorum.lost", audience=Audience.TABLE, params=(("present", "4"), ("name", "Núria «P»"))
                ),
                WatchChamber(),
            ]
            await store.ledger.append(SESSION, [arrived(MAYOR)], effects, 1, EIGHT)
            pending = await store.outbox.pending(SESSION)
            assert [effect for _, effect in pending] == effects
            first = pending[0][0]
            assert await store.outbox.settle(first, EIGHT)
            assert not await store.outbox.settle(first, EIGHT, "too late")
            assert await store.outbox.pending(SESSION) == pending[1:]

    asyncio.run(main())


def test_readers_are_woken(dsn):
    async def main():
        async with open_store(dsn) as store:
            await convened(store)
            woken = asyncio.Event()
            with store.listener.hearing(Channel.RECORD, SESSION, woken.set):
                await store.ledger.append(SESSION, [arrived(MAYOR)], [], 1, EIGHT)
                async with asyncio.timeout(10):
                    await woken.wait()
                woken.clear()
                await store.ledger.append(SESSION, [left(MAYOR)], [], 2, EIGHT)
                async with asyncio.timeout(10):
                    await woken.wait()

    asyncio.run(main())


def test_the_phase_is_kept_for_lists(dsn):
    async def main():
        async with open_store(dsn) as store:
            await convened(store)
            await store.ledger.append(SESSION, [arrived(MAYOR)], [], 1, EIGHT, phase=Phase.OPEN)
            assert await store.pool.fetchval("SELECT phase FROM session") == "open"
            await store.ledger.append(SESSION, [left(MAYOR)], [], 2, EIGHT)
            assert await store.pool.fetchval("SELECT phase FROM session") == "open"

    asyncio.run(main())


def test_the_chain_verifies_and_every_touched_line_is_found(dsn):
    async def main():
        async with open_store(dsn) as store:
            await convened(store)
            await store.ledger.append(SESSION, [arrived(MAYOR), arrived(PAU)], [], 1, EIGHT)
            await store.ledger.append(SESSION, [left(PAU), arrived(NURIA)], [], 3, EIGHT)
            return await lines_of(store.ledger)

    lines = asyncio.run(main())
    assert verify(lines) == 5
    assert verify([]) == 0
    for number, line in enumerate(lines, start=1):
        for place in range(0, len(line), 7):
            flipped = line[:place] + chr(ord(line[place]) ^ 1) + line[place + 1 :]
            with pytest.raises(BrokenChain) as broken:
                verify([*lines[: number - 1], flipped, *lines[number:]])
            assert broken.value.line == number
    for without in range(len(lines) - 1):
        with pytest.raises(BrokenChain):
            verify(lines[:without] + lines[without + 1 :])
    with pytest.raises(BrokenChain):
        verify([lines[0], lines[2], lines[1]])


def test_a_third_party_verifies_with_sha256_alone(dsn):
    """Written out as the README explains it, without a line of ours."""
    import hashlib

    async def main():
        async with open_store(dsn) as store:
            await convened(store)
            await store.ledger.append(SESSION, [arrived(MAYOR)], [], 1, EIGHT)
            return await lines_of(store.ledger)

    previous = "00" * 32
    for line in asyncio.run(main()):
        entry = json.loads(line)
        stated = entry.pop("hash")
        assert entry.pop("previous") == previous
        for commitment, opened in entry.pop("personal", {}).items():
            salted = bytes.fromhex(opened["salt"]) + opened["value"].encode()
            assert commitment == f"sha256:{hashlib.sha256(salted).hexdigest()}"
            assert commitment in line.partition('"personal"')[0]
        text = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert hashlib.sha256(bytes.fromhex(previous) + text.encode()).hexdigest() == stated
        previous = stated


def test_the_record_cannot_be_changed_in_the_database_either(dsn):
    async def main():
        async with open_store(dsn) as store:
            await convened(store)
            with pytest.raises(asyncpg.RaiseError):
                await store.pool.execute("UPDATE event SET body = '{}'")
            with pytest.raises(asyncpg.RaiseError):
                await store.pool.execute("DELETE FROM event")

    asyncio.run(main())


WRITER = """
import asyncio, sys, asyncpg
from tests.store.test_ledger import MAYOR, SESSION, EIGHT, arrived, left
from orchestrator.council.effects import WatchChamber
from orchestrator.store.ledger import Ledger

async def main():
    async with asyncpg.create_pool(sys.argv[1], min_size=1, max_size=1) as pool:
        version = 1
        while True:
            event = arrived(MAYOR) if version % 2 else left(MAYOR)
            version = await Ledger(pool).append(SESSION, [event] * 3, [WatchChamber()], version, EIGHT)
            print(version, flush=True)

asyncio.run(main())
"""


def test_kill_9_in_mid_append_loses_nothing_that_was_committed(dsn):
    async def main():
        async with open_store(dsn) as store:
            await convened(store)
            said = 1
            for _ in range(3):
                writer = await asyncio.create_subprocess_exec(
                    sys.executable,
                    "-c",
                    WRITER.replace("version = 1\n", f"version = {said}\n"),
                    dsn,
                    stdout=asyncio.subprocess.PIPE,
                    cwd=Path(__file__).parents[2],
                )
                for _ in range(20):
                    said = int(await writer.stdout.readline())
                os.kill(writer.pid, signal.SIGKILL)
                rest = await writer.stdout.read()
                await writer.wait()
                said = int((rest.split() or [said])[-1])
                # The last transaction may have been committed without the writer living to say so.
                version = (await store.ledger.load(SESSION))[-1].seq
                assert version in (said, said + 3)
                assert verify(await lines_of(store.ledger)) == version
                assert await store.pool.fetchval("SELECT version FROM session") == version
                effects = await store.pool.fetchval("SELECT count(*) FROM effect WHERE name = 'watch_chamber.v1'")
                first = await store.pool.fetchval("SELECT count(*) FROM effect WHERE created_at < $1", EIGHT)
                assert first == 0
                assert (version - 1) // 3 <= effects <= (version - 1) // 3 + 1
                said = version

    asyncio.run(main())


def test_replay_of_the_record_equals_replay_of_what_was_appended(dsn):
    async def main():
        async with open_store(dsn) as store:
            await convened(store)
            convening = Convene(asker=ADMIN, convocation=convocation())
            events = [arrived(MAYOR), left(MAYOR), arrived(PAU)]
            await store.ledger.append(SESSION, events, [], 1, EIGHT)
            recorded = [r.event for r in await store.ledger.load(SESSION)]
            assert replay(recorded) == replay([*decide(Session(), convening, EIGHT), *events])
            assert canonical({"b": 1, "a": "ç"}) == '{"a":"ç","b":1}'

    asyncio.run(main())
