"""Which channel the public has: what was ordered, where it went, and what could not be."""

import pytest

from orchestrator.council.commands import ChangeChannel, Role
from orchestrator.council.events import ChannelFailed, ChannelOrdered, ChannelTaken
from orchestrator.council.members import ChannelId
from orchestrator.council.observations import ChannelLost, ChannelOpened, Grade, Reach, Sighting
from orchestrator.council.refusals import Reason
from tests.scenarios.play import JOAN, QUORATE, Play

OWN, SHARED = ChannelId("vila-tv"), ChannelId("consorci")


def kinds(play: Play) -> list[type]:
    return [type(event) for event in play.events]


def opens(play: Play, channel: ChannelId, cause: str = "planned", **more: str) -> None:
    seen = Sighting(grade=Grade.PRESENCE, at=play.now)
    play.tell(ChannelOpened(seen=seen, reach=Reach(channel=channel, name=channel, **more), cause=cause))


def loses(play: Play, channel: ChannelId, cause: str = "relay_lost") -> None:
    play.tell(ChannelLost(seen=Sighting(grade=Grade.PRESENCE, at=play.now), channel=channel, cause=cause))


def test_where_it_goes_is_said_once_and_again_when_the_video_is_another() -> None:
    play = Play().opened(*QUORATE, JOAN)
    opens(play, OWN, video="a")
    assert kinds(play) == [ChannelTaken]
    opens(play, OWN, video="a")
    assert kinds(play) == []
    opens(play, OWN, "replaced", video="b")
    assert kinds(play) == [ChannelTaken]


def test_a_channel_fails_once_until_it_is_taken_again() -> None:
    play = Play().opened(*QUORATE, JOAN)
    opens(play, OWN)
    loses(play, OWN)
    assert kinds(play) == [ChannelFailed]
    loses(play, OWN)
    assert kinds(play) == []
    opens(play, SHARED, "relay_lost")
    opens(play, OWN, "ordered")
    assert play.session.airing.failed == frozenset()
    loses(play, OWN)
    assert kinds(play) == [ChannelFailed]


def test_what_is_ordered_is_wanted_until_it_is_taken_or_cannot_be() -> None:
    play = Play().opened(*QUORATE, JOAN)
    opens(play, OWN)
    play.says(None, ChangeChannel, role=Role.OPERATOR, channel=SHARED)
    assert (kinds(play), play.session.airing.ordered) == ([ChannelOrdered], SHARED)
    play.says(None, ChangeChannel, role=Role.OPERATOR, channel=SHARED)
    assert (kinds(play), play.refusal) == ([], None)
    loses(play, SHARED, "no_key")
    assert (kinds(play), play.session.airing.ordered) == ([ChannelFailed], None)
    play.says(None, ChangeChannel, role=Role.OPERATOR, channel=SHARED)
    assert play.session.airing.failed == frozenset()
    opens(play, SHARED, "ordered")
    assert (play.session.airing.ordered, play.session.airing.reach.channel) == (None, SHARED)
    play.says(None, ChangeChannel, role=Role.OPERATOR, channel=SHARED)
    assert kinds(play) == []


@pytest.mark.parametrize("role", [Role.PRESIDENT, Role.AUDITOR, Role.PRESS, Role.STAFF])
def test_it_is_not_for_everybody_to_order(role: Role) -> None:
    play = Play().opened(*QUORATE, JOAN)
    play.says(None, ChangeChannel, role=role, channel=SHARED)
    assert play.refusal is Reason.NOT_ALLOWED


def test_a_session_that_is_not_broadcast_has_no_channel_to_change() -> None:
    play = Play(is_public=False)
    play.says(None, ChangeChannel, role=Role.OPERATOR, channel=SHARED)
    assert play.refusal is Reason.NO_BROADCAST
