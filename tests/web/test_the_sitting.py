"""What secretary and president do on the page and through the API while a session is held, and after it."""

import asyncio
from datetime import timedelta
from typing import get_args

from orchestrator.council import events as e
from orchestrator.council.commands import Command, Convene, Role
from orchestrator.council.effects import Picture
from orchestrator.council.roll import Mode
from orchestrator.store.codec import NAMES
from orchestrator.web.api.commands import CommandIn
from tests.scenarios.play import EIGHT, JOAN, LAIA, MAYOR, PAU, QUORATE, SECRETARY
from tests.stage import SESSION, until
from tests.web.town import Town, served

QUORUM = (*QUORATE, JOAN)
PATH = f"/sessions/{SESSION}"


async def press(town: Town, role: Role, own: str | None = None, **fields: str) -> int:
    """A button of the page, as a browser without a script presses it."""
    headers = {**town.bearer(role, member=own), "Sec-Fetch-Site": "same-origin", "Accept": "text/html"}
    answer = await town.client.post(f"{PATH}/commands", data=fields, headers=headers, allow_redirects=False)
    return answer.status


async def recorded(town: Town) -> list[e.Event]:
    return [entry.event for entry in await town.store.ledger.load(SESSION)]


def test_every_command_of_the_council_can_be_asked_for():
    mapping = CommandIn.model_json_schema()["discriminator"]["mapping"]
    assert mapping.keys() == {NAMES[kind].removesuffix(".v1") for kind in get_args(Command) if kind is not Convene}


def test_the_secretary_keeps_the_register_with_plain_forms(dsn):
    async def main():
        async with served(dsn) as town:
            await town.gathered(*QUORUM)
            await press(town, Role.PRESIDENT, name="open_session")
            town.clock.jump(1800)
            register = (
                {"name": "call_roll"},
                {"name": "mark_present", "member": LAIA},
                {"name": "check_member", "member": JOAN, "mode": "remote_video", "identity_seen": "true"},
                {"name": "excuse_absence", "member": "second_deputy", "reason": "malaltia"},
                {
                    **{"name": "correct_attendance", "member": LAIA, "was_present": "true", "reason": "era a la sala"},
                    **{"start": "2026-03-26T20:05:00", "end": "2026-03-26T20:10:00"},
                },
            )
            for fields in register:
                assert await press(town, Role.SECRETARY, SECRETARY, **fields) == 303, fields
                assert await press(town, Role.MEMBER, PAU, **fields) == 409, fields
            told = await recorded(town)
            (corrected,) = [event for event in told if isinstance(event, e.AttendanceCorrected)]
            assert (corrected.start, corrected.end) == (EIGHT + timedelta(minutes=5), EIGHT + timedelta(minutes=10))
            assert corrected.by.member == SECRETARY
            (checked,) = [event for event in told if isinstance(event, e.MemberChecked)]
            assert (checked.mode, checked.identity_seen, checked.territory_declared) == (Mode.REMOTE_VIDEO, True, False)

    asyncio.run(main())


def test_the_page_offers_the_register_to_the_secretary_alone_and_says_what_is_in_it(dsn):
    async def main():
        async with served(dsn) as town:
            await town.gathered(*QUORUM)
            await press(town, Role.SECRETARY, name="mark_present", member=LAIA)
            await press(town, Role.SECRETARY, name="excuse_absence", member="second_deputy", reason="malaltia")
            for role, offers in ((Role.SECRETARY, True), (Role.PRESIDENT, False), (Role.AUDITOR, False)):
                page = await (await town.client.get(f"{PATH}?lang=ca", headers=town.bearer(role))).text()
                assert ('value="correct_attendance"' in page) is offers
                assert "a la sala" in page
                assert "absència excusada" in page

    asyncio.run(main())


def test_a_vote_by_signs_is_closed_with_the_presidents_count(dsn):
    async def main():
        async with served(dsn) as town:
            await town.gathered(*QUORUM)
            for fields in (
                {"name": "open_session"},
                {"name": "call_item", "number": "2"},
                {"name": "open_vote", "method": "ordinary"},
                {"name": "close_vote", "yes": "3", "no": "1"},
            ):
                assert await press(town, Role.PRESIDENT, **fields) == 303, fields
            closed = (await recorded(town))[-1]
            assert isinstance(closed, e.VoteClosed)
            assert (closed.tally.yes, closed.tally.no, closed.tally.abstain) == (3, 1, 1)
            assert await press(town, Role.PRESIDENT, name="open_vote", method="secret") == 303
            assert await press(town, Role.PRESIDENT, name="close_vote") == 409

    asyncio.run(main())


def test_a_secret_item_is_said_on_the_page_and_its_picture_is_a_card(dsn):
    async def main():
        async with served(dsn) as town:
            everybody = (*QUORUM, LAIA, *(f"councillor{n}" for n in (8, 9, 10)))
            await town.gathered(*everybody)
            await press(town, Role.PRESIDENT, name="open_session")
            await press(town, Role.PRESIDENT, name="call_item", number="2")
            assert await press(town, Role.PRESIDENT, name="open_secret", yes="6", no="0") == 409
            assert await press(town, Role.PRESIDENT, name="open_secret", yes="7", no="1") == 303
            live = await (await town.client.get(f"/api/v1{PATH}/live", headers=town.bearer())).json()
            assert (live["is_secret"], live["broadcast"]["picture"]) == (True, Picture.SECRET)
            page = await (await town.client.get(f"{PATH}?lang=ca", headers=town.bearer(Role.PRESIDENT))).text()
            assert "punt secret" in page
            assert 'value="close_secret"' in page

    asyncio.run(main())


def test_the_attendance_is_put_right_after_the_session_too(dsn):
    async def main():
        async with served(dsn) as town:
            await town.gathered(*QUORUM)
            await press(town, Role.PRESIDENT, name="open_session")
            town.clock.jump(3600)
            await press(town, Role.PRESIDENT, name="adjourn_session")
            command = {
                **{"name": "correct_attendance", "member": MAYOR, "was_present": False, "reason": "va marxar abans"},
                **{"start": "2026-03-26T20:50:00+01:00", "end": "2026-03-26T21:00:00+01:00"},
            }
            headers = town.bearer(Role.SECRETARY)
            # Nobody conducts it any more: asked earlier, the one who still does would answer, and nothing would wait.
            await until(lambda: town.sessions.current(SESSION) is None)
            async with asyncio.TaskGroup() as tasks:
                asked = tasks.create_task(town.client.post(f"/api/v1{PATH}/commands", json=command, headers=headers))
                async with asyncio.timeout(10):
                    while not await town.house.inbox.waiting(SESSION):
                        await asyncio.sleep(0.01)
                await town.sessions.conduct(SESSION)
            assert asked.result().status == 200, await asked.result().text()
            assert isinstance((await recorded(town))[-1], e.AttendanceCorrected)

    asyncio.run(main())
