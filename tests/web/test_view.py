"""What there is to see of a session, from the session alone."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from orchestrator.council.commands import (
    AdjournSession,
    CallItem,
    CastVote,
    CloseVote,
    GrantFloor,
    OpenDebate,
    OpenSession,
    OpenVote,
    RequestFloor,
)
from orchestrator.council.events import Event
from orchestrator.council.observations import Link
from orchestrator.council.voting import Choice
from orchestrator.web.shown import Light, LinkState, View
from orchestrator.web.view import FACTS_SHOWN, view
from orchestrator.wording import Language
from tests.scenarios.play import FIRST, JOAN, LAIA, MAYOR, NURIA, PAU, SECRETARY, Play

QUORUM = (MAYOR, FIRST, PAU, NURIA, JOAN, SECRETARY)


@dataclass(frozen=True)
class Line:
    seq: int
    event: Event
    recorded_at: datetime
    hash: bytes = bytes(32)


def seen(play: Play, language: str = "") -> View:
    records = [Line(seq, event, play.now) for seq, event in enumerate(play.record, start=1)]
    return view(play.session, records, play.now, language)


def test_the_light_goes_from_gathering_over_the_edge_to_lost_and_over():
    play = Play()
    lights = [seen(play).quorum.light]
    play.watched(*QUORUM)
    lights.append(seen(play).quorum.light)
    play.connects(LAIA)
    lights.append(seen(play).quorum.light)
    play.says(MAYOR, OpenSession)
    play.leaves_for_good(LAIA, JOAN)
    lights.append(seen(play).quorum.light)
    play.says(MAYOR, AdjournSession)
    lights.append(seen(play).quorum.light)
    assert lights == [Light.GATHERING, Light.EDGE, Light.MET, Light.LOST, Light.OVER]


def test_a_chair_whose_holder_is_in_grace_still_holds_and_says_until_when():
    play = Play().opened(*QUORUM, LAIA)
    play.drops(SECRETARY)
    members, president, secretary = seen(play).quorum.predicates
    assert (members.holds, president.holder, president.grace_until) == (True, "Marta Roca", None)
    assert (secretary.holds, secretary.holder) == (True, "Rosa Bosch")
    assert secretary.grace_until == play.now + timedelta(seconds=30)


def test_floor_agenda_and_vote_are_shown_as_they_stand():
    play = Play().opened(*QUORUM, LAIA)
    play.says(MAYOR, CallItem, number=2)
    play.says(MAYOR, OpenDebate)
    play.says(PAU, RequestFloor, member=PAU)
    play.says(NURIA, RequestFloor, member=NURIA)
    play.says(MAYOR, GrantFloor, member=PAU)
    shown = seen(play)
    assert (shown.floor.speaker, shown.floor.queue) == (PAU, (NURIA,))
    assert [item.is_current for item in shown.agenda] == [False, True, False]
    play.says(MAYOR, OpenVote)
    play.says(PAU, CastVote, member=PAU, choice=Choice.YES)
    shown = seen(play)
    assert shown.vote is not None
    assert (shown.vote.item, shown.vote.cast, len(shown.vote.entitled)) == (2, 1, 6)
    assert {m.id: m.vote for m in shown.members if m.vote} == {PAU: Choice.YES}
    play.says(MAYOR, CloseVote)
    result = seen(play).agenda[1].result
    assert result is not None
    assert (result.yes, result.no, result.abstain, result.is_carried) == (1, 0, 5, True)


def test_the_public_is_said_to_see_the_room_only_while_its_picture_comes():
    play = Play().opened(*QUORUM)
    assert seen(play).broadcast.shows is None
    play.link_up(Link.ENCODER)
    play.link_up(Link.RELAY)
    assert seen(play).broadcast.shows == "live"
    play.link_down("encoder_died", Link.ENCODER)
    shown = seen(play)
    assert (shown.broadcast.encoder, shown.broadcast.shows) == (LinkState.DOWN, "fallback")
    assert [alert.text for alert in shown.alerts] == ["Codificador: s'ha aturat"]
    play.link_up(Link.ENCODER)
    assert seen(play).alerts == ()


def test_when_nobody_watches_it_says_since_when():
    play = Play().opened(*QUORUM)
    assert seen(play).unobserved_since is None
    play.loses_sight()
    assert seen(play).unobserved_since == play.now


def test_after_the_session_it_says_who_stayed_and_how_many_came():
    play = Play().opened(*QUORUM, LAIA)
    play.leaves_for_good(LAIA)
    play.waits(60)
    play.says(MAYOR, AdjournSession)
    shown = seen(play)
    assert {m.id for m in shown.members if m.stayed} == set(QUORUM)
    assert shown.quorum.attended == 6


@pytest.mark.parametrize("language", Language)
def test_facts_are_sentences_the_newest_first_and_not_without_end(language):
    play = Play().opened(*QUORUM)
    for _ in range(30):
        play.drops(JOAN)
        play.connects(JOAN)
    shown = seen(play, language)
    assert len(shown.facts) == FACTS_SHOWN < shown.fact_count
    assert [f.seq for f in shown.facts] == sorted((f.seq for f in shown.facts), reverse=True)
    assert all("Joan Mas" in fact.text for fact in shown.facts)
