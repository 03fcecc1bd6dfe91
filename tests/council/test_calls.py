"""What is fixed when a session is convened, how long it waits, when it is not held, and when it meets again."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from orchestrator.council.calls import as_convened, is_at_weekend, rule_of, second_call, second_call_at
from orchestrator.council.commands import AdjournSession, Asker, Channel, Convene, DeclareNotHeld, OpenSession, Role
from orchestrator.council.convocation import Cause, Convocation, Policy
from orchestrator.council.deadlines import next_deadline
from orchestrator.council.decide import decide
from orchestrator.council.events import SessionConvened, SessionNotHeld
from orchestrator.council.members import (
    Body,
    BodyKind,
    Entity,
    EntityId,
    EntityKind,
    Member,
    MemberId,
    Office,
    SessionId,
)
from orchestrator.council.refusals import Reason, Refused
from orchestrator.council.rules import rule_named
from orchestrator.council.rules.shape import Days, Figures, Hold, Occasion, Regulation, Switches
from orchestrator.council.session import Phase, Session
from tests.council.test_law import own_rule
from tests.scenarios.play import EIGHT, FIRST, JOAN, MAYOR, PAU, PLENARY, QUORATE, SECRETARY, Play, convocation

MADRID = ZoneInfo("Europe/Madrid")
STATE = Regulation(switches=Switches(figures=Figures.STATE))
BOARD = replace(PLENARY, kind=BodyKind.GOVERNMENT_BOARD)
ADMIN = Asker(role=Role.ADMIN, channel=Channel.WEB)


def called(wall: str, regulation: Regulation | None = None, **changes: object) -> Convocation:
    """A call for that hour on the wall, as it goes on the record."""
    call = convocation(starts_at=datetime.fromisoformat(wall).replace(tzinfo=MADRID).astimezone(UTC), **changes)
    return as_convened(call, regulation or Regulation())


def on_the_wall(at: datetime | None) -> str:
    assert at is not None
    return f"{at.astimezone(MADRID):%a %d %b %H:%M}"


# --- The second call ---


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("2026-03-26 20:00", "Sat 28 Mar 20:00"),
        ("2026-03-27 20:00", "Sun 29 Mar 20:00"),  # the clocks go forward in between
        ("2026-03-28 20:00", "Mon 30 Mar 20:00"),
        ("2026-10-23 20:00", "Sun 25 Oct 20:00"),  # the clocks go back in between
        ("2026-10-24 00:30", "Mon 26 Oct 00:30"),
        ("2026-12-30 19:00", "Fri 01 Jan 19:00"),
    ],
)
def test_a_plenary_meets_again_two_days_later_at_the_same_hour_on_the_wall_rof_90_2(first: str, second: str) -> None:
    assert on_the_wall(second_call_at(called(first))) == second


def test_over_a_change_of_the_clocks_two_days_are_not_48_hours() -> None:
    call = called("2026-03-27 20:00")
    again = second_call_at(call)
    assert again is not None
    assert again - call.starts_at == timedelta(hours=47)


def test_an_hour_that_the_clocks_skip_is_the_one_after_and_of_two_it_is_the_first() -> None:
    assert on_the_wall(second_call_at(called("2026-03-27 02:30"))) == "Sun 29 Mar 03:30"
    twice = second_call_at(called("2026-10-23 02:30"))
    assert twice == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


def test_days_may_be_read_as_working_days() -> None:
    working = Regulation(switches=Switches(second_call_days=Days.WORKING))
    assert on_the_wall(second_call_at(called("2026-03-26 20:00", working))) == "Mon 30 Mar 20:00"
    assert on_the_wall(second_call_at(called("2026-03-24 20:00", working))) == "Thu 26 Mar 20:00"


@pytest.mark.parametrize("kind", [BodyKind.GOVERNMENT_BOARD, BodyKind.INFORMATION_COMMITTEE])
def test_boards_and_committees_meet_again_an_hour_later_under_the_rof_113_135(kind: BodyKind) -> None:
    body = replace(PLENARY, kind=kind)
    assert on_the_wall(second_call_at(called("2026-03-27 09:00", STATE, body=body))) == "Fri 27 Mar 10:00"
    # At the change of the clocks an hour is an hour.
    assert on_the_wall(second_call_at(called("2026-03-29 01:30", STATE, body=body))) == "Sun 29 Mar 03:30"


def test_catalan_law_knows_no_second_call_of_boards_trlmrlc_112_2() -> None:
    assert second_call_at(called("2026-03-27 09:00", body=BOARD)) is None


def test_a_second_call_has_none_after_it() -> None:
    assert second_call_at(called("2026-03-26 20:00", call=2)) is None


def test_the_second_call_is_the_same_but_for_its_hour_and_its_rule() -> None:
    first = called("2026-03-27 20:00")
    again = second_call(first, SessionId("s2"), "5eed")
    assert again is not None
    assert (again.session, again.room, again.call, again.follows) == ("s2", "vila-ple-20260329-5eed", 2, "s1")
    assert (again.body, again.agenda, again.language) == (first.body, first.agenda, first.language)
    assert is_at_weekend(again)
    assert not is_at_weekend(first)
    assert rule_of(as_convened(again, Regulation())).id == "PLE-2"


def test_the_second_call_of_a_rehearsal_is_a_rehearsal_in_a_room_of_its_own() -> None:
    again = second_call(called("2026-03-27 20:00", is_rehearsal=True), SessionId("s2"), "5eed")
    assert again is not None
    assert (again.is_rehearsal, again.room) == (True, "vila-ple-20260329-5eed-assaig")


def test_a_rule_chosen_by_name_brings_its_successor() -> None:
    first = called("2026-03-26 20:00", body=BOARD, policy=Policy(rule="JGL-ROF-1"))
    again = second_call(first, SessionId("s2"), "5eed")
    assert again is not None
    assert rule_of(as_convened(again, Regulation())).id == "JGL-ROF-2"


# --- What is fixed in the call ---


def test_the_rule_is_frozen_so_that_old_verdicts_never_change() -> None:
    regulation = Regulation(version=1, rules=(own_rule(numerator=1, denominator=1),))
    (event,) = decide(Session(), Convene(asker=ADMIN, convocation=convocation(), regulation=regulation), EIGHT)
    assert isinstance(event, SessionConvened)
    assert event.convocation.rule == regulation.rules[0]
    play = Play()
    assert play.session.convened.rule == rule_named("PLE-1")
    play.session = replace(play.session, convocation=event.convocation)
    assert (play.session.verdict.needed, play.session.verdict.article) == (13, "ROM 12")


def test_the_entitys_reading_of_the_law_is_in_the_call() -> None:
    assert called("2026-03-26 20:00", STATE, body=BOARD).switches == STATE.switches
    assert rule_of(called("2026-03-26 20:00", STATE, body=BOARD)).id == "JGL-ROF-1"


def test_a_call_from_before_rules_were_frozen_has_the_laws() -> None:
    assert rule_of(convocation()).id == "PLE-1"


def test_only_those_in_mandate_on_the_day_are_in_the_body() -> None:
    day = date(2026, 3, 26)
    gone = Member(id=MemberId("gone"), name="G", mandate_until=day - timedelta(days=1))
    last = Member(id=MemberId("last"), name="L", mandate_until=day)
    sworn = Member(id=MemberId("sworn"), name="S", mandate_from=day)
    later = Member(id=MemberId("later"), name="F", mandate_from=day + timedelta(days=1))
    body = replace(PLENARY, members=(*PLENARY.members, gone, last, sworn, later))
    assert {m.id for m in called("2026-03-26 23:00", body=body).body.members} - {m.id for m in PLENARY.members} == {
        "last",
        "sworn",
    }


def test_the_day_is_that_of_the_town() -> None:
    sworn = Member(id=MemberId("sworn"), name="S", mandate_from=date(2026, 3, 27))
    body = replace(PLENARY, members=(*PLENARY.members, sworn))
    assert called("2026-03-27 00:30", body=body).body.has(sworn.id)


def test_without_figures_in_the_law_the_entity_must_enter_its_own() -> None:
    body = replace(PLENARY, kind=BodyKind.DISTRICT_BOARD)
    with pytest.raises(Refused) as refused:
        decide(Session(), Convene(asker=ADMIN, convocation=convocation(body=body)), EIGHT)
    assert (refused.value.reason, refused.value.detail) == (Reason.NEEDS_OWN_RULE, {"law": "ROF 139"})
    own = Regulation(rules=(own_rule(body_kinds=frozenset({BodyKind.DISTRICT_BOARD})),))
    assert rule_of(called("2026-03-26 20:00", own, body=body)).id == "ROM-1"


def aged(**ranks: int) -> Body:
    """The plenary, with some places in the order of age."""
    members = tuple(replace(m, age_rank=ranks.get(m.id)) for m in PLENARY.members)
    return replace(PLENARY, members=members)


def test_an_age_board_presides_where_a_council_is_constituted_loreg_195() -> None:
    call = called("2026-03-26 20:00", body=aged(joan=1, pau=2, mayor=3), occasion=Occasion.CONSTITUTIVE)
    assert call.body.acting(Office.PRESIDENT, frozenset({MAYOR, PAU, JOAN})) == JOAN
    assert call.body.acting(Office.PRESIDENT, frozenset({MAYOR, PAU})) == PAU
    assert call.body.acting(Office.SECRETARY, frozenset({SECRETARY})) == SECRETARY


def test_neither_mayor_nor_candidate_presides_over_a_censure_loreg_197() -> None:
    ages = aged(mayor=1, joan=2, pau=3)
    call = called("2026-03-26 12:00", body=ages, occasion=Occasion.CENSURE, candidate=JOAN)
    assert rule_of(call).id == "CENS"
    assert call.body.acting(Office.PRESIDENT, frozenset({MAYOR, PAU, JOAN})) == PAU


def test_a_countys_plenary_is_not_a_towns() -> None:
    county = Entity(id=EntityId("c"), name="C", kind=EntityKind.COUNTY)
    assert rule_of(called("2026-03-26 20:00", entity=county)).id == "CC"


# --- Waiting, and not held ---


def test_the_table_is_told_once_that_the_tolerance_is_over() -> None:
    play = Play().watched(*QUORATE)
    assert next_deadline(play.session) == EIGHT + timedelta(minutes=30)
    play.waits(30 * 60)
    assert (play.happened, play.table_hears) == (["ToleranceEnded"], ["session.waited"])
    assert next_deadline(play.session) is None
    play.waits(3600)
    assert play.happened == []


def test_nothing_is_said_of_the_tolerance_where_there_is_quorum_or_the_session_is_open() -> None:
    play = Play().watched(*QUORATE, JOAN)
    play.waits(30 * 60)
    assert (play.happened, play.table_hears) == (["ToleranceEnded"], [])
    opened = Play().opened(*QUORATE, JOAN)
    opened.waits(30 * 60)
    assert opened.happened == []


def test_a_session_without_quorum_is_declared_not_held_after_the_tolerance_rof_109_2() -> None:
    play = Play().watched(*QUORATE)
    play.leaves_for_good(PAU)
    play.says(None, DeclareNotHeld, role=Role.SECRETARY)
    assert play.refusal is Reason.STILL_WAITING
    play.waits(30 * 60)
    play.says(None, DeclareNotHeld, role=Role.SECRETARY, excused=(JOAN,), note="temporal de neu")
    assert play.happened == ["SessionNotHeld", "SessionAdjourned"]
    assert play.room_hears == ["session.not_held.quorum"]
    event = play.events[0]
    assert isinstance(event, SessionNotHeld)
    assert (set(event.came), event.excused, event.note) == ({*QUORATE}, (JOAN,), "temporal de neu")
    assert (event.verdict.present, event.verdict.needed) == (3, 5)
    assert event.second_call_at == EIGHT + timedelta(days=2)
    assert play.session.not_held == event
    assert play.session.phase is Phase.ADJOURNED


def test_with_quorum_it_is_not_for_want_of_it_and_once_open_not_at_all() -> None:
    play = Play().watched(*QUORATE, JOAN)
    play.waits(30 * 60)
    play.says(MAYOR, DeclareNotHeld)
    assert play.refusal is Reason.QUORUM_IS_MET
    play.says(MAYOR, OpenSession)
    play.says(MAYOR, DeclareNotHeld, cause=Cause.OTHER)
    assert play.refusal is Reason.ALREADY_OPEN


def test_another_cause_waits_for_nothing_and_has_no_second_call() -> None:
    play = Play().watched(*QUORATE, JOAN)
    play.says(MAYOR, DeclareNotHeld, cause=Cause.OTHER, note="tall de llum")
    event = play.events[0]
    assert isinstance(event, SessionNotHeld)
    assert (event.cause, event.second_call_at) == (Cause.OTHER, None)
    assert play.room_hears == ["session.not_held"]


def test_who_does_not_conduct_declares_nothing_and_a_stranger_is_not_excused() -> None:
    play = Play().watched(*QUORATE)
    play.waits(30 * 60)
    play.says(FIRST, DeclareNotHeld)
    assert play.refusal is Reason.NOT_ALLOWED
    play.says(MAYOR, DeclareNotHeld, excused=(MemberId("stranger"),))
    assert play.refusal is Reason.NO_SUCH_MEMBER


# --- Hold ---


def test_a_rule_that_asks_at_the_constitution_is_not_lost_later_but_one_that_lasts_is() -> None:
    once = own_rule(numerator=1, denominator=3, hold=Hold.AT_CONSTITUTION)
    for hold, lost in ((once, 0), (replace(once, hold=Hold.CONTINUOUS), 1)):
        play = Play()
        play.session = replace(play.session, convocation=replace(play.session.convened, rule=hold))
        play.opened(*QUORATE, JOAN)
        play.leaves_for_good(JOAN, PAU)
        assert play.session.verdict.is_met == (not lost)
        assert sum(type(event).__name__ == "QuorumLost" for event in play.record) == lost
        play.leaves_for_good(SECRETARY)
        assert not play.session.verdict.is_met
        play.says(MAYOR, AdjournSession)
        assert play.refusal is None
