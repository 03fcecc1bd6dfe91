"""Ordinary, named and secret votes; two thirds and weights; ties; and lines that go in the middle of a vote."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.council.agenda import AgendaItem, Majority
from orchestrator.council.commands import (
    AnnulVote,
    CallItem,
    CastVote,
    CloseVote,
    GiveCastingVote,
    OpenDebate,
    OpenVote,
    RepeatVote,
)
from orchestrator.council.convocation import DropInVote, Policy
from orchestrator.council.events import VoteAnnulled, VoteCast, VoteClosed, VoteOpened
from orchestrator.council.members import MemberId
from orchestrator.council.refusals import Reason
from orchestrator.council.voting import Annulment, Choice, Count, Method, Tally, is_carried, is_tied, votes_needed
from orchestrator.store.codec import encode, name_of
from tests.scenarios.play import AGENDA, FIRST, JOAN, LAIA, MAYOR, NURIA, PAU, QUORATE, SECRETARY, Play

EIGHT_COUNCILLORS = (*QUORATE, JOAN, LAIA, MemberId("councillor8"), MemberId("councillor9"))


def voting(method: Method = Method.NAMED, *, item: int = 2, **changes: object) -> Play:
    play = Play(**changes).opened(*EIGHT_COUNCILLORS)
    play.says(MAYOR, CallItem, number=item)
    play.says(MAYOR, OpenDebate)
    play.waits(5)
    play.says(MAYOR, OpenVote, method=method)
    return play


def closed(play: Play) -> VoteClosed:
    event = play.events[0]
    assert isinstance(event, VoteClosed)
    return event


# --- Counted by the president ---


@pytest.mark.parametrize("method", [Method.ORDINARY, Method.SECRET])
def test_what_is_not_by_name_is_counted_by_the_president(method: Method) -> None:
    play = voting(method)
    assert play.room_hears == [f"vote.opened.{method}"]
    play.says(PAU, CastVote, member=PAU, choice=Choice.YES)
    assert play.refusal is Reason.NOT_BY_NAME
    play.says(MAYOR, CloseVote)
    assert play.refusal is Reason.COUNT_NEEDED
    play.says(MAYOR, CloseVote, count=Count(yes=6, no=3))
    assert play.refusal is Reason.COUNT_DOES_NOT_FIT
    play.says(MAYOR, CloseVote, count=Count(yes=4, no=-1))
    assert play.refusal is Reason.COUNT_DOES_NOT_FIT
    play.says(MAYOR, CloseVote, count=Count(yes=4, no=3))
    assert closed(play).tally == Tally(yes=4, no=3, abstain=1)
    assert play.room_hears == ["vote.closed.carried"]


def test_a_vote_by_name_counts_itself() -> None:
    play = voting()
    play.says(MAYOR, CloseVote, count=Count(yes=8, no=0))
    assert play.refusal is Reason.COUNT_DOES_NOT_FIT


def test_of_a_secret_vote_nothing_tells_who_voted_what() -> None:
    play = voting(Method.SECRET)
    begun = next(n for n, event in enumerate(play.record) if isinstance(event, VoteOpened))
    for member in EIGHT_COUNCILLORS:
        play.says(member, CastVote, member=member, choice=Choice.YES)
        play.says(SECRETARY, CastVote, member=member, choice=Choice.NO)
    play.says(MAYOR, CloseVote, count=Count(yes=5, no=2))
    told = play.record[begun:]
    assert [name_of(event) for event in told] == ["vote_opened.v1", "vote_closed.v1"]
    assert not any(isinstance(event, VoteCast) for event in told)
    assert not any(member in encode(told[1]) for member in EIGHT_COUNCILLORS)


# --- Two thirds, weights ---


@pytest.mark.parametrize(
    ("legal_number", "in_fact", "needed"), [(13, 13, 9), (13, 12, 8), (13, 9, 7), (25, 25, 17), (21, 21, 14), (3, 3, 2)]
)
def test_two_thirds_are_of_the_members_in_fact_and_never_below_the_absolute_majority(
    legal_number: int, in_fact: int, needed: int
) -> None:
    assert votes_needed(Majority.TWO_THIRDS, legal_number, in_fact) == needed
    assert is_carried(Tally(yes=needed, no=9, abstain=0), Majority.TWO_THIRDS, legal_number, in_fact)
    assert not is_carried(Tally(yes=needed - 1, no=0, abstain=9), Majority.TWO_THIRDS, legal_number, in_fact)


@given(legal_number=st.integers(1, 60), vacancies=st.integers(0, 20), yes=st.integers(0, 60), no=st.integers(0, 60))
def test_majorities_equal_a_naive_reading(legal_number: int, vacancies: int, yes: int, no: int) -> None:
    in_fact = max(1, legal_number - vacancies)
    tally = Tally(yes=yes, no=no, abstain=0)
    assert is_carried(tally, Majority.SIMPLE, legal_number, in_fact) == (yes > no)
    absolute = is_carried(tally, Majority.ABSOLUTE, legal_number, in_fact)
    assert absolute == (2 * yes > legal_number)
    two_thirds = is_carried(tally, Majority.TWO_THIRDS, legal_number, in_fact)
    assert two_thirds == (3 * yes >= 2 * in_fact and 2 * yes > legal_number)
    assert not is_tied(tally, Majority.ABSOLUTE)


WEIGHED = {
    "agenda": (*AGENDA[:2], AgendaItem(number=3, title="Dictamen", majority=Majority.WEIGHTED)),
    "policy": Policy(weights=(("A", 7), ("B", 4), ("C", 2))),
}


def test_a_weighted_vote_compares_what_the_votes_weigh_trlmrlc_60_5() -> None:
    play = voting(item=3, **WEIGHED)
    play.says(MAYOR, CastVote, member=MAYOR, choice=Choice.YES)
    for member in (PAU, JOAN, MemberId("councillor8")):
        play.says(member, CastVote, member=member, choice=Choice.NO)
    play.says(MAYOR, CloseVote)
    result = closed(play)
    assert (result.tally.yes, result.tally.no) == (1, 3)
    assert (result.tally.yes_weight, result.tally.no_weight) == (7, 7)
    assert result.is_tied
    assert play.room_hears == ["vote.closed.tied", "vote.weighted"]


def test_a_weighted_vote_is_by_name_only() -> None:
    play = voting(Method.ORDINARY, item=3, **WEIGHED)
    assert play.refusal is Reason.ONLY_BY_NAME


# --- Ties (LRBRL 46.2.d, ROF 100.2) ---


def tied_twice(method: Method = Method.ORDINARY) -> Play:
    play = voting(method)
    play.says(MAYOR, CloseVote, count=Count(yes=4, no=4))
    assert play.room_hears == ["vote.closed.tied"]
    play.says(MAYOR, GiveCastingVote, choice=Choice.YES)
    assert play.refusal is Reason.NO_TIE
    play.says(MAYOR, OpenVote, method=method)
    opened = play.events[-1]
    assert isinstance(opened, VoteOpened)
    assert opened.round == 2
    play.says(MAYOR, CloseVote, count=Count(yes=4, no=4))
    assert play.room_hears == ["vote.closed.tied_again"]
    return play


@pytest.mark.parametrize(("choice", "heard"), [(Choice.YES, "vote.cast.carried"), (Choice.NO, "vote.cast.rejected")])
def test_a_second_tie_is_decided_by_the_casting_vote_of_who_presides(choice: Choice, heard: str) -> None:
    play = tied_twice()
    play.says(FIRST, GiveCastingVote, choice=choice)
    assert play.refusal is Reason.NOT_ALLOWED
    play.says(MAYOR, GiveCastingVote, choice=choice)
    assert play.room_hears == [heard]
    play.says(MAYOR, GiveCastingVote, choice=choice)
    assert play.refusal is Reason.NO_TIE


def test_who_presides_now_has_the_casting_vote_and_it_is_yes_or_no() -> None:
    play = tied_twice()
    play.leaves_for_good(MAYOR)
    play.says(FIRST, GiveCastingVote, choice=Choice.ABSTAIN)
    assert play.refusal is Reason.NO_TIE
    play.says(FIRST, GiveCastingVote, choice=Choice.NO)
    assert play.happened == ["CastingVoteGiven"]


def test_no_casting_vote_after_a_ballot() -> None:
    play = tied_twice(Method.SECRET)
    play.says(MAYOR, GiveCastingVote, choice=Choice.YES)
    assert play.refusal is Reason.BALLOT_IS_SECRET


def test_an_item_that_is_called_again_has_no_ties() -> None:
    play = tied_twice()
    play.says(MAYOR, CallItem, number=3)
    play.says(MAYOR, CallItem, number=2)
    play.says(MAYOR, GiveCastingVote, choice=Choice.YES)
    assert play.refusal is Reason.NO_TIE


# --- Nobody enters or leaves (ROF 98.3) ---


def test_a_line_that_drops_in_a_vote_is_told_to_the_table_and_the_vote_goes_on() -> None:
    play = voting()
    play.says(JOAN, CastVote, member=JOAN, choice=Choice.YES)
    play.drops(JOAN)
    assert play.table_hears == ["vote.line_dropped"]
    assert play.room_hears == []
    play.waits(30)
    play.says(MAYOR, CloseVote)
    assert closed(play).tally == Tally(yes=1, no=0, abstain=7)


def test_the_president_has_it_held_again_with_who_is_there_now() -> None:
    play = voting()
    play.leaves_for_good(JOAN)
    play.says(MAYOR, RepeatVote)
    assert play.happened == ["VoteAnnulled", "VoteOpened"]
    assert play.session.vote
    assert JOAN not in play.session.vote.entitled
    assert play.session.vote.deemed == {JOAN}
    assert play.session.vote.votes == ()


def test_a_vote_that_was_annulled_has_no_result() -> None:
    play = voting(Method.ORDINARY)
    play.says(PAU, AnnulVote)
    assert play.refusal is Reason.NOT_ALLOWED
    play.says(MAYOR, AnnulVote)
    assert play.room_hears == ["vote.annulled.by_president"]
    play.says(MAYOR, CloseVote, count=Count(yes=1, no=0))
    assert play.refusal is Reason.NO_VOTE_OPEN
    play.says(MAYOR, RepeatVote)
    assert play.refusal is Reason.NO_VOTE_OPEN


def test_where_the_policy_says_so_a_lost_line_annuls_the_vote_after_its_grace() -> None:
    play = voting(policy=Policy(drop_in_vote=DropInVote.ANNUL))
    play.drops(NURIA)
    play.waits(29)
    assert play.session.vote is not None
    play.waits(1)
    annulled = [event for event in play.events if isinstance(event, VoteAnnulled)]
    assert [event.cause for event in annulled] == [Annulment.LINE_DROPPED]
    assert play.room_hears == ["vote.annulled.line_dropped"]
