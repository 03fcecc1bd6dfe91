"""What the sensors say, and what comes of it. Nothing here is refused.

No sighting lies in the future: a sensor whose clock is ahead is believed, but not its clock.
"""

from dataclasses import replace
from datetime import datetime
from functools import reduce
from typing import assert_never

from orchestrator.council.attendance import clear, connect, disconnect, end_graces, end_own_graces, suspect
from orchestrator.council.calls import waits_until
from orchestrator.council.events import (
    AlertRaised,
    AlertResolved,
    ChannelFailed,
    ChannelTaken,
    Event,
    Events,
    FloorExpired,
    FloorRequested,
    FloorRequestWithdrawn,
    FloorWarned,
    GhostCleared,
    JoinLinkShared,
    JoinLinkWithdrawn,
    LinkFailed,
    LinkRestored,
    MemberDropped,
    ObservationBegan,
    ObservationCeased,
    ObservationRecovered,
    RecordingFinished,
    RecordingMissing,
    ToleranceEnded,
    VoiceHeard,
)
from orchestrator.council.members import MemberId
from orchestrator.council.observations import (
    ChamberCaughtUp,
    ChamberEntered,
    ChamberLost,
    ChannelLost,
    ChannelOpened,
    Departure,
    DeviceAnswered,
    DeviceId,
    DeviceSilent,
    Grade,
    HandLowered,
    HandRaised,
    Link,
    LinkDown,
    LinkRevoked,
    LinkUp,
    LinkUsedTwice,
    MemberConnected,
    MemberDisconnected,
    Observation,
    RecordingFailed,
    RecordingMade,
    Sighting,
    SpeakerHeard,
    TimePassed,
    TroubleBegan,
    TroubleEnded,
)
from orchestrator.council.session import Phase, Session, evolve


def observe(session: Session, observation: Observation, now: datetime) -> Events:
    """The events of one observation; none when it says nothing new."""
    if isinstance(observation, RecordingMade | RecordingFailed):
        return _recorded(session, observation, now)
    if session.convocation is None or session.phase is Phase.ADJOURNED:
        return ()
    if isinstance(observation, TimePassed):
        return _time_passed(session, now)
    seen = replace(observation.seen, at=min(observation.seen.at, now))
    if seen.mark and not session.is_observed and not isinstance(observation, ChamberEntered):
        # What the journal tells of the past, without a gap, happens in its own time.
        over = end_own_graces(session.attendance, seen.at)
        return (*over, *_see(reduce(evolve, over, session), observation, seen))
    return _see(session, observation, seen)


Seen = (
    MemberConnected
    | MemberDisconnected
    | DeviceSilent
    | DeviceAnswered
    | SpeakerHeard
    | HandRaised
    | HandLowered
    | ChamberEntered
    | ChamberCaughtUp
    | ChamberLost
    | LinkUp
    | LinkDown
    | TroubleBegan
    | TroubleEnded
    | ChannelOpened
    | ChannelLost
    | LinkUsedTwice
    | LinkRevoked
)


def _see(session: Session, observation: Seen, seen: Sighting) -> Events:  # noqa: C901 - one case a sight
    match observation:
        case MemberConnected(member=member, device=device):
            return connect(session.attendance, member, device, seen) if session.body.has(member) else ()
        case MemberDisconnected(member=member, device=device, departure=departure):
            until = seen.at + session.convened.policy.grace
            return disconnect(session.attendance, member, device, departure, seen, until)
        case ChamberEntered(devices=devices):
            return _enter(session, devices, seen)
        case ChamberCaughtUp(devices=devices):
            return _catch_up(session, devices, seen)
        case ChamberLost():
            return (ObservationCeased(at=seen.at),) if session.is_observed else ()
        case DeviceSilent(member=member, device=device):
            return suspect(session.attendance, member, device, seen, session.convened.policy.ghost_patience)
        case DeviceAnswered(member=member, device=device):
            return clear(session.attendance, member, device, seen)
        case SpeakerHeard(member=member):
            return _heard(session, member, seen)
        case HandRaised(member=member):
            may_ask = member in session.attending and not session.floor.has(member)
            return (FloorRequested(at=seen.at, member=member, is_by_hand=True),) if may_ask else ()
        case HandLowered(member=member):
            is_queued = member in session.floor.queue
            return (FloorRequestWithdrawn(at=seen.at, member=member),) if is_queued else ()
        case LinkUp(link=link):
            return _link_up(session, link, seen.at)
        case LinkDown(link=link, cause=cause):
            return _link_down(session, link, cause, seen.at)
        case TroubleBegan(key=key, cause=cause):
            return () if key in session.alerts else (AlertRaised(at=seen.at, key=key, cause=cause),)
        case TroubleEnded(key=key):
            return (AlertResolved(at=seen.at, key=key),) if key in session.alerts else ()
        case ChannelOpened(reach=reach, cause=cause):
            return () if session.airing.goes_to(reach) else (ChannelTaken(at=seen.at, reach=reach, cause=cause),)
        case ChannelLost(channel=channel, cause=cause):
            return (
                () if session.airing.has_failed(channel) else (ChannelFailed(at=seen.at, channel=channel, cause=cause),)
            )
        case LinkUsedTwice(member=member):
            return _link_shared(session, member, seen.at)
        case LinkRevoked(member=member):
            return _link_withdrawn(session, member, seen.at)
        case _:
            assert_never(observation)


def _time_passed(session: Session, now: datetime) -> Events:
    ghosts = _ghosts(session, now) if session.is_observed else ()
    after = reduce(evolve, ghosts, session)
    left = end_graces(after.attendance, now) if session.is_observed else ()
    patience = _end_of_patience(reduce(evolve, left, after), now)
    return (*ghosts, *left, *_turn_runs_out(session, now), *patience)


def _end_of_patience(session: Session, now: datetime) -> Events:
    """The table is told once that the body need not wait any longer."""
    is_waiting = session.phase is Phase.CONVENED and not session.has_waited
    if not is_waiting or now < waits_until(session.convened):
        return ()
    return (ToleranceEnded(at=waits_until(session.convened), verdict=session.verdict),)


def _turn_runs_out(session: Session, now: datetime) -> Events:
    turn = session.floor.turn
    if turn and turn.until <= now:
        return (FloorExpired(at=turn.until, member=turn.member),)
    if turn and turn.warn_at and turn.warn_at <= now:
        return (FloorWarned(at=turn.warn_at, member=turn.member, until=turn.until),)
    return ()


def _ghosts(session: Session, now: datetime) -> Events:
    """Devices that have not answered for as long as the policy bears with them are gone since they fell silent."""
    events: list[Event] = []
    after = session
    for member, silent in session.attendance.suspects():
        if silent.until <= now:
            since = Sighting(grade=Grade.PRESENCE, at=silent.since)
            grace_end = silent.since + session.convened.policy.grace
            until = grace_end if grace_end > now else silent.since
            gone = disconnect(after.attendance, member, silent.device, Departure.GHOST, since, until)
            events += gone
            after = reduce(evolve, gone, after)
    return tuple(events)


def _heard(session: Session, member: MemberId | None, seen: Sighting) -> Events:
    """Who is heard is written down while the session is open, and only when it is somebody else."""
    is_known = member is None or session.body.has(member)
    if session.phase is not Phase.OPEN or not is_known or member == session.floor.voice:
        return ()
    return (VoiceHeard(at=seen.at, member=member, grade=seen.grade),)


def _enter(session: Session, devices: tuple[tuple[MemberId, DeviceId], ...], seen: Sighting) -> Events:
    """Put right what was missed: first who is there, then who is not, so that a changed device is no departure.

    After a blind stretch nobody can say when a line went, so it is dated at the beginning of the stretch, and the
    grace runs from when we see again: everybody may be reconnecting at the same time as we are.
    """
    blind_since = session.blind[-1].start if session.blind and not session.is_observed else None
    gone = Sighting(grade=seen.grade, at=blind_since or seen.at)
    until = seen.at + session.convened.policy.grace

    events: list[Event] = [] if session.is_observed else [ObservationBegan(at=seen.at)]
    after = reduce(evolve, events, session)
    for member, device in devices:
        if session.body.has(member) and device not in session.attendance.of(member).ghosts:
            joined = connect(after.attendance, member, device, seen)
            events += joined
            after = reduce(evolve, joined, after)
    for member, attendee in session.attendance.attendees:
        for device in sorted((attendee.devices | attendee.ghosts) - {d for m, d in devices if m == member}):
            left = disconnect(after.attendance, member, device, Departure.LOST, gone, until)
            events += left
            after = reduce(evolve, left, after)
    if blind_since:
        # They may have answered while nobody looked; whoever still does not will be suspected anew.
        for member, silent in after.attendance.suspects():
            events.append(GhostCleared(at=seen.at, member=member, device=silent.device, grade=seen.grade))
        # Their line was seen to go before the stretch; they may have come back in it, so their grace begins again.
        for member, attendee in after.attendance.in_grace():
            if attendee.dropped_at and attendee.grace_until != until:
                grade = attendee.dropped_grade
                events.append(MemberDropped(at=attendee.dropped_at, member=member, until=until, grade=grade))
    return tuple(events)


def _catch_up(session: Session, devices: tuple[tuple[MemberId, DeviceId], ...], seen: Sighting) -> Events:
    """The journal has told everything, so nothing is left to put right but what it cannot know: those whose line went
    with the server itself may be coming back only now. Their grace begins again, once."""
    if session.is_observed or not session.blind:
        return _enter(session, devices, seen)
    recovered = ObservationRecovered(at=seen.at, since=session.blind[-1].start)
    after = evolve(session, recovered)
    grace = session.convened.policy.grace
    until = seen.at + grace
    renewed = tuple(
        MemberDropped(at=attendee.dropped_at, member=member, until=until, grade=attendee.dropped_grade)
        for member, attendee in after.attendance.in_grace()
        if attendee.departure is Departure.OUTAGE
        and attendee.dropped_at
        and attendee.grace_until == attendee.dropped_at + grace
    )
    return (recovered, *renewed, *_enter(reduce(evolve, renewed, after), devices, seen))


def _recorded(session: Session, observation: RecordingMade | RecordingFailed, now: datetime) -> Events:
    """What came of the broadcast: the one sighting that counts after the session is over. The last one stands."""
    at = min(observation.seen.at, now)
    match observation:
        case RecordingMade():
            event: Event = RecordingFinished(
                at=at,
                size=observation.size,
                sha256=observation.sha256,
                segments=observation.segments,
                head=observation.head,
                began_at=observation.began_at,
                blind=observation.blind,
            )
        case RecordingFailed(cause=cause):
            event = RecordingMissing(at=at, cause=cause)
    is_known = session.recording is not None and replace(session.recording, at=at) == event
    return () if is_known or session.convocation is None else (event,)


def _link_up(session: Session, link: Link, at: datetime) -> Events:
    restored = () if link in session.links else (LinkRestored(at=at, link=link),)
    resolved = (AlertResolved(at=at, key=link.value),) if link.value in session.alerts else ()
    return (*restored, *resolved)


def _link_down(session: Session, link: Link, cause: str, at: datetime) -> Events:
    if link.value in session.alerts:
        return ()
    return (LinkFailed(at=at, link=link, cause=cause), AlertRaised(at=at, key=link.value, link=link, cause=cause))


def _link_shared(session: Session, member: MemberId, at: datetime) -> Events:
    """Said once, until the link is withdrawn: a member who goes on with a second device is no second alert."""
    key = _entrance(member)
    if not session.body.has(member) or key in session.alerts:
        return ()
    shared = JoinLinkShared(at=at, member=member)
    return (shared, AlertRaised(at=at, key=key, cause="link_shared"))


def _link_withdrawn(session: Session, member: MemberId, at: datetime) -> Events:
    if not session.body.has(member):
        return ()
    key = _entrance(member)
    resolved = (AlertResolved(at=at, key=key),) if key in session.alerts else ()
    return (JoinLinkWithdrawn(at=at, member=member), *resolved)


def _entrance(member: MemberId) -> str:
    return f"entrance:{member}"
