"""The hour before: is everything there that the session needs? A list that ticks itself, and says who must do what.

What cannot be asked is said to be unknown; nothing is ticked on a guess.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from orchestrator.convening.check import Check, State
from orchestrator.council.members import MemberId
from orchestrator.council.observations import Link
from orchestrator.council.session import Session

LEAST_FREE_BYTES: Final = 20 * 1024**3
"""Two sessions of five hours at 3 Mbit/s, with room to make one file of each."""
CLOCK_TOLERANCE: Final = timedelta(seconds=0.5)
_MOST_NAMES: Final = 4


class Duty(StrEnum):
    """Who must do something about it; worded as `preflight.who.<duty>`."""

    OPERATOR = "operator"
    SECRETARY = "secretary"


class Channel(StrEnum):
    """The channel of the entity, as far as is known without sending to it."""

    READY = "ready"
    NOT_READY = "not_ready"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What was found. None where it could not be asked. `encoders` are those that are healthy, `free` of them; so many
    `broadcasts` there are at about that hour, this one among them. `called` and `called_soon`: to whom the call was
    sent, or is being sent. `fit` are those whose connection was tested and will do."""

    now: datetime
    opens_at: datetime
    channel: Channel
    encoders: int | None
    free: int | None
    broadcasts: int
    disk_free: int | None
    clock_ahead: timedelta | None
    has_mail: bool
    called: frozenset[MemberId]
    called_soon: frozenset[MemberId]
    fit: frozenset[MemberId]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A line of the list, and whose it is to see to it, while it is not well."""

    check: Check
    duty: Duty | None = None


def preflight(session: Session, facts: Facts) -> tuple[Item, ...]:
    """The list."""
    return (
        _room(session, facts),
        *(_broadcast(session, facts) if session.has_broadcast else ()),
        _disk(facts),
        _clock(facts),
        _calls(session, facts),
        _connections(session, facts),
    )


def _item(topic: str, finding: str, state: State, duty: Duty, **params: object) -> Item:
    check = Check(topic=f"pre_{topic}", finding=finding, state=state, params=params)
    return Item(check=check, duty=duty if state in (State.LOOK, State.ILL, State.UNKNOWN) else None)


def _room(session: Session, facts: Facts) -> Item:
    """The bot is in the room: it exists, and it is watched."""
    if session.is_observed:
        return _item("room", "well", State.WELL, Duty.OPERATOR)
    if facts.now < facts.opens_at:
        return _item("room", "early", State.WAITING, Duty.OPERATOR, at=_clock_of(facts.opens_at, session))
    return _item("room", "missing", State.ILL, Duty.OPERATOR)


def _broadcast(session: Session, facts: Facts) -> Iterable[Item]:
    if Link.ENCODER in session.links:
        yield _item("encoder", "sends", State.WELL, Duty.OPERATOR)
    elif facts.encoders is None or facts.free is None:
        yield _item("encoder", "unknown", State.UNKNOWN, Duty.OPERATOR)
    elif not facts.free:
        yield _item("encoder", "busy", State.ILL, Duty.OPERATOR, encoders=facts.encoders)
    elif facts.broadcasts > facts.encoders:
        numbers = {"encoders": facts.encoders, "broadcasts": facts.broadcasts}
        yield _item("encoder", "too_few", State.LOOK, Duty.OPERATOR, **numbers)
    else:
        yield _item("encoder", "well", State.WELL, Duty.OPERATOR, free=facts.free, broadcasts=facts.broadcasts)
    if session.convened.is_rehearsal:
        yield _item("channel", "rehearsal", State.WELL, Duty.OPERATOR)
        return
    states = {Channel.READY: State.WELL, Channel.NOT_READY: State.ILL, Channel.NONE: State.LOOK}
    yield _item("channel", facts.channel, states[facts.channel], Duty.OPERATOR)
    # The waiting card is on the air from then on: that the channel takes it is the test, of key and permission alike.
    if Link.RELAY in session.links:
        yield _item("ingest", "well", State.WELL, Duty.OPERATOR)
    elif facts.now < facts.opens_at:
        yield _item("ingest", "early", State.WAITING, Duty.OPERATOR, at=_clock_of(facts.opens_at, session))
    elif facts.channel is Channel.NONE:
        yield _item("ingest", "unknown", State.UNKNOWN, Duty.OPERATOR)
    else:
        yield _item("ingest", "refused", State.ILL, Duty.OPERATOR)


def _disk(facts: Facts) -> Item:
    if facts.disk_free is None:
        return _item("disk", "unknown", State.UNKNOWN, Duty.OPERATOR)
    is_full = facts.disk_free < LEAST_FREE_BYTES
    finding, state = ("full", State.ILL) if is_full else ("well", State.WELL)
    return _item("disk", finding, state, Duty.OPERATOR, free=facts.disk_free // 1024**3)


def _clock(facts: Facts) -> Item:
    if facts.clock_ahead is None:
        return _item("clock", "unknown", State.UNKNOWN, Duty.OPERATOR)
    is_wrong = abs(facts.clock_ahead) > CLOCK_TOLERANCE
    seconds = f"{facts.clock_ahead.total_seconds():+.2f}"
    finding, state = ("wrong", State.ILL) if is_wrong else ("well", State.WELL)
    return _item("clock", finding, state, Duty.OPERATOR, seconds=seconds)


def _calls(session: Session, facts: Facts) -> Item:
    """The call has gone to everybody; without a mail server nobody here knows."""
    missing = _without(session, facts.called | facts.called_soon)
    if not facts.has_mail:
        return _item("calls", "unknown", State.UNKNOWN, Duty.SECRETARY)
    if missing:
        return _item("calls", "missing", State.LOOK, Duty.SECRETARY, count=len(missing), names=_some(missing))
    if waiting := _without(session, facts.called):
        return _item("calls", "waiting", State.WAITING, Duty.SECRETARY, count=len(waiting))
    return _item("calls", "well", State.WELL, Duty.SECRETARY)


def _connections(session: Session, facts: Facts) -> Item:
    missing = _without(session, facts.fit)
    if missing:
        return _item("connections", "missing", State.LOOK, Duty.SECRETARY, count=len(missing), names=_some(missing))
    return _item("connections", "well", State.WELL, Duty.SECRETARY)


def _without(session: Session, those: frozenset[MemberId]) -> list[str]:
    return [member.name for member in session.body.members if member.id not in those]


def _some(names: Sequence[str]) -> str:
    rest = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" (+{rest})" if rest > 0 else "")


def _clock_of(at: datetime, session: Session) -> str:
    return f"{at.astimezone(ZoneInfo(session.convened.time_zone)):%d/%m/%Y %H:%M}"
