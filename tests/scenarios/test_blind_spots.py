"""When nobody watched the room, the record says so and blames nobody for it."""

from orchestrator.council.commands import CallItem, GrantFloor, MarkAbsent, MarkPresent, OpenVote
from orchestrator.council.deadlines import next_deadline
from orchestrator.council.events import MemberDropped, MemberLeft, QuorumLost
from orchestrator.council.members import MemberId
from orchestrator.council.observations import ChamberEntered, Departure, MemberConnected
from tests.scenarios.play import JOAN, LAIA, MAYOR, PAU, QUORATE, SECRETARY, Play, device, seconds


def test_losing_sight_of_the_room_drops_nobody() -> None:
    play = Play().opened(*QUORATE, JOAN)
    play.loses_sight()
    assert play.happened == ["ObservationCeased"]
    play.waits(600)
    play.watched(*QUORATE, JOAN)
    assert play.happened == ["ObservationBegan"]
    assert play.effects == ()
    (blind,) = play.session.blind
    assert (seconds(blind.start), blind.end and seconds(blind.end)) == (0, 600)


def test_a_member_who_is_back_with_a_new_device_never_dropped() -> None:
    play = Play().opened(*QUORATE, JOAN)
    play.loses_sight()
    play.waits(100)
    old = tuple((m, device(m)) for m in QUORATE)
    play.tell(ChamberEntered(seen=play.seen(), devices=(*old, (JOAN, device(JOAN, "phone")))))
    assert play.happened == ["ObservationBegan", "DeviceJoined", "DeviceGone"]
    assert play.times(MemberDropped) == 0
    assert play.stays(JOAN) == [(0, None)]


def test_who_is_not_there_afterwards_is_missed_since_the_stretch_began() -> None:
    play = Play().opened(*QUORATE, JOAN)
    play.waits(50)
    play.loses_sight()
    play.waits(100)
    play.watched(*QUORATE)
    assert play.happened == ["ObservationBegan", "DeviceGone", "MemberDropped"]
    play.waits(29)
    assert play.times(QuorumLost) == 0
    play.waits(1)
    assert play.happened == ["MemberLeft", "QuorumLost"]
    assert play.stays(JOAN) == [(0, 50)]


def test_everybody_may_reconnect_after_us() -> None:
    play = Play().opened(*QUORATE, JOAN)
    play.waits(50)
    play.loses_sight()
    play.waits(100)
    play.watched()
    play.waits(20)
    play.connects(*QUORATE, JOAN, by="phone")
    play.waits(600)
    assert play.times(MemberLeft) == play.times(QuorumLost) == 0
    assert play.stays(MAYOR) == [(0, None)]


def test_no_grace_ends_while_nobody_watches() -> None:
    play = Play().opened(*QUORATE, JOAN)
    play.waits(10)
    play.drops(JOAN)
    play.waits(5)
    play.loses_sight()
    assert next_deadline(play.session) is None
    play.waits(300)
    play.watched(*QUORATE)
    play.waits(10)
    play.connects(JOAN)
    assert play.happened == ["DeviceJoined", "MemberReturned"]
    assert play.stays(JOAN) == [(0, None)]


def test_a_drop_seen_before_the_stretch_is_dated_when_it_was_seen() -> None:
    play = Play().opened(*QUORATE, JOAN)
    play.waits(10)
    play.drops(JOAN)
    play.waits(5)
    play.loses_sight()
    play.waits(300)
    play.watched(*QUORATE)
    play.waits(30)
    assert play.happened == ["MemberLeft", "QuorumLost"]
    assert play.stays(JOAN) == [(0, 10)]


def test_a_turn_ends_in_time_even_if_nobody_watches() -> None:
    play = Play().opened(*QUORATE, JOAN)
    play.says(MAYOR, GrantFloor, member=PAU)
    play.loses_sight()
    play.waits(600)
    assert play.happened == ["FloorWarned", "FloorExpired"]


def test_a_turn_that_ends_unseen_takes_nobody_in_grace_with_it() -> None:
    play = Play().opened(*QUORATE, JOAN)
    play.says(MAYOR, GrantFloor, member=PAU)
    play.drops(JOAN)
    play.loses_sight()
    play.waits(600)
    assert play.happened == ["FloorWarned", "FloorExpired"]
    assert JOAN in play.session.attendance.present()


def test_nothing_is_said_of_the_quorum_while_nobody_watches() -> None:
    play = Play().opened(*QUORATE, JOAN)
    play.loses_sight()
    play.drops(JOAN, departure=Departure.KICKED)
    assert play.happened == ["DeviceGone", "MemberLeft"]
    play.watched(*QUORATE)
    assert play.happened == ["ObservationBegan", "QuorumLost"]


def test_a_quorum_found_again_during_a_vote_is_told_to_the_table_only() -> None:
    play = Play().opened(*QUORATE, JOAN)
    play.leaves_for_good(JOAN)
    play.loses_sight()
    play.connects(JOAN)
    play.says(MAYOR, CallItem, number=1)
    play.says(MAYOR, OpenVote)
    assert play.happened == ["VoteOpened"]
    play.watched(*QUORATE, JOAN)
    assert play.table_hears == ["quorum.reached"]
    assert play.room_hears == []


def test_a_second_look_without_a_blind_stretch_dates_the_drop_when_it_is_seen() -> None:
    play = Play().opened(*QUORATE, JOAN)
    play.waits(40)
    play.watched(*QUORATE, LAIA)
    assert play.happened == ["DeviceJoined", "MemberArrived", "DeviceGone", "MemberDropped"]
    play.waits(30)
    assert play.stays(JOAN) == [(0, 40)]


def test_guests_are_never_counted() -> None:
    play = Play().watched(*QUORATE, MemberId("journalist"))
    assert not play.session.verdict.is_met
    play.tell(MemberConnected(seen=play.seen(), member=MemberId("visitor"), device=device(MemberId("visitor"))))
    assert play.happened == []
    assert play.session.attendance.present() == frozenset(QUORATE)


def test_a_vote_that_was_opened_unseen_falls_when_the_room_turns_out_to_have_no_quorum() -> None:
    play = Play().opened(*QUORATE, JOAN)
    play.says(MAYOR, CallItem, number=2)
    play.leaves_for_good(JOAN)
    play.loses_sight()
    play.says(SECRETARY, MarkPresent, member=JOAN)
    play.says(MAYOR, OpenVote)
    assert play.happened == ["VoteOpened"]
    play.says(SECRETARY, MarkAbsent, member=JOAN)
    assert play.session.vote is not None
    play.watched(*QUORATE)
    assert "VoteAnnulled" in play.happened
    assert play.session.vote is None
