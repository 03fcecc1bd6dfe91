"""Who may vote, who is deemed to abstain, and what is carried."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.council.agenda import Majority
from orchestrator.council.commands import (
    AdjournSession,
    CallItem,
    CastVote,
    CloseVote,
    OpenDebate,
    OpenVote,
    SuspendSession,
)
from orchestrator.council.events import VoteClosed
from orchestrator.council.members import MemberId
from orchestrator.council.refusals import Reason
from orchestrator.council.voting import Choice, Method, Tally, VoteEvent, is_carried
from tests.scenarios.play import FIRST, JOAN, LAIA, MAYOR, NURIA, PAU, QUORATE, SECRETARY, Play

EIGHT_COUNCILLORS = (*QUORATE, JOAN, LAIA, MemberId("councillor8"), MemberId("councillor9"))


def debating(item: int = 2) -> Play:
    play = Play().opened(*EIGHT_COUNCILLORS)
    play.says(MAYOR, CallItem, number=item)
    play.waits(10)
    play.says(MAYOR, OpenDebate)
    play.waits(10)
    return play


def voting(item: int = 2) -> Play:
    play = debating(item)
    play.says(MAYOR, OpenVote)
    return play


def vote_of(play: Play) -> VoteEvent:
    assert play.session.vote is not None
    return play.session.vote


def test_the_members_who_are_there_are_entitled_and_the_secretary_is_not() -> None:
    assert vote_of(voting()).entitled == frozenset(EIGHT_COUNCILLORS) - {SECRETARY}


def test_who_left_after_the_debate_opened_is_deemed_to_abstain_lrbrl_46_2_d() -> None:
    play = debating()
    play.leaves_for_good(JOAN)
    play.says(MAYOR, OpenVote)
    assert vote_of(play).deemed == {JOAN}
    play.says(MAYOR, CloseVote)
    (closed,) = play.events
    assert isinstance(closed, VoteClosed)
    assert closed.tally == Tally(yes=0, no=0, abstain=8, deemed=1)


def test_who_left_before_the_debate_is_just_absent() -> None:
    play = Play().opened(*EIGHT_COUNCILLORS)
    play.says(MAYOR, CallItem, number=2)
    play.drops(JOAN)
    play.waits(10)
    play.says(MAYOR, OpenDebate)
    play.waits(30)
    play.says(MAYOR, OpenVote)
    assert vote_of(play).deemed == frozenset()
    assert JOAN not in vote_of(play).entitled


def test_who_is_back_before_the_vote_votes() -> None:
    play = debating()
    play.leaves_for_good(JOAN)
    play.connects(JOAN)
    play.says(MAYOR, OpenVote)
    assert vote_of(play).deemed == frozenset()
    assert JOAN in vote_of(play).entitled


def test_who_comes_during_the_vote_does_not_vote_rof_98_3() -> None:
    play = debating()
    play.leaves_for_good(JOAN)
    play.says(MAYOR, OpenVote)
    play.connects(JOAN)
    play.says(JOAN, CastVote, member=JOAN, choice=Choice.YES)
    assert play.refusal is Reason.NOT_ENTITLED


def test_the_last_vote_stands() -> None:
    play = voting()
    play.says(PAU, CastVote, member=PAU, choice=Choice.NO)
    play.says(PAU, CastVote, member=PAU, choice=Choice.YES)
    assert vote_of(play).tally() == Tally(yes=1, no=0, abstain=7)


def test_nobody_votes_for_another_but_the_secretary_may_note_it_down() -> None:
    play = voting()
    play.says(MAYOR, CastVote, member=PAU, choice=Choice.YES)
    assert play.refusal is Reason.NOT_ALLOWED
    play.says(SECRETARY, CastVote, member=PAU, choice=Choice.YES)
    assert play.happened == ["VoteCast"]


def test_the_absent_do_not_vote() -> None:
    play = voting()
    play.leaves_for_good(PAU)
    play.says(PAU, CastVote, member=PAU, choice=Choice.YES)
    assert play.refusal is Reason.MEMBER_ABSENT


def test_the_quorum_lost_during_a_vote_annuls_it() -> None:
    play = voting()
    play.leaves_for_good(PAU, NURIA, JOAN, LAIA)
    assert play.happened[-2:] == ["VoteAnnulled", "QuorumLost"]
    assert play.room_hears == ["vote.annulled", "quorum.lost.members"]
    play.says(MAYOR, CloseVote)
    assert play.refusal is Reason.NO_VOTE_OPEN
    play.says(MAYOR, OpenVote)
    assert play.refusal is Reason.NO_QUORUM


def test_during_a_vote_only_the_table_hears_of_the_quorum() -> None:
    play = voting()
    play.leaves_for_good(PAU, NURIA, JOAN)
    assert play.table_hears == ["quorum.edge"]
    assert play.room_hears == []


@pytest.mark.parametrize("step", [SuspendSession, AdjournSession, OpenDebate, OpenVote])
def test_a_vote_must_be_closed_before_anything_else(step: type) -> None:
    play = voting()
    play.says(MAYOR, step)
    assert play.refusal is Reason.VOTE_IS_OPEN


def test_there_is_nothing_to_vote_on_before_an_item_is_called() -> None:
    play = Play().opened(*QUORATE, JOAN)
    play.says(MAYOR, OpenVote, method=Method.ORDINARY)
    assert play.refusal is Reason.NO_ITEM_CALLED


def test_a_tie_is_said_and_may_be_voted_again() -> None:
    play = voting()
    play.says(PAU, CastVote, member=PAU, choice=Choice.NO)
    play.says(FIRST, CastVote, member=FIRST, choice=Choice.YES)
    play.says(MAYOR, CloseVote)
    assert play.room_hears == ["vote.closed.tied"]
    play.says(MAYOR, OpenVote)
    assert play.happened == ["VoteOpened"]


def test_an_absolute_majority_is_of_the_legal_number_not_of_those_there() -> None:
    play = voting(item=3)
    for member in (MAYOR, FIRST, PAU, NURIA, JOAN, LAIA):
        play.says(member, CastVote, member=member, choice=Choice.YES)
    play.says(MAYOR, CloseVote)
    assert play.room_hears == ["vote.closed.rejected"]
    play.says(MAYOR, OpenVote)
    for member in (MAYOR, FIRST, PAU, NURIA, JOAN, LAIA, MemberId("councillor8")):
        play.says(member, CastVote, member=member, choice=Choice.YES)
    play.says(MAYOR, CloseVote)
    assert play.room_hears == ["vote.closed.carried"]


@pytest.mark.parametrize(
    ("legal_number", "absolute"),
    [(3, 2), (5, 3), (7, 4), (9, 5), (11, 6), (13, 7), (17, 9), (21, 11), (25, 13), (27, 14), (41, 21)],
)
def test_absolute_majority_by_legal_number_lrbrl_47(legal_number: int, absolute: int) -> None:
    assert is_carried(Tally(yes=absolute, no=0, abstain=0), Majority.ABSOLUTE, legal_number)
    assert not is_carried(Tally(yes=absolute - 1, no=0, abstain=0), Majority.ABSOLUTE, legal_number)


@given(
    votes=st.lists(st.tuples(st.sampled_from(EIGHT_COUNCILLORS), st.sampled_from(list(Choice)))),
    deemed=st.integers(0, 3),
)
def test_a_tally_equals_a_recount(votes: list[tuple[MemberId, Choice]], deemed: int) -> None:
    vote = VoteEvent(
        item=1,
        method=Method.NAMED,
        majority=Majority.SIMPLE,
        entitled=frozenset(EIGHT_COUNCILLORS),
        deemed=frozenset(MemberId(f"gone{n}") for n in range(deemed)),
    )
    for member, choice in votes:
        vote = vote.cast(member, choice)
    last = dict(votes)
    tally = vote.tally()
    assert tally.yes == sum(choice is Choice.YES for choice in last.values())
    assert tally.no == sum(choice is Choice.NO for choice in last.values())
    assert tally.yes + tally.no + tally.abstain == len(EIGHT_COUNCILLORS) + deemed
