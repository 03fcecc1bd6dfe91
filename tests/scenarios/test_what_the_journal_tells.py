"""The server's journal closes the stretches in which nobody watched: what happened then happened when it happened."""

from datetime import timedelta

from orchestrator.council.events import MemberDropped, MemberLeft, ObservationRecovered, QuorumLost
from orchestrator.council.members import MemberId
from orchestrator.council.observations import (
    ChamberCaughtUp,
    ChamberEntered,
    Departure,
    Grade,
    JournalMark,
    MemberConnected,
    MemberDisconnected,
    Sighting,
)
from tests.scenarios.play import EIGHT, JOAN, MAYOR, PAU, QUORATE, Play, device


class Told(Play):
    """A session whose blind stretches a journal tells afterwards."""

    seq = 0

    def opened_and_blind(self, after: float) -> "Told":
        self.opened(*QUORATE, JOAN)
        self.waits(after)
        self.loses_sight()
        return self

    def tells(self, seconds: float, member: MemberId, departure: Departure | None = None, by: str = "laptop") -> None:
        self.seq += 1
        mark = JournalMark(journal="J", seq=self.seq)
        seen = Sighting(grade=Grade.JOURNAL, at=EIGHT + timedelta(seconds=seconds), mark=mark)
        if departure is None:
            self.tell(MemberConnected(seen=seen, member=member, device=device(member, by)))
        else:
            self.tell(MemberDisconnected(seen=seen, member=member, device=device(member, by), departure=departure))

    def caught_up(self, *members: MemberId) -> None:
        seen = Sighting(grade=Grade.JOURNAL, at=self.now, mark=JournalMark(journal="J", seq=self.seq))
        self.tell(ChamberCaughtUp(seen=seen, devices=tuple((m, d) for m in members for d in self.devices(m))))

    def devices(self, member: MemberId) -> list[str]:
        return sorted(self.session.attendance.of(member).devices)  # type: ignore[arg-type]


def test_a_stretch_that_the_journal_tells_is_not_unobserved() -> None:
    play = Told().opened_and_blind(50)
    play.waits(100)
    play.caught_up(*QUORATE, JOAN)
    assert play.happened == ["ObservationRecovered"]
    assert play.session.blind == ()
    assert play.session.is_observed
    assert play.events[0] == ObservationRecovered(at=play.now, since=EIGHT + timedelta(seconds=50))


def test_who_was_away_for_a_moment_meanwhile_was_there_all_the_time() -> None:
    play = Told().opened_and_blind(50)
    play.waits(100)
    play.tells(60, JOAN, Departure.LOST)
    play.tells(75, JOAN, by="phone")
    play.caught_up(*QUORATE, JOAN)
    play.waits(60)
    assert play.stays(JOAN) == [(0, None)]


def test_who_was_away_for_longer_left_and_came_back_then() -> None:
    play = Told().opened_and_blind(50)
    play.waits(100)
    play.tells(60, JOAN, Departure.LOST)
    play.tells(120, JOAN, by="phone")
    play.caught_up(*QUORATE, JOAN)
    assert play.stays(JOAN) == [(0, 60), (120, None)]


def test_who_went_and_did_not_come_back_left_when_the_line_went() -> None:
    play = Told().opened_and_blind(50)
    play.waits(100)
    play.tells(60, JOAN, Departure.LEFT)
    assert play.times(MemberLeft) == play.times(QuorumLost) == 0
    play.caught_up(*QUORATE)
    play.waits(0)
    assert play.stays(JOAN) == [(0, 60)]
    assert play.times(QuorumLost) == 1


def test_the_server_going_down_is_nobodys_departure_if_they_come_back_after_it() -> None:
    play = Told().opened_and_blind(50)
    play.waits(100)
    for member in (*QUORATE, JOAN):
        play.tells(50, member, Departure.OUTAGE)
    play.tells(140, MAYOR, by="phone")
    play.caught_up(MAYOR)
    play.waits(20)
    for member in (*QUORATE[1:], JOAN):
        play.tells(165, member, by="phone")
    play.waits(60)
    assert play.times(MemberLeft) == play.times(QuorumLost) == 0
    assert all(play.stays(member) == [(0, None)] for member in (*QUORATE, JOAN))


def test_who_does_not_come_back_after_the_server_left_with_it_however_often_we_look_away() -> None:
    play = Told().opened_and_blind(50)
    play.waits(10)
    play.tells(50, JOAN, Departure.OUTAGE)
    play.caught_up(*QUORATE)
    for _ in range(4):
        play.waits(10)
        play.loses_sight()
        play.caught_up(*QUORATE)
    assert play.times(MemberDropped) == 2
    assert play.stays(JOAN) == [(0, 50)]


def test_a_return_that_is_told_late_takes_the_departure_back() -> None:
    play = Told().opened(*QUORATE, JOAN)
    play.waits(15)
    play.tells(10, PAU, Departure.LOST)
    play.waits(60)
    assert play.stays(PAU) == [(0, 10)]
    play.tells(20, PAU, by="phone")
    assert play.happened[:2] == ["DeviceJoined", "MemberReturned"]
    assert play.stays(PAU) == [(0, None)]
    play.tells(70, PAU, Departure.LEFT, by="phone")
    play.waits(60)
    assert play.stays(PAU) == [(0, 70)]


def test_where_the_journal_has_a_gap_the_stretch_stays_unobserved() -> None:
    play = Told().opened_and_blind(50)
    play.waits(100)
    seen = Sighting(grade=Grade.JOURNAL, at=play.now, mark=JournalMark(journal="K", seq=9))
    play.tell(ChamberEntered(seen=seen, devices=tuple((m, device(m)) for m in (*QUORATE, JOAN))))
    assert len(play.session.blind) == 1
    assert play.stays(JOAN) == [(0, None)]
