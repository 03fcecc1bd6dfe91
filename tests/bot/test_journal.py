"""What travels of a journal, both ways, and that each entry is taken once."""

from collections.abc import Callable
from datetime import UTC, datetime
from xml.etree.ElementTree import Element

import pytest

from bot.journal import (
    Changed,
    CommandHeard,
    Following,
    Hand,
    Joined,
    JournalOpened,
    JournalReason,
    Knocked,
    Left,
    Mark,
    Noted,
    OutOfOrder,
    Spoke,
    build_acknowledgement,
    build_command,
    build_subscribe,
    parse_entries,
    parse_opened,
)
from bot.occupant import Affiliation, Role, Trust

Stanza = Callable[[str], Element]
TRUST = Trust(trusted_domains={"meet.test"}, machine_domains={"auth.meet.test"})
ROOM = "ple@muc.test"
ANNA = "nick='a1' jid='a1-b@meet.test/x' user='u-1'"


def journal(stanza: Stanza, entries: str) -> list[object]:
    return list(
        parse_entries(stanza(f"<journal xmlns='urn:plenari:1' room='{ROOM}' id='J'>{entries}</journal>"), TRUST)
    )


def noted(seq: int, name: str = "J") -> Noted:
    return Noted(room=ROOM, mark=Mark(journal=name, seq=seq), at=datetime(2026, 1, 1, tzinfo=UTC), kind="created")


def opened(last: int, *, is_complete: bool = True, till: int | None = None) -> JournalOpened:
    mark = Mark(journal="J", seq=last)
    return JournalOpened(room=ROOM, last=mark, is_complete=is_complete, till=till, seats=())


def test_every_kind_of_entry(stanza: Stanza) -> None:
    told = journal(
        stanza,
        f"<entry seq='1' at='1767225600123' kind='joined' {ANNA} role='moderator' affiliation='owner'"
        " moderator='true'/>"
        f"<entry seq='2' at='1767225600123' kind='changed' {ANNA} role='participant' affiliation='none'/>"
        f"<entry seq='3' at='1767225600123' kind='hand' {ANNA} raised='true'/>"
        f"<entry seq='4' at='1767225600123' kind='command' {ANNA} text='!quorum' private='true'/>"
        f"<entry seq='5' at='1767225600123' kind='speaker' {ANNA} silent='true'/>"
        f"<entry seq='6' at='1767225600123' kind='knocked' {ANNA}/>"
        f"<entry seq='7' at='1767225600123' kind='unknocked' {ANNA}/>"
        f"<entry seq='8' at='1767225600123' kind='left' {ANNA} reason='timeout'/>"
        "<entry seq='9' at='1767225600123' kind='destroyed' reason='over'/>",
    )
    assert [type(entry) for entry in told] == [
        Joined,
        Changed,
        Hand,
        CommandHeard,
        Spoke,
        Knocked,
        Knocked,
        Left,
        Noted,
    ]
    joined, _, hand, command, spoke, knocked, unknocked, left, destroyed = told
    assert isinstance(joined, Joined)
    assert joined.at == datetime(2026, 1, 1, 0, 0, 0, 123000, tzinfo=UTC)
    assert joined.mark == Mark(journal="J", seq=1)
    assert joined.occupant.identity is not None
    assert (joined.occupant.identity.id, joined.occupant.identity.is_moderator) == ("u-1", True)
    assert (joined.occupant.role, joined.occupant.affiliation) == (Role.MODERATOR, Affiliation.OWNER)
    assert isinstance(hand, Hand)
    assert hand.is_raised
    assert isinstance(command, CommandHeard)
    assert (command.text, command.is_private) == ("!quorum", True)
    assert isinstance(spoke, Spoke)
    assert spoke.is_silent
    assert isinstance(knocked, Knocked)
    assert isinstance(unknocked, Knocked)
    assert (knocked.is_waiting, unknocked.is_waiting) == (True, False)
    assert isinstance(left, Left)
    assert left.reason is JournalReason.TIMEOUT
    assert destroyed == Noted(room=ROOM, mark=Mark(journal="J", seq=9), at=joined.at, kind="destroyed", text="over")


def test_machines_are_told_by_their_domain_and_strangers_are_nobody(stanza: Stanza) -> None:
    focus, guest = journal(
        stanza,
        "<entry seq='1' at='0' kind='joined' nick='focus' jid='focus@auth.meet.test/f' role='moderator'/>"
        "<entry seq='2' at='0' kind='joined' nick='b2' jid='b2-c@meet.test/x' role='participant'/>",
    )
    assert isinstance(focus, Joined)
    assert isinstance(guest, Joined)
    assert focus.occupant.is_machine
    assert not guest.occupant.is_machine
    assert guest.occupant.identity is None


def test_what_a_later_module_may_write_is_noted_and_what_has_no_number_is_not(stanza: Stanza) -> None:
    told = journal(stanza, "<entry seq='4' at='x' kind='flew'/><entry seq='-1' kind='joined'/><entry kind='joined'/>")
    assert [entry.kind for entry in told if isinstance(entry, Noted)] == ["flew"]
    assert len(told) == 1


def test_the_answer_to_a_subscription(stanza: Stanza) -> None:
    answer = stanza(
        f"<journal xmlns='urn:plenari:1' room='{ROOM}' id='J' last='57' complete='true' till='57'>"
        f"<occupant {ANNA} at='1767225600000' role='participant' affiliation='none' raised='true'/></journal>"
    )
    told = parse_opened(answer, TRUST)
    assert told is not None
    assert (told.last, told.is_complete, told.till) == (Mark(journal="J", seq=57), True, 57)
    assert [seat.occupant.nick for seat in told.seats] == ["a1"]
    assert told.seats[0].since == datetime(2026, 1, 1, tzinfo=UTC)
    assert told.seats[0].occupant.claims.has_raised_hand


@pytest.mark.parametrize(
    "lacking", ["room='r' id='J'", "room='r' last='1'", "id='J' last='1'", "room='r' id='J' last='x'"]
)
def test_an_answer_that_makes_no_sense_is_none(stanza: Stanza, lacking: str) -> None:
    assert parse_opened(stanza(f"<journal xmlns='urn:plenari:1' {lacking}/>"), TRUST) is None


def test_what_is_asked_says_where_we_are() -> None:
    assert build_subscribe(ROOM, None).attrib == {"room": ROOM}
    mark = Mark(journal="J", seq=7)
    assert build_subscribe(ROOM, mark).attrib == {"room": ROOM, "journal": "J", "since": "7"}
    message = build_acknowledgement("plenari.test", ROOM, mark)
    assert message.get("to") == "plenari.test"
    assert message[0].attrib == {"room": ROOM, "journal": "J", "seq": "7"}
    notice = build_command("notice", ROOM, "Bon dia", nick="a1")
    assert (notice.tag, notice.text, notice.get("nick")) == ("{urn:plenari:1}notice", "Bon dia", "a1")


def test_each_entry_is_taken_once() -> None:
    following = Following(ROOM, Mark(journal="J", seq=3))
    assert not following.take(noted(4)), "nothing counts before the answer"
    following.open(opened(5))
    assert [following.take(noted(seq)) for seq in (3, 4, 4, 5, 5, 6, 5, 7)] == [
        *(False, True, False, True, False, True, False, True)
    ]
    assert not following.take(noted(8, "another"))


def test_the_past_may_have_holes_and_the_present_may_not() -> None:
    following = Following(ROOM, Mark(journal="J", seq=1))
    following.open(opened(9, till=9))
    assert [following.take(noted(seq)) for seq in (4, 9, 10)] == [True, True, True]
    with pytest.raises(OutOfOrder):
        following.take(noted(12))


def test_after_a_gap_only_what_is_new_counts() -> None:
    following = Following(ROOM, Mark(journal="J", seq=1))
    following.open(opened(9, is_complete=False))
    assert [following.take(noted(seq)) for seq in (5, 9, 10)] == [False, False, True]
