"""An entity's first steps: each ticks itself by what is there, and says what to do and where."""

import asyncio
from datetime import timedelta

from orchestrator.convening.steps import Step, steps
from orchestrator.council.commands import Role
from orchestrator.council.events import SessionOpened
from orchestrator.council.members import ChannelId, Entity, SessionId
from orchestrator.council.session import replay
from orchestrator.store.beginnings import beginning
from orchestrator.store.channels import Channel, ChannelKind
from orchestrator.store.contacts import Contact, Contacts
from tests.scenarios.play import EIGHT, MAYOR, PLENARY
from tests.stage import convened
from tests.web.town import ELSEWHERE, HERE, Town, served

REHEARSAL = SessionId("a-rehearsal")


async def done(town: Town) -> set[Step]:
    lines = steps(await beginning(town.house.records.pool, HERE))
    return {line.step for line in lines if line.is_done}


async def page(town: Town, role: Role = Role.SECRETARY, entity: str = HERE, status: int = 200) -> str:
    async with town.client.get(f"/entities/{HERE}/steps?lang=ca", headers=town.bearer(role, entity)) as answer:
        assert answer.status == status
        return await answer.text()


async def rehearse(town: Town) -> None:
    await convened(town.store, EIGHT, session=REHEARSAL, is_rehearsal=True, room="vila-ple-assaig", is_public=False)
    record = await town.store.ledger.load(REHEARSAL)
    verdict = replay(entry.event for entry in record).verdict
    opened = SessionOpened(at=EIGHT, president=MAYOR, verdict=verdict)
    await town.store.ledger.append(REHEARSAL, (opened,), [], len(record), EIGHT)


def test_each_step_ticks_itself_when_it_is_done(dsn):
    async def main():
        async with served(dsn) as town:
            records, pool, now = town.house.records, town.house.records.pool, town.clock()
            await records.put_entity(Entity(id=HERE, name="Ajuntament de la Vila"))
            assert await done(town) == set()
            await records.put_body(HERE, PLENARY)
            known = {Step.BODIES, Step.MEMBERS}
            assert await done(town) == known
            await town.house.accounts.add(
                login="s@vila.cat", name="S", role=Role.SECRETARY, entity=HERE, member=None, by="admin", now=now
            )
            known |= {Step.SECRETARY}
            assert await done(town) == known
            channel = Channel(id=ChannelId("c"), entity=HERE, name="C", kind=ChannelKind.RTMP, address="rtmp://a/b")
            await town.house.channels.put(channel, key="a-key", by="admin", now=now)
            known |= {Step.CHANNEL}
            assert await done(town) == known
            people = {member.id: Contact(email="a@vila.cat") for member in PLENARY.members}
            first, *_ = people
            await Contacts(pool).put(HERE, {who: contact for who, contact in people.items() if who != first})
            assert await done(town) == known
            await Contacts(pool).put(HERE, people)
            known |= {Step.CONTACTS}
            assert await done(town) == known
            await rehearse(town)
            known |= {Step.REHEARSAL}
            assert await done(town) == known
            await convened(town.store, EIGHT, starts_at=EIGHT + timedelta(days=4))
            assert await done(town) == set(Step)
            assert "Tot és a punt" in await page(town)

    asyncio.run(main())


def test_the_page_says_what_to_do_and_leads_only_where_one_may_go(dsn):
    async def main():
        async with served(dsn) as town:
            await page(town, status=404)
            await town.house.records.put_entity(Entity(id=HERE, name="Ajuntament de la Vila"))
            seen = await page(town)
            assert "Passos que falten: 7" in seen
            assert 'href="/channels"' in seen
            assert 'href="/accounts"' not in seen
            assert 'href="/accounts"' in await page(town, Role.ADMIN)
            assert 'href="/sessions/new"' not in await page(town, Role.OPERATOR)
            await page(town, entity=ELSEWHERE, status=404)
            await page(town, Role.MEMBER, status=403)

    asyncio.run(main())
