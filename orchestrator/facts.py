"""An event of the record as a sentence: which message of the catalogues, with which parameters.

One list for whoever shows the record to people: the live page, the demo's terminal, the incidents of a document.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, assert_never

from orchestrator.council import events as e
from orchestrator.council.agenda import Majority
from orchestrator.council.convocation import Convocation
from orchestrator.council.members import MemberId
from orchestrator.council.quorum import Verdict
from orchestrator.wording import label, word


class Recorded(Protocol):
    """An event as the ledger keeps it: its place, when it was recorded (UTC), and the hash of the chain up to it."""

    @property
    def seq(self) -> int: ...
    @property
    def event(self) -> e.Event: ...
    @property
    def recorded_at(self) -> datetime: ...
    @property
    def hash(self) -> bytes: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A sentence to be: `params` go in as they are; `codes` are ids of words, such as `cause.encoder_died`."""

    message: str
    params: Mapping[str, object] = field(default_factory=dict)
    codes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def text(self, language: str) -> str:
        """The sentence."""
        worded = {name: ", ".join(label(language, code) for code in codes) for name, codes in self.codes.items()}
        return word(language, self.message, **self.params, **worded)


def tell(event: e.Event, convocation: Convocation) -> Fact | None:  # noqa: C901 - one case an event
    """The event in words, or None for one that says nothing that the others do not (a second device, a timer)."""
    match event:
        case e.DeviceJoined() | e.DeviceGone():
            return None
        case (
            e.MemberArrived(member=member)
            | e.MemberDropped(member=member)
            | e.MemberReturned(member=member)
            | e.MemberLeft(member=member)
            | e.SessionOpened(president=member)
            | e.FloorRequested(member=member)
            | e.FloorRequestWithdrawn(member=member)
            | e.FloorGranted(member=member)
            | e.FloorReturned(member=member)
            | e.FloorExpired(member=member)
        ):
            return Fact(message=_of_a_member(event), params={"name": name_of(convocation, member)})
        case e.ToleranceEnded():
            return Fact(message="fact.waited")
        case e.SessionNotHeld():
            return Fact(message="fact.not_held", codes={"cause": (f"not_held.{event.cause}",)})
        case e.QuorumReached(verdict=verdict) | e.QuorumLost(verdict=verdict) | e.QuorumAtEdge(verdict=verdict):
            return _of_the_quorum(event, verdict)
        case e.ItemCalled(number=number):
            return Fact(message="fact.item_called", params={"number": number, "title": title_of(convocation, number)})
        case e.DebateOpened(number=number):
            return Fact(message="fact.debate_opened", params={"number": number})
        case e.ItemConcluded(number=number):
            return Fact(message="fact.item_concluded", params={"number": number})
        case e.VoteOpened() | e.VoteCast() | e.VoteClosed() | e.VoteAnnulled():
            return _of_a_vote(event, convocation)
        case e.LinkRestored() | e.LinkFailed() | e.AlertRaised() | e.AlertResolved():
            return _of_the_broadcast(event)
        case e.RecordingFinished(size=size):
            return Fact(message="fact.recording_finished", params={"megabytes": -(-size // 1_000_000)})
        case e.RecordingMissing(cause=cause):
            return Fact(message="fact.recording_missing", codes={"cause": (f"cause.{cause}",)})
        case e.PersonalDataPruned(details=details):
            return Fact(message="fact.pruned", params={"count": details})
        case (
            e.SessionConvened()
            | e.ObservationBegan()
            | e.ObservationCeased()
            | e.ObservationRecovered()
            | e.SessionSuspended()
            | e.SessionResumed()
            | e.SessionAdjourned()
        ):
            return Fact(message=_PLAIN[type(event)])
        case _:
            assert_never(event)


def name_of(convocation: Convocation, member: MemberId) -> str:
    """The person's name as convened; the id for somebody the call does not know."""
    return next((m.name for m in convocation.body.members if m.id == member), member)


def title_of(convocation: Convocation, number: int) -> str:
    """The item's title as convened; empty when there is no such item."""
    return next((item.title for item in convocation.agenda if item.number == number), "")


_PLAIN: Mapping[type, str] = {
    e.SessionConvened: "fact.convened",
    e.ObservationBegan: "fact.observed",
    e.ObservationCeased: "fact.unobserved",
    e.ObservationRecovered: "fact.recovered",
    e.SessionSuspended: "fact.suspended",
    e.SessionResumed: "fact.resumed",
    e.SessionAdjourned: "fact.adjourned",
}

_MEMBER_EVENTS: Mapping[type, str] = {
    e.MemberArrived: "fact.arrived",
    e.MemberDropped: "fact.dropped",
    e.MemberReturned: "fact.returned",
    e.MemberLeft: "fact.left",
    e.SessionOpened: "fact.opened",
    e.FloorRequested: "fact.floor_requested",
    e.FloorRequestWithdrawn: "fact.floor_withdrawn",
    e.FloorGranted: "fact.floor_granted",
    e.FloorReturned: "fact.floor_returned",
    e.FloorExpired: "fact.floor_expired",
}


def _of_a_member(event: e.Event) -> str:
    if isinstance(event, e.FloorRequested) and event.is_by_hand:
        return "fact.floor_hand"
    return _MEMBER_EVENTS[type(event)]


def _of_the_quorum(event: e.QuorumReached | e.QuorumLost | e.QuorumAtEdge, verdict: Verdict) -> Fact:
    numbers = {"present": verdict.present, "base": verdict.base, "needed": verdict.needed}
    match event:
        case e.QuorumReached():
            return Fact(message="fact.quorum_reached", params=numbers)
        case e.QuorumAtEdge():
            return Fact(message="fact.quorum_edge", params=numbers)
        case e.QuorumLost() if verdict.missing and verdict.present >= verdict.needed:
            missing = tuple(f"missing.{office}" for office in verdict.missing)
            return Fact(message="fact.quorum_lost_office", params=numbers, codes={"missing": missing})
        case e.QuorumLost():
            return Fact(message="fact.quorum_lost", params=numbers)
        case _:
            assert_never(event)


def _of_a_vote(event: e.VoteOpened | e.VoteCast | e.VoteClosed | e.VoteAnnulled, convocation: Convocation) -> Fact:
    match event:
        case e.VoteOpened():
            return Fact(message="fact.vote_opened", params={"number": event.number})
        case e.VoteCast():
            name = name_of(convocation, event.member)
            return Fact(message="fact.vote_cast", params={"name": name}, codes={"choice": (f"choice.{event.choice}",)})
        case e.VoteClosed(number=number, tally=tally):
            outcome = "carried" if event.is_carried else "tied" if _is_tied(event, convocation) else "rejected"
            params = {"number": number, "yes": tally.yes, "no": tally.no, "abstain": tally.abstain}
            return Fact(message=f"fact.vote_{outcome}", params=params)
        case e.VoteAnnulled(number=number):
            return Fact(message="fact.vote_annulled", params={"number": number})
        case _:
            assert_never(event)


def _is_tied(event: e.VoteClosed, convocation: Convocation) -> bool:
    """Under simple majority a tie is voted again (LRBRL 46.2.d); under absolute majority it is a rejection."""
    simple = all(i.majority is Majority.SIMPLE for i in convocation.agenda if i.number == event.number)
    return simple and event.tally.yes == event.tally.no


def _of_the_broadcast(event: e.LinkRestored | e.LinkFailed | e.AlertRaised | e.AlertResolved) -> Fact:
    match event:
        case e.LinkRestored():
            return Fact(message="fact.link_up", codes={"link": (f"link.{event.link}",)})
        case e.LinkFailed(link=link, cause=cause):
            return Fact(message="fact.link_down", codes={"link": (f"link.{link}",), "cause": (f"cause.{cause}",)})
        case e.AlertRaised(link=link, cause=cause):
            return Fact(message="fact.alert_raised", codes={"link": (f"link.{link}",), "cause": (f"cause.{cause}",)})
        case e.AlertResolved():
            return Fact(message="fact.alert_resolved")
        case _:
            assert_never(event)
