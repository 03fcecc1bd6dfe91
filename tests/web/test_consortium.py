"""The consortium's figures: what counts, in which month, for whom; as a page, over the API and as CSV."""

import asyncio
from datetime import timedelta

from orchestrator.council.commands import Role
from orchestrator.council.events import (
    AlertRaised,
    LinkRestored,
    MarkedPresent,
    MemberArrived,
    SessionAdjourned,
    SessionOpened,
)
from orchestrator.council.members import SessionId
from orchestrator.council.observations import Grade, Link
from orchestrator.council.session import replay
from tests.scenarios.play import EIGHT, FIRST, MAYOR, PAU
from tests.stage import ADMIN, SESSION, convened
from tests.web.town import Town, served

FIGURES = "/api/v1/consortium/figures"
REHEARSAL = SessionId("a-rehearsal")


async def held(town: Town, session: SessionId = SESSION, **changes: object) -> None:
    """Two came into the room, one of them was in the hall; it was broadcast, something failed, it lasted 90 minutes."""
    await convened(town.store, EIGHT, session=session, **changes)
    record = await town.store.ledger.load(session)
    verdict = replay(entry.event for entry in record).verdict
    events = (
        MemberArrived(at=EIGHT, member=MAYOR, grade=Grade.PRESENCE),
        MemberArrived(at=EIGHT, member=FIRST, grade=Grade.PRESENCE),
        MarkedPresent(at=EIGHT, member=MAYOR, by=ADMIN),
        MarkedPresent(at=EIGHT, member=PAU, by=ADMIN),
        SessionOpened(at=EIGHT, president=MAYOR, verdict=verdict),
        LinkRestored(at=EIGHT, link=Link.CHAMBER),
        LinkRestored(at=EIGHT, link=Link.RELAY),
        AlertRaised(at=EIGHT, key="relay", link=Link.RELAY, cause="key_refused"),
        SessionAdjourned(at=EIGHT + timedelta(minutes=90)),
    )
    await town.store.ledger.append(session, events, [], len(record), EIGHT)


async def get(town: Town, path: str, status: int = 200, role: Role = Role.OPERATOR) -> str:
    async with town.client.get(path, headers=town.bearer(role)) as answer:
        assert answer.status == status, await answer.text()
        return (await answer.read()).decode()


async def this_month(town: Town) -> dict[str, object]:
    async with town.client.get(FIGURES, headers=town.bearer(Role.ADMIN)) as answer:
        (month,) = (await answer.json())["months"]
        return month


def test_a_month_counts_what_was_held_and_leaves_out_rehearsals_and_drills(dsn):
    async def main():
        async with served(dsn) as town:
            await held(town)
            await held(town, REHEARSAL, is_rehearsal=True, room="vila-ple-assaig", is_public=False)
            await convened(town.store, EIGHT, session=SessionId("never-opened"))
            alert = next(alert for alert in await town.house.alerts.find() if alert.session == SESSION)
            await town.house.alerts.acknowledge(alert.id, by="operator", now=EIGHT + timedelta(seconds=40))
            await town.house.alerts.drill(by="operator", now=EIGHT)
            assert await this_month(town) == {
                "month": f"{EIGHT:%Y-%m}",
                "entities": 1,
                "sessions": 1,
                "total_s": 5400,
                "attendances_remote": 1,
                "attendances_in_hall": 2,
                "broadcasts": 1,
                "incidents": 1,
                "acknowledged": 1,
                "acknowledged_after_s": 40,
                "resolved_after_s": None,
            }

    asyncio.run(main())


def test_months_without_anything_are_there_up_to_this_one_and_no_more_than_asked_for(dsn):
    async def main():
        async with served(dsn) as town:
            await held(town)
            town.clock.jump(40 * 86400)
            lines = (await get(town, f"{FIGURES}?format=csv&lang=ca")).splitlines()
            assert lines[0].startswith('\ufeff"month";"entities"')
            assert [line.split(";")[2] for line in lines[1:]] == ['"0"', '"0"', '"1"']
            assert len((await get(town, f"{FIGURES}?format=csv&months=1")).splitlines()) == 1
            for wrong in ("months=0", "months=121", "months=one", "format=pdf"):
                async with town.client.get(f"{FIGURES}?{wrong}", headers=town.bearer()) as answer:
                    assert answer.status in (406, 422), wrong

    asyncio.run(main())


def test_the_page_says_it_in_words_or_that_there_is_nothing_yet(dsn):
    async def main():
        async with served(dsn) as town:
            assert "Encara no hi ha xifres" in await get(town, "/consortium?lang=ca")
            await held(town)
            page = await get(town, "/consortium?lang=ca")
            assert [text for text in ("1,5", "33\xa0%", "març del 2026") if text not in page] == []
            assert "until somebody looks after it" in await get(town, "/consortium?lang=en")
            await get(town, "/consortium", 403, Role.SECRETARY)

    asyncio.run(main())
