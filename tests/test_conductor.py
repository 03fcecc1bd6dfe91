"""One task conducts one session: what comes in is decided in order, written at once, performed, and answered."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import pytest

from orchestrator.conductor import Conductor, NotConducted, Stage, take_over
from orchestrator.council.commands import AdjournSession, GrantFloor, OpenSession, RequestFloor
from orchestrator.council.effects import Announce, StartBroadcast
from orchestrator.council.events import FloorExpired, FloorGranted, FloorReturned, MemberArrived, SessionOpened
from orchestrator.council.members import MemberId
from orchestrator.council.refusals import Reason, Refused
from orchestrator.council.session import Phase, replay
from orchestrator.store.inbox import Accepted
from orchestrator.store.ledger import Fenced, verify
from tests.scenarios.play import FIRST, JOAN, LAIA, MAYOR, NURIA, PAU, PLENARY, SECRETARY
from tests.stage import (
    ADMIN,
    PRESIDENT,
    SESSION,
    Clock,
    Passing,
    Performer,
    Store,
    connected,
    convened,
    entered,
    open_store,
    until,
)

QUORUM = (MAYOR, FIRST, PAU, NURIA, JOAN, SECRETARY)


@dataclass(slots=True)
class Scene:
    store: Store
    stage: Stage
    clock: Clock
    performer: Performer
    conductor: Conductor
    running: "asyncio.Task[None]"

    async def kinds(self) -> list[str]:
        return [type(r.event).__name__ for r in await self.store.ledger.load(SESSION)]

    async def open(self) -> None:
        """A session with quorum, opened."""
        self.conductor.deliver(entered(self.clock(), *QUORUM))
        await self.conductor.ask(OpenSession(asker=PRESIDENT))


@asynccontextmanager
async def conducted(dsn: str) -> AsyncIterator[Scene]:
    async with open_store(dsn) as store:
        clock, performer = Clock(), Performer()
        await convened(store, clock())
        stage = Stage(ledger=store.ledger, outbox=store.outbox, inbox=store.inbox, perform=performer, now=clock)
        conductor = await take_over(SESSION, stage)
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(conductor.run())
            yield Scene(store, stage, clock, performer, conductor, running)
            running.cancel()


def test_a_command_is_on_the_record_when_its_asker_hears_of_it(dsn):
    async def main():
        async with conducted(dsn) as scene:
            scene.conductor.deliver(entered(scene.clock(), *QUORUM))
            accepted = await scene.conductor.ask(OpenSession(asker=PRESIDENT))
            recorded = await scene.store.ledger.load(SESSION)
            assert isinstance(recorded[accepted.version - 1].event, SessionOpened)
            assert scene.conductor.session.phase is Phase.OPEN

    asyncio.run(main())


def test_a_refusal_answers_its_asker_and_the_session_goes_on(dsn):
    async def main():
        async with conducted(dsn) as scene:
            with pytest.raises(Refused) as refused:
                await scene.conductor.ask(OpenSession(asker=PRESIDENT))
            assert refused.value.reason is Reason.NOT_ALLOWED  # the president is not there
            scene.conductor.deliver(OpenSession(asker=PRESIDENT))  # nobody waits for this one
            scene.conductor.deliver(entered(scene.clock(), *QUORUM))
            assert (await scene.conductor.ask(OpenSession(asker=PRESIDENT))).version > 1

    asyncio.run(main())


def test_a_storm_of_arrivals_costs_few_commits(dsn):
    async def main():
        async with conducted(dsn) as scene:
            scene.conductor.deliver(entered(scene.clock()))
            members = [member.id for member in PLENARY.members]
            for n in range(100):
                scene.conductor.deliver(connected(scene.clock(), members[n % len(members)]))
            await until(lambda: len(scene.conductor.session.attendance.present()) == len(members))
            transactions = await scene.store.pool.fetchval(
                "SELECT count(DISTINCT recorded_at) FROM event WHERE seq > 1"
            )
            events = await scene.store.pool.fetchval("SELECT count(*) FROM event WHERE seq > 1")
            assert events > len(members)
            assert transactions <= 3

    asyncio.run(main())


def test_replay_equals_what_was_conducted_live(dsn):
    async def main():
        async with conducted(dsn) as scene:
            await scene.open()
            await scene.conductor.ask(RequestFloor(asker=PRESIDENT, member=PAU))
            await scene.conductor.ask(GrantFloor(asker=PRESIDENT, member=PAU))
            recorded = await scene.store.ledger.load(SESSION)
            assert replay(r.event for r in recorded) == scene.conductor.session
            assert verify([line async for line in scene.store.ledger.record_lines(SESSION)]) == len(recorded)

    asyncio.run(main())


def test_an_overdue_deadline_is_served_before_the_next_message(dsn):
    async def main():
        async with conducted(dsn) as scene:
            await scene.open()
            await scene.conductor.ask(GrantFloor(asker=PRESIDENT, member=PAU, limit=timedelta(minutes=1)))
            scene.clock.jump(90)
            await scene.conductor.ask(GrantFloor(asker=PRESIDENT, member=NURIA, limit=timedelta(minutes=1)))
            turns = [
                r.event
                for r in await scene.store.ledger.load(SESSION)
                if isinstance(r.event, FloorGranted | FloorExpired | FloorReturned)
            ]
            assert [(type(e), e.member) for e in turns] == [
                (FloorGranted, PAU),
                (FloorExpired, PAU),
                (FloorGranted, NURIA),
            ]

    asyncio.run(main())


def test_a_deadline_is_served_when_nothing_else_happens(dsn):
    async def main():
        async with conducted(dsn) as scene:
            await scene.open()
            limit = timedelta(seconds=0.2)
            granted = await scene.conductor.ask(GrantFloor(asker=PRESIDENT, member=PAU, limit=limit))
            await until(lambda: scene.conductor.session.floor.turn is None)
            begun, ended = (await scene.store.ledger.load(SESSION))[granted.version - 1 :]
            assert isinstance(ended.event, FloorExpired)
            assert timedelta(0) <= ended.recorded_at - begun.event.until < timedelta(seconds=1)

    asyncio.run(main())


def test_a_command_from_http_is_answered_in_the_transaction_of_its_events(dsn):
    async def main():
        async with conducted(dsn) as scene:
            asked = await scene.store.inbox.ask(SESSION, OpenSession(asker=ADMIN), "k1")
            assert isinstance(await scene.store.inbox.answer(asked), Refused)
            scene.conductor.deliver(entered(scene.clock(), *QUORUM))
            asked = await scene.store.inbox.ask(SESSION, OpenSession(asker=PRESIDENT), "k2")
            answer = await scene.store.inbox.answer(asked)
            assert isinstance(answer, Accepted)
            row = await scene.store.pool.fetchrow("SELECT xmin::text, answered_at FROM inbox WHERE key = 'k2'")
            event = await scene.store.pool.fetchrow(
                "SELECT xmin::text, recorded_at FROM event WHERE name = 'session_opened.v1'"
            )
            assert row["xmin"] == event["xmin"]

    asyncio.run(main())


def test_commands_that_waited_while_nobody_conducted_are_answered_at_the_start(dsn):
    async def main():
        async with open_store(dsn) as store:
            await convened(store)
            asked = await store.inbox.ask(SESSION, OpenSession(asker=PRESIDENT), "early")
            stage = Stage(ledger=store.ledger, outbox=store.outbox, inbox=store.inbox, perform=Performer(), now=Clock())
            conductor = await take_over(SESSION, stage)
            async with asyncio.TaskGroup() as tasks:
                running = tasks.create_task(conductor.run())
                answer = await store.inbox.answer(asked)
                running.cancel()
            assert isinstance(answer, Refused)
            assert answer.reason is Reason.NOT_ALLOWED

    asyncio.run(main())


def test_the_one_who_lost_the_session_stops_at_its_next_word(dsn):
    async def main():
        async with open_store(dsn) as store:
            clock = Clock()
            await convened(store, clock())
            stage = Stage(ledger=store.ledger, outbox=store.outbox, inbox=store.inbox, perform=Performer(), now=clock)
            old, new = await take_over(SESSION, stage), await take_over(SESSION, stage)
            async with asyncio.TaskGroup() as tasks:
                running = tasks.create_task(new.run())
                asking = tasks.create_task(_outcome(old, OpenSession(asker=PRESIDENT)))
                old.deliver(entered(clock(), *QUORUM))
                with pytest.raises(Fenced):
                    await old.run()
                assert isinstance(await asking, NotConducted)
                with pytest.raises(NotConducted):
                    await old.ask(OpenSession(asker=PRESIDENT))
                new.deliver(entered(clock(), MAYOR))
                await until(lambda: new.session.is_observed)
                running.cancel()
            arrivals = [r.event for r in await store.ledger.load(SESSION) if isinstance(r.event, MemberArrived)]
            assert [event.member for event in arrivals] == [MAYOR]

    asyncio.run(main())


async def _outcome(conductor: Conductor, command: OpenSession) -> Exception | Accepted:
    try:
        return await conductor.ask(command)
    except (Refused, NotConducted) as answer:
        return answer


def test_a_slow_encoder_delays_neither_decisions_nor_announcements(dsn):
    async def main():
        async with conducted(dsn) as scene:
            gate = scene.performer.gates[StartBroadcast] = asyncio.Event()
            await scene.open()
            await until(lambda: "Announce" in scene.performer.kinds())
            assert "StartBroadcast" not in scene.performer.kinds()
            gate.set()
            await until(lambda: "StartBroadcast" in scene.performer.kinds())

    asyncio.run(main())


def test_announcements_keep_their_order_through_an_outage_and_are_made_once(dsn):
    async def main():
        async with conducted(dsn) as scene:
            scene.performer.errors[Announce] = [Passing(), Passing()]
            await scene.open()
            for member in (PAU, NURIA, JOAN):
                await scene.conductor.ask(GrantFloor(asker=PRESIDENT, member=member))
            written = await scene.store.pool.fetch("SELECT body FROM effect WHERE name = 'announce.v1' ORDER BY id")
            await until(lambda: scene.performer.kinds().count("Announce") == len(written))
            granted = [
                dict(e.params)["name"] for e in scene.performer.done if getattr(e, "message", "") == "floor.granted"
            ]
            assert granted == ["Pau Ferrer", "Núria Puig", "Joan Mas"]
            await _all_settled(scene)
            assert await scene.store.pool.fetchval("SELECT count(*) FROM effect WHERE failure IS NOT NULL") == 0

    asyncio.run(main())


def test_an_effect_that_cannot_be_performed_is_given_up_and_the_next_one_is_performed(dsn):
    async def main():
        async with conducted(dsn) as scene:
            scene.performer.errors[Announce] = [ValueError("a bug in the wording")]
            await scene.open()
            await until(lambda: "Announce" in scene.performer.kinds())
            await _all_settled(scene)
            failures = await scene.store.pool.fetch("SELECT failure FROM effect WHERE failure IS NOT NULL")
            assert [row["failure"] for row in failures] == ["ValueError"]

    asyncio.run(main())


async def _all_settled(scene: Scene) -> None:
    async with asyncio.timeout(10):
        while await scene.store.outbox.pending(SESSION):
            await asyncio.sleep(0.01)


def test_effects_left_by_a_dead_conductor_are_performed_by_the_next(dsn):
    async def main():
        async with conducted(dsn) as scene:
            scene.performer.gates[Announce] = asyncio.Event()  # never set: it dies with this in its hands
            await scene.open()
            scene.running.cancel()
            await asyncio.wait({scene.running})
            left = [effect for _, effect in await scene.store.outbox.pending(SESSION)]
            assert any(isinstance(effect, Announce) for effect in left)

            other = Performer()
            stage = Stage(
                ledger=scene.store.ledger,
                outbox=scene.store.outbox,
                inbox=scene.store.inbox,
                perform=other,
                now=scene.clock,
            )
            conductor = await take_over(SESSION, stage)
            assert conductor.session == scene.conductor.session
            async with asyncio.TaskGroup() as tasks:
                running = tasks.create_task(conductor.run())
                await _all_settled(scene)
                running.cancel()
            assert sorted(map(repr, other.done)) == sorted(map(repr, left))

    asyncio.run(main())


def test_it_ends_when_the_session_is_adjourned_and_the_machines_are_done(dsn):
    async def main():
        async with conducted(dsn) as scene:
            await scene.open()
            gate = scene.performer.gates[Announce] = asyncio.Event()
            await scene.conductor.ask(AdjournSession(asker=PRESIDENT))
            scene.conductor.deliver(connected(scene.clock(), LAIA))
            await asyncio.sleep(0)
            assert not scene.running.done()
            gate.set()
            async with asyncio.timeout(10):
                await scene.running
            assert await scene.store.outbox.pending(SESSION) == []
            with pytest.raises(Refused) as refused:
                await scene.conductor.ask(OpenSession(asker=PRESIDENT))
            assert refused.value.reason is Reason.ADJOURNED
            asked = await scene.store.inbox.ask(SESSION, OpenSession(asker=PRESIDENT), "too late")
            assert isinstance(await scene.store.inbox.answer(asked), Refused)

    asyncio.run(main())


def test_a_bug_in_deciding_brings_the_conductor_down_and_nothing_of_its_batch_is_written(dsn):
    async def main():
        async with open_store(dsn) as store:
            await convened(store)
            stage = Stage(ledger=store.ledger, outbox=store.outbox, inbox=store.inbox, perform=Performer(), now=Clock())
            conductor = await take_over(SESSION, stage)
            conductor.deliver(entered(stage.now(), MAYOR))
            conductor.deliver("nonsense")
            with pytest.raises(ExceptionGroup):
                await conductor.run()
            assert len(await store.ledger.load(SESSION)) == 1
            assert MemberId("mayor") not in conductor.session.attendance.present()

    asyncio.run(main())
