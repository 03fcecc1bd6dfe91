"""What the machines must do because of an event (`react`), and what should hold at any time (`desired`).

Effects are edges, `desired` is the level: after a reconnect or a restart the translators compare it with what is
there and correct the difference.

Two rules of courtesy. An absent person is never named in the room. While a vote is open, or in a recess, the room is
left alone: what must be said then is said to the table (whoever holds the president's and the secretary's chairs).
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import assert_never

from orchestrator.council.convocation import Cause
from orchestrator.council.effects import (
    AllowToSpeak,
    Announce,
    Audience,
    Effect,
    LeaveChamber,
    Picture,
    RaiseAlert,
    ResolveAlert,
    Silence,
    StartBroadcast,
    WatchChamber,
)
from orchestrator.council.events import (
    AbsenceExcused,
    AlertRaised,
    AlertResolved,
    AttendanceCorrected,
    BroadcastResumed,
    CastingVoteGiven,
    ChannelFailed,
    ChannelOrdered,
    ChannelTaken,
    ConflictDeclared,
    ConflictEnded,
    DebateOpened,
    DeviceGone,
    DeviceJoined,
    EncoderRestarted,
    Event,
    FloorExpired,
    FloorGranted,
    FloorRequested,
    FloorRequestWithdrawn,
    FloorReturned,
    FloorWarned,
    GhostCleared,
    GhostSuspected,
    ItemCalled,
    ItemConcluded,
    ItemTabled,
    ItemWithdrawn,
    JoinLinkShared,
    JoinLinkWithdrawn,
    LinkFailed,
    LinkRestored,
    MajorityOutOfReach,
    MajorityWithinReach,
    MarkedAbsent,
    MarkedPresent,
    MemberArrived,
    MemberChecked,
    MemberDropped,
    MemberLeft,
    MemberReturned,
    ObservationBegan,
    ObservationCeased,
    ObservationRecovered,
    PersonalDataPruned,
    QuorumAtEdge,
    QuorumLost,
    QuorumReached,
    RecordingFinished,
    RecordingMissing,
    RollCalled,
    SecretClosed,
    SecretOpened,
    SessionAdjourned,
    SessionConvened,
    SessionNotHeld,
    SessionOpened,
    SessionResumed,
    SessionSuspended,
    SlateShown,
    ToleranceEnded,
    UrgencyAgreed,
    UrgencyRefused,
    UrgentItemProposed,
    VoiceHeard,
    VoteAnnulled,
    VoteCast,
    VoteClosed,
    VoteOpened,
)
from orchestrator.council.members import MemberId, Office
from orchestrator.council.minding import needs_encoder
from orchestrator.council.quorum import Verdict
from orchestrator.council.session import Phase, Session
from orchestrator.council.voting import Annulment, Method, Subject

MESSAGES: dict[str, tuple[str, ...]] = {
    "quorum.reached": ("present", "base", "needed", "article"),
    "quorum.lost.members": ("present", "base", "needed", "article"),
    "quorum.lost.president": ("present", "base", "needed", "article"),
    "quorum.lost.secretary": ("present", "base", "needed", "article"),
    "quorum.lost.councillors": ("present", "base", "needed", "article"),
    "quorum.edge": ("present", "base", "needed", "article"),
    "session.opened": ("present", "base", "needed", "article"),
    "session.waited": ("present", "base", "needed", "article"),
    "session.not_held": (),
    "session.not_held.quorum": ("present", "base", "needed", "article"),
    "session.suspended": (),
    "session.resumed": ("present", "base", "needed", "article"),
    "session.adjourned": (),
    "item.called": ("number", "title"),
    "item.proposed": ("number", "title"),
    "item.agreed": ("number", "title"),
    "item.refused": ("number", "title"),
    "item.withdrawn": ("number", "title"),
    "item.tabled": ("number", "title"),
    "debate.opened": ("number", "title"),
    "majority.out_of_reach": ("number", "present", "needed"),
    "majority.within_reach": ("number", "present", "needed"),
    "conflict.declared": ("number", "name"),
    "conflict.presiding": ("number", "name"),
    "secret.opened": ("number",),
    "secret.closed": ("number",),
    "roll.called": (),
    "ghost.suspected": ("name",),
    "floor.granted": ("name", "minutes"),
    "floor.warned": ("seconds",),
    "floor.expired": ("name",),
    "vote.opened": ("number", "title"),
    "vote.opened.ordinary": ("number", "title"),
    "vote.opened.secret": ("number", "title"),
    "vote.opened.urgency": ("number", "title"),
    "vote.line_dropped": ("number", "name"),
    "vote.closed.carried": ("number", "yes", "no", "abstain"),
    "vote.closed.rejected": ("number", "yes", "no", "abstain"),
    "vote.closed.tied": ("number", "yes", "no", "abstain"),
    "vote.closed.tied_again": ("number", "yes", "no", "abstain"),
    "vote.weighted": ("number", "yes", "no"),
    "vote.cast.carried": ("number", "name"),
    "vote.cast.rejected": ("number", "name"),
    "vote.annulled": ("number",),
    "vote.annulled.by_president": ("number",),
    "vote.annulled.line_dropped": ("number",),
    "broadcast.waiting": (),
    "broadcast.recess": (),
    "broadcast.secret": (),
    "broadcast.trouble": (),
    "broadcast.resumed": (),
}
"""Every message that the council announces, and what its text in the catalogues may use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desired:
    """What should hold now: whether the room is watched, what the public sees (None: there is no broadcast),
    whether an encoder should run in the room, and who should be able to speak where the audio is moderated.

    `encoder` counts the encoders that were asked for by hand: one that began under a smaller number must go.
    """

    is_watched: bool
    picture: Picture | None
    has_encoder: bool
    speaker: MemberId | None
    encoder: int = 0


def desired(session: Session) -> Desired:
    """The level that the session's effects lead to."""
    if session.convocation is None:
        return Desired(is_watched=False, picture=None, has_encoder=False, speaker=None)
    return Desired(
        is_watched=session.phase is not Phase.ADJOURNED,
        picture=session.picture if session.has_broadcast else None,
        has_encoder=needs_encoder(session),
        encoder=session.airing.restarts,
        speaker=session.floor.speaker,
    )


def react(session: Session, event: Event) -> tuple[Effect, ...]:  # noqa: C901 - one case an event
    """What follows from an event for the machines; `session` is the state after it."""
    match event:
        case SessionConvened():
            return (WatchChamber(), StartBroadcast()) if session.has_broadcast else (WatchChamber(),)
        case SessionOpened(verdict=verdict):
            return (_announce("session.opened", **_counts(verdict)),)
        case ToleranceEnded(verdict=verdict):
            return () if verdict.is_met else (_announce("session.waited", Audience.TABLE, **_counts(verdict)),)
        case SessionNotHeld(cause=Cause.NO_QUORUM, verdict=verdict):
            return (_announce("session.not_held.quorum", **_counts(verdict)),)
        case SessionNotHeld():
            return (_announce("session.not_held"),)
        case SessionSuspended():
            return (_announce("session.suspended"),)
        case SessionResumed(verdict=verdict):
            return (_announce("session.resumed", **_counts(verdict)),)
        case SessionAdjourned() if session.not_held:
            return (LeaveChamber(),)
        case SessionAdjourned():
            return (_announce("session.adjourned"), LeaveChamber())

        case QuorumReached(verdict=verdict):
            return (_announce("quorum.reached", _audience(session), **_counts(verdict)),)
        case QuorumLost(verdict=verdict):
            return tuple(_announce(loss, _audience(session), **_counts(verdict)) for loss in _losses(verdict))
        case QuorumAtEdge(verdict=verdict):
            return (_announce("quorum.edge", Audience.TABLE, **_counts(verdict)),)

        case ItemCalled(number=number):
            return (_announce("item.called", **_item(session, number)),)
        case UrgentItemProposed(number=number):
            return (_announce("item.proposed", **_item(session, number)),)
        case UrgencyAgreed(number=number):
            return (_announce("item.agreed", **_item(session, number)),)
        case UrgencyRefused(number=number):
            return (_announce("item.refused", **_item(session, number)),)
        case ItemWithdrawn(number=number):
            return (_announce("item.withdrawn", **_item(session, number)),)
        case ItemTabled(number=number):
            return (_announce("item.tabled", **_item(session, number)),)
        case DebateOpened(number=number):
            return (_announce("debate.opened", **_item(session, number)),)
        case MajorityOutOfReach(number=number, present=present, needed=needed):
            return (_announce("majority.out_of_reach", Audience.TABLE, number=number, present=present, needed=needed),)
        case MajorityWithinReach(number=number, present=present, needed=needed):
            return (_announce("majority.within_reach", Audience.TABLE, number=number, present=present, needed=needed),)
        case ConflictDeclared():
            return _withdrawal(session, event)
        case SecretOpened(number=number):
            return (_announce("secret.opened", number=number),)
        case SecretClosed(number=number):
            return (_announce("secret.closed", number=number),)

        case RollCalled():
            return (_announce("roll.called"),)
        case GhostSuspected(member=member):
            return (_announce("ghost.suspected", Audience.TABLE, name=_name(session, member)),)
        case MemberDropped(member=member) if session.vote and member in session.vote.entitled:
            number, name = session.vote.item, _name(session, member)
            return (_announce("vote.line_dropped", Audience.TABLE, number=number, name=name),)

        case FloorGranted(member=member, at=at, until=until):
            granted = _announce("floor.granted", name=_name(session, member), minutes=_minutes(until - at))
            return (AllowToSpeak(member=member), granted)
        case FloorWarned(at=at, until=until):
            return (_announce("floor.warned", Audience.SPEAKER, seconds=int((until - at).total_seconds())),)
        case FloorReturned(member=member):
            return (Silence(member=member),)
        case FloorExpired(member=member):
            return (Silence(member=member), _announce("floor.expired", name=_name(session, member)))
        case DeviceJoined(member=member) if member == session.floor.speaker:
            # A new connection starts muted: the speaker who came back must be let in again.
            return (AllowToSpeak(member=member),)

        case VoteOpened(number=number):
            return (_announce(_opening(event), **_item(session, number)),)
        case VoteClosed():
            return _result(session, event)
        case CastingVoteGiven(number=number, member=member, is_carried=is_carried):
            outcome = "vote.cast.carried" if is_carried else "vote.cast.rejected"
            return (_announce(outcome, number=number, name=_name(session, member)),)
        case VoteAnnulled(number=number, cause=cause):
            is_usual = cause is Annulment.QUORUM_LOST
            return (_announce("vote.annulled" if is_usual else f"vote.annulled.{cause}", number=number),)

        case AlertRaised(key=key, link=link, cause=cause):
            return (RaiseAlert(key=key, link=link, cause=cause),)
        case AlertResolved(key=key):
            return (ResolveAlert(key=key),)
        case SlateShown(picture=picture):
            return (_announce(f"broadcast.{picture}", Audience.TABLE),)
        case BroadcastResumed():
            return (_announce("broadcast.resumed", Audience.TABLE),)

        case ObservationBegan() | ObservationCeased() | ObservationRecovered():
            return ()
        case DeviceJoined() | DeviceGone() | GhostCleared():
            return ()
        case MemberArrived() | MemberDropped() | MemberReturned() | MemberLeft() | MarkedPresent() | MarkedAbsent():
            return ()
        case AbsenceExcused() | AttendanceCorrected() | MemberChecked() | ConflictEnded() | VoiceHeard():
            return ()
        case ItemConcluded() | FloorRequested() | FloorRequestWithdrawn() | VoteCast() | LinkRestored() | LinkFailed():
            return ()
        case RecordingFinished() | RecordingMissing() | PersonalDataPruned() | JoinLinkShared() | JoinLinkWithdrawn():
            return ()
        case ChannelOrdered() | ChannelTaken() | ChannelFailed() | EncoderRestarted():
            return ()
        case _:
            assert_never(event)


def _announce(message: str, audience: Audience = Audience.ROOM, /, **params: object) -> Announce:
    return Announce(message=message, audience=audience, params=tuple((k, str(v)) for k, v in params.items()))


def _audience(session: Session) -> Audience:
    """Who is told of the quorum: the room, but only the table while a vote is open (ROF 98.3) or in a recess."""
    return Audience.TABLE if session.vote or session.phase is Phase.SUSPENDED else Audience.ROOM


def _counts(verdict: Verdict) -> dict[str, object]:
    return {
        "present": verdict.present,
        "base": verdict.base,
        "needed": verdict.needed,
        "article": verdict.article,
    }


def _losses(verdict: Verdict) -> list[str]:
    """One message for each predicate that does not hold."""
    losses = [] if verdict.has_members else ["quorum.lost.members"]
    if Office.PRESIDENT in verdict.missing:
        losses.append("quorum.lost.president")
    if Office.SECRETARY in verdict.missing:
        losses.append("quorum.lost.secretary")
    if verdict.lacks_councillors:
        losses.append("quorum.lost.councillors")
    return losses


def _item(session: Session, number: int) -> dict[str, object]:
    return {"number": number, "title": session.agenda.item(number).title}


def _name(session: Session, member: MemberId) -> str:
    return session.body.member(member).name


def _withdrawal(session: Session, event: ConflictDeclared) -> tuple[Announce, ...]:
    """Who withdrew is for the table; who presides now is for everybody."""
    declared = _announce("conflict.declared", Audience.TABLE, number=event.number, name=_name(session, event.member))
    if event.presiding is None:
        return (declared,)
    presiding = _name(session, event.presiding)
    return (declared, _announce("conflict.presiding", number=event.number, name=presiding))


def _opening(event: VoteOpened) -> str:
    if event.subject is Subject.URGENCY:
        return "vote.opened.urgency"
    return "vote.opened" if event.method is Method.NAMED else f"vote.opened.{event.method}"


def _result(session: Session, event: VoteClosed) -> tuple[Announce, ...]:
    """A tie is no rejection yet: the vote is held again, and then the president decides (LRBRL 46.2.d, ROF 100.2)."""
    tally, number = event.tally, event.number
    tie = "tied" if session.agenda.item(number).ties < 2 else "tied_again"
    outcome = tie if event.is_tied else "carried" if event.is_carried else "rejected"
    result = _announce(f"vote.closed.{outcome}", number=number, yes=tally.yes, no=tally.no, abstain=tally.abstain)
    if not tally.yes_weight + tally.no_weight:
        return (result,)
    return (result, _announce("vote.weighted", number=number, yes=tally.yes_weight, no=tally.no_weight))


def _minutes(limit: timedelta) -> str:
    """`5`, or `1:30` where it is not whole minutes."""
    minutes, seconds = divmod(int(limit.total_seconds()), 60)
    return f"{minutes}:{seconds:02}" if seconds else str(minutes)
