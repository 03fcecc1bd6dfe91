"""What a bot really heard in a Jitsi of 2026 with three browsers, fed to a Room (see captures/README.md)."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from xml.etree.ElementTree import Element

import pytest

from bot.events import (
    LeaveReason,
    MessageHeard,
    OccupantChanged,
    OccupantJoined,
    OccupantLeft,
    RoomEntered,
    RoomEvent,
)
from bot.occupant import Affiliation, Role, Trust
from bot.room import Room
from bot.stanzas import parse_chat, parse_presence
from simulator.appearance import Appearance

CAPTURE = Path(__file__).parent / "captures" / "room-jitsi-2026.log"
JID = "ple-almatret@muc.meet.lab"
MARIA, PERE, ANNA = "9243a7d1", "39b0b505", "8283d69c"
OLD_ANNA, OLD_PERE, OLD_MARIA = "7539e7a6", "c8c93eae", "dfa944b1"

Parse = Callable[[str], Element]


def _heard(stanza: Parse) -> Iterator[tuple[datetime, Element]]:
    for line in CAPTURE.read_text(encoding="utf-8").splitlines():
        seconds, direction, xml = line.split(" ", 2)
        if direction == "<" and not xml.startswith("<stream:"):
            yield datetime.fromtimestamp(float(seconds), UTC), stanza(xml)


def _replay(stanza: Parse) -> tuple[Room, list[RoomEvent]]:
    trust = Trust(trusted_domains={"meet.lab"}, machine_domains={"auth.meet.lab", "recorder.meet.lab"})
    room = Room(JID, "plenari", trust)
    heard: list[RoomEvent] = []
    for at, element in _heard(stanza):
        parsed = parse_presence(element) or parse_chat(element)
        if parsed is not None and parsed.room == JID:
            heard.extend(room.feed(parsed, at))
    return room, heard


@pytest.fixture
def events(stanza: Parse) -> list[RoomEvent]:
    return _replay(stanza)[1]


def test_who_was_there_when_the_bot_came(events: list[RoomEvent]) -> None:
    entered = events[0]
    assert isinstance(entered, RoomEntered)
    assert [(o.nick, o.identity.id if o.identity else None, o.is_machine) for o in entered.occupants] == [
        (OLD_ANNA, "u-003", False),
        ("focus", None, True),
        (OLD_PERE, "u-002", False),
        (OLD_MARIA, "u-001", False),
    ]
    assert not any(isinstance(event, RoomEntered) for event in events[1:])


def test_who_came_and_who_became_moderator(events: list[RoomEvent]) -> None:
    joined = [e.occupant for e in events if isinstance(e, OccupantJoined)]
    assert [(o.nick, o.identity.id if o.identity else None, o.role) for o in joined] == [
        (MARIA, "u-001", Role.PARTICIPANT),
        (PERE, "u-002", Role.PARTICIPANT),
        (ANNA, "u-003", Role.PARTICIPANT),
    ]
    promoted = [e.after.nick for e in events if isinstance(e, OccupantChanged) and e.before.role is not e.after.role]
    assert promoted == [MARIA, ANNA]


def test_what_pere_showed_of_himself(events: list[RoomEvent]) -> None:
    claims = [e.after.claims for e in events if isinstance(e, OccupantChanged) and e.after.nick == PERE]
    assert [(c.is_audio_muted, c.has_raised_hand) for c in claims] == [
        (False, False),
        (False, True),
        (False, False),
        (False, False),  # another name
        (False, False),  # another affiliation
    ]


def test_a_name_of_somebody_else_changes_the_claim_and_not_the_identity(events: list[RoomEvent]) -> None:
    renamed = next(
        e
        for e in events
        if isinstance(e, OccupantChanged) and e.before.claims.display_name != e.after.claims.display_name
    )
    assert renamed.after.claims.display_name == "Pere (forjat: Maria Alcaldessa)"
    assert renamed.after.identity == renamed.before.identity
    assert renamed.after.identity is not None
    assert renamed.after.identity.name == "Pere Regidor"


def test_lines_of_chat_without_history_and_without_our_own(events: list[RoomEvent]) -> None:
    lines = [(e.occupant.nick, e.text, e.is_private) for e in events if isinstance(e, MessageHeard)]
    assert lines == [(MARIA, "!quorum", False), (PERE, "Bona tarda a tothom", False), (MARIA, "!torns", True)]


def test_the_lobby_makes_members(events: list[RoomEvent]) -> None:
    made = [
        e.after.nick
        for e in events
        if isinstance(e, OccupantChanged) and e.after.affiliation is Affiliation.MEMBER is not e.before.affiliation
    ]
    assert made == [OLD_PERE, PERE]


def test_who_went_and_why(events: list[RoomEvent]) -> None:
    departures = [(e.occupant.nick, e.reason) for e in events if isinstance(e, OccupantLeft)]
    assert departures == [
        (OLD_PERE, LeaveReason.KICKED),
        (ANNA, LeaveReason.LEFT),  # a tab that was closed
        (MARIA, LeaveReason.LEFT),
        (OLD_MARIA, LeaveReason.TECHNICAL),
        (OLD_ANNA, LeaveReason.TECHNICAL),
        ("focus", LeaveReason.LEFT),
    ]


def test_who_was_still_there_when_the_server_stopped(stanza: Parse) -> None:
    room, _ = _replay(stanza)
    assert [o.nick for o in room.occupants] == [PERE]


def test_events_carry_the_time_of_arrival(events: list[RoomEvent]) -> None:
    assert events[0].at == datetime.fromtimestamp(1795452642.659, UTC)
    assert [e.at for e in events] == sorted(e.at for e in events)


# What the server adds to a browser's presence.
SERVERS = {
    "{jabber:client}identity",
    "{urn:xmpp:occupant-id:0}occupant-id",
    "{http://jabber.org/protocol/muc#user}x",
}


def _tags(presence: Element) -> set[str]:
    return {child.tag for child in presence} - SERVERS


def test_our_councillor_shows_what_a_browser_shows(stanza: Parse) -> None:
    """The simulator's presence has the same children, in the same namespaces, as each of the browsers'."""
    room, at = JID, datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
    appearance = Appearance(name="Pere Regidor")
    hand = Appearance(name="Pere Regidor", raised_at=at, is_sending=True)
    browsers = [
        element
        for _, element in _heard(stanza)
        if element.tag.endswith("presence")
        and element.get("type") is None
        and element.find("{jabber:client}stats-id") is not None
    ]
    shown = {frozenset(_tags(element)) for element in browsers}
    assert shown == {frozenset(_tags(appearance.build(room, PERE))), frozenset(_tags(hand.build(room, PERE)))}
    raised = next(e for e in browsers if e.find("{jabber:client}jitsi_participant_raisedHand") is not None)
    ours = hand.build(room, PERE)
    assert len(ours.findtext("{jabber:client}jitsi_participant_raisedHand", "")) == len(
        raised.findtext("{jabber:client}jitsi_participant_raisedHand", "")
    )
    source_info = "{jabber:client}SourceInfo"
    sending = next(e for e in browsers if OLD_PERE in e.get("from", ""))
    assert Appearance(name="Pere", is_sending=True).build(room, OLD_PERE).findtext(source_info) == sending.findtext(
        source_info
    )
