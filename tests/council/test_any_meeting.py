"""Any meeting at all: hypothesis plays the people, the sensors and the clock, and what must always hold is checked."""

from datetime import timedelta
from itertools import pairwise
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from orchestrator.council.attendance import Interval
from orchestrator.council.commands import (
    AdjournSession,
    Asker,
    CallItem,
    CastVote,
    Channel,
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
    WithdrawRequest,
)
from orchestrator.council.convocation import Policy
from orchestrator.council.effects import Announce, Audience
from orchestrator.council.events import QuorumAtEdge, QuorumLost, QuorumReached, VoteOpened
from orchestrator.council.members import Body, BodyId, BodyKind, Member, MemberId, Office
from orchestrator.council.observations import (
    ChamberEntered,
    ChamberLost,
    Departure,
    Grade,
    HandLowered,
    HandRaised,
    Link,
    LinkDown,
    LinkUp,
    MemberConnected,
    MemberDisconnected,
    Sighting,
    TimePassed,
)
from orchestrator.council.react import MESSAGES, desired
from orchestrator.council.session import Phase, next_deadline, replay
from orchestrator.council.voting import Choice
from tests.scenarios.play import AUDITOR, FIRST, MAYOR, PAU, SECRETARY, Play, device

NURIA, JOAN = MemberId("nuria"), MemberId("joan")
SMALL = Body(
    id=BodyId("ple"),
    name="Ple",
    kind=BodyKind.PLENARY,
    legal_number=5,
    members=(
        Member(id=MAYOR, name="Marta", office=Office.PRESIDENT),
        Member(id=FIRST, name="Pere", deputises=1),
        Member(id=PAU, name="Pau", substitutes=Office.SECRETARY),
        Member(id=NURIA, name="Núria"),
        Member(id=JOAN, name="Joan"),
        Member(id=SECRETARY, name="Rosa", office=Office.SECRETARY),
        Member(id=AUDITOR, name="Lluís", office=Office.AUDITOR),
    ),
)
EVERYBODY = [member.id for member in SMALL.members]

people = st.sampled_from([*EVERYBODY, MemberId("guest")])
devices = st.sampled_from(["laptop", "phone"])
odd_clocks = st.sampled_from([0.0, 0.0, 0.0, 1.0, -1.0, 40.0, -40.0, 7200.0, -7200.0])
conducting = [OpenSession, SuspendSession, ResumeSession, AdjournSession, OpenDebate, OpenVote, CloseVote, TakeFloor]


class AnyMeeting(RuleBasedStateMachine):
    """A council of five, of whom three are needed, with a secretary whom one of the five may stand in for."""

    @initialize(grace=st.sampled_from([0, 30]), gathered=st.booleans())
    def convene(self, grace: int, gathered: bool) -> None:
        policy = Policy(grace=timedelta(seconds=grace), floor_limit=timedelta(seconds=50))
        self.play = Play(body=SMALL, policy=policy)
        if gathered:
            self.play.opened(*EVERYBODY)

    def tell(self, message: Any) -> None:
        """One message, and what must hold of its answer."""
        was_voting = self.play.session.vote is not None
        self.play.tell(message)
        is_voting = self.play.session.vote is not None
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

    @rule(number=st.integers(0, 4))
    def call_item(self, number: int) -> None:
        self.tell(CallItem(asker=Asker(role=Role.PRESIDENT, channel=Channel.WEB), number=number))

    @rule(command=st.sampled_from([RequestFloor, WithdrawRequest, GrantFloor]), member=people, by_chair=st.booleans())
    def floor(self, command: type[Any], member: MemberId, by_chair: bool) -> None:
        asker = Asker(role=Role.PRESIDENT if by_chair else Role.MEMBER, channel=Channel.CHAT, member=member)
        self.tell(command(asker=asker, member=member))

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
        has_president = MAYOR in there or FIRST in there
        has_secretary = SECRETARY in there or PAU in there
        counted = {MAYOR, FIRST, NURIA, JOAN} | ({PAU} if SECRETARY in there else set())
        assert session.verdict.present == len(counted & there)
        assert session.verdict.is_met == (len(counted & there) >= 3 and has_president and has_secretary)

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
            is_there = bool(attendee.devices or attendee.grace_until)
            assert is_open == is_there
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


def assert_ordered(intervals: tuple[Interval, ...]) -> None:
    """Each begins after the one before has ended, and only the last may be open."""
    moments = [moment for i in intervals for moment in (i.start, i.end) if moment is not None]
    assert moments == sorted(moments)
    assert all(i.end is not None for i in intervals[:-1])


TestAnyMeeting = AnyMeeting.TestCase
TestAnyMeeting.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
