"""What there is to see of a session now: pure, from the session, its record and the clock.

One picture for the page, the JSON of the API and the terminal of the demo. Codes stay codes; only what has to be a
sentence (facts, alerts) is worded, in the language asked for. Instants are UTC; `time_zone` is where people read them.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import islice

from orchestrator.council import events as e
from orchestrator.council.agenda import AgendaItem
from orchestrator.council.convocation import Convocation
from orchestrator.council.floor import time_by_group
from orchestrator.council.members import Member, Office
from orchestrator.council.observations import Link
from orchestrator.council.session import Phase, Session
from orchestrator.council.voting import Method, Subject, votes_needed
from orchestrator.facts import Recorded, alert_text, name_of, tell
from orchestrator.remedies import acts_against, steps_against
from orchestrator.web.shown import (
    ActView,
    AlertView,
    BroadcastView,
    FactView,
    FloorView,
    ItemView,
    Light,
    LinkState,
    MemberView,
    Predicate,
    QuorumView,
    ResultView,
    View,
    VoteView,
)

FACTS_SHOWN = 40


def view(session: Session, records: Sequence[Recorded], now: datetime, language: str = "") -> View:
    """The picture of a convened session. `language` empty is the session's own. Raises Refused (NOT_CONVENED)."""
    call = session.convened
    language = language or call.language
    events = [record.event for record in records]
    blind = session.blind[-1] if session.blind and not session.is_observed else None
    return View(
        session=call.session,
        version=records[-1].seq if records else 0,
        at=now,
        language=language,
        time_zone=call.time_zone,
        entity=call.entity.name,
        body=call.body.name,
        kind=call.kind,
        call=call.call,
        starts_at=call.starts_at,
        is_rehearsal=call.is_rehearsal,
        phase=session.phase,
        opened_at=session.opened_at,
        adjourned_at=session.adjourned_at,
        is_not_held=session.not_held is not None,
        second_call_at=session.not_held.second_call_at if session.not_held else None,
        unobserved_since=blind.start if blind and session.phase is not Phase.ADJOURNED else None,
        quorum=quorum_view(session),
        members=tuple(_member(session, member) for member in call.body.members),
        floor=_floor(session, now),
        agenda=_agenda(session, events),
        vote=_vote(session),
        is_secret=session.is_secret,
        broadcast=_broadcast(session, events),
        alerts=_alerts(session, events, language),
        facts=tuple(islice(_facts(records, call, language), FACTS_SHOWN)),
        fact_count=sum(not isinstance(event, e.DeviceJoined | e.DeviceGone) for event in events),
    )


def quorum_view(session: Session) -> QuorumView:
    """The quorum alone. Raises Refused (NOT_CONVENED)."""
    verdict = session.verdict
    offices = (Office.PRESIDENT, Office.SECRETARY)
    members = Predicate(name="members", holds=verdict.has_members)
    return QuorumView(
        light=_light(session),
        met=verdict.is_met,
        present=verdict.present,
        attended=sum(m.is_counted and bool(session.attendance.of(m.id).stays) for m in session.body.members),
        needed=verdict.needed,
        base=verdict.base,
        missing=verdict.missing,
        lacks_councillors=verdict.lacks_councillors,
        rule=verdict.rule,
        article=verdict.article,
        version=verdict.version,
        predicates=(members, *(_chair(session, office) for office in offices)),
    )


def _light(session: Session) -> Light:
    verdict = session.verdict
    if session.phase is Phase.ADJOURNED:
        return Light.OVER
    if verdict.is_met:
        return Light.EDGE if verdict.is_at_edge else Light.MET
    return Light.GATHERING if session.phase is Phase.CONVENED else Light.LOST


def _chair(session: Session, office: Office) -> Predicate:
    holder = session.acting(office)
    if holder is None:
        return Predicate(name=office.value, holds=False)
    return Predicate(
        name=office.value,
        holds=True,
        holder=name_of(session.convened, holder),
        grace_until=session.attendance.of(holder).grace_until,
    )


def _member(session: Session, member: Member) -> MemberView:
    attendee = session.attendance.of(member.id)
    stays = attendee.stays
    left_at = stays[-1].end if stays else None
    is_named = session.vote is not None and session.vote.method is Method.NAMED
    return MemberView(
        id=member.id,
        name=member.name,
        office=member.office,
        group=member.group,
        presence=attendee.presence,
        until=attendee.grace_until,
        left_at=left_at,
        stayed=left_at is not None and left_at == session.adjourned_at,
        has_floor=session.floor.speaker == member.id,
        vote=dict(session.vote.votes).get(member.id) if session.vote and is_named else None,
        mode=session.mode_of(member.id),
        is_checked=session.roll.has(member.id),
        is_conflicted=member.id in session.conflicted,
        has_ghost=bool(attendee.ghosts or attendee.suspects),
        excuse=dict(session.excuses).get(member.id),
        corrections=len(attendee.corrections),
    )


def _floor(session: Session, now: datetime) -> FloorView:
    turn = session.floor.turn
    spoken = time_by_group(session.floor.turns, session.body, now)
    return FloorView(
        speaker=turn.member if turn else None,
        since=turn.start if turn else None,
        until=turn.until if turn else None,
        queue=session.floor.queue,
        kind=turn.kind if turn else None,
        kinds=tuple(request.kind for request in session.floor.requests),
        voice=session.floor.voice,
        spoken=tuple((group, int(time.total_seconds())) for group, time in sorted(spoken.items())),
    )


def _agenda(session: Session, events: Sequence[e.Event]) -> tuple[ItemView, ...]:
    results = {
        event.number: ResultView(
            yes=event.tally.yes,
            no=event.tally.no,
            abstain=event.tally.abstain,
            deemed=event.tally.deemed,
            is_carried=event.is_carried,
            is_tied=event.is_tied,
            yes_weight=event.tally.yes_weight,
            no_weight=event.tally.no_weight,
        )
        for event in events
        if isinstance(event, e.VoteClosed) and event.subject is Subject.ITEM
    }
    decided = {event.number: event.is_carried for event in events if isinstance(event, e.CastingVoteGiven)}
    for number, is_carried in decided.items():
        results[number] = results[number].model_copy(update={"is_carried": is_carried, "is_tied": False})
    return tuple(
        ItemView(
            number=item.number,
            title=item.title,
            majority=item.majority,
            phase=item.phase,
            is_current=item.number == session.agenda.current,
            result=results.get(item.number),
            urgency=item.urgency,
            ties=item.ties,
            was_secret=item.was_secret,
            lacking=_lacking(session, item) if item.number == session.agenda.current else 0,
        )
        for item in session.agenda.items
    )


def _lacking(session: Session, item: AgendaItem) -> int:
    needed = votes_needed(item.to_carry, session.body.number, session.body.listed)
    return max(0, needed - len(session.voters)) if item.is_open else 0


def _vote(session: Session) -> VoteView | None:
    vote = session.vote
    if vote is None:
        return None
    return VoteView(
        item=vote.item,
        method=vote.method,
        majority=vote.majority,
        entitled=tuple(m.id for m in session.body.members if m.id in vote.entitled),
        cast=len(vote.votes),
        subject=vote.subject,
    )


def _broadcast(session: Session, events: Iterable[e.Event]) -> BroadcastView:
    states = dict.fromkeys(Link, LinkState.IDLE)
    if session.phase is not Phase.ADJOURNED:
        for event in events:
            match event:
                case e.LinkRestored(link=link):
                    states[link] = LinkState.UP
                case e.LinkFailed(link=link):
                    states[link] = LinkState.DOWN
                case _:
                    pass
    return BroadcastView(
        is_planned=session.has_broadcast,
        picture=session.picture,
        card=session.airing.card if session.phase is not Phase.ADJOURNED else None,
        encoder=states[Link.ENCODER],
        relay=states[Link.RELAY],
        public=states[Link.PUBLIC],
    )


def _alerts(session: Session, events: Iterable[e.Event], language: str) -> tuple[AlertView, ...]:
    raised = {event.key: event for event in events if isinstance(event, e.AlertRaised) and event.key in session.alerts}
    return tuple(
        AlertView(
            key=event.key,
            link=event.link,
            cause=event.cause,
            since=event.at,
            text=alert_text(language, event.link, event.cause),
            steps=steps_against(language, event.cause),
            acts=tuple(ActView(name=act.name, fields=act.fields) for act in acts_against(event.cause)),
        )
        for event in raised.values()
    )


def _facts(records: Sequence[Recorded], call: Convocation, language: str) -> Iterator[FactView]:
    """The record in sentences, from the end."""
    for record in reversed(records):
        if fact := tell(record.event, call):
            yield FactView(seq=record.seq, at=record.event.at, text=fact.text(language))
