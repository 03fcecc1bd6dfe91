"""Webhooks to a real receiver: one that fails, stalls, answers out of order, redirects, restarts and is gone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from aiohttp import web
from standardwebhooks import Webhook as Signature
from standardwebhooks import WebhookVerificationError

from orchestrator.app import now as real_now
from orchestrator.council.commands import Role
from orchestrator.council.members import Entity, EntityId, SessionId
from orchestrator.notices.webhooks import Posting, pause_before
from orchestrator.store import jobs
from orchestrator.store.webhook_messages import Message, State
from orchestrator.store.webhooks import FAMILIES, TOLD, Family, Pause, Webhook
from orchestrator.web.openapi import Telling
from tests.notices.webhook_receiver import Heard, Receiver, in_turn, stall
from tests.scenarios.play import JOAN, PAU, PLENARY, QUORATE
from tests.stage import SESSION, connected, until
from tests.web.town import HERE, Town, served

OTHER = SessionId("s2")


@asynccontextmanager
async def told(dsn: str, *events: str) -> AsyncIterator[tuple[Town, Receiver, Posting, Webhook]]:
    """A town whose webhook is told of the entity's sessions."""
    async with served(dsn) as town, Receiver().open() as receiver:
        await town.house.records.put_entity(Entity(id=HERE, name="La Vila"))
        webhook, _ = await town.house.posting.webhooks.add(HERE, receiver.url, events, "", by="admin", now=town.clock())
        yield town, receiver, town.house.posting, webhook


async def standing(posting: Posting, webhook: Webhook) -> list[Message]:
    return list(reversed(await posting.messages.of(webhook.id, limit=999)))


def test_every_event_is_told_in_order_once_signed_and_as_the_record_has_it(dsn):
    async def main():
        async with told(dsn) as (town, receiver, posting, webhook):
            await town.gathered(*QUORATE)
            await posting.post(SESSION)
            record = [r for r in await town.store.ledger.load(SESSION)]
            assert [heard.seq for heard in receiver.taken] == [
                m.seq for m in await standing(posting, webhook) if m.state is State.DELIVERED
            ]
            first = receiver.taken[0]
            assert first.content["type"] == "session_convened.v1"
            data = first.content["data"]
            assert {k: data[k] for k in ("session", "entity", "body", "rehearsal", "seq")} == {
                "session": SESSION,
                "entity": HERE,
                "body": PLENARY.id,
                "rehearsal": False,
                "seq": 1,
            }
            assert data["hash"] == record[0].hash.hex()
            assert all(Telling.model_validate(heard.content) for heard in receiver.taken)
            assert first.id == f"evt_{SESSION}_1"
            names = {heard.content["type"] for heard in receiver.taken}
            assert "member_arrived.v1" in names
            assert "device_joined.v1" not in names
            heard = len(receiver.heard)
            await posting.post(SESSION)
            assert len(receiver.heard) == heard

    asyncio.run(main())


def test_any_library_of_standard_webhooks_verifies_it_also_while_the_secret_is_rotated(dsn):
    async def main():
        async with told(dsn) as (_, receiver, posting, webhook):
            posting = replace(posting, now=real_now)
            (old,) = await posting.webhooks.secrets(webhook.id, real_now())
            new = await posting.webhooks.rotate(webhook.id, real_now())
            assert (await posting.knock(webhook)).is_delivered
            (heard,) = receiver.taken
            for secret in (old, new):
                assert Signature(secret).verify(heard.text, heard.headers)["type"] == "webhook.test"
            with pytest.raises(WebhookVerificationError):
                Signature(new).verify(heard.text + " ", heard.headers)
            later = real_now() + timedelta(hours=25)
            assert await posting.webhooks.secrets(webhook.id, later) == (new,)

    asyncio.run(main())


def test_one_that_fails_is_tried_again_and_what_came_after_waits_for_it(dsn):
    async def main():
        async with told(dsn) as (town, receiver, posting, webhook):
            receiver.answer = in_turn(500, 429)
            await town.gathered(*QUORATE)
            await posting.post(SESSION)
            assert [heard.seq for heard in receiver.heard] == [1]
            failed = (await standing(posting, webhook))[0]
            assert (failed.attempts, failed.status, failed.failure) == (1, 500, "refused")
            await posting.post(SESSION)
            assert len(receiver.heard) == 1, "it is not due"
            for _ in range(2):
                town.clock.jump(20)
                await posting.post(SESSION)
            seqs = [heard.seq for heard in receiver.taken]
            assert seqs == sorted(seqs)
            assert [heard.seq for heard in receiver.heard[:3]] == [1, 1, 1]
            assert len({heard.id for heard in receiver.heard[:3]}) == 1
            assert {m.state for m in await standing(posting, webhook)} == {State.DELIVERED}

    asyncio.run(main())


def test_what_is_never_taken_is_dead_after_a_day_what_follows_is_tried_and_all_is_replayed(dsn):
    async def main():
        async with told(dsn, "session_convened.v1", "quorum_reached.v1", "member_arrived.v1") as town_and:
            town, receiver, posting, webhook = town_and
            receiver.answer = in_turn(*[500] * 999)
            await town.gathered(*QUORATE)
            while (first := (await standing(posting, webhook))[0]).state is State.WAITING:
                await posting.post(SESSION)
                town.clock.jump(max(0.0, ((await standing(posting, webhook))[0].due_at - town.clock()).total_seconds()))
            assert timedelta(hours=24) <= first.settled_at - first.since < timedelta(hours=24, minutes=1)
            assert 25 < first.attempts < 35
            town.clock.jump(5)
            await posting.post(SESSION)
            states = [m.state for m in await standing(posting, webhook)]
            assert set(states) == {State.DEAD}, "they are as old, and each was tried"
            receiver.answer = in_turn()
            assert await posting.messages.replay(webhook.id, town.clock()) == len(states)
            await posting.post(SESSION)
            assert [h.seq for h in receiver.taken] == sorted(m.seq for m in await standing(posting, webhook))
            assert {m.state for m in await standing(posting, webhook)} == {State.DELIVERED}
            one = (await standing(posting, webhook))[1]
            assert await posting.messages.replay(webhook.id, town.clock(), one.id) == 1
            await posting.post(SESSION)
            assert receiver.taken[-1].seq == one.seq

    asyncio.run(main())


def test_one_that_stalls_is_given_up_waiting_for_and_holds_no_other_webhook_up(dsn):
    async def main():
        async with told(dsn) as (town, receiver, posting, webhook), Receiver().open() as quick:
            posting = replace(posting, request=timedelta(seconds=0.5))
            receiver.answer = stall
            await posting.webhooks.add(None, quick.url, (), "", by="admin", now=town.clock())
            await town.gathered(*QUORATE)
            await posting.post(SESSION)
            assert [h.seq for h in receiver.heard] == [1]
            assert receiver.taken == []
            assert (await standing(posting, webhook))[0].failure == "timeout"
            assert len(quick.taken) > 5

    asyncio.run(main())


def test_slow_answers_keep_the_order_of_a_session_and_sessions_do_not_wait_for_each_other(dsn):
    async def main():
        async with told(dsn) as (town, receiver, posting, _):
            is_through = asyncio.Event()

            async def answer(heard: Heard) -> int:
                if heard.session == SESSION and heard.seq == 1:
                    await is_through.wait()
                return 204

            receiver.answer = answer
            await town.gathered(*QUORATE)
            await town.convened(session=OTHER)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(posting.post(SESSION))
                await until(lambda: len(receiver.heard) == 1)
                tasks.create_task(posting.post(SESSION))
                await posting.post(OTHER)
                assert {h.session for h in receiver.taken} == {OTHER}
                is_through.set()
            seqs = [h.seq for h in receiver.taken if h.session == SESSION]
            assert seqs == sorted(set(seqs))
            assert len(seqs) > 5

    asyncio.run(main())


def test_a_receiver_that_restarts_and_a_sender_that_died_lose_nothing(dsn):
    async def main():
        async with told(dsn) as (town, _, posting, webhook):
            moved = Receiver()
            async with moved.open():
                await posting.webhooks.change(replace(webhook, url=moved.url), webhook)
                await town.gathered(*QUORATE)
                assert isinstance(await posting.messages.take(webhook.id, SESSION, town.clock()), Message)
                # Whoever took it is killed: for a while nobody sends it, then anybody may.
                await posting.post(SESSION)
                assert moved.heard == []
                town.clock.jump(46)
                await posting.post(SESSION)
                before = len(moved.taken)
                assert before > 5
            await town.see(connected(town.clock(), JOAN))
            await posting.post(SESSION)
            failures = {m.failure for m in await standing(posting, webhook) if m.state is State.WAITING}
            assert "unreachable" in failures
            async with moved.open():
                town.clock.jump(10)
                await posting.post(SESSION)
                assert len(moved.taken) > before
            seqs = [h.seq for h in moved.taken]
            assert seqs == sorted(set(seqs))

    asyncio.run(main())


def test_one_that_is_gone_is_paused_and_its_messages_wait_until_it_goes_on(dsn):
    async def main():
        async with told(dsn) as (town, receiver, posting, webhook):
            receiver.answer = in_turn(410)
            await town.gathered(*QUORATE)
            await posting.post(SESSION)
            paused = await posting.webhooks.webhook(webhook.id)
            assert (paused.paused, len(receiver.heard)) == (Pause.GONE, 1)
            town.clock.jump(48 * 3600)
            await posting.post(SESSION)
            assert len(receiver.heard) == 1
            assert await posting.webhooks.change(replace(paused, paused=None), paused)
            await posting.messages.resume(webhook.id, town.clock())
            await posting.post(SESSION)
            assert {m.state for m in await standing(posting, webhook)} == {State.DELIVERED}

    asyncio.run(main())


def test_redirects_are_not_followed_and_what_the_receiver_asks_for_is_heeded(dsn):
    async def main():
        async with told(dsn) as (town, receiver, posting, webhook):

            async def elsewhere(_heard: Heard) -> web.Response:
                return web.Response(status=307, headers={"Location": receiver.url})

            async def busy(_heard: Heard) -> web.Response:
                return web.Response(status=503, headers={"Retry-After": "600"})

            receiver.answer = elsewhere
            assert (await posting.knock(webhook)).failure == "redirect"
            assert len(receiver.heard) == 1
            receiver.answer = busy
            await town.convened()
            await posting.post(SESSION)
            first = (await standing(posting, webhook))[0]
            assert timedelta(seconds=590) < first.due_at - town.clock() <= timedelta(seconds=600)

    asyncio.run(main())


def test_what_was_dealt_with_in_secret_stays_in_the_house(dsn):
    async def main():
        async with told(dsn) as (town, receiver, posting, webhook):
            await town.gathered(*(member.id for member in PLENARY.members))
            for command in (
                {"name": "open_session"},
                {"name": "call_item", "number": 1},
                {"name": "open_secret", "yes": 7},
                {"name": "request_floor", "member": PAU},
                {"name": "close_secret"},
            ):
                answer = await town.client.post(
                    f"/api/v1/sessions/{SESSION}/commands", json=command, headers=town.bearer(Role.PRESIDENT)
                )
                assert answer.status == 200, await answer.text()
            await posting.post(SESSION)
            names = [h.content["type"] for h in receiver.taken]
            assert "secret_opened.v1" in names
            assert "floor_requested.v1" not in names
            withheld = [m.name for m in await standing(posting, webhook) if m.state is State.WITHHELD]
            assert withheld == ["floor_requested.v1"]

    asyncio.run(main())


def test_another_entitys_events_and_events_not_asked_for_are_not_told(dsn):
    async def main():
        async with told(dsn, "quorum_reached.v1") as (town, receiver, posting, _):
            await town.house.records.put_entity(Entity(id=EntityId("another-town"), name="Z"))
            for entity in (None, EntityId("another-town")):
                await posting.webhooks.add(
                    entity, receiver.url, ("session_convened.v1",), "", by="admin", now=town.clock()
                )
            await town.gathered(*QUORATE, JOAN)
            await posting.post(SESSION)
            assert sorted(h.content["type"] for h in receiver.taken) == ["quorum_reached.v1", "session_convened.v1"]

    asyncio.run(main())


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_job_queue_carries_it_and_another_worker_goes_on(dsn):
    async def main():
        async with told(dsn) as (town, receiver, posting, webhook):
            work = {jobs.POST_WEBHOOKS: posting.post}
            await town.convened()
            for observed in (QUORATE, (JOAN,)):
                running = asyncio.create_task(jobs.work(town.store.pool, work))  # noqa: TID251 - ended below
                before = len(receiver.taken)
                for member in observed:
                    await town.see(connected(town.clock(), member))
                await until(lambda before=before: len(receiver.taken) > before, 100)
                running.cancel()
                with pytest.raises(asyncio.CancelledError):
                    await running
            # What was on its way when a worker was stopped may come twice (at least once), and never before its turn.
            seqs = list(dict.fromkeys(h.seq for h in receiver.taken))
            assert seqs == [m.seq for m in await standing(posting, webhook)][: len(seqs)]

    asyncio.run(main())


def test_pauses_grow_to_an_hour_and_are_spread():
    assert [pause_before(n).total_seconds() for n in (1, 2, 3, 4, 7, 99)] == [5, 15, 45, 135, 3600, 3600]
    assert pause_before(1, chance=1.0) == timedelta(seconds=6)
    assert pause_before(1, timedelta(days=9)) == timedelta(hours=1)


def test_every_family_has_events_and_no_device_is_told_of():
    assert set(FAMILIES) == set(Family)
    assert all(FAMILIES.values())
    assert not [name for name in TOLD if "device" in name or "ghost" in name]
