"""The course of a session, item by item: who spoke, what was voted, what befell. The minutes and the index of the
recording are both made of it.

What was dealt with in secret is not here, and of a ballot there is nothing but its counts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from orchestrator.council import events as e
from orchestrator.council.agenda import AgendaItem, Majority
from orchestrator.council.convocation import Convocation
from orchestrator.council.floor import TurnKind
from orchestrator.council.members import MemberId
from orchestrator.council.voting import Choice, Method, Subject, Tally
from orchestrator.documents.attendance import Incident
from orchestrator.facts import Recorded, tell
from orchestrator.secrecy import public


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """A granted turn; `end` is None for one that still lasts."""

    member: MemberId
    kind: TurnKind
    start: datetime
    end: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Absence:
    """A member who was there left at `start`; `end` is None for one who was not back when the stretch ended."""

    member: MemberId
    start: datetime
    end: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ballot:
    """A vote that was held. `tally` is None for one that came to nothing (annulled) or is not closed yet.

    `votes` are the last of each member; `silent` are those entitled who did not vote and so abstained.
    """

    at: datetime
    method: Method
    majority: Majority
    entitled: tuple[MemberId, ...]
    deemed: tuple[MemberId, ...]
    votes: tuple[tuple[MemberId, Choice], ...] = ()
    subject: Subject = Subject.ITEM
    tally: Tally | None = None
    is_carried: bool = False
    is_tied: bool = False
    is_annulled: bool = False

    def of(self, choice: Choice) -> tuple[MemberId, ...]:
        """Who voted so, in the order of the call; who said nothing abstained."""
        votes = dict(self.votes)
        return tuple(m for m in self.entitled if votes.get(m, Choice.ABSTAIN) is choice)


@dataclass(slots=True, kw_only=True)
class Stretch:
    """A stretch of the session on one item, or (`item` None) on none; `was_secret`: part of it was held in secret."""

    item: AgendaItem | None
    start: datetime
    end: datetime | None = None
    debated_at: datetime | None = None
    was_secret: bool = False
    speeches: list[Speech] = field(default_factory=list)
    ballots: list[Ballot] = field(default_factory=list)
    absences: list[Absence] = field(default_factory=list)
    incidents: list[Incident] = field(default_factory=list)


_BEFALLS = (
    e.MemberArrived,
    e.QuorumLost,
    e.QuorumReached,
    e.SessionSuspended,
    e.SessionResumed,
    e.ObservationCeased,
    e.ObservationBegan,
    e.ObservationRecovered,
    e.LinkFailed,
    e.LinkRestored,
)
"""What is told in the minutes because it happened, and not because somebody did it in the course of the item."""


def proceedings(convocation: Convocation, records: Sequence[Recorded]) -> tuple[Stretch, ...]:
    """The stretches from the opening to the adjournment, in order; none for a session that never opened."""
    course = _Course(convocation)
    for record in public(records):
        course.feed(record)
    return tuple(course.stretches)


class _Course:
    """Feeds on the record, event by event."""

    def __init__(self, convocation: Convocation) -> None:
        self._convocation = convocation
        self._items = {item.number: item for item in convocation.agenda}
        self._is_open = False
        self.stretches: list[Stretch] = []

    def feed(self, record: Recorded) -> None:
        event = record.event
        match event:
            case e.SessionOpened():
                self._is_open = True
                self._turn(None, event.at)
            case e.SessionAdjourned() if self._is_open:
                self._end(event.at)
                self._is_open = False
            case e.UrgentItemProposed(number=number, title=title, majority=majority):
                self._items[number] = AgendaItem(number=number, title=title, majority=majority)
                self._note(record)
            case e.ItemCalled(number=number) if self._is_open:
                self._turn(self._items.get(number), event.at)
            case e.ItemConcluded() if self._is_open:
                self._turn(None, event.at)
            case e.ItemWithdrawn(number=number) | e.ItemTabled(number=number) | e.UrgencyRefused(number=number):
                self._note(record)
                if self._is_on(number):
                    self._turn(None, event.at)
            case _ if self._is_open:
                self._note(record)
            case _:
                pass

    def _is_on(self, number: int) -> bool:
        now = self.stretches[-1].item if self.stretches else None
        return now is not None and now.number == number

    def _note(self, record: Recorded) -> None:
        if not self.stretches:
            return
        now, event = self.stretches[-1], record.event
        now.was_secret |= isinstance(event, e.SecretOpened)
        match event:
            case e.DebateOpened(at=at):
                now.debated_at = at
            case e.FloorGranted(member=member, kind=kind, at=at):
                now.speeches.append(Speech(member=member, kind=kind, start=at, end=None))
            case e.FloorReturned(at=at) | e.FloorExpired(at=at):
                self._silence(at)
            case e.MemberLeft(member=member, at=at):
                now.absences.append(Absence(member=member, start=at, end=None))
            case e.MemberArrived(member=member, at=at) if any(_is_away(a, member) for a in now.absences):
                now.absences = [replace(a, end=at) if _is_away(a, member) else a for a in now.absences]
            case e.VoteOpened() | e.VoteCast() | e.VoteClosed() | e.VoteAnnulled():
                now.ballots = list(_voted(now.ballots, event))
            case _ if isinstance(event, _BEFALLS):
                fact = tell(event, self._convocation)
                if fact is not None:
                    now.incidents.append(Incident(seq=record.seq, at=event.at, fact=fact))
            case _:
                pass

    def _turn(self, item: AgendaItem | None, at: datetime) -> None:
        self._end(at)
        self.stretches.append(Stretch(item=item, start=at))

    def _end(self, at: datetime) -> None:
        self._silence(at)
        if self.stretches and self.stretches[-1].end is None:
            self.stretches[-1].end = at

    def _silence(self, at: datetime) -> None:
        """The turn in progress, if there is one, ends."""
        speeches = self.stretches[-1].speeches if self.stretches else []
        if speeches and speeches[-1].end is None:
            last = speeches[-1]
            speeches[-1] = replace(last, end=max(last.start, at))


def _is_away(absence: Absence, member: MemberId) -> bool:
    return absence.member == member and absence.end is None


def _voted(ballots: Sequence[Ballot], event: e.Event) -> Iterable[Ballot]:
    """The ballots of a stretch after one more event of a vote."""
    match event:
        case e.VoteOpened():
            return (*ballots, _opened(event))
        case _ if not ballots:
            return ballots
        case e.VoteCast(member=member, choice=choice):
            last = ballots[-1]
            votes = (*(vote for vote in last.votes if vote[0] != member), (member, choice))
            return (*ballots[:-1], replace(last, votes=votes))
        case e.VoteClosed(tally=tally, is_carried=is_carried, is_tied=is_tied):
            return (*ballots[:-1], replace(ballots[-1], tally=tally, is_carried=is_carried, is_tied=is_tied))
        case e.VoteAnnulled():
            return (*ballots[:-1], replace(ballots[-1], is_annulled=True))
        case _:
            return ballots


def _opened(event: e.VoteOpened) -> Ballot:
    return Ballot(
        at=event.at,
        method=event.method,
        majority=event.majority,
        entitled=event.entitled,
        deemed=event.deemed,
        subject=event.subject,
    )
