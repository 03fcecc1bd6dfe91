"""An event of the record as a sentence: which message of the catalogues, with which parameters.

One list for whoever shows the record to people: the live page, the demo's terminal, the incidents of a document.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol, assert_never
from zoneinfo import ZoneInfo

from orchestrator.council import events as e
from orchestrator.council.commands import Asker
from orchestrator.council.convocation import Convocation
from orchestrator.council.members import MemberId
from orchestrator.council.quorum import Verdict
from orchestrator.council.voting import Annulment, Method, Subject
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
        case e.DeviceJoined() | e.DeviceGone() | e.VoiceHeard():
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
            | e.FloorWarned(member=member)
            | e.GhostSuspected(member=member)
            | e.GhostCleared(member=member)
        ):
            return Fact(message=_of_a_member(event), params={"name": name_of(convocation, member)})
        case e.ToleranceEnded():
            return Fact(message="fact.waited")
        case e.SessionNotHeld():
            return Fact(message="fact.not_held", codes={"cause": (f"not_held.{event.cause}",)})
        case e.QuorumReached(verdict=verdict) | e.QuorumLost(verdict=verdict) | e.QuorumAtEdge(verdict=verdict):
            return _of_the_quorum(event, verdict)
        case (
            e.MarkedPresent()
            | e.MarkedAbsent()
            | e.AbsenceExcused()
            | e.AttendanceCorrected()
            | e.RollCalled()
            | e.MemberChecked()
        ):
            return _of_the_register(event, convocation)
        case e.ItemCalled(number=number, title=title):
            known = title or title_of(convocation, number)
            return Fact(message="fact.item_called", params={"number": number, "title": known})
        case (
            e.DebateOpened(number=number)
            | e.ItemConcluded(number=number)
            | e.ItemWithdrawn(number=number)
            | e.ItemTabled(number=number)
            | e.UrgencyAgreed(number=number)
            | e.UrgencyRefused(number=number)
            | e.SecretClosed(number=number)
        ):
            return Fact(message=_ITEM_EVENTS[type(event)], params={"number": number})
        case (
            e.UrgentItemProposed()
            | e.ConflictDeclared()
            | e.ConflictEnded()
            | e.MajorityOutOfReach()
            | e.MajorityWithinReach()
            | e.SecretOpened()
        ):
            return _of_an_item(event, convocation)
        case e.VoteOpened() | e.VoteCast() | e.VoteClosed() | e.VoteAnnulled() | e.CastingVoteGiven():
            return _of_a_vote(event, convocation)
        case e.LinkRestored() | e.LinkFailed() | e.AlertRaised() | e.AlertResolved():
            return _of_the_broadcast(event)
        case e.ChannelOrdered() | e.ChannelTaken() | e.ChannelFailed():
            return _of_the_channel(event)
        case e.SlateShown(picture=picture, by=by):
            shown = _signed("fact.slate_shown", by, convocation)
            return replace(shown, codes={**shown.codes, "picture": (f"picture.{picture}",)})
        case e.BroadcastResumed(by=by):
            return _signed("fact.broadcast_resumed", by, convocation)
        case e.EncoderRestarted(by=by):
            return _signed("fact.encoder_restarted", by, convocation)
        case e.RecordingFinished(size=size, blind=blind):
            lacking = sum((stretch.until - stretch.since for stretch in blind), timedelta())
            params = {
                "megabytes": -(-size // 1_000_000),
                "count": len(blind),
                "seconds": round(lacking.total_seconds()),
            }
            return Fact(message="fact.recording_incomplete" if blind else "fact.recording_finished", params=params)
        case e.RecordingMissing(cause=cause):
            return Fact(message="fact.recording_missing", codes={"cause": (f"cause.{cause}",)})
        case e.JoinLinkShared(member=member):
            return Fact(message="fact.join_link_shared", params={"name": name_of(convocation, member)})
        case e.JoinLinkWithdrawn(member=member):
            return Fact(message="fact.join_link_withdrawn", params={"name": name_of(convocation, member)})
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
    e.FloorWarned: "fact.floor_warned",
    e.GhostSuspected: "fact.ghost_suspected",
    e.GhostCleared: "fact.ghost_cleared",
}

_ITEM_EVENTS: Mapping[type, str] = {
    e.DebateOpened: "fact.debate_opened",
    e.ItemConcluded: "fact.item_concluded",
    e.ItemWithdrawn: "fact.item_withdrawn",
    e.ItemTabled: "fact.item_tabled",
    e.UrgencyAgreed: "fact.urgency_agreed",
    e.UrgencyRefused: "fact.urgency_refused",
    e.SecretClosed: "fact.secret_closed",
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
        case e.QuorumLost() if verdict.has_members and verdict.lacks_councillors and not verdict.missing:
            return Fact(message="fact.quorum_lost_councillors", params=numbers)
        case e.QuorumLost() if verdict.missing and verdict.has_members:
            missing = tuple(f"missing.{office}" for office in verdict.missing)
            return Fact(message="fact.quorum_lost_office", params=numbers, codes={"missing": missing})
        case e.QuorumLost():
            return Fact(message="fact.quorum_lost", params=numbers)
        case _:
            assert_never(event)


_Entry = e.MarkedPresent | e.MarkedAbsent | e.AbsenceExcused | e.AttendanceCorrected | e.RollCalled | e.MemberChecked


def _of_the_register(event: _Entry, convocation: Convocation) -> Fact:
    """What the secretary took down; who it was is part of it."""
    if isinstance(event, e.RollCalled):
        return _signed("fact.roll_called", event.by, convocation)
    name = name_of(convocation, event.member)
    match event:
        case e.MarkedPresent(by=by, in_hall=in_hall):
            return _signed("fact.marked_present" if in_hall else "fact.marked_seen", by, convocation, name=name)
        case e.MarkedAbsent(by=by):
            return _signed("fact.marked_absent", by, convocation, name=name)
        case e.AbsenceExcused(reason=reason):
            return Fact(message="fact.excused", params={"name": name, "reason": reason})
        case e.AttendanceCorrected(by=by):
            zone = ZoneInfo(convocation.time_zone)
            start, end = (at.astimezone(zone).strftime("%H:%M:%S") for at in (event.start, event.end))
            message = "fact.corrected_present" if event.was_present else "fact.corrected_absent"
            return _signed(message, by, convocation, name=name, start=start, end=end, reason=event.reason)
        case e.MemberChecked(mode=mode):
            identity = {
                "identity.seen": event.identity_seen,
                "identity.heard": event.identity_heard,
                "identity.territory": event.territory_declared,
            }
            established = tuple(code for code, holds in identity.items() if holds) or ("identity.none",)
            codes = {"mode": (f"mode.{mode}",), "identity": established}
            return Fact(message="fact.checked", params={"name": name}, codes=codes)
        case _:
            assert_never(event)


def _signed(message: str, by: Asker, convocation: Convocation, **params: object) -> Fact:
    """With who did it: by name where the token names somebody, else by role."""
    if by.member is not None:
        return Fact(message=message, params={**params, "by": name_of(convocation, by.member)})
    return Fact(message=message, params=params, codes={"by": (f"role.{by.role}",)})


_Happening = (
    e.UrgentItemProposed
    | e.ConflictDeclared
    | e.ConflictEnded
    | e.MajorityOutOfReach
    | e.MajorityWithinReach
    | e.SecretOpened
)


def _of_an_item(event: _Happening, convocation: Convocation) -> Fact:
    number = event.number
    match event:
        case e.UrgentItemProposed(title=title):
            return Fact(message="fact.item_proposed", params={"number": number, "title": title})
        case e.ConflictDeclared(member=member, presiding=presiding):
            params = {"number": number, "name": name_of(convocation, member)}
            if presiding is None:
                return Fact(message="fact.conflict", params=params)
            presides = name_of(convocation, presiding)
            return Fact(message="fact.conflict_presiding", params={**params, "presiding": presides})
        case e.ConflictEnded(member=member):
            return Fact(message="fact.conflict_ended", params={"number": number, "name": name_of(convocation, member)})
        case e.MajorityOutOfReach(present=present, needed=needed):
            return Fact(message="fact.majority_short", params={"number": number, "present": present, "needed": needed})
        case e.MajorityWithinReach(present=present, needed=needed):
            return Fact(message="fact.majority_enough", params={"number": number, "present": present, "needed": needed})
        case e.SecretOpened(tally=tally):
            return Fact(message="fact.secret_opened", params={"number": number, "yes": tally.yes, "no": tally.no})
        case _:
            assert_never(event)


_Voting = e.VoteOpened | e.VoteCast | e.VoteClosed | e.VoteAnnulled | e.CastingVoteGiven


def _of_a_vote(event: _Voting, convocation: Convocation) -> Fact:
    match event:
        case e.VoteOpened():
            return Fact(message=_opening(event), params={"number": event.number})
        case e.VoteCast():
            name = name_of(convocation, event.member)
            return Fact(message="fact.vote_cast", params={"name": name}, codes={"choice": (f"choice.{event.choice}",)})
        case e.VoteClosed(number=number, tally=tally):
            outcome = "carried" if event.is_carried else "tied" if event.is_tied else "rejected"
            params = {"number": number, "yes": tally.yes, "no": tally.no, "abstain": tally.abstain}
            return Fact(message=f"fact.vote_{outcome}", params=params)
        case e.VoteAnnulled(number=number, cause=cause):
            is_usual = cause is Annulment.QUORUM_LOST
            return Fact(
                message="fact.vote_annulled" if is_usual else f"fact.vote_annulled_{cause}", params={"number": number}
            )
        case e.CastingVoteGiven(number=number, member=member, choice=choice):
            casting = {"number": number, "name": name_of(convocation, member)}
            return Fact(message="fact.casting_vote", params=casting, codes={"choice": (f"choice.{choice}",)})
        case _:
            assert_never(event)


def _opening(event: e.VoteOpened) -> str:
    if event.subject is Subject.URGENCY:
        return "fact.vote_opened_urgency"
    return "fact.vote_opened_secret" if event.method is Method.SECRET else "fact.vote_opened"


def _of_the_broadcast(event: e.LinkRestored | e.LinkFailed | e.AlertRaised | e.AlertResolved) -> Fact:
    match event:
        case e.LinkRestored():
            return Fact(message="fact.link_up", codes={"link": (f"link.{event.link}",)})
        case e.LinkFailed(link=link, cause=cause):
            return Fact(message="fact.link_down", codes={"link": (f"link.{link}",), "cause": (f"cause.{cause}",)})
        case e.AlertRaised(link=None, cause=cause):
            return Fact(message="fact.trouble_began", codes={"cause": (f"cause.{cause}",)})
        case e.AlertRaised(link=link, cause=cause):
            return Fact(message="fact.alert_raised", codes={"link": (f"link.{link}",), "cause": (f"cause.{cause}",)})
        case e.AlertResolved():
            return Fact(message="fact.alert_resolved")
        case _:
            assert_never(event)


def alert_text(language: str, link: str | None, cause: str) -> str:
    """An alert in words: `Codificador: s'ha aturat`, or the cause alone where it is not one of the links."""
    named = label(language, f"cause.{cause}")
    if link is None:
        return named[:1].upper() + named[1:]
    return word(language, "live.alert", link=label(language, f"link.{link}").capitalize(), cause=named)


def _of_the_channel(event: e.ChannelOrdered | e.ChannelTaken | e.ChannelFailed) -> Fact:
    match event:
        case e.ChannelOrdered(channel=channel):
            return Fact(message="fact.channel_ordered", params={"channel": channel})
        case e.ChannelTaken(reach=reach, cause=cause):
            message = "fact.channel_shared" if reach.is_shared else "fact.channel_taken"
            return Fact(message=message, params={"channel": reach.name}, codes={"cause": (f"cause.{cause}",)})
        case e.ChannelFailed(channel=channel, cause=cause):
            return Fact(
                message="fact.channel_failed", params={"channel": channel}, codes={"cause": (f"cause.{cause}",)}
            )
        case _:
            assert_never(event)
