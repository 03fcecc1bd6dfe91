"""Any meeting at all: hypothesis plays the people, the sensors and the clock, and what must always hold is checked."""

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from orchestrator.council.agenda import AgendaItem, Majority
from orchestrator.council.calls import rule_of
from orchestrator.council.commands import (
    AdjournSession,
    AnnulVote,
    Asker,
    CallItem,
    CallRoll,
    CastVote,
    Channel,
    CheckMember,
    CloseSecret,
    CloseVote,
    ConcludeItem,
    CorrectAttendance,
    DeclareConflict,
    DeclareNotHeld,
    EndConflict,
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
    RequestFloor,
    ResumeSession,
    Role,
    SuspendSession,
    TableItem,
    TakeFloor,
    WithdrawItem,
    WithdrawRequest,
)
from orchestrator.council.convocation import Cause, DropInVote, Policy
from orchestrator.council.deadlines import next_deadline
from orchestrator.council.effects import Announce, Audience
from orchestrator.council.events import (
    AttendanceCorrected,
    CastingVoteGiven,
    FloorExpired,
    FloorGranted,
    FloorReturned,
    MajorityOutOfReach,
    MajorityWithinReach,
    MemberArrived,
    MemberLeft,
    MemberReturned,
    QuorumAtEdge,
    QuorumLost,
    QuorumReached,
    SecretClosed,
    SecretOpened,
    SessionAdjourned,
    VoteAnnulled,
    VoteCast,
    VoteClosed,
    VoteOpened,
)
from orchestrator.council.floor import TurnKind, time_by_group, time_by_member
from orchestrator.council.intervals import Interval
from orchestrator.council.members import Body, BodyId, BodyKind, Member, MemberId, Office
from orchestrator.council.observations import (
    ChamberEntered,
    ChamberLost,
    Departure,
    DeviceAnswered,
    DeviceSilent,
    Grade,
    HandLowered,
    HandRaised,
    Link,
    LinkDown,
    LinkUp,
    MemberConnected,
    MemberDisconnected,
    Sighting,
    SpeakerHeard,
    TimePassed,
)
from orchestrator.council.react import MESSAGES, desired
from orchestrator.council.roll import Mode
from orchestrator.council.session import Phase, replay
from orchestrator.council.voting import Choice, Count, Method, is_carried
from orchestrator.council.whatif import what_if
from tests.scenarios.play import AUDITOR, FIRST, MAYOR, PAU, SECRETARY, Play, device

NURIA, JOAN = MemberId("nuria"), MemberId("joan")
SMALL = Body(
    id=BodyId("ple"),
    name="Ple",
    kind=BodyKind.PLENARY,
    legal_number=5,
    members=(
        Member(id=MAYOR, name="Marta", office=Office.PRESIDENT, group="A"),
        Member(id=FIRST, name="Pere", deputises=1, group="A"),
        Member(id=PAU, name="Pau", substitutes=Office.SECRETARY, group="B"),
        Member(id=NURIA, name="Núria", group="B"),
        Member(id=JOAN, name="Joan"),
        Member(id=SECRETARY, name="Rosa", office=Office.SECRETARY),
        Member(id=AUDITOR, name="Lluís", office=Office.AUDITOR),
    ),
)
EVERYBODY = [member.id for member in SMALL.members]

people = st.sampled_from([*EVERYBODY, MemberId("guest")])
devices = st.sampled_from(["laptop", "phone"])
odd_clocks = st.sampled_from([0.0, 0.0, 0.0, 1.0, -1.0, 40.0, -40.0, 7200.0, -7200.0])
conducting = [
    *(OpenSession, SuspendSession, ResumeSession, AdjournSession, OpenDebate, OpenVote, CloseVote, TakeFloor),
    *(ConcludeItem, CloseSecret, AnnulVote, RepeatVote, CallRoll),
]
AGENDA = (
    AgendaItem(number=1, title="Acta"),
    AgendaItem(number=2, title="Pressupost"),
    AgendaItem(number=3, title="Reglament", majority=Majority.ABSOLUTE),
    AgendaItem(number=4, title="Conveni", majority=Majority.TWO_THIRDS),
    AgendaItem(number=5, title="Dictamen", majority=Majority.WEIGHTED),
)
SECRETARYS = Asker(role=Role.SECRETARY, channel=Channel.WEB)
PRESIDENTS = Asker(role=Role.PRESIDENT, channel=Channel.WEB)


class AnyMeeting(RuleBasedStateMachine):
    """A council of five, of whom three are needed, with a secretary whom one of the five may stand in for."""

    @initialize(
        grace=st.sampled_from([0, 30]),
        gathered=st.booleans(),
        is_strict=st.booleans(),
        conflicted_counts=st.booleans(),
        drop=st.sampled_from(DropInVote),
        budget=st.sampled_from([None, 60]),
    )
    def convene(
        self,
        grace: int,
        gathered: bool,
        is_strict: bool,
        conflicted_counts: bool,
        drop: DropInVote,
        budget: int | None,
    ) -> None:
        self.is_strict, self.conflicted_counts = is_strict, conflicted_counts
        policy = Policy(
            grace=timedelta(seconds=grace),
            ghost_patience=timedelta(seconds=45),
            floor_limit=timedelta(seconds=50),
            floor_warning=timedelta(seconds=15),
            group_budget=None if budget is None else timedelta(seconds=budget),
            unchecked_counts=not is_strict,
            conflicted_counts=conflicted_counts,
            drop_in_vote=drop,
            weights=(("A", 5), ("B", 3)),
        )
        self.checked: dict[MemberId, bool] = {}
        self.play = Play(body=SMALL, policy=policy, agenda=AGENDA)
        if gathered:
            self.play.watched(*EVERYBODY)
            for member in EVERYBODY:
                self.check(member, Mode.REMOTE_VIDEO, True, True)
            self.tell(OpenSession(asker=PRESIDENTS))

    def tell(self, message: Any) -> None:
        """One message, and what must hold of its answer."""
        was_voting = self.play.session.vote is not None
        self.play.tell(message)
        # A vote that is held again was over for a moment, and the room is told so.
        is_voting = self.play.session.vote is not None and not any(isinstance(e, VoteOpened) for e in self.play.events)
        for effect in self.play.effects:
            if isinstance(effect, Announce):
                assert tuple(name for name, _ in effect.params) == MESSAGES[effect.message]
                assert effect.audience is Audience.TABLE or not (was_voting and is_voting)

    def seen(self, clock: float) -> Sighting:
        return Sighting(grade=Grade.PRESENCE, at=self.play.now + timedelta(seconds=clock))

    @rule(member=people, by=devices, clock=odd_clocks)
    def connect(self, member: MemberId, by: str, clock: float) -> None:
        self.tell(MemberConnected(seen=self.seen(clock), member=member, device=device(member, by)))

    @rule(member=people, by=devices, clock=odd_clocks, departure=st.sampled_from(Departure))
    def disconnect(self, member: MemberId, by: str, clock: float, departure: Departure) -> None:
        seen = self.seen(clock)
        self.tell(MemberDisconnected(seen=seen, member=member, device=device(member, by), departure=departure))

    @rule(there=st.sets(st.tuples(people, devices)), clock=odd_clocks)
    def enter(self, there: set[tuple[MemberId, str]], clock: float) -> None:
        listed = tuple((member, device(member, by)) for member, by in sorted(there))
        self.tell(ChamberEntered(seen=self.seen(clock), devices=listed))

    @rule(clock=odd_clocks)
    def lose_sight(self, clock: float) -> None:
        before = self.play.session.attendance
        self.tell(ChamberLost(seen=self.seen(clock)))
        assert self.play.session.attendance == before

    @rule(member=people, clock=odd_clocks, is_up=st.booleans())
    def hand(self, member: MemberId, clock: float, is_up: bool) -> None:
        seen = self.seen(clock)
        self.tell(HandRaised(seen=seen, member=member) if is_up else HandLowered(seen=seen, member=member))

    @rule(link=st.sampled_from(Link), clock=odd_clocks, is_up=st.booleans())
    def link(self, link: Link, clock: float, is_up: bool) -> None:
        seen = self.seen(clock)
        self.tell(LinkUp(seen=seen, link=link) if is_up else LinkDown(seen=seen, link=link, cause="died"))

    @rule(command=st.sampled_from(conducting), member=people)
    def conduct(self, command: type[Any], member: MemberId) -> None:
        self.tell(command(asker=Asker(role=Role.MEMBER, channel=Channel.CHAT, member=member)))

    @rule(command=st.sampled_from([c for c in conducting if c is not AdjournSession]))
    def conduct_from_the_desk(self, command: type[Any]) -> None:
        self.tell(command(asker=Asker(role=Role.SECRETARY, channel=Channel.WEB)))

    @rule(command=st.sampled_from([CallItem, CallItem, WithdrawItem, TableItem]), number=st.integers(0, 7))
    def item(self, command: type[Any], number: int) -> None:
        self.tell(command(asker=PRESIDENTS, number=number))

    @rule(cause=st.sampled_from([Cause.NO_QUORUM, Cause.NO_QUORUM, Cause.NO_QUORUM, Cause.OTHER]))
    def declare_not_held(self, cause: Cause) -> None:
        self.tell(DeclareNotHeld(asker=SECRETARYS, cause=cause))
        session = self.play.session
        if session.not_held:
            assert (session.phase, session.opened_at) == (Phase.ADJOURNED, None)

    @rule(majority=st.sampled_from(Majority))
    def propose(self, majority: Majority) -> None:
        self.tell(ProposeUrgentItem(asker=PRESIDENTS, title="Urgent", majority=majority))

    @rule(member=people, command=st.sampled_from([DeclareConflict, DeclareConflict, EndConflict]))
    def conflict(self, member: MemberId, command: type[Any]) -> None:
        self.tell(command(asker=SECRETARYS, member=member))

    @rule(yes=st.integers(0, 5), no=st.integers(0, 5))
    def hide(self, yes: int, no: int) -> None:
        self.tell(OpenSecret(asker=PRESIDENTS, count=Count(yes=yes, no=no)))

    @rule(method=st.sampled_from(Method))
    def put_to_the_vote(self, method: Method) -> None:
        self.tell(OpenVote(asker=PRESIDENTS, method=method))

    @rule(yes=st.integers(0, 5), no=st.integers(0, 5))
    def count(self, yes: int, no: int) -> None:
        self.tell(CloseVote(asker=PRESIDENTS, count=Count(yes=yes, no=no)))

    @rule(member=people, choice=st.sampled_from(Choice))
    def casting_vote(self, member: MemberId, choice: Choice) -> None:
        self.tell(GiveCastingVote(asker=Asker(role=Role.MEMBER, channel=Channel.CHAT, member=member), choice=choice))

    @rule(member=people, command=st.sampled_from([MarkPresent, MarkPresent, MarkAbsent]))
    def tick(self, member: MemberId, command: type[Any]) -> None:
        self.tell(command(asker=SECRETARYS, member=member))

    @rule(member=people, mode=st.sampled_from(Mode), identity=st.booleans(), territory=st.booleans())
    def check(self, member: MemberId, mode: Mode, identity: bool, territory: bool) -> None:
        self.tell(
            CheckMember(
                asker=SECRETARYS,
                member=member,
                mode=mode,
                identity_seen=identity,
                identity_heard=False,
                territory_declared=territory,
            )
        )
        if self.play.refusal is None:
            self.checked[member] = identity and territory

    @rule(member=people, since=st.integers(-5, 200), length=st.integers(-5, 100), was_present=st.booleans())
    def correct(self, member: MemberId, since: int, length: int, was_present: bool) -> None:
        start = self.play.now - timedelta(seconds=since)
        end = start + timedelta(seconds=length)
        before = self.play.session.attendance.of(member)
        fields = {"member": member, "start": start, "end": end, "was_present": was_present, "reason": "acta"}
        self.tell(CorrectAttendance(asker=SECRETARYS, **fields))
        after = self.play.session.attendance.of(member)
        assert (after.intervals, after.presence) == (before.intervals, before.presence)

    @rule(member=people)
    def excuse(self, member: MemberId) -> None:
        self.tell(ExcuseAbsence(asker=SECRETARYS, member=member, reason="malaltia"))

    @rule(member=people, by=devices, clock=odd_clocks, is_silent=st.booleans())
    def silence(self, member: MemberId, by: str, clock: float, is_silent: bool) -> None:
        kind = DeviceSilent if is_silent else DeviceAnswered
        self.tell(kind(seen=self.seen(clock), member=member, device=device(member, by)))

    @rule(member=st.one_of(st.none(), people))
    def hear(self, member: MemberId | None) -> None:
        self.tell(SpeakerHeard(seen=self.seen(0), member=member))

    @rule(command=st.sampled_from([RequestFloor, WithdrawRequest, GrantFloor]), member=people, by_chair=st.booleans())
    def floor(self, command: type[Any], member: MemberId, by_chair: bool) -> None:
        asker = Asker(role=Role.PRESIDENT if by_chair else Role.MEMBER, channel=Channel.CHAT, member=member)
        self.tell(command(asker=asker, member=member))

    @rule(member=people, kind=st.sampled_from(TurnKind))
    def turn(self, member: MemberId, kind: TurnKind) -> None:
        asker = Asker(role=Role.MEMBER, channel=Channel.CHAT, member=member)
        self.tell(RequestFloor(asker=asker, member=member, kind=kind))
        self.tell(GrantFloor(asker=PRESIDENTS, member=member))

    @rule(member=people, choice=st.sampled_from(Choice))
    def cast(self, member: MemberId, choice: Choice) -> None:
        self.tell(CastVote(asker=Asker(role=Role.SECRETARY, channel=Channel.WEB), member=member, choice=choice))

    @rule(seconds=st.sampled_from([0, 1, 20, 31, 600, -1, -3600]))
    def time_passes(self, seconds: int) -> None:
        self.play.now += timedelta(seconds=seconds)
        self.tell(TimePassed())
        deadline = next_deadline(self.play.session)
        assert deadline is None or deadline > self.play.now

    @invariant()
    def replay_gives_the_same_session(self) -> None:
        assert replay(self.play.record) == self.play.session

    @invariant()
    def the_verdict_equals_a_recount(self) -> None:
        session = self.play.session
        there = session.attendance.present()
        in_chairs = there - session.conflicted
        has_president = MAYOR in in_chairs or FIRST in in_chairs
        has_secretary = SECRETARY in in_chairs or PAU in in_chairs
        counted = there if self.conflicted_counts else in_chairs
        if self.is_strict:
            hall = {m for m, attendee in session.attendance.attendees if attendee.is_in_hall}
            counted = {m for m in counted if m in hall or self.checked.get(m)}
        # Pau stands in for the secretary where he has a part in the item; otherwise he is one of the five.
        is_standing_in = PAU in in_chairs and SECRETARY not in in_chairs
        counted = counted & ({MAYOR, FIRST, NURIA, JOAN} | (set() if is_standing_in else {PAU}))
        assert session.verdict.present == len(counted)
        assert session.verdict.is_met == (len(counted) >= 3 and has_president and has_secretary)

    @invariant()
    def attendance_reads_as_the_record_tells_it(self) -> None:
        """Second by second: who came and had not left, and then the last correction of that second."""
        session = self.play.session
        for member in EVERYBODY:
            told: list[tuple[Any, bool]] = []
            for event in self.play.record:
                match event:
                    case MemberArrived(member=who, at=at) if who == member:
                        told.append((max(at, told[-1][0]) if told else at, True))
                    case MemberLeft(member=who, at=at) if who == member:
                        told.append((max(at, told[-1][0]), False))
                    case MemberReturned(member=who) if who == member and told and not told[-1][1]:
                        told.pop()
            corrections = [e for e in self.play.record if isinstance(e, AttendanceCorrected) and e.member == member]
            stays = session.attendance.of(member).stays
            for moment in {m for m, _ in told} | {c.start for c in corrections} | {c.end for c in corrections}:
                if session.adjourned_at and moment >= session.adjourned_at:
                    continue
                was_there = next((there for at, there in reversed(told) if at <= moment), False)
                for correction in corrections:
                    if correction.start <= moment < correction.end:
                        was_there = correction.was_present
                dropped_at = session.attendance.of(member).dropped_at
                is_there = any(i.start <= moment and (i.end is None or moment < i.end) for i in stays)
                assert is_there == was_there or (dropped_at and moment >= dropped_at) or session.adjourned_at

    @invariant()
    def a_secret_vote_leaves_no_who(self) -> None:
        method = None
        for event in self.play.record:
            match event:
                case VoteOpened(method=opened):
                    method = opened
                case VoteCast():
                    assert method is Method.NAMED
                case CastingVoteGiven():
                    assert method is not Method.SECRET

    @invariant()
    def results_are_what_was_cast(self) -> None:
        opened, votes = None, {}
        for event in self.play.record:
            match event:
                case VoteOpened():
                    opened, votes = event, {}
                case VoteCast(member=member, choice=choice):
                    votes[member] = choice
                case VoteClosed(tally=tally) if opened:
                    assert tally.yes + tally.no + tally.abstain == len(opened.entitled) + len(opened.deemed)
                    if opened.method is Method.NAMED:
                        assert tally.yes == sum(choice is Choice.YES for choice in votes.values())
                        assert tally.no == sum(choice is Choice.NO for choice in votes.values())
                    assert event.is_carried == is_carried(tally, opened.majority, 5, 5)
                    assert not (event.is_carried and event.is_tied)
                    opened = None
                case VoteAnnulled():
                    opened = None

    @invariant()
    def who_has_a_conflict_neither_votes_nor_speaks_nor_presides(self) -> None:
        session = self.play.session
        if session.vote:
            assert not session.conflicted & (session.vote.entitled | session.vote.deemed)
        assert session.floor.speaker not in session.conflicted
        assert not session.conflicted & set(session.floor.queue)
        assert session.acting(Office.PRESIDENT) not in session.conflicted
        assert not session.conflicted or session.agenda.current is not None

    @invariant()
    def turns_add_up(self) -> None:
        floor, now = self.play.session.floor, self.play.now
        taken: dict[MemberId, timedelta] = {}
        granted = None
        for event in self.play.record:
            match event:
                case FloorGranted():
                    granted = event
                case FloorReturned(at=at, member=member) | FloorExpired(at=at, member=member):
                    assert granted
                    taken[member] = taken.get(member, timedelta()) + max(at - granted.at, timedelta())
                    granted = None
        if granted:
            so_far = max(now - granted.at, timedelta())
            taken[granted.member] = taken.get(granted.member, timedelta()) + so_far
        assert time_by_member(floor.turns, now) == taken
        by_group = time_by_group(floor.turns, SMALL, now)
        grouped = {m: t for m, t in taken.items() if SMALL.member(m).group}
        assert sum(by_group.values(), timedelta()) == sum(grouped.values(), timedelta())

    @invariant()
    def secrecy_and_warnings_open_and_close_in_turn(self) -> None:
        for begin, end in ((SecretOpened, SecretClosed), (MajorityOutOfReach, MajorityWithinReach)):
            kinds = [type(e) for e in self.play.record if isinstance(e, begin | end)]
            assert begin is MajorityOutOfReach or all(k is (begin, end)[n % 2] for n, k in enumerate(kinds))
        session = self.play.session
        assert not session.is_secret or (session.agenda.on and session.agenda.on.was_secret)
        assert not (session.is_secret and session.phase is Phase.ADJOURNED)
        assert not any(isinstance(e, SecretOpened) for e in after_the_end(self.play.record))

    @invariant()
    def who_is_told_of_the_quorum_is_told_the_truth(self) -> None:
        session = self.play.session
        if session.is_observed and session.phase is not Phase.ADJOURNED:
            assert session.was_met == session.verdict.is_met
        changes = [type(e) for e in self.play.record if isinstance(e, QuorumReached | QuorumLost)]
        assert all(kind is (QuorumReached, QuorumLost)[n % 2] for n, kind in enumerate(changes))

    @invariant()
    def stays_are_in_order_and_never_overlap(self) -> None:
        for _, attendee in self.play.session.attendance.attendees:
            assert_ordered(attendee.intervals)
            is_open = bool(attendee.intervals) and attendee.intervals[-1].end is None
            is_there = bool(attendee.devices or attendee.grace_until or attendee.is_in_hall)
            assert is_open == is_there
            assert not attendee.devices & attendee.ghosts
            assert {suspect.device for suspect in attendee.suspects} <= attendee.devices
            assert_ordered(attendee.stays)
        assert_ordered(self.play.session.blind)

    @invariant()
    def who_speaks_is_there_and_asks_no_more(self) -> None:
        floor, there = self.play.session.floor, self.play.session.attendance.present()
        if self.play.session.phase is not Phase.ADJOURNED:
            assert set(floor.queue) <= there
        assert len(set(floor.queue)) == len(floor.queue)
        assert floor.speaker is None or floor.speaker in there
        assert floor.speaker not in floor.queue
        assert floor.speaker is None or self.play.session.vote is None
        assert all(turn.end is not None and turn.end >= turn.start for turn in floor.ended)

    @invariant()
    def no_vote_is_open_without_quorum(self) -> None:
        session = self.play.session
        if session.vote:
            assert session.phase is Phase.OPEN
            assert session.verdict.is_met or not session.is_observed
            assert {member for member, _ in session.vote.votes} <= session.vote.entitled
            assert not session.vote.entitled & session.vote.deemed

    @invariant()
    def guests_are_nowhere(self) -> None:
        assert MemberId("guest") not in dict(self.play.session.attendance.attendees)

    @invariant()
    def a_working_link_has_no_alert(self) -> None:
        session = self.play.session
        assert not {link.value for link in session.links} & session.alerts

    @invariant()
    def a_session_that_is_over_wants_nothing(self) -> None:
        session = self.play.session
        if session.phase is Phase.ADJOURNED:
            assert next_deadline(session) is None
            assert session.attendance.present() == frozenset()
            assert not desired(session).is_watched
            assert not desired(session).has_encoder
            assert session.alerts == frozenset()

    @invariant()
    def secretary_and_auditor_never_vote(self) -> None:
        for event in self.play.record:
            if isinstance(event, VoteOpened):
                assert SECRETARY not in event.entitled
                assert AUDITOR not in event.entitled

    @invariant()
    def warnings_of_the_edge_keep_their_pause(self) -> None:
        warned = [e.at for e in self.play.record if isinstance(e, QuorumAtEdge)]
        assert all(b - a >= timedelta(seconds=60) for a, b in pairwise(warned))

    def teardown(self) -> None:
        """What the record says was judged under a rule is what that rule says of the record."""
        play = getattr(self, "play", None)
        if play:
            assert what_if(play.record, rule_of(play.session.convened)).differences == ()


def after_the_end(record: list[Any]) -> list[Any]:
    """What was put on the record after the session was adjourned."""
    ends = [n for n, event in enumerate(record) if isinstance(event, SessionAdjourned)]
    return record[ends[0] + 1 :] if ends else []


def assert_ordered(intervals: tuple[Interval, ...]) -> None:
    """Each begins after the one before has ended, and only the last may be open."""
    moments = [moment for i in intervals for moment in (i.start, i.end) if moment is not None]
    assert moments == sorted(moments)
    assert all(i.end is not None for i in intervals[:-1])


TestAnyMeeting = AnyMeeting.TestCase
TestAnyMeeting.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


@pytest.mark.slow
@pytest.mark.timeout(900)
class TestAThousandMeetings(AnyMeeting.TestCase):  # type: ignore[misc, name-defined]
    """The same machine, longer; `./run test` plays it, `./run check` does not wait for it."""

    settings = settings(max_examples=1000, stateful_step_count=40, deadline=None)
