"""What the secretary takes down: ticks in the hall, ghosts, excuses, corrections, the roll call."""

from datetime import timedelta

import pytest

from orchestrator.council.attendance import Presence
from orchestrator.council.commands import (
    AdjournSession,
    CallItem,
    CallRoll,
    CheckMember,
    Command,
    CorrectAttendance,
    DeclareNotHeld,
    ExcuseAbsence,
    MarkAbsent,
    MarkPresent,
    OpenDebate,
    OpenSession,
    OpenVote,
    Role,
)
from orchestrator.council.convocation import Cause, Ground, Policy
from orchestrator.council.events import (
    AttendanceCorrected,
    DeviceGone,
    MemberArrived,
    MemberLeft,
    QuorumLost,
    SessionNotHeld,
)
from orchestrator.council.members import MemberId
from orchestrator.council.observations import Departure, DeviceAnswered, DeviceSilent, Grade
from orchestrator.council.refusals import Reason
from orchestrator.council.roll import Mode
from tests.scenarios.play import (
    AUDITOR,
    EIGHT,
    FIRST,
    JOAN,
    LAIA,
    MAYOR,
    NURIA,
    PAU,
    QUORATE,
    SECRETARY,
    Play,
    device,
    seconds,
)


def at(second: float) -> object:
    return EIGHT + timedelta(seconds=second)


def answers(play: Play, member: MemberId, mode: Mode = Mode.REMOTE_VIDEO, **changes: bool) -> None:
    ticks = {"identity_seen": True, "identity_heard": True, "territory_declared": True} | changes
    play.says(SECRETARY, CheckMember, member=member, mode=mode, **ticks)


# --- One device for several in the hall ---


def test_who_is_ticked_in_the_hall_is_there_without_a_device() -> None:
    play = Play().opened(*QUORATE, JOAN)
    play.waits(5)
    play.says(SECRETARY, MarkPresent, member=LAIA)
    assert play.happened == ["MarkedPresent", "MemberArrived"]
    arrived = play.events[1]
    assert isinstance(arrived, MemberArrived)
    assert arrived.grade is Grade.DESK
    assert play.session.attendance.of(LAIA).presence is Presence.IN_HALL
    assert play.session.verdict.present == 6
    assert play.session.mode_of(LAIA) is Mode.HALL


def test_the_whole_body_may_sit_in_the_hall() -> None:
    play = Play().watched()
    for member in (*QUORATE, JOAN):
        play.says(MAYOR, MarkPresent, role=Role.SECRETARY, member=member)
    assert play.room_hears == ["quorum.reached"]
    play.says(MAYOR, OpenSession)
    assert play.happened == ["SessionOpened"]


def test_a_tick_is_its_own_witness_no_line_can_drop_it() -> None:
    play = Play().opened(*QUORATE, JOAN)
    play.says(SECRETARY, MarkPresent, member=JOAN)
    assert play.happened == ["MarkedPresent"]
    play.drops(JOAN)
    assert play.happened == ["DeviceGone"]
    play.waits(600)
    assert play.stays(JOAN) == [(0, None)]
    assert play.times(QuorumLost) == 0


def test_a_tick_taken_away_is_a_departure_at_once_and_a_device_stays() -> None:
    play = Play().opened(*QUORATE, JOAN)
    play.says(SECRETARY, MarkPresent, member=LAIA)
    play.waits(60)
    play.says(SECRETARY, MarkAbsent, member=LAIA)
    assert play.happened[:2] == ["MarkedAbsent", "MemberLeft"]
    assert play.stays(LAIA) == [(0, 60)]
    play.says(SECRETARY, MarkAbsent, member=LAIA)
    assert play.refusal is Reason.MEMBER_ABSENT


def test_a_member_in_grace_who_is_seen_in_the_hall_never_left() -> None:
    play = Play().opened(*QUORATE, JOAN)
    play.drops(JOAN)
    play.waits(10)
    play.says(SECRETARY, MarkPresent, member=JOAN)
    assert play.happened == ["MarkedPresent", "MemberReturned"]
    play.waits(600)
    assert play.stays(JOAN) == [(0, None)]


@pytest.mark.parametrize(
    "command", [MarkPresent, MarkAbsent, ExcuseAbsence, CorrectAttendance, CheckMember], ids=lambda c: c.__name__
)
@pytest.mark.parametrize("who", [MAYOR, PAU])
def test_only_the_secretary_keeps_the_register(command: type[Command], who: MemberId) -> None:
    fields = {
        ExcuseAbsence: {"reason": "malaltia"},
        CorrectAttendance: {"start": at(0), "end": at(1), "was_present": True, "reason": "vist"},
        CheckMember: {
            "mode": Mode.HALL,
            "identity_seen": True,
            "identity_heard": True,
            "territory_declared": True,
        },
    }.get(command, {})
    play = Play().opened(*QUORATE, JOAN)
    play.waits(5)
    play.says(who, command, member=JOAN, **fields)
    assert play.refusal is Reason.NOT_ALLOWED


def test_the_auditor_keeps_it_while_in_the_secretarys_chair() -> None:
    play = Play().opened(*QUORATE, JOAN, AUDITOR)
    play.says(AUDITOR, MarkPresent, role=Role.MEMBER, member=LAIA)
    assert play.refusal is Reason.NOT_ALLOWED
    play.leaves_for_good(SECRETARY)
    play.says(AUDITOR, MarkPresent, role=Role.MEMBER, member=LAIA)
    assert play.happened[:2] == ["MarkedPresent", "MemberArrived"]


def test_a_stranger_cannot_be_ticked() -> None:
    play = Play().watched(*QUORATE)
    play.says(SECRETARY, MarkPresent, member=MemberId("press"))
    assert play.refusal is Reason.NO_SUCH_MEMBER


def test_secretary_and_auditor_in_the_hall_are_there_and_never_counted() -> None:
    play = Play().watched()
    play.says(SECRETARY, MarkPresent, member=SECRETARY)
    play.says(SECRETARY, MarkPresent, member=AUDITOR)
    assert play.session.verdict.present == 0
    assert play.session.verdict.missing == ("president",)


# --- Ghosts ---


def silent(play: Play, member: MemberId, by: str = "laptop") -> None:
    play.tell(DeviceSilent(seen=play.seen(), member=member, device=device(member, by)))


def test_a_device_that_does_not_answer_counts_for_a_minute_and_is_gone_since_it_fell_silent() -> None:
    play = Play().opened(*QUORATE, JOAN)
    play.waits(5)
    silent(play, JOAN)
    assert play.happened == ["GhostSuspected"]
    assert play.table_hears == ["ghost.suspected"]
    play.waits(59)
    assert play.happened == []
    assert play.session.verdict.is_met
    play.waits(1)
    assert play.happened == ["DeviceGone", "MemberLeft", "QuorumLost"]
    gone = play.events[0]
    assert isinstance(gone, DeviceGone)
    assert gone.departure is Departure.GHOST
    assert play.stays(JOAN) == [(0, 5)]


def test_a_device_that_answers_again_is_none() -> None:
    play = Play().opened(*QUORATE, JOAN)
    silent(play, JOAN)
    play.waits(30)
    play.tell(DeviceAnswered(seen=play.seen(), member=JOAN, device=device(JOAN)))
    assert play.happened == ["GhostCleared"]
    play.waits(600)
    assert play.stays(JOAN) == [(0, None)]


def test_a_ghost_that_is_still_listed_counts_no_more_even_after_a_blind_stretch() -> None:
    play = Play().opened(*QUORATE, JOAN, LAIA)
    silent(play, JOAN)
    play.waits(60)
    play.loses_sight()
    play.watched(*QUORATE, JOAN, LAIA)
    assert JOAN not in play.session.attendance.present()
    play.tell(DeviceAnswered(seen=play.seen(), member=JOAN, device=device(JOAN)))
    assert play.happened == ["DeviceJoined", "MemberArrived"]


def test_who_has_another_device_stays_while_one_is_a_ghost() -> None:
    play = Play().opened(*QUORATE, JOAN)
    play.connects(JOAN, by="phone")
    silent(play, JOAN)
    play.waits(60)
    assert play.happened == ["DeviceGone"]
    assert play.stays(JOAN) == [(0, None)]


def test_the_secretary_may_see_that_a_listed_connection_is_nobodys_and_that_it_is_somebodys() -> None:
    play = Play().opened(*QUORATE, JOAN, LAIA)
    play.waits(10)
    play.says(SECRETARY, MarkAbsent, member=LAIA)
    assert play.happened[:3] == ["MarkedAbsent", "DeviceGone", "MemberLeft"]
    assert play.stays(LAIA) == [(0, 10)]
    play.says(SECRETARY, MarkPresent, member=LAIA)
    assert play.happened == ["MarkedPresent", "DeviceJoined", "MemberArrived"]
    assert play.session.attendance.of(LAIA).presence is Presence.CONNECTED


# --- Excuses ---


def test_an_excuse_is_kept_with_its_reason_and_an_absence_without_one_is_not_excused() -> None:
    play = Play().watched(*QUORATE)
    play.says(SECRETARY, ExcuseAbsence, member=JOAN, reason="  malaltia ")
    assert dict(play.session.excuses) == {JOAN: "malaltia"}
    play.says(SECRETARY, ExcuseAbsence, member=LAIA, reason=" ")
    assert play.refusal is Reason.REASON_NEEDED


def test_excuses_are_part_of_a_session_that_was_not_held() -> None:
    play = Play().watched(*QUORATE)
    play.says(SECRETARY, ExcuseAbsence, member=JOAN, reason="malaltia")
    play.says(MAYOR, DeclareNotHeld, role=Role.SECRETARY, cause=Cause.OTHER, excused=(LAIA, JOAN))
    not_held = play.events[0]
    assert isinstance(not_held, SessionNotHeld)
    assert not_held.excused == (JOAN, LAIA)


# --- Corrections ---


def correct(play: Play, member: MemberId, start: float, end: float, *, was_present: bool, reason: str = "acta") -> None:
    fields = {"start": at(start), "end": at(end), "was_present": was_present, "reason": reason}
    play.says(SECRETARY, CorrectAttendance, member=member, **fields)


def read(play: Play, member: MemberId) -> list[tuple[float, float | None]]:
    stays = play.session.attendance.of(member).stays
    return [(seconds(i.start), None if i.end is None else seconds(i.end)) for i in stays]


def test_a_correction_stands_beside_what_was_seen() -> None:
    play = Play().opened(*QUORATE, JOAN)
    play.waits(100)
    before = list(play.record)
    correct(play, JOAN, 20, 30, was_present=False)
    correct(play, LAIA, 40, 60, was_present=True, reason="era a la sala")
    assert play.stays(JOAN) == [(0, None)]
    assert read(play, JOAN) == [(0, 20), (30, None)]
    assert play.stays(LAIA) == []
    assert read(play, LAIA) == [(40, 60)]
    assert play.record[: len(before)] == before
    (corrected,) = play.events
    assert isinstance(corrected, AttendanceCorrected)
    assert (corrected.reason, corrected.by.member) == ("era a la sala", SECRETARY)
    assert corrected.at == play.now


def test_one_correction_may_put_another_right() -> None:
    play = Play().opened(*QUORATE, JOAN)
    play.waits(100)
    correct(play, JOAN, 20, 60, was_present=False)
    correct(play, JOAN, 30, 40, was_present=True)
    assert read(play, JOAN) == [(0, 20), (30, 40), (60, None)]


def test_a_correction_changes_neither_who_is_there_now_nor_an_old_verdict() -> None:
    play = Play().opened(*QUORATE, JOAN)
    play.waits(100)
    correct(play, JOAN, 0, 100, was_present=False)
    assert play.happened == ["AttendanceCorrected"]
    assert play.session.verdict.is_met
    assert JOAN in play.session.attendance.present()


def test_who_is_known_to_have_been_there_after_the_debate_opened_is_deemed_to_abstain() -> None:
    play = Play().opened(*QUORATE, JOAN)
    play.says(MAYOR, CallItem, number=2)
    play.says(MAYOR, OpenDebate)
    play.waits(60)
    correct(play, LAIA, 0, 30, was_present=True)
    play.says(MAYOR, OpenVote)
    assert play.session.vote
    assert play.session.vote.deemed == {LAIA}


@pytest.mark.parametrize(("start", "end"), [(20, 20), (30, 20), (50, 101)])
def test_only_what_is_past_can_be_corrected(start: float, end: float) -> None:
    play = Play().opened(*QUORATE, JOAN)
    play.waits(100)
    correct(play, JOAN, start, end, was_present=False)
    assert play.refusal is Reason.BAD_INTERVAL


def test_a_correction_needs_a_reason() -> None:
    play = Play().opened(*QUORATE, JOAN)
    play.waits(100)
    correct(play, JOAN, 0, 10, was_present=False, reason=" ")
    assert play.refusal is Reason.REASON_NEEDED


def test_the_attendance_can_be_put_right_after_the_session_within_its_time() -> None:
    play = Play().opened(*QUORATE, JOAN)
    play.waits(100)
    play.says(MAYOR, AdjournSession)
    play.waits(3600)
    correct(play, JOAN, 90, 100, was_present=False)
    assert play.happened == ["AttendanceCorrected"]
    assert read(play, JOAN) == [(0, 90)]
    correct(play, JOAN, 90, 101, was_present=False)
    assert play.refusal is Reason.BAD_INTERVAL
    play.says(SECRETARY, MarkPresent, member=JOAN)
    assert play.refusal is Reason.ADJOURNED


# --- Roll call ---


def test_the_roll_is_called_name_by_name() -> None:
    play = Play().opened(*QUORATE, JOAN)
    play.says(SECRETARY, CallRoll)
    assert play.room_hears == ["roll.called"]
    answers(play, JOAN, Mode.REMOTE_AUDIO, identity_seen=False)
    check = play.session.roll.of(JOAN)
    assert check is not None
    assert (check.identity_seen, check.identity_heard, check.territory_declared) == (False, True, True)
    assert play.session.mode_of(JOAN) is Mode.REMOTE_AUDIO
    assert play.session.roll.has(JOAN)
    play.waits(5)
    play.says(MAYOR, CallRoll)
    assert not play.session.roll.has(JOAN)
    assert play.session.roll.of(JOAN) == check


def test_the_roll_waits_for_the_end_of_a_vote() -> None:
    play = Play().opened(*QUORATE, JOAN)
    play.says(MAYOR, CallItem, number=2)
    play.says(MAYOR, OpenVote)
    play.says(SECRETARY, CallRoll)
    assert play.refusal is Reason.VOTE_IS_OPEN


def test_who_answers_from_the_hall_is_ticked_and_who_is_not_there_cannot_answer() -> None:
    play = Play().opened(*QUORATE, JOAN)
    answers(play, LAIA, Mode.HALL)
    assert play.happened == ["MarkedPresent", "MemberArrived", "MemberChecked"]
    answers(play, MemberId("councillor8"))
    assert play.refusal is Reason.MEMBER_ABSENT


STRICT = Policy(unchecked_counts=False)


def test_where_the_policy_says_so_who_has_not_answered_does_not_count() -> None:
    play = Play(policy=STRICT).watched(*QUORATE, JOAN)
    assert play.session.verdict.present == 0
    for member in (MAYOR, FIRST, PAU, NURIA):
        answers(play, member)
    play.says(SECRETARY, MarkPresent, member=JOAN)
    assert play.room_hears == ["quorum.reached"]
    play.says(MAYOR, OpenSession)
    play.connects(LAIA)
    play.says(MAYOR, CallItem, number=1)
    play.says(MAYOR, OpenVote)
    assert play.session.vote
    assert play.session.vote.entitled == {MAYOR, FIRST, PAU, NURIA, JOAN}
    assert play.session.vote.deemed == frozenset()


@pytest.mark.parametrize("missing", [{"territory_declared": False}, {"identity_seen": False, "identity_heard": False}])
def test_lrbrl_46_3_wants_identity_and_territory(missing: dict[str, bool]) -> None:
    play = Play(policy=STRICT).watched(*QUORATE, JOAN)
    answers(play, PAU, **missing)
    assert play.session.verdict.present == 0
    answers(play, PAU)
    assert play.session.verdict.present == 1


@pytest.mark.parametrize("changes", [{"policy": Policy()}, {"policy": STRICT, "ground": Ground.ROM}])
def test_by_default_and_under_other_grounds_who_has_not_answered_counts(changes: dict[str, object]) -> None:
    play = Play(**changes).watched(*QUORATE, JOAN)
    assert play.session.verdict.present == 5


def test_the_roll_called_again_takes_nobodys_place_away() -> None:
    play = Play(policy=STRICT).watched(*QUORATE, JOAN)
    for member in (MAYOR, FIRST, PAU, NURIA, JOAN):
        answers(play, member)
    play.says(MAYOR, OpenSession)
    play.waits(60)
    play.says(SECRETARY, CallRoll)
    assert play.happened == ["RollCalled"]
    assert play.session.verdict.is_met
    assert play.times(MemberLeft) == 0
