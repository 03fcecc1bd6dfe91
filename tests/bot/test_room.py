"""Presence in, events out."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.errors import JoinRefused
from bot.events import (
    LeaveReason,
    MessageHeard,
    OccupantChanged,
    OccupantJoined,
    OccupantLeft,
    RoomEntered,
    RoomEvent,
    RoomLeft,
)
from bot.occupant import Affiliation, Claims, Identity, OccupantPresence, Role, Trust
from bot.room import Room
from bot.stanzas import ChatLine, EntryRefused

JID = "ple@muc.test"
AT = datetime(2026, 11, 23, 18, 0, tzinfo=UTC)
TRUST = Trust(trusted_domains={"meet.test"}, machine_domains={"auth.meet.test"})


def _presence(
    nick: str,
    *statuses: int,
    is_available: bool = True,
    real_jid: str | None = None,
    role: Role = Role.PARTICIPANT,
    affiliation: Affiliation = Affiliation.NONE,
    new_nick: str = "",
    is_destroyed: bool = False,
    claims: Claims | None = None,
) -> OccupantPresence:
    return OccupantPresence(
        room=JID,
        nick=nick,
        is_available=is_available,
        real_jid=f"{nick}@meet.test/x" if real_jid is None else real_jid,
        role=role,
        affiliation=affiliation,
        statuses=frozenset(statuses),
        new_nick=new_nick,
        is_destroyed=is_destroyed,
        stamped=Identity(id=f"id of {nick}"),
        claims=claims or Claims(),
    )


def _line(nick: str, text: str = "!quorum", *, is_private: bool = False, is_history: bool = False) -> ChatLine:
    return ChatLine(room=JID, nick=nick, text=text, is_private=is_private, is_history=is_history)


def _outside() -> Room:
    return Room(JID, "plenari", TRUST)


def _inside(*nicks: str) -> Room:
    room = _outside()
    for nick in nicks:
        room.feed(_presence(nick), AT)
    room.feed(_presence("plenari", 110, 100), AT)
    return room


def _only(events: tuple[RoomEvent, ...]) -> RoomEvent:
    assert len(events) == 1
    return events[0]


def test_whoever_is_there_is_told_at_once_with_our_own_presence() -> None:
    room = _outside()
    assert room.feed(_presence("anna"), AT) == ()
    assert room.feed(_presence("focus", real_jid="focus@auth.meet.test/f"), AT) == ()
    entered = _only(room.feed(_presence("plenari", 110), AT))
    assert isinstance(entered, RoomEntered)
    assert [(o.nick, o.is_machine) for o in entered.occupants] == [("anna", False), ("focus", True)]
    assert entered.at == AT


def test_whoever_goes_while_we_come_in_was_never_there() -> None:
    room = _outside()
    room.feed(_presence("anna"), AT)
    assert room.feed(_presence("anna", is_available=False), AT) == ()
    assert _only(room.feed(_presence("plenari", 110), AT)) == RoomEntered(room=JID, occupants=(), at=AT)


def test_the_server_may_give_us_another_nick() -> None:
    room = _outside()
    room.feed(_presence("plenari2", 110, 210), AT)
    assert room.nick == "plenari2"
    assert room.occupants == ()


def test_our_own_presence_again_is_no_news() -> None:
    room = _inside()
    assert room.feed(_presence("plenari", 110, role=Role.MODERATOR), AT) == ()


def test_another_connection_of_our_account_is_not_an_occupant() -> None:
    room = _inside()
    assert room.feed(_presence("plenari"), AT) == ()
    assert room.occupants == ()


def test_joining_changing_leaving() -> None:
    room = _inside()
    later = AT + timedelta(seconds=5)
    joined = _only(room.feed(_presence("anna"), AT))
    assert isinstance(joined, OccupantJoined)
    assert joined.occupant.identity == Identity(id="id of anna")
    changed = _only(room.feed(_presence("anna", claims=Claims(has_raised_hand=True)), later))
    assert isinstance(changed, OccupantChanged)
    assert (changed.before, changed.at) == (joined.occupant, later)
    assert changed.after.claims.has_raised_hand
    left = _only(room.feed(_presence("anna", is_available=False), later))
    assert left == OccupantLeft(room=JID, occupant=changed.after, reason=LeaveReason.LEFT, at=later)
    assert room.occupants == ()


def test_presence_that_changes_nothing_is_no_news() -> None:
    room = _inside("anna")
    assert room.feed(_presence("anna"), AT) == ()


def test_a_new_role_is_a_change() -> None:
    room = _inside("anna")
    changed = _only(room.feed(_presence("anna", role=Role.MODERATOR, affiliation=Affiliation.OWNER), AT))
    assert isinstance(changed, OccupantChanged)
    assert changed.after.role is Role.MODERATOR


def test_a_new_nick_is_a_change_not_a_departure() -> None:
    room = _inside("anna")
    assert room.feed(_presence("anna", 303, is_available=False, new_nick="annie"), AT) == ()
    changed = _only(room.feed(_presence("annie", real_jid="anna@meet.test/x"), AT))
    assert isinstance(changed, OccupantChanged)
    assert (changed.before.nick, changed.after.nick) == ("anna", "annie")
    assert [o.nick for o in room.occupants] == ["annie"]


def test_our_own_new_nick() -> None:
    room = _inside("anna")
    assert room.feed(_presence("plenari", 110, 303, is_available=False, new_nick="mesa"), AT) == ()
    assert room.feed(_presence("mesa", 110), AT) == ()
    assert room.has_entered
    assert room.nick == "mesa"


def test_another_person_under_the_same_nick_is_a_departure_and_an_arrival() -> None:
    room = _inside("anna")
    left, joined = room.feed(_presence("anna", real_jid="pere@meet.test/y"), AT)
    assert isinstance(left, OccupantLeft)
    assert isinstance(joined, OccupantJoined)
    assert (left.occupant.real_jid, joined.occupant.real_jid) == ("anna@meet.test/x", "pere@meet.test/y")


@pytest.mark.parametrize(
    ("statuses", "reason"),
    [
        ((), LeaveReason.LEFT),
        ((307,), LeaveReason.KICKED),
        ((301,), LeaveReason.BANNED),
        ((321,), LeaveReason.KICKED),
        ((322,), LeaveReason.KICKED),
        ((332,), LeaveReason.SERVER_SHUTDOWN),
        ((333,), LeaveReason.TECHNICAL),
        ((307, 333), LeaveReason.TECHNICAL),
    ],
)
def test_why_somebody_left_and_why_we_did(statuses: tuple[int, ...], reason: LeaveReason) -> None:
    room = _inside("anna")
    left = _only(room.feed(_presence("anna", *statuses, is_available=False), AT))
    assert isinstance(left, OccupantLeft)
    assert left.reason is reason
    assert room.feed(_presence("plenari", 110, *statuses, is_available=False), AT) == (
        RoomLeft(room=JID, reason=reason, at=AT),
    )


def test_a_destroyed_room_is_left_and_forgotten() -> None:
    room = _inside("anna")
    left = _only(room.feed(_presence("plenari", 110, is_available=False, is_destroyed=True), AT))
    assert left == RoomLeft(room=JID, reason=LeaveReason.ROOM_DESTROYED, at=AT)
    assert not room.has_entered
    assert room.occupants == ()
    assert room.feed(_line("anna"), AT) == ()


def test_a_stranger_leaving_is_no_news() -> None:
    assert _inside().feed(_presence("ningú", is_available=False), AT) == ()


def test_a_refusal_to_let_us_in_is_raised() -> None:
    refusal = EntryRefused(room=JID, condition="registration-required", text="lobby")
    with pytest.raises(JoinRefused) as caught:
        _outside().feed(refusal, AT)
    assert caught.value.condition == "registration-required"
    assert not caught.value.is_retryable


def test_an_error_once_inside_changes_nothing() -> None:
    room = _inside("anna")
    assert room.feed(EntryRefused(room=JID, condition="not-acceptable", text=""), AT) == ()
    assert room.has_entered


def test_chat_is_heard_from_whoever_is_there() -> None:
    room = _inside("anna")
    public = _only(room.feed(_line("anna"), AT))
    private = _only(room.feed(_line("anna", is_private=True), AT))
    assert isinstance(public, MessageHeard)
    assert isinstance(private, MessageHeard)
    assert (public.occupant.nick, public.text, public.is_private) == ("anna", "!quorum", False)
    assert private.is_private


def test_history_ghosts_and_our_own_voice_are_not_heard() -> None:
    room = _inside("anna")
    assert room.feed(_line("anna", is_history=True), AT) == ()
    assert room.feed(_line("ningú"), AT) == ()
    assert room.feed(_line("plenari"), AT) == ()


def test_nothing_is_heard_before_we_are_in() -> None:
    room = _outside()
    room.feed(_presence("anna"), AT)
    assert room.feed(_line("anna"), AT) == ()
