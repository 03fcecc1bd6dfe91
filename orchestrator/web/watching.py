"""What a citizen may see of an entity's sessions: what is on the air now, what comes, and what was.

Public sessions only; no rehearsal, no private video, and of a closed part not even its title.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import parse_qs, urlsplit

from orchestrator.council.effects import Picture
from orchestrator.council.members import EntityId, SessionId
from orchestrator.council.observations import Link
from orchestrator.council.session import Phase, Session
from orchestrator.store.records import Entry
from orchestrator.web.hls import on_air
from orchestrator.web.house import House
from orchestrator.web.streams import Stream, streams

FRAMES = "https://www.youtube-nocookie.com"
"""The one foreign site that may be shown inside the page: YouTube's player, which sets no cookie before it plays."""
_BEFORE = timedelta(hours=3)
"""A session that was called for earlier and has not been opened since is not coming any more."""
_FUTURE, _PAST = timedelta(days=120), timedelta(days=400)
_MOST_TO_COME, _MOST_PAST = 8, 12
_VIDEO = re.compile(r"[A-Za-z0-9_-]{11}")
_CHANNEL = re.compile(r"UC[A-Za-z0-9_-]{22}")


class State(StrEnum):
    """What the public sees of a session that is on the air."""

    WAITING = "waiting"
    LIVE = "live"
    RECESS = "recess"
    SECRET = "secret"  # noqa: S105 - a state
    TROUBLE = "trouble"


@dataclass(frozen=True, slots=True, kw_only=True)
class Player:
    """Where it plays: inside the page (`frame` is YouTube's, `film` our own HLS), and on a page of its own (`link`)."""

    frame: str = ""
    film: str = ""
    link: str = ""

    @property
    def is_there(self) -> bool:
        """Whether there is anything to see."""
        return bool(self.frame or self.film or self.link)


@dataclass(frozen=True, slots=True, kw_only=True)
class Showing:
    """A session on the air: who meets, in what state, and with which item of the agenda (number and title; empty in a
    closed part)."""

    id: SessionId
    title: str
    starts_at: datetime
    zone: str
    state: State
    item: str
    player: Player


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """A session that is called."""

    id: SessionId
    title: str
    starts_at: datetime
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A session that was, and where it can be seen again: one player for each channel that it was on."""

    id: SessionId
    title: str
    starts_at: datetime
    zone: str
    players: tuple[Player, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Programme:
    """An entity's sessions, for its citizens."""

    now: tuple[Showing, ...]
    coming: tuple[Coming, ...]
    past: tuple[Past, ...] = ()


async def programme(house: House, entity: EntityId, *, with_past: bool) -> Programme:
    """What there is to see; the past only where it is asked for, since it does not change while one watches."""
    now = house.now()
    entries = await _public(house, entity, now - _BEFORE * 8, now + _FUTURE)
    film = await on_air(house, entity) or ""
    showings, coming = [], []
    for entry in entries:
        if entry.phase is Phase.ADJOURNED:
            continue
        session = (await house.read(entry.id)).session
        showing = _showing(session, film if f"/{entry.id}/" in film else "")
        if entry.phase is not Phase.CONVENED or showing.player.is_there:
            showings.append(showing)
        elif entry.starts_at > now - _BEFORE:
            coming.append(_coming(session))
    past = await _past(house, entity, now) if with_past else ()
    return Programme(now=tuple(showings), coming=tuple(coming[:_MOST_TO_COME]), past=past)


def player(*, video: str, watch: str, film: str = "") -> Player:
    """Where something plays: YouTube's player for what is there, else our own HLS, else a link."""
    frame = _frame(video, watch)
    return Player(frame=frame, film="" if frame else film, link=watch)


def _frame(video: str, watch: str) -> str:
    """The player of a video, or of whatever a channel shows live; from the addresses that people copy."""
    parts = urlsplit(watch)
    host, path = (parts.hostname or "").removeprefix("www.").removeprefix("m."), parts.path.strip("/").split("/")
    if not video and host == "youtu.be":
        video = path[0]
    elif not video and host == "youtube.com":
        video = parse_qs(parts.query).get("v", [""])[0] or (path[1] if len(path) > 1 and path[0] == "live" else "")
        if path[0] == "channel" and len(path) > 1 and _CHANNEL.fullmatch(path[1]):
            return f"{FRAMES}/embed/live_stream?channel={path[1]}"
    return f"{FRAMES}/embed/{video}" if _VIDEO.fullmatch(video) else ""


async def _public(house: House, entity: EntityId, since: datetime, until: datetime) -> list[Entry]:
    entries = await house.records.sessions(entity=entity, since=since, until=until, is_public_only=True)
    return [entry for entry in entries if not entry.is_rehearsal]


async def _past(house: House, entity: EntityId, now: datetime) -> tuple[Past, ...]:
    entries = await _public(house, entity, now - _PAST, now + timedelta(days=1))
    over = [entry for entry in reversed(entries) if entry.phase is Phase.ADJOURNED][:_MOST_PAST]
    return tuple([await _seen_again(house, entry.id) for entry in over])


async def _seen_again(house: House, session_id: SessionId) -> Past:
    reading = await house.read(session_id)
    call = reading.session.convened
    return Past(
        id=call.session,
        title=call.body.name,
        starts_at=call.starts_at,
        zone=call.time_zone,
        players=tuple(_players(streams(reading.session, reading.records))),
    )


def _players(found: Iterable[Stream]) -> Iterable[Player]:
    """Each video once, in the order of the session. What a plain channel showed live is not there afterwards."""
    seen = set()
    for stream in found:
        if stream.video and not stream.is_private and stream.video not in seen:
            seen.add(stream.video)
            yield player(video=stream.video, watch=stream.watch)


def _showing(session: Session, film: str) -> Showing:
    call, reach = session.convened, session.airing.reach
    is_shown = reach is not None and not reach.is_private
    state, item = _state(session), session.agenda.on
    return Showing(
        id=call.session,
        title=call.body.name,
        starts_at=call.starts_at,
        zone=call.time_zone,
        state=state,
        item=f"{item.number}. {item.title}" if item and not session.is_secret else "",
        player=player(video=reach.video, watch=reach.watch, film=film) if reach and is_shown else Player(film=film),
    )


def _state(session: Session) -> State:
    match session.picture:
        case Picture.WAITING:
            return State.WAITING
        case Picture.RECESS:
            return State.RECESS
        case Picture.SECRET:
            return State.SECRET
        case _:
            return State.TROUBLE if {Link.RELAY.value, Link.ENCODER.value} & session.alerts else State.LIVE


def _coming(session: Session) -> Coming:
    call = session.convened
    return Coming(id=call.session, title=call.body.name, starts_at=call.starts_at, zone=call.time_zone)
