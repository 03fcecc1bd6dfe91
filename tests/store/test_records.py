"""Entities, bodies, members and lists of sessions are read as they were written."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from orchestrator.council.members import BodyId, Entity, EntityId, EntityKind, MemberId, Regime, SessionId
from orchestrator.council.rules.shape import Figures, Regulation, Switches
from orchestrator.council.session import Phase
from orchestrator.store.ledger import NoSuchSession
from orchestrator.store.records import NoSuchBody, Records
from tests.council.test_law import own_rule
from tests.scenarios.play import EIGHT, MAYOR, PLENARY
from tests.stage import SESSION, convened, open_store

VILA = Entity(id=EntityId("vila"), name="Ajuntament de la Vila")


def test_a_body_is_read_as_it_was_put_with_its_members_in_order(dsn):
    async def main():
        async with open_store(dsn) as store:
            records = Records(store.pool)
            await records.put_entity(VILA)
            await records.put_body(VILA.id, PLENARY)
            assert await records.entities() == [VILA]
            assert await records.entity(VILA.id) == VILA
            assert await records.body(VILA.id, PLENARY.id) == PLENARY
            assert await records.bodies(VILA.id) == [PLENARY]
            assert await records.body(VILA.id, BodyId("junta")) is None

    asyncio.run(main())


def test_members_are_replaced_as_one_list_or_not_at_all(dsn):
    async def main():
        async with open_store(dsn) as store:
            records = Records(store.pool)
            await records.put_entity(VILA)
            await records.put_body(VILA.id, PLENARY)
            fewer = tuple(reversed(PLENARY.members[:3]))
            await records.put_members(VILA.id, PLENARY.id, fewer)
            assert (await records.body(VILA.id, PLENARY.id)) == replace(PLENARY, members=fewer)
            with pytest.raises(Exception, match="duplicate"):
                await records.put_members(VILA.id, PLENARY.id, (*PLENARY.members, PLENARY.members[0]))
            assert (await records.body(VILA.id, PLENARY.id)) == replace(PLENARY, members=fewer)

    asyncio.run(main())


def test_what_belongs_to_nothing_is_not_put(dsn):
    async def main():
        async with open_store(dsn) as store:
            records = Records(store.pool)
            with pytest.raises(NoSuchBody):
                await records.put_body(EntityId("nowhere"), PLENARY)
            with pytest.raises(NoSuchBody):
                await records.put_members(VILA.id, PLENARY.id, PLENARY.members)

    asyncio.run(main())


def test_sessions_are_listed_by_entity_and_day(dsn):
    async def main():
        async with open_store(dsn) as store:
            records = Records(store.pool)
            await convened(store)
            await convened(store, session=SessionId("s2"), starts_at=EIGHT + timedelta(days=1))
            await convened(store, session=SessionId("s3"), entity=Entity(id=EntityId("other"), name="Altra"))
            assert [e.id for e in await records.sessions()] == ["s1", "s3", "s2"]
            assert [e.id for e in await records.sessions(entity=VILA.id)] == ["s1", "s2"]
            tonight = await records.sessions(since=EIGHT - timedelta(hours=1), until=EIGHT + timedelta(hours=1))
            assert [e.id for e in tonight] == ["s1", "s3"]
            entry = await records.session(SESSION)
            assert entry is not None
            assert (entry.title, entry.phase, entry.version, entry.room) == ("Ple", Phase.CONVENED, 1, "ple-vila")
            assert await records.session(SessionId("nowhere")) is None

    asyncio.run(main())


def test_a_session_is_replayed_from_its_record(dsn):
    async def main():
        async with open_store(dsn) as store:
            await convened(store)
            session = await Records(store.pool).replayed(SESSION)
            assert session.convocation is not None
            assert session.convocation.body.member(MAYOR).id == MemberId("mayor")
            with pytest.raises(NoSuchSession):
                await Records(store.pool).replayed(SessionId("nowhere"))

    asyncio.run(main())


def test_an_entitys_own_law_has_versions_that_are_kept(dsn):
    async def main():
        async with open_store(dsn) as store:
            records = Records(store.pool)
            county = Entity(id=EntityId("c"), name="C", kind=EntityKind.COUNTY, regime=Regime.COMMON, population=41_000)
            await records.put_entity(county)
            assert await records.entity(county.id) == county
            assert await records.regulation(county.id) == Regulation()
            state = Switches(figures=Figures.STATE)
            first = await records.put_regulation(county.id, (own_rule(),), state, by="secretary", now=EIGHT)
            second = await records.put_regulation(county.id, (), Switches(), by="admin", now=EIGHT)
            assert (first.version, second.version) == (1, 2)
            assert await records.regulation(county.id) == second
            kept = await store.pool.fetch("SELECT version, entered_by FROM regulation ORDER BY version")
            assert [tuple(row) for row in kept] == [(1, "secretary"), (2, "admin")]
            with pytest.raises(Exception, match="never changed"):
                await store.pool.execute("DELETE FROM regulation")
            with pytest.raises(NoSuchBody):
                await records.put_regulation(EntityId("nowhere"), (), Switches(), by="admin", now=EIGHT)

    asyncio.run(main())


def test_the_order_by_which_vacancies_stay_is_kept_with_the_body(dsn):
    async def main():
        async with open_store(dsn) as store:
            records = Records(store.pool)
            await records.put_entity(VILA)
            body = replace(PLENARY, in_fact_by="JEZ 2026/7")
            await records.put_body(VILA.id, body)
            assert await records.body(VILA.id, PLENARY.id) == body

    asyncio.run(main())
