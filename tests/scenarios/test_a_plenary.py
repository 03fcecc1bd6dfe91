"""One scenario for each step of a whole plenary, in the order in which the demo plays them."""

from datetime import timedelta

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
    ResumeSession,
    Role,
    SuspendSession,
    TakeFloor,
)
from orchestrator.council.effects import (
    AllowToSpeak,
    LeaveChamber,
    Picture,
    RaiseAlert,
    ResolveAlert,
    Silence,
    StartBroadcast,
    WatchChamber,
)
from orchestrator.council.events import MemberLeft, QuorumAtEdge, QuorumLost, QuorumReached, SessionOpened, VoteClosed
from orchestrator.council.members import Office
from orchestrator.council.observations import Departure, Link
from orchestrator.council.react import Desired, desired
from orchestrator.council.refusals import Reason
from orchestrator.council.session import Phase
from orchestrator.council.voting import Choice, Tally
from tests.scenarios.play import (
    AUDITOR,
    EIGHT,
    FIRST,
    JOAN,
    LAIA,
    MAYOR,
    NURIA,
    PAU,
    PLENARY,
    QUORATE,
    SECOND,
    SECRETARY,
    Play,
    seconds,
)


def test_convening_puts_the_bot_in_the_room_and_the_waiting_card_on_the_air() -> None:
    play = Play()
    assert play.happened == ["SessionConvened"]
    assert play.effects == (WatchChamber(), StartBroadcast())
    assert desired(play.session) == Desired(is_watched=True, picture=Picture.WAITING, has_encoder=False, speaker=None)


def test_a_rehearsal_is_made_as_the_evening_will_be_but_is_never_sealed() -> None:
    play = Play(is_rehearsal=True).opened(*QUORATE, JOAN)
    assert desired(play.session).has_encoder
    play.says(MAYOR, AdjournSession)
    assert not play.session.is_sealable


def test_what_is_not_public_has_no_broadcast() -> None:
    play = Play(is_public=False)
    assert play.effects == (WatchChamber(),)
    play.opened(*QUORATE, JOAN)
    assert play.room_hears == ["session.opened"]
    assert len(play.effects) == 1
    assert desired(play.session).picture is None


def test_the_quorum_is_announced_once_when_the_fifth_councillor_arrives() -> None:
    play = Play().watched()
    play.connects(*QUORATE)
    assert not play.session.verdict.is_met
    assert play.room_hears == []
    play.connects(JOAN)
    assert play.happened == ["DeviceJoined", "MemberArrived", "QuorumReached"]
    assert play.room_hears == ["quorum.reached"]
    assert play.said == {"present": "5", "base": "13", "needed": "5", "article": "LRBRL 46.2.c"}
    play.connects(LAIA)
    assert play.room_hears == play.table_hears == []
    assert play.times(QuorumReached) == 1


def test_members_without_the_secretary_are_no_quorum() -> None:
    play = Play().watched(MAYOR, FIRST, SECOND, PAU, NURIA, JOAN)
    assert play.session.verdict.missing == (Office.SECRETARY,)
    play.connects(AUDITOR)
    assert play.room_hears == ["quorum.reached"]
    assert play.session.verdict.present == 6


def test_the_president_opens_the_session_from_chat() -> None:
    play = Play().watched(*QUORATE, JOAN)
    play.says(MAYOR, OpenSession)
    assert play.happened == ["SessionOpened"]
    assert desired(play.session).picture is Picture.LIVE
    assert play.room_hears == ["session.opened"]
    (opened,) = play.events
    assert isinstance(opened, SessionOpened)
    assert opened.president == MAYOR
    assert opened.verdict.present == 5


def test_no_session_opens_without_quorum() -> None:
    play = Play().watched(*QUORATE)
    play.says(MAYOR, OpenSession)
    assert play.refusal is Reason.NO_QUORUM
    assert play.session.phase is Phase.CONVENED


def test_items_are_called_debated_and_concluded_in_order() -> None:
    play = Play().opened(*QUORATE, JOAN)
    play.says(MAYOR, CallItem, number=1)
    assert play.said == {"number": "1", "title": "Acta anterior"}
    play.says(MAYOR, OpenDebate)
    assert play.room_hears == ["debate.opened"]
    play.says(MAYOR, CallItem, number=2)
    assert play.happened == ["ItemConcluded", "ItemCalled"]
    play.says(MAYOR, CallItem, number=9)
    assert play.refusal is Reason.NO_SUCH_ITEM


def test_a_raised_hand_gets_the_floor_and_returns_it() -> None:
    play = Play().opened(*QUORATE, JOAN)
    play.raises_hand(PAU)
    play.says(NURIA, RequestFloor, member=NURIA)
    assert play.session.floor.queue == (PAU, NURIA)
    play.says(MAYOR, GrantFloor, member=PAU, limit=timedelta(minutes=3))
    assert play.effects[0] == AllowToSpeak(member=PAU)
    assert play.said == {"name": "Pau Ferrer", "minutes": "3"}
    assert desired(play.session).speaker == PAU
    play.waits(60)
    play.says(PAU, TakeFloor)
    assert play.effects == (Silence(member=PAU),)
    assert play.session.floor.queue == (NURIA,)


def test_a_turn_ends_when_its_time_is_over() -> None:
    play = Play().opened(*QUORATE, JOAN)
    play.says(MAYOR, GrantFloor, member=PAU, limit=timedelta(seconds=90))
    assert play.said["minutes"] == "1:30"
    play.waits(59)
    assert play.happened == []
    play.waits(1)
    assert play.happened == ["FloorWarned"]
    assert play.said == {"seconds": "30"}
    play.waits(30)
    assert play.happened == ["FloorExpired"]
    assert play.effects[0] == Silence(member=PAU)
    assert play.room_hears == ["floor.expired"]


def test_a_line_that_comes_back_within_the_grace_alarms_nobody() -> None:
    play = Play().opened(*QUORATE, JOAN)
    play.drops(JOAN)
    assert play.happened == ["DeviceGone", "MemberDropped"]
    play.waits(29)
    assert play.effects == ()
    play.connects(JOAN, by="phone")
    assert play.happened == ["DeviceJoined", "MemberReturned"]
    assert play.effects == ()
    play.waits(600)
    assert play.stays(JOAN) == [(0, None)]
    assert play.times(QuorumLost) == 0


def test_a_speaker_who_comes_back_may_speak_again() -> None:
    play = Play().opened(*QUORATE, JOAN)
    play.says(MAYOR, GrantFloor, member=PAU)
    play.drops(PAU)
    assert play.session.floor.speaker == PAU
    play.connects(PAU, by="phone")
    assert play.effects == (AllowToSpeak(member=PAU),)


def test_a_speaker_whose_line_stays_dead_returns_the_floor() -> None:
    play = Play().opened(*QUORATE, JOAN, LAIA)
    play.says(MAYOR, GrantFloor, member=PAU)
    play.leaves_for_good(PAU)
    assert play.happened == ["MemberLeft", "FloorReturned", "QuorumAtEdge"]
    assert Silence(member=PAU) in play.effects


def test_president_and_secretary_are_warned_in_private_at_the_edge() -> None:
    play = Play().opened(*QUORATE, JOAN, LAIA)
    play.leaves_for_good(LAIA)
    assert play.happened == ["MemberLeft", "QuorumAtEdge"]
    assert play.table_hears == ["quorum.edge"]
    assert play.room_hears == []


def test_a_member_who_comes_and_goes_at_the_edge_is_one_warning_a_minute() -> None:
    play = Play().opened(*QUORATE, JOAN, LAIA)
    for _ in range(3):
        play.drops(LAIA, departure=Departure.KICKED)
        play.waits(10)
        play.connects(LAIA)
    assert play.times(QuorumAtEdge) == 1
    play.waits(60)
    play.drops(LAIA, departure=Departure.KICKED)
    assert play.table_hears == ["quorum.edge"]


def test_the_quorum_is_lost_when_the_grace_is_over_and_regained_by_a_return() -> None:
    play = Play().opened(*QUORATE, JOAN)
    play.waits(5)
    play.drops(JOAN)
    play.waits(30)
    assert play.happened == ["MemberLeft", "QuorumLost"]
    assert play.room_hears == ["quorum.lost.members"]
    assert play.said["present"] == "4"
    left, lost = play.events
    assert isinstance(left, MemberLeft)
    assert (seconds(left.at), seconds(lost.at)) == (5, 35)
    play.says(MAYOR, CallItem, number=1)
    assert play.refusal is Reason.NO_QUORUM
    play.connects(JOAN)
    assert play.room_hears == ["quorum.reached"]
    assert play.stays(JOAN) == [(0, 5), (35, None)]


def test_no_announcement_to_the_room_names_who_is_absent() -> None:
    play = Play().opened(*QUORATE, JOAN)
    play.leaves_for_good(JOAN)
    assert "Joan" not in str(play.effects)


def test_without_the_secretary_the_count_stands_and_the_session_does_not() -> None:
    play = Play().opened(*QUORATE, JOAN, LAIA)
    play.leaves_for_good(SECRETARY)
    assert play.happened == ["MemberLeft", "QuorumLost"]
    assert play.room_hears == ["quorum.lost.secretary"]
    assert play.session.verdict.present == 6
    assert play.session.verdict.missing == (Office.SECRETARY,)
    play.connects(SECRETARY)
    assert play.room_hears == ["quorum.reached"]


def test_the_first_deputy_presides_when_the_president_is_gone() -> None:
    play = Play().opened(*QUORATE, JOAN, LAIA)
    play.leaves_for_good(MAYOR)
    assert play.times(QuorumLost) == 0
    play.says(FIRST, CallItem, number=1)
    assert play.happened == ["ItemCalled"]
    play.connects(MAYOR)
    play.says(FIRST, CallItem, number=2)
    assert play.refusal is Reason.NOT_ALLOWED


def test_without_president_and_deputies_there_is_no_quorum_however_many_are_there() -> None:
    play = Play().watched(*(m.id for m in PLENARY.members))
    assert play.room_hears == ["quorum.reached"]
    play.leaves_for_good(MAYOR, FIRST, SECOND)
    assert play.room_hears == ["quorum.lost.president"]
    assert play.said == {"present": "10", "base": "13", "needed": "5", "article": "LRBRL 46.2.c"}


def test_each_reason_for_a_loss_is_said() -> None:
    play = Play().opened(*QUORATE, JOAN)
    play.leaves_for_good(MAYOR, FIRST, SECRETARY)
    assert play.room_hears == ["quorum.lost.members", "quorum.lost.president", "quorum.lost.secretary"]


def test_a_dead_encoder_raises_one_alert_and_is_restarted() -> None:
    play = Play().opened(*QUORATE, JOAN)
    play.link_up()
    assert play.happened == ["LinkRestored"]
    play.link_down("encoder_died")
    assert play.happened == ["LinkFailed", "AlertRaised"]
    assert play.effects == (RaiseAlert(key="encoder", link=Link.ENCODER, cause="encoder_died"),)
    play.link_down("encoder_died")
    assert play.happened == []
    play.link_up()
    assert play.happened == ["LinkRestored", "AlertResolved"]
    assert play.effects == (ResolveAlert(key="encoder"),)


def test_a_recess_shows_the_card_and_ends_with_quorum_only() -> None:
    play = Play().opened(*QUORATE, JOAN)
    play.says(MAYOR, SuspendSession)
    assert desired(play.session).picture is Picture.RECESS
    assert play.room_hears == ["session.suspended"]
    play.leaves_for_good(JOAN)
    assert play.room_hears == []
    assert play.table_hears == ["quorum.lost.members"]
    play.says(MAYOR, ResumeSession)
    assert play.refusal is Reason.NO_QUORUM
    play.connects(JOAN)
    play.says(MAYOR, ResumeSession)
    assert desired(play.session).picture is Picture.LIVE
    assert play.room_hears == ["session.resumed"]


def test_a_named_vote_from_its_opening_to_its_result() -> None:
    play = Play().opened(*QUORATE, JOAN, LAIA)
    play.says(MAYOR, CallItem, number=2)
    play.says(MAYOR, OpenDebate)
    play.says(MAYOR, OpenVote)
    assert play.said == {"number": "2", "title": "Pressupost"}
    for member, choice in [(MAYOR, Choice.YES), (FIRST, Choice.YES), (PAU, Choice.NO), (NURIA, Choice.NO)]:
        play.says(member, CastVote, member=member, choice=choice)
        assert play.effects == ()
    play.says(SECRETARY, CastVote, member=NURIA, choice=Choice.YES)
    play.says(MAYOR, CloseVote)
    (closed,) = play.events
    assert closed == VoteClosed(at=EIGHT, number=2, tally=Tally(yes=3, no=1, abstain=2), is_carried=True)
    assert play.room_hears == ["vote.closed.carried"]
    assert play.said == {"number": "2", "yes": "3", "no": "1", "abstain": "2"}


def test_closing_ends_everything_and_resolves_what_is_open() -> None:
    play = Play().opened(*QUORATE, JOAN)
    play.says(MAYOR, CallItem, number=1)
    play.says(MAYOR, GrantFloor, member=PAU)
    play.link_down("encoder_died")
    play.drops(JOAN)
    play.waits(10)
    play.says(MAYOR, AdjournSession)
    assert play.happened == ["FloorReturned", "ItemConcluded", "AlertResolved", "SessionAdjourned"]
    assert play.effects[-1:] == (LeaveChamber(),)
    assert play.room_hears == ["session.adjourned"]
    assert play.stays(MAYOR) == [(0, 10)]
    assert play.stays(JOAN) == [(0, 0)]
    assert desired(play.session) == Desired(is_watched=False, picture=Picture.ENDED, has_encoder=False, speaker=None)
    play.link_down("encoder_died")
    play.connects(LAIA)
    assert play.happened == []
    play.says(MAYOR, OpenSession, role=Role.PRESIDENT)
    assert play.refusal is Reason.ADJOURNED
