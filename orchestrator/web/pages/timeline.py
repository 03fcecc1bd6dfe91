"""The page of one session for its operator: how it stands, its alerts, and what happened, the newest first."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final

from aiohttp import web

from orchestrator.access import Access, Operation
from orchestrator.council import events as e
from orchestrator.council.glance import glance
from orchestrator.council.observations import Link
from orchestrator.facts import alert_text, tell
from orchestrator.remedies import acts_against, steps_against
from orchestrator.store.alerts import Alert, AlertId, Deed, Entry
from orchestrator.store.ledger import Recorded
from orchestrator.store.listener import Channel
from orchestrator.web.feed import Item, follow
from orchestrator.web.house import House, Reading
from orchestrator.web.pages.alerts import ROLES, histories, said_of, when_new
from orchestrator.web.pages.live import why_not
from orchestrator.web.pages.rendering import page, render
from orchestrator.web.request import access_of, house_of, language_of, session_of
from orchestrator.web.route import Route
from orchestrator.web.wall import by_urgency
from orchestrator.wording import Language, word

_LINES: Final = 200
_OUR_OWN: Final = frozenset({Deed.ACKNOWLEDGED, Deed.NOTED, Deed.ESCALATED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Something that happened. `by` is who did it, where it is not on the record; `tone` is how bad it is."""

    at: datetime
    text: str
    by: str | None = None
    note: str = ""
    tone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkNow:
    """A link and since when it is as it is."""

    link: Link
    is_up: bool
    since: datetime


async def show(request: web.Request) -> web.Response:
    """The whole page."""
    reading, house, language = await session_of(request), house_of(request), language_of(request)
    values = await _values(house, reading, access_of(request), language)
    values |= {"access": access_of(request), "now": house.now()}
    return page(request, "timeline.html", language, values)


async def feed(request: web.Request) -> web.StreamResponse:
    """Its parts, after every change of the record and of its alerts."""
    reading, house, language = await session_of(request), house_of(request), language_of(request)
    session_id, access = reading.session.convened.session, access_of(request)
    last = [""]

    async def since(known: int) -> Sequence[Item]:
        values = await _values(house, await house.read(session_id), access, language)
        return when_new(last, render("timeline_parts.html", language, values), known)

    with house.hearing((Channel.RECORD, session_id), (Channel.ALERTS, session_id)) as changed:
        return await follow(request, house, changed, since, 0)


async def _values(house: House, reading: Reading, access: Access, language: Language) -> dict[str, object]:
    session = reading.session
    call = session.convened
    alerts = await house.alerts.find(session=call.session, is_open=False)
    opened = by_urgency([alert for alert in alerts if alert.is_open])
    done = await histories(house, alerts)
    lines = [*_of_the_record(reading, language), *_of_the_alerts(alerts, done, language)]
    return {
        "session": call.session,
        "call": call,
        "phase": session.phase,
        "glance": glance(session),
        "links": _links(reading.records),
        "opened": opened,
        "say": said_of(opened, language),
        "histories": done,
        "names": {},
        "deliveries": await house.deliveries.of([alert.id for alert in alerts]),
        "lines": sorted(lines, key=lambda line: line.at, reverse=True)[:_LINES],
        "zone": call.time_zone,
        "at": house.now(),
        "alert_text": alert_text,
        "steps_against": steps_against,
        "roles": ROLES,
        "acts_against": acts_against,
        "why_not": why_not(reading, access, house),
        "back": "timeline",
    }


def _of_the_record(reading: Reading, language: Language) -> Iterator[Line]:
    call = reading.session.convened
    told = ((record.event, tell(record.event, call)) for record in reversed(reading.records))
    for event, fact in islice(((event, fact) for event, fact in told if fact), _LINES):
        yield Line(at=event.at, text=fact.text(language), tone=_tone(event))


def _tone(event: e.Event) -> str:
    match event:
        case e.AlertRaised() | e.LinkFailed() | e.QuorumLost() | e.ObservationCeased() | e.RecordingMissing():
            return "bad"
        case e.AlertResolved() | e.LinkRestored() | e.QuorumReached() | e.ObservationBegan():
            return "ok"
        case _:
            return ""


def _of_the_alerts(
    alerts: Sequence[Alert], done: Mapping[AlertId, Sequence[Entry]], language: Language
) -> Iterator[Line]:
    """What operators did; and what began and ended, where the record does not say it."""
    for alert in alerts:
        for entry in done[alert.id]:
            if entry.deed in _OUR_OWN or not alert.is_on_record:
                text = word(language, f"deed.{entry.deed}", alert=alert_text(language, alert.link, alert.cause))
                yield Line(at=entry.at, text=text, by=entry.by, note=entry.note)


def _links(records: Sequence[Recorded]) -> tuple[LinkNow, ...]:
    """Those that were ever heard of, in the order of the chain."""
    now: dict[Link, LinkNow] = {}
    for record in records:
        match record.event:
            case e.LinkRestored(at=at, link=link):
                now[link] = LinkNow(link=link, is_up=True, since=at)
            case e.LinkFailed(at=at, link=link):
                now[link] = LinkNow(link=link, is_up=False, since=at)
            case _:
                continue
    return tuple(now[link] for link in Link if link in now)


ROUTES = (
    Route(
        method="GET",
        path="/sessions/{id}/timeline",
        operation=Operation.PAGE_TIMELINE,
        handler=show,
        summary="A session as its operator sees it",
    ),
    Route(
        method="GET",
        path="/sessions/{id}/timeline/feed",
        operation=Operation.PAGE_TIMELINE_FEED,
        handler=feed,
        summary="Its changes",
    ),
)
