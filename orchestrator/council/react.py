"""What the machines must do because of an event (`react`), and what should hold at any time (`desired`).

Effects are edges, `desired` is the level: after a reconnect or a restart the translators compare it with what is
there and correct the difference.

Two rules of courtesy. An absent person is never named in the room. While a vote is open, or in a recess, the room is
left alone: what must be said then is said to the table (whoever holds the president's and the secretary's chairs).
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import assert_never

from orchestrator.council.agenda import Majority
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
    AlertRaised,
    AlertResolved,
    DebateOpened,
    DeviceGone,
    DeviceJoined,
    Event,
    FloorExpired,
    FloorGranted,
    FloorRequested,
    FloorRequestWithdrawn,
    FloorReturned,
    ItemCalled,
    ItemConcluded,
    LinkFailed,
    LinkRestored,
    MemberArrived,
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
    SessionAdjourned,
    SessionConvened,
    SessionNotHeld,
    SessionOpened,
    SessionResumed,
    SessionSuspended,
    ToleranceEnded,
    VoteAnnulled,
    VoteCast,
    VoteClosed,
    VoteOpened,
)
from orchestrator.council.members import MemberId, Office
from orchestrator.council.quorum import Verdict
from orchestrator.council.session import Phase, Session

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
    "debate.opened": ("number", "title"),
    "floor.granted": ("name", "minutes"),
    "floor.expired": ("name",),
    "vote.opened": ("number", "title"),
    "vote.closed.carried": ("number", "yes", "no", "abstain"),
    "vote.closed.rejected": ("number", "yes", "no", "abstain"),
    "vote.closed.tied": ("number", "yes", "no", "abstain"),
    "vote.annulled": ("number",),
}
"""Every message that the council announces, and what its text in the catalogues may use."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desired:
    """What should hold now: whether the room is watched, what the public sees (None: there is no broadcast),
    whether an encoder should run in the room, and who should be able to speak where the audio is moderated."""

    is_watched: bool
    picture: Picture | None
    has_encoder: bool
    speaker: MemberId | None


def desired(session: Session) -> Desired:
    """The level that the session's effects lead to."""
    if session.convocation is None:
        return Desired(is_watched=False, picture=None, has_encoder=False, speaker=None)
    is_running = session.phase is not Phase.ADJOURNED
    # An encoder alone in the room gives up after half a minute (Jibri's empty-call check): it is for when people come.
    has_people = session.phase is not Phase.CONVENED or bool(session.attendance.present())
    return Desired(
        is_watched=is_running,
        picture=session.picture if session.has_broadcast else None,
        has_encoder=is_running and has_people and session.has_broadcast,
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
        case DebateOpened(number=number):
            return (_announce("debate.opened", **_item(session, number)),)

        case FloorGranted(member=member, at=at, until=until):
            granted = _announce("floor.granted", name=session.body.member(member).name, minutes=_minutes(until - at))
            return (AllowToSpeak(member=member), granted)
        case FloorReturned(member=member):
            return (Silence(member=member),)
        case FloorExpired(member=member):
            return (Silence(member=member), _announce("floor.expired", name=session.body.member(member).name))
        case DeviceJoined(member=member) if member == session.floor.speaker:
            # A new connection starts muted: the speaker who came back must be let in again.
            return (AllowToSpeak(member=member),)

        case VoteOpened(number=number):
            return (_announce("vote.opened", **_item(session, number)),)
        case VoteClosed():
            return (_result(session, event),)
        case VoteAnnulled(number=number):
            return (_announce("vote.annulled", number=number),)

        case AlertRaised(key=key, link=link, cause=cause):
            return (RaiseAlert(key=key, link=link, cause=cause),)
        case AlertResolved(key=key):
            return (ResolveAlert(key=key),)

        case ObservationBegan() | ObservationCeased() | ObservationRecovered() | DeviceJoined() | DeviceGone():
            return ()
        case MemberArrived() | MemberDropped() | MemberReturned() | MemberLeft():
            return ()
        case ItemConcluded() | FloorRequested() | FloorRequestWithdrawn() | VoteCast() | LinkRestored() | LinkFailed():
            return ()
        case RecordingFinished() | RecordingMissing() | PersonalDataPruned():
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


def _result(session: Session, event: VoteClosed) -> Announce:
    """A tie under simple majority is not a rejection yet: the vote is held again (LRBRL 46.2.d, ROF 100.2)."""
    tally = event.tally
    is_tied = tally.yes == tally.no and session.agenda.item(event.number).majority is Majority.SIMPLE
    outcome = "carried" if event.is_carried else "tied" if is_tied else "rejected"
    return _announce(f"vote.closed.{outcome}", number=event.number, yes=tally.yes, no=tally.no, abstain=tally.abstain)


def _minutes(limit: timedelta) -> str:
    """`5`, or `1:30` where it is not whole minutes."""
    minutes, seconds = divmod(int(limit.total_seconds()), 60)
    return f"{minutes}:{seconds:02}" if seconds else str(minutes)
