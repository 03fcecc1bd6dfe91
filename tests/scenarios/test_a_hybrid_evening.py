"""Half of the council in the hall, half at home: one whole evening in which everything happens that may."""

from datetime import timedelta

from orchestrator.council.commands import (
    AdjournSession,
    CallItem,
    CallRoll,
    CastVote,
    CheckMember,
    CloseVote,
    CorrectAttendance,
    DeclareConflict,
    ExcuseAbsence,
    GiveCastingVote,
    GrantFloor,
    MarkAbsent,
    MarkPresent,
    OpenDebate,
    OpenSecret,
    OpenSession,
    OpenVote,
    ProposeUrgentItem,
    RepeatVote,
    TableItem,
    TakeFloor,
)
from orchestrator.council.convocation import Policy
from orchestrator.council.effects import Picture
from orchestrator.council.events import QuorumLost, VoteClosed
from orchestrator.council.floor import time_by_group
from orchestrator.council.members import MemberId, Office
from orchestrator.council.observations import DeviceSilent
from orchestrator.council.react import desired
from orchestrator.council.roll import Mode
from orchestrator.council.session import replay
from orchestrator.council.voting import Choice, Count, Method
from tests.scenarios.play import EIGHT, FIRST, JOAN, LAIA, MAYOR, NURIA, PAU, SECOND, SECRETARY, Play, device, seconds

IN_HALL = (MAYOR, FIRST, PAU, SECRETARY)
AT_HOME = (NURIA, JOAN, LAIA, MemberId("councillor8"))


def test_an_evening_half_in_the_hall() -> None:
    play = Play(policy=Policy(unchecked_counts=False, group_budget=timedelta(minutes=4))).watched(*AT_HOME)

    # The roll: who is in the hall is ticked, who is at home is seen, heard and in Spain.
    play.says(SECRETARY, CallRoll)
    play.says(SECRETARY, ExcuseAbsence, member=SECOND, reason="malaltia")
    for member in IN_HALL:
        play.says(SECRETARY, MarkPresent, member=member)
    assert play.session.verdict.present == 3
    for member in AT_HOME:
        play.says(
            SECRETARY,
            CheckMember,
            member=member,
            mode=Mode.REMOTE_VIDEO,
            identity_seen=True,
            identity_heard=True,
            territory_declared=True,
        )
    assert play.session.verdict.present == 7
    play.says(MAYOR, OpenSession)
    assert play.happened == ["SessionOpened"]

    # Item 1: the mayor has an interest in it; the first deputy presides, and it is left on the table.
    play.says(MAYOR, CallItem, number=1)
    play.says(MAYOR, DeclareConflict, member=MAYOR)
    assert play.session.acting(Office.PRESIDENT) == FIRST
    play.says(FIRST, TableItem, number=1)
    assert play.session.acting(Office.PRESIDENT) == MAYOR

    # Item 2: a debate in equal times, a line that drops in the vote, and the vote is held again: a tie, and another.
    play.says(MAYOR, CallItem, number=2)
    play.says(MAYOR, OpenDebate)
    for member, length in ((PAU, 150), (NURIA, 90), (JOAN, 60)):
        play.says(MAYOR, GrantFloor, member=member)
        assert play.refusal is None
        play.waits(length)
        play.says(MAYOR, TakeFloor)
    spoken = time_by_group(play.session.floor.turns, play.session.body, play.now)
    assert spoken == {"B": timedelta(minutes=4), "C": timedelta(minutes=1)}
    play.says(MAYOR, OpenVote)
    play.drops(LAIA)
    assert play.table_hears == ["vote.line_dropped"]
    play.connects(LAIA, by="phone")
    play.says(MAYOR, RepeatVote)
    for member, choice in zip((MAYOR, FIRST, PAU, NURIA), [Choice.YES] * 2 + [Choice.NO] * 2, strict=True):
        play.says(SECRETARY, CastVote, member=member, choice=choice)
    play.says(MAYOR, CloseVote)
    assert play.room_hears == ["vote.closed.tied"]
    play.says(MAYOR, OpenVote, method=Method.ORDINARY)
    play.says(MAYOR, CloseVote, count=Count(yes=3, no=3))
    play.says(MAYOR, GiveCastingVote, choice=Choice.YES)
    assert play.room_hears == ["vote.cast.carried"]

    # Something urgent, in secret: the public sees a card.
    play.says(MAYOR, ProposeUrgentItem, title="Ajut urgent")
    play.says(MAYOR, CallItem, number=4)
    play.says(MAYOR, OpenVote, method=Method.ORDINARY)
    play.says(MAYOR, CloseVote, count=Count(yes=7, no=0))
    play.says(MAYOR, OpenSecret, count=Count(yes=7, no=0))
    assert desired(play.session).picture is Picture.SECRET
    play.says(MAYOR, OpenVote, method=Method.SECRET)
    play.says(MAYOR, CloseVote, count=Count(yes=5, no=1))
    (closed,) = play.events
    assert isinstance(closed, VoteClosed)
    assert closed.is_carried

    # Item 3 needs seven. One goes home from the hall, one is a ghost.
    play.says(MAYOR, CallItem, number=3)
    assert desired(play.session).picture is Picture.LIVE
    play.says(SECRETARY, MarkAbsent, member=PAU)
    assert play.table_hears == ["majority.out_of_reach"]
    silent_at = seconds(play.now)
    play.tell(DeviceSilent(seen=play.seen(), member=JOAN, device=device(JOAN)))
    play.waits(60)
    assert play.table_hears == ["quorum.edge"]
    assert play.times(QuorumLost) == 0

    # Afterwards the secretary puts right when Pau left; what was seen stays.
    play.says(MAYOR, AdjournSession)
    left_at = play.stays(PAU)[0][1]
    assert left_at is not None
    start, end = EIGHT + timedelta(seconds=left_at - 20), EIGHT + timedelta(seconds=left_at)
    fields = {"start": start, "end": end, "was_present": False, "reason": "va sortir abans"}
    play.says(SECRETARY, CorrectAttendance, member=PAU, **fields)
    assert play.stays(PAU) == [(0, left_at)]
    assert [seconds(i.end) for i in play.session.attendance.of(PAU).stays if i.end] == [left_at - 20]
    assert play.stays(JOAN) == [(0, silent_at)]
    assert dict(play.session.excuses) == {SECOND: "malaltia"}
    assert replay(play.record) == play.session
