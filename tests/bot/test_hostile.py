"""Hostile stanzas crash nothing and change no record, only what their sender says of itself.

`PLENARI_FUZZ=1000000 pytest tests/bot/test_hostile.py` runs a million; by default it is some thousands.
"""

import os
import sys
from datetime import UTC, datetime
from xml.etree.ElementTree import Element, SubElement

import pytest

from bot.errors import JoinRefused
from bot.events import MessageHeard, OccupantChanged, RoomEvent
from bot.occupant import Occupant, Trust
from bot.room import Room
from bot.stanzas import parse_chat, parse_presence
from tests.bot.hostile import EVIL, PEOPLE, ROOM, Hostile, arrival

EXAMPLES = int(os.environ.get("PLENARI_FUZZ", "21000"))
SEED = int(os.environ.get("PLENARI_FUZZ_SEED", "0"))
AT = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
TRUST = Trust(trusted_domains={"meet.test"}, machine_domains={"auth.meet.test"})

pytestmark = pytest.mark.timeout(3600)


def _peopled() -> Room:
    room = Room(ROOM, "plenari", TRUST)
    for nick in PEOPLE:
        _feed(room, arrival(nick))
    _feed(room, arrival("plenari", "110"))
    assert [o.nick for o in room.occupants] == list(PEOPLE)
    return room


def _feed(room: Room, stanza: Element) -> tuple[RoomEvent, ...]:
    """As `bot.client` hands a stanza to the room that it comes from."""
    parsed = parse_presence(stanza) if stanza.tag.endswith("presence") else parse_chat(stanza)
    return room.feed(parsed, AT) if parsed is not None and parsed.room == room.jid else ()


def _vouched(occupant: Occupant | None) -> tuple[object, ...]:
    assert occupant is not None
    return (
        occupant.nick,
        occupant.real_jid,
        occupant.role,
        occupant.affiliation,
        occupant.is_machine,
        occupant.identity,
    )


def test_an_occupant_changes_nothing_but_what_it_says_of_itself() -> None:
    room, hostile = _peopled(), Hostile(SEED)
    others = tuple(room.occupant(nick) for nick in PEOPLE if nick != EVIL)
    vouched = _vouched(room.occupant(EVIL))
    changes = lines = 0
    for _ in range(EXAMPLES // 3):
        for event in _feed(room, hostile.from_inside()):
            match event:
                case OccupantChanged(after=after):
                    changes += 1
                    assert _vouched(after) == vouched
                    name = after.claims.display_name
                    assert len(name) <= 200
                    assert name.isprintable()
                case MessageHeard(occupant=occupant):
                    lines += 1
                    assert _vouched(occupant) == vouched
                case _:
                    pytest.fail(f"{event} came of a client's stanza")
    assert tuple(room.occupant(nick) for nick in PEOPLE if nick != EVIL) == others
    assert _vouched(room.occupant(EVIL)) == vouched
    # The fuzz is worth something only if some of it gets through.
    assert min(changes, lines) > EXAMPLES // 600


def test_what_does_not_come_from_an_occupant_of_the_room_is_nothing() -> None:
    room, hostile = _peopled(), Hostile(SEED + 1)
    for _ in range(EXAMPLES // 3):
        assert _feed(room, hostile.from_outside()) == ()
    assert [o.nick for o in room.occupants] == list(PEOPLE)


def test_nothing_at_all_crashes_the_room() -> None:
    hostile = Hostile(SEED + 2)
    room = _peopled()
    seen: set[type[RoomEvent]] = set()
    for number in range(EXAMPLES // 3):
        if number % 50 == 0:
            room = _peopled() if number % 100 else Room(ROOM, "plenari", TRUST)
        try:
            seen |= {type(event) for event in _feed(room, hostile.whatever())}
        except JoinRefused:
            assert not room.has_entered
    assert len(seen) == len(RoomEvent.__args__)


def test_what_is_nested_too_deep_is_passed_over() -> None:
    room, stanza = _peopled(), arrival(EVIL)
    inner = stanza
    for _ in range(sys.getrecursionlimit() * 100):
        inner = SubElement(inner, "{jabber:client}identity")
    # Two stamps: we cannot tell which is the server's.
    (changed,) = _feed(room, stanza)
    assert isinstance(changed, OccupantChanged)
    assert changed.after.identity is None
