"""The course of a session as data: turns, votes, and what went wrong.

What was dealt with in secret is not here, as in the minutes; whoever may read the record has it in its events.
"""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from aiohttp import web
from pydantic import AwareDatetime, BaseModel, Field

from orchestrator.access import Operation
from orchestrator.council.agenda import Majority
from orchestrator.council.floor import TurnKind
from orchestrator.council.members import MemberId
from orchestrator.council.session import Session
from orchestrator.council.voting import Choice, Method, Subject
from orchestrator.documents.incidents import IncidentKind, incidents
from orchestrator.documents.proceedings import Ballot, Speech, proceedings
from orchestrator.facts import tell
from orchestrator.web.api.entities import json
from orchestrator.web.house import Reading
from orchestrator.web.paging import PARAMETERS, PageOut, page_asked
from orchestrator.web.request import house_of, language_of, session_of
from orchestrator.web.route import Route

Row = TypeVar("Row")


class TurnOut(BaseModel):
    """A granted turn to speak; `end` is null while it lasts."""

    member: str
    name: str
    group: str
    kind: TurnKind
    item: int | None
    start: AwareDatetime
    end: AwareDatetime | None
    total_s: int = Field(description="Seconds, up to now for a turn that lasts")


class TurnsOut(PageOut):
    """Turns in order."""

    turns: tuple[TurnOut, ...]


class CastOut(BaseModel):
    """How one member voted by name. `deemed`: was away, and so counts as abstaining (ROF 100)."""

    member: str
    name: str
    choice: Choice
    deemed: bool


class TallyOut(BaseModel):
    """The count. With weighted votes the weights decide."""

    yes: int
    no: int
    abstain: int
    deemed: int
    yes_weight: int
    no_weight: int


class BallotOut(BaseModel):
    """A vote that was held. `tally` is null for one that is open or was annulled; `votes` are empty unless by name."""

    item: int | None
    subject: Subject
    method: Method
    majority: Majority
    opened_at: AwareDatetime
    tally: TallyOut | None
    is_carried: bool
    is_tied: bool
    is_annulled: bool
    votes: tuple[CastOut, ...]


class VotesOut(PageOut):
    """Votes in order."""

    votes: tuple[BallotOut, ...]


class IncidentOut(BaseModel):
    """Something that went wrong, and until when; `subject` is the member, link or alert, `cause` a code."""

    seq: int = Field(description="The event that told of it")
    kind: IncidentKind
    subject: str
    cause: str
    start: AwareDatetime
    end: AwareDatetime | None
    text: str = Field(description="The event in words, in the language of the request")


class IncidentsOut(PageOut):
    """Incidents in the order in which they began."""

    incidents: tuple[IncidentOut, ...]


async def read_turns(request: web.Request) -> web.Response:
    """Who spoke, on what, for how long."""
    reading = await session_of(request)
    now = house_of(request).now()
    turns = [
        _turn(reading.session, speech, stretch.item.number if stretch.item else None, now)
        for stretch in proceedings(reading.session.convened, reading.records)
        for speech in stretch.speeches
    ]
    page, following = _page(request, turns)
    return json(TurnsOut(turns=tuple(page), next=following))


async def read_votes(request: web.Request) -> web.Response:
    """What was voted, how it came out, and by name who voted what."""
    reading = await session_of(request)
    votes = [
        _ballot(reading.session, ballot, stretch.item.number if stretch.item else None)
        for stretch in proceedings(reading.session.convened, reading.records)
        for ballot in stretch.ballots
    ]
    page, following = _page(request, votes)
    return json(VotesOut(votes=tuple(page), next=following))


async def read_incidents(request: web.Request) -> web.Response:
    """What went wrong, and for how long."""
    reading = await session_of(request)
    page, following = _page(request, tuple(_incidents(reading, language_of(request))))
    return json(IncidentsOut(incidents=tuple(page), next=following))


def _page(request: web.Request, rows: Sequence[Row]) -> tuple[Sequence[Row], str | None]:
    """A record only grows at its end, so that a place in the list stays what it is."""
    asked = page_asked(request)
    start = asked.number() or 0
    places = list(enumerate(rows, start=1))[start : start + asked.limit + 1]
    page, following = asked.cut(places, lambda place: (str(place[0]),))
    return [row for _, row in page], following


def _turn(session: Session, speech: Speech, item: int | None, now: AwareDatetime) -> TurnOut:
    member = session.body.member(speech.member)
    return TurnOut(
        member=member.id,
        name=member.name,
        group=member.group,
        kind=speech.kind,
        item=item,
        start=speech.start,
        end=speech.end,
        total_s=max(0, round(((speech.end or now) - speech.start).total_seconds())),
    )


def _ballot(session: Session, ballot: Ballot, item: int | None) -> BallotOut:
    tally = ballot.tally
    return BallotOut(
        item=item,
        subject=ballot.subject,
        method=ballot.method,
        majority=ballot.majority,
        opened_at=ballot.at,
        tally=TallyOut.model_validate(tally, from_attributes=True) if tally else None,
        is_carried=ballot.is_carried,
        is_tied=ballot.is_tied,
        is_annulled=ballot.is_annulled,
        votes=tuple(_cast(session, ballot)) if ballot.method is Method.NAMED else (),
    )


def _cast(session: Session, ballot: Ballot) -> Iterator[CastOut]:
    def out(member: MemberId, choice: Choice, *, is_deemed: bool) -> CastOut:
        return CastOut(member=member, name=session.body.member(member).name, choice=choice, deemed=is_deemed)

    for member, choice in ballot.votes:
        yield out(member, choice, is_deemed=False)
    for member in ballot.deemed:
        yield out(member, Choice.ABSTAIN, is_deemed=True)


def _incidents(reading: Reading, language: str) -> Iterator[IncidentOut]:
    told = {record.seq: record.event for record in reading.records}
    for incident in incidents(reading.records):
        fact = tell(told[incident.seq], reading.session.convened)
        yield IncidentOut(
            seq=incident.seq,
            kind=incident.kind,
            subject=incident.subject,
            cause=incident.cause,
            start=incident.start,
            end=incident.end,
            text=fact.text(language) if fact else "",
        )


ROUTES = (
    Route(
        method="GET",
        path="/api/v1/sessions/{id}/turns",
        operation=Operation.READ_TURNS,
        handler=read_turns,
        summary="Who spoke, on what, for how long",
        gives=TurnsOut,
        parameters=PARAMETERS,
    ),
    Route(
        method="GET",
        path="/api/v1/sessions/{id}/votes",
        operation=Operation.READ_VOTES,
        handler=read_votes,
        summary="What was voted, how it came out, and by name who voted what",
        gives=VotesOut,
        parameters=PARAMETERS,
    ),
    Route(
        method="GET",
        path="/api/v1/sessions/{id}/incidents",
        operation=Operation.READ_INCIDENTS,
        handler=read_incidents,
        summary="What went wrong, and for how long: quorum, lines, broadcast, alerts, nobody watching",
        gives=IncidentsOut,
        parameters=PARAMETERS,
    ),
)
