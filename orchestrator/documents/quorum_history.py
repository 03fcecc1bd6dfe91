"""How the quorum fared: at the constitution, at its lowest, when it was lost, and who sat in the chairs.

The numbers are a fold over the record with the council's own `evolve`, so that they are those that the room was told.
The rule, the article and the figures it asked for are quoted from the verdicts on the record, never made anew.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from orchestrator.council import events as e
from orchestrator.council.members import MemberId, Office
from orchestrator.council.quorum import Verdict
from orchestrator.council.roll import Roll
from orchestrator.council.session import Phase, Session, evolve
from orchestrator.facts import Recorded


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """A stretch without quorum while the session was open; `end` is None when it was never regained."""

    start: datetime
    end: datetime | None
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Chair:
    """Who held an office from `start` to `end`, while the session was open."""

    office: Office
    member: MemberId
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class QuorumHistory:
    """`constituted` is the verdict at the opening; None for a session that never opened. `lowest` is how many members
    were there when they were fewest while it was open, at `lowest_at`."""

    constituted: Verdict | None
    opened_at: datetime | None
    lowest: int | None
    lowest_at: datetime | None
    losses: tuple[Loss, ...]
    chairs: tuple[Chair, ...]

    def holders(self, office: Office) -> tuple[Chair, ...]:
        """Who held that office, in order."""
        return tuple(chair for chair in self.chairs if chair.office is office)


def quorum_history(records: Sequence[Recorded], at: datetime) -> QuorumHistory:
    """The history as the record has it; what still lasts is counted up to `at`."""
    seats = _Seats()
    low: tuple[int, datetime] | None = None
    seen: dict[_There, int] = {}
    for there, session, changed_at in _attendances(records):
        if there not in seen:
            seen[there] = session.verdict.present
        low = (seen[there], changed_at) if low is None or seen[there] < low[0] else low
        seats.see(session, changed_at)
    events = [record.event for record in records]
    opened = next((event for event in events if isinstance(event, e.SessionOpened)), None)
    return QuorumHistory(
        constituted=opened.verdict if opened else None,
        opened_at=opened.at if opened else None,
        lowest=low[0] if low else None,
        lowest_at=low[1] if low else None,
        losses=tuple(_losses(events)),
        chairs=seats.until(_end(events, at)),
    )


_There = tuple[frozenset[MemberId], frozenset[MemberId], Roll]
"""What follows who counts and who sits in the chairs: who is there, who withdrew, and what the roll established."""


def _attendances(records: Iterable[Recorded]) -> Iterable[tuple[_There, Session, datetime]]:
    """The open session at its opening, and whenever somebody came, went, withdrew or answered the roll since."""
    session = Session()
    last: _There | None = None
    for record in records:
        before, session = session, evolve(session, record.event)
        if session.phase is Phase.ADJOURNED:
            return
        if session.opened_at is None or (last and session.attendance is before.attendance and _same(session, before)):
            continue
        there = (session.attendance.present(), session.conflicted, session.roll)
        if there != last:
            yield there, session, record.event.at
            last = there


def _same(session: Session, before: Session) -> bool:
    return session.conflicted is before.conflicted and session.roll is before.roll


def _end(events: Iterable[e.Event], at: datetime) -> datetime:
    return next((event.at for event in events if isinstance(event, e.SessionAdjourned)), at)


def _losses(events: Iterable[e.Event]) -> Iterable[Loss]:
    """From each `QuorumLost` to the next `QuorumReached`, within the open session."""
    is_open = False
    lost: e.QuorumLost | None = None
    for event in events:
        match event:
            case e.SessionOpened():
                is_open = True
            case e.QuorumLost() if is_open and lost is None:
                lost = event
            case e.QuorumReached() if lost:
                yield Loss(start=lost.at, end=event.at, verdict=lost.verdict)
                lost = None
            case e.SessionAdjourned():
                break
            case _:
                pass
    if lost:
        yield Loss(start=lost.at, end=None, verdict=lost.verdict)


class _Seats:
    """Gathers who sits in the chairs of president and secretary, stretch after stretch."""

    def __init__(self) -> None:
        self._past: list[Chair] = []
        self._now: dict[Office, tuple[MemberId, datetime]] = {}

    def see(self, session: Session, at: datetime) -> None:
        for office in (Office.PRESIDENT, Office.SECRETARY):
            holder = session.acting(office)
            member, start = self._now.get(office, (None, at))
            if holder == member:
                continue
            if member is not None:
                self._close(office, member, start, at)
            if holder is not None:
                self._now[office] = (holder, at)

    def until(self, end: datetime) -> tuple[Chair, ...]:
        for office, (member, start) in tuple(self._now.items()):
            self._close(office, member, start, end)
        return tuple(sorted(self._past, key=lambda chair: (chair.office is Office.SECRETARY, chair.start)))

    def _close(self, office: Office, member: MemberId, start: datetime, end: datetime) -> None:
        del self._now[office]
        # A change of chair that took no time (both went in one message) is none.
        if end > start:
            self._past.append(Chair(office=office, member=member, start=start, end=end))
