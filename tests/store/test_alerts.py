"""Alerts as operators see them: one a condition, resolved by itself, acknowledged once, escalated when nobody looks."""

import asyncio
from datetime import timedelta

import asyncpg

from orchestrator.council.events import AlertRaised, AlertResolved, RecordingMissing
from orchestrator.council.observations import Link
from orchestrator.council.troubles import Severity
from orchestrator.store.alerts import RESTLESS, Alerts, Deed
from orchestrator.store.listener import ANY, Channel
from tests.scenarios.play import EIGHT
from tests.stage import SESSION, convened, open_store, until

PATIENCE = {Severity.CRITICAL: timedelta(minutes=3)}


def later(seconds: float):
    return EIGHT + timedelta(seconds=seconds)


def raised(seconds: float = 0) -> AlertRaised:
    return AlertRaised(at=later(seconds), key="relay", link=Link.RELAY, cause="key_refused")


def resolved(seconds: float) -> AlertResolved:
    return AlertResolved(at=later(seconds), key="relay")


async def write(store, *events) -> None:
    version = len(await store.ledger.load(SESSION))
    await store.ledger.append(SESSION, events, [], version, EIGHT)


async def deeds(alerts: Alerts, alert) -> list[Deed]:
    return [entry.deed for entry in (await alerts.entries([alert.id]))[alert.id]]


def test_the_alerts_of_a_record_are_written_with_it(dsn):
    async def main():
        async with open_store(dsn) as store:
            alerts = Alerts(store.pool)
            heard = []
            with store.listener.hearing(Channel.ALERTS, ANY, lambda: heard.append(1)):
                await until(lambda: bool(heard))  # the listener listens
                await convened(store)
                before = len(heard)
                await write(store, raised())
                await until(lambda: len(heard) > before)
            (alert,) = await alerts.find()
            assert (alert.session, alert.entity, alert.link, alert.raised_at) == (SESSION, "vila", "relay", EIGHT)
            assert alert.severity is Severity.CRITICAL
            await write(store, resolved(40))
            assert await alerts.find() == []
            (over,) = await alerts.find(is_open=False, entity="vila")
            assert over.resolved_at == later(40)
            assert await deeds(alerts, over) == [Deed.RAISED, Deed.RESOLVED]
            assert await alerts.find(is_open=False, entity="another") == []

    asyncio.run(main())


def test_what_comes_back_soon_is_the_same_alert_and_what_comes_back_late_is_another(dsn):
    async def main():
        async with open_store(dsn) as store:
            await convened(store)
            alerts = Alerts(store.pool)
            await write(store, raised(0), resolved(10), raised(60))
            (alert,) = await alerts.find()
            assert (alert.times, alert.raised_at) == (2, EIGHT)
            assert await deeds(alerts, alert) == [Deed.RAISED, Deed.RESOLVED, Deed.RETURNED]
            await write(store, resolved(70), raised(70 + 301))
            assert [(a.times, a.is_open) for a in await alerts.find(is_open=False)] == [(1, True), (2, False)]

    asyncio.run(main())


def test_the_first_acknowledgement_counts_and_notes_are_kept(dsn):
    async def main():
        async with open_store(dsn) as store:
            await convened(store)
            alerts = Alerts(store.pool)
            await write(store, raised())
            (alert,) = await alerts.find()
            await alerts.acknowledge(alert.id, by="operator", now=later(20))
            await alerts.acknowledge(alert.id, by="admin", now=later(30))
            await alerts.note(alert.id, "He trucat al canal", by="operator", now=later(40))
            found = await alerts.get(alert.id)
            assert found
            assert (found.acknowledged_by, found.acknowledged_at) == ("operator", later(20))
            assert await deeds(alerts, alert) == [Deed.RAISED, Deed.ACKNOWLEDGED, Deed.NOTED]
            assert await alerts.escalate_unattended(later(3600), PATIENCE) == []

    asyncio.run(main())


def test_what_nobody_acknowledges_is_escalated_once_whoever_looks(dsn):
    async def main():
        async with open_store(dsn) as store:
            await convened(store)
            alerts = Alerts(store.pool)
            await write(store, raised())
            assert await alerts.escalate_unattended(later(179), PATIENCE) == []
            assert await alerts.escalate_unattended(later(180), {}) == []  # this severity waits for ever
            async with asyncio.TaskGroup() as tasks:
                rounds = [tasks.create_task(alerts.escalate_unattended(later(180), PATIENCE)) for _ in range(4)]
            assert sum(len(task.result()) for task in rounds) == 1
            (alert,) = await alerts.find()
            assert alert.escalated_at == later(180)
            await alerts.escalate(alert.id, by="operator", now=later(200))
            assert await deeds(alerts, alert) == [Deed.RAISED, Deed.ESCALATED]

    asyncio.run(main())


def test_what_is_not_mended_by_itself_is_escalated_although_somebody_looks_after_it(dsn):
    async def main():
        async with open_store(dsn) as store:
            await convened(store)
            alerts = Alerts(store.pool)
            await write(store, raised())
            (alert,) = await alerts.find()
            await alerts.acknowledge(alert.id, by="operator", now=later(1))
            for n in range(1, RESTLESS):
                assert await alerts.escalate_unattended(later(20 * n), PATIENCE) == []
                await write(store, resolved(20 * n), raised(20 * n + 10))
            assert [a.id for a in await alerts.escalate_unattended(later(60), PATIENCE)] == [alert.id]

    asyncio.run(main())


def test_a_lost_recording_is_over_when_somebody_has_seen_it(dsn):
    async def main():
        async with open_store(dsn) as store:
            await convened(store)
            alerts = Alerts(store.pool)
            await write(store, RecordingMissing(at=EIGHT, cause="nothing_recorded"))
            assert await alerts.find() == []
            await write(store, RecordingMissing(at=EIGHT, cause="archive_failed"))
            (alert,) = await alerts.find()
            await alerts.acknowledge(alert.id, by="operator", now=later(1))
            assert await alerts.find() == []

    asyncio.run(main())


def test_what_has_no_record_is_opened_and_resolved_by_what_holds(dsn):
    async def main():
        async with open_store(dsn) as store:
            await convened(store)
            alerts = Alerts(store.pool)
            disk, idle = (None, "disk.one"), (SESSION, "conductor")
            async with asyncio.TaskGroup() as tasks:
                for _ in range(4):
                    tasks.create_task(alerts.reconcile("house", {disk: "disk_low", idle: "not_conducted"}, EIGHT))
            await alerts.reconcile("machine:two", {}, EIGHT)
            found = {alert.key: alert for alert in await alerts.find()}
            assert {key: alert.entity for key, alert in found.items()} == {"disk.one": None, "conductor": "vila"}
            await alerts.reconcile("house", {disk: "disk_low"}, later(9))
            assert [alert.key for alert in await alerts.find()] == ["disk.one"]

    asyncio.run(main())


def test_a_session_that_nobody_conducts_is_found_when_it_should_be_conducted(dsn):
    async def main():
        async with open_store(dsn) as store:
            await convened(store)
            alerts = Alerts(store.pool)
            hour, patience = timedelta(hours=1), timedelta(seconds=30)

            async def idle(seconds: float):
                return await alerts.unconducted(later(seconds), gathering=hour, patience=patience)

            assert await idle(-3600) == []
            assert await idle(-3500) == [SESSION]
            await store.ledger.mark_alive([SESSION], later(-3500))
            assert await idle(-3471) == []
            assert await idle(-3400) == [SESSION]

    asyncio.run(main())


def test_a_record_behind_is_one_in_which_somebody_waits(dsn):
    async def main():
        async with open_store(dsn) as store:
            await convened(store)
            alerts = Alerts(store.pool)
            await store.pool.execute(
                "INSERT INTO inbox (session, key, name, body, asked_at) VALUES ($1, 'k', 'n', '{}', $2)", SESSION, EIGHT
            )
            patience = timedelta(seconds=5)
            assert await alerts.behind(later(4), patience) == []
            assert await alerts.behind(later(6), patience) == [SESSION]
            await store.pool.execute("UPDATE inbox SET answered_at = $1", EIGHT)
            assert await alerts.behind(later(6), patience) == []

    asyncio.run(main())


def test_an_alert_of_no_session_is_refused_by_the_database(dsn):
    async def main():
        async with open_store(dsn) as store:
            try:
                await Alerts(store.pool).reconcile("house", {("nowhere", "conductor"): "not_conducted"}, EIGHT)
            except asyncpg.ForeignKeyViolationError:
                return
            raise AssertionError

    asyncio.run(main())
