"""What the room and the table are told, and what they are spared."""

from datetime import timedelta

from orchestrator.announcements import Announcements
from orchestrator.council.commands import CallItem, GrantFloor, OpenVote, SuspendSession
from orchestrator.council.effects import Announce, Audience
from orchestrator.council.members import MemberId, SessionId
from tests.scenarios.play import JOAN, LAIA, MAYOR, PAU, QUORATE, Play

SESSION = SessionId("s1")


class Chamber:
    """A session, and what is said of it when the announcements are made as soon as they may be."""

    def __init__(self) -> None:
        self.play = Play().opened(*QUORATE, JOAN)
        self.announcements = Announcements()
        self.said: list[tuple[str, Audience]] = []
        self.make(self.play.effects)

    def make(self, effects: tuple[object, ...]) -> None:
        for effect in effects:
            if isinstance(effect, Announce) and self.announcements.is_due(
                SESSION, self.play.session, effect, self.play.now
            ):
                self._say(effect)

    def leaves(self, *members: MemberId) -> None:
        self.play.leaves_for_good(*members)
        self.make(self.play.effects)

    def comes(self, member: MemberId) -> None:
        self.play.connects(member)
        self.make(self.play.effects)

    def waits(self, seconds: float) -> None:
        self.play.now += timedelta(seconds=seconds)
        for _, effect in self.announcements.due({SESSION: self.play.session}, self.play.now):
            self._say(effect)

    def _say(self, effect: Announce) -> None:
        self.said.append((effect.message, effect.audience))
        self.announcements.made(SESSION, effect, self.play.now)

    def heard(self) -> list[str]:
        heard, self.said = [message for message, _ in self.said], []
        return heard


def test_a_condition_that_comes_and_goes_is_told_once_a_minute_and_then_as_it_is() -> None:
    chamber = Chamber()
    chamber.leaves(JOAN)
    chamber.comes(JOAN)
    assert chamber.heard()[-2:] == ["quorum.lost.members", "quorum.reached"]
    chamber.leaves(JOAN)
    assert chamber.heard() == []
    chamber.waits(29)
    assert chamber.heard() == []
    chamber.waits(2)
    assert chamber.heard() == ["quorum.lost.members"]


def test_what_waited_is_not_told_when_it_is_over_or_no_news() -> None:
    chamber = Chamber()
    chamber.leaves(JOAN)
    chamber.comes(JOAN)
    chamber.leaves(JOAN)
    chamber.comes(JOAN)
    assert chamber.heard()[-1] == "quorum.reached"
    chamber.waits(300)
    assert chamber.heard() == []


def test_what_waited_is_told_to_the_table_alone_in_a_recess() -> None:
    chamber = Chamber()
    chamber.leaves(JOAN)
    chamber.comes(JOAN)
    chamber.leaves(JOAN)
    chamber.said.clear()
    chamber.play.says(MAYOR, SuspendSession)
    chamber.waits(60)
    assert chamber.said == [("quorum.lost.members", Audience.TABLE)]


def test_what_people_do_is_told_each_time() -> None:
    chamber = Chamber()
    chamber.heard()
    for number in (1, 2, 1):
        chamber.play.says(MAYOR, CallItem, number=number)
        chamber.make(chamber.play.effects)
    chamber.play.says(MAYOR, OpenVote)
    chamber.make(chamber.play.effects)
    assert chamber.heard() == ["item.called", "item.called", "item.called", "vote.opened"]


def test_what_is_no_longer_true_is_not_told() -> None:
    chamber = Chamber()
    chamber.play.leaves_for_good(JOAN)
    late = chamber.play.effects
    chamber.comes(JOAN)
    chamber.heard()
    chamber.make(late)
    assert chamber.heard() == []


def test_nobody_who_is_absent_is_named_in_the_room() -> None:
    chamber = Chamber()
    chamber.comes(LAIA)
    chamber.play.says(MAYOR, GrantFloor, member=PAU)
    late = chamber.play.effects
    chamber.play.leaves_for_good(PAU)
    chamber.heard()
    chamber.make(late)
    assert chamber.heard() == []


def test_a_session_that_is_over_is_forgotten() -> None:
    chamber = Chamber()
    assert list(chamber.announcements.due({}, chamber.play.now)) == []
    assert chamber.announcements._told == {}
