"""Personal details: beside the record, under it by their hash, and gone when their time is over."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any, get_args, get_origin, get_type_hints

import pytest

from orchestrator.council.events import DeviceGone, DeviceJoined, Event, MemberArrived, SessionConvened
from orchestrator.council.members import MemberId, SessionId
from orchestrator.council.observations import Departure, DeviceId, Grade
from orchestrator.store.codec import NAMES
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


NOT_PERSONAL = frozenset(
    {
        "alert_raised.v1: cause",
        "alert_raised.v1: key",
        "alert_resolved.v1: key",
        "channel_failed.v1: cause",
        "channel_taken.v1: cause",
        "channel_taken.v1: reach.name",
        "channel_taken.v1: reach.video",
        "channel_taken.v1: reach.watch",
        "item_called.v1: title",
        "link_failed.v1: cause",
        "recording_finished.v1: head",
        "recording_finished.v1: sha256",
        "recording_missing.v1: cause",
        "urgent_item_proposed.v1: title",
    }
)
"""Texts of events that say nothing of a person. What is inside a call, a rule or a verdict is the body's own."""


def texts(kind: Any, path: str = "") -> Iterator[str]:
    """Where in a value of that type anybody could write anything."""
    if kind in (str, DeviceId):
        yield path
    elif is_dataclass(kind):
        hints = get_type_hints(kind)
        for field in fields(kind):
            yield from texts(hints[field.name], f"{path}.{field.name}".removeprefix("."))
    else:
        for argument in get_args(kind):
            yield from texts(argument, f"{path}.*" if get_origin(kind) in (tuple, frozenset) else path)


def test_every_personal_path_leads_to_a_text():
    kinds = {NAMES[kind]: kind for kind in get_args(Event)}
    assert [
        (name, path) for name, paths in PATHS.items() for path, _ in paths if path not in set(texts(kinds[name]))
    ] == []


def test_whoever_lets_an_event_hold_a_text_says_whether_it_is_personal():
    """A new text of an event belongs into `PATHS` (then it can be pruned), or above, if it is about nobody."""
    found = {
        f"{NAMES[kind]}: {path}"
        for kind in get_args(Event)
        if kind is not SessionConvened
        for path in texts(kind)
        if "verdict" not in path and "rule" not in path and path not in dict(PATHS.get(NAMES[kind], ()))
    }
    assert found - NOT_PERSONAL == set()


def test_members_keep_their_ids(dsn):
    async def main():
        async with open_store(dsn) as store:
            await convened(store)
            await store.ledger.append(SESSION, [joined(PHONE, PAU)], [], 1, EIGHT)
            lines = [line async for line in store.ledger.record_lines(SESSION)]
            assert json.loads(lines[1])["body"]["member"] == PAU

    asyncio.run(main())
