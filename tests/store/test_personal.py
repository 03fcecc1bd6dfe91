"""Personal details: beside the record, under it by their hash, and gone when their time is over."""

import asyncio
import json

import pytest

from orchestrator.council.events import DeviceGone, DeviceJoined, MemberArrived
from orchestrator.council.members import MemberId, SessionId
from orchestrator.council.observations import Departure, DeviceId, Grade
from orchestrator.store.ledger import BrokenChain, verify
from orchestrator.store.personal import PATHS
from orchestrator.verifier.record import canonical
from tests.scenarios.play import EIGHT, MAYOR, PAU
from tests.stage import SESSION, Store, convened, open_store

LAPTOP, PHONE = DeviceId("Mayor's laptop «é»"), DeviceId("a phone")


def joined(device: DeviceId, member: MemberId = MAYOR) -> DeviceJoined:
    return DeviceJoined(at=EIGHT, member=member, device=device, grade=Grade.PRESENCE)


def gone(device: DeviceId) -> DeviceGone:
    return DeviceGone(at=EIGHT, member=MAYOR, device=device, departure=Departure.LOST, grade=Grade.PRESENCE)


async def seen(store: Store, session: SessionId = SESSION) -> list[str]:
    """Two devices of the mayor, one of which goes; the record's lines."""
    arrived = MemberArrived(at=EIGHT, member=MAYOR, grade=Grade.PRESENCE)
    await store.ledger.append(session, [joined(LAPTOP), arrived, joined(PHONE)], [], 1, EIGHT)
    await store.ledger.append(session, [gone(LAPTOP)], [], 4, EIGHT)
    return [line async for line in store.ledger.record_lines(session)]


def test_what_is_personal_stands_in_no_hashed_body_and_is_read_back_as_it_was(dsn):
    async def main():
        async with open_store(dsn) as store:
            await convened(store)
            await seen(store)
            bodies = await store.pool.fetch("SELECT body FROM event ORDER BY seq")
            told = "".join(row["body"] for row in bodies)
            assert LAPTOP not in told
            assert PHONE not in told
            assert "Núria Puig" not in told
            recorded = [entry.event for entry in await store.ledger.load(SESSION)]
            assert recorded[1] == joined(LAPTOP)
            assert recorded[3:] == [joined(PHONE), gone(LAPTOP)]
            assert "Núria Puig" in [m.name for m in recorded[0].convocation.body.members]

    asyncio.run(main())


def test_one_device_has_one_commitment_in_a_session_and_another_in_the_next(dsn):
    async def main():
        async with open_store(dsn) as store:
            await convened(store)
            lines = [json.loads(line) for line in await seen(store)]
            laptop, phone, gone_again = (lines[n]["body"]["device"] for n in (1, 3, 4))
            assert laptop == gone_again != phone
            await convened(store, session=SessionId("s2"))
            later = [json.loads(line) for line in await seen(store, SessionId("s2"))]
            assert later[1]["body"]["device"] not in (laptop, phone)

    asyncio.run(main())


def test_the_chain_holds_without_what_is_personal_and_shows_what_was_put_in_its_place(dsn):
    async def main():
        async with open_store(dsn) as store:
            await convened(store)
            return await seen(store)

    lines = asyncio.run(main())
    assert verify(lines) == 5
    bare = []
    for line in lines:
        entry = json.loads(line)
        entry.pop("personal", None)
        bare.append(canonical(entry))
    assert verify(bare) == 5
    assert LAPTOP not in "".join(bare)

    entry = json.loads(lines[1])
    (commitment,) = entry["personal"]
    entry["personal"][commitment]["value"] = "another laptop"
    with pytest.raises(BrokenChain, match="not what was recorded") as broken:
        verify([lines[0], canonical(entry), *lines[2:]])
    assert broken.value.line == 2
    entry["personal"] = {"sha256:" + "0" * 64: entry["personal"][commitment]}
    with pytest.raises(BrokenChain, match="no event names"):
        verify([lines[0], canonical(entry), *lines[2:]])


def test_what_was_pruned_is_read_as_a_pseudonym_so_that_two_devices_stay_two(dsn):
    async def main():
        async with open_store(dsn) as store:
            await convened(store)
            before = await seen(store)
            await store.pool.execute("DELETE FROM personal WHERE kind = 'device'")
            first, _, second, last = (entry.event for entry in (await store.ledger.load(SESSION))[1:])
            assert first.device == last.device != second.device
            assert first.device.startswith("pruned:")
            after = [line async for line in store.ledger.record_lines(SESSION)]
            assert [json.loads(line)["hash"] for line in after] == [json.loads(line)["hash"] for line in before]
            assert verify(after) == 5

    asyncio.run(main())


def test_every_personal_path_leads_to_a_text(dsn):
    """Each wire name with something personal is seen here, so that a path that leads nowhere is noticed."""

    async def main():
        async with open_store(dsn) as store:
            await convened(store)
            lines = [json.loads(line) for line in await seen(store)]
            return {line["name"] for line in lines if line.get("personal")}

    assert asyncio.run(main()) == set(PATHS)


def test_members_keep_their_ids(dsn):
    async def main():
        async with open_store(dsn) as store:
            await convened(store)
            await store.ledger.append(SESSION, [joined(PHONE, PAU)], [], 1, EIGHT)
            lines = [line async for line in store.ledger.record_lines(SESSION)]
            assert json.loads(lines[1])["body"]["member"] == PAU

    asyncio.run(main())
