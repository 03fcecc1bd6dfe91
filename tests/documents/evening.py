"""Sessions to make documents of: a long evening of 41 members with 5,000 events, and how a record stands in a file."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from orchestrator.council import events as e
from orchestrator.council.agenda import AgendaItem, Majority
from orchestrator.council.events import Event
from orchestrator.council.members import Body, BodyId, BodyKind, Member, MemberId, Office
from orchestrator.council.observations import Departure, DeviceId, Grade, Link
from orchestrator.council.quorum import Verdict
from orchestrator.council.session import Session, replay
from orchestrator.council.voting import Choice, Method, Tally
from tests.scenarios.play import convocation

SIX = datetime(2026, 11, 26, 17, tzinfo=UTC)
COUNCILLORS, ITEMS, EVENTS = 41, 24, 5_000


@dataclass(frozen=True)
class Line:
    """An event as the ledger keeps it."""

    seq: int
    event: Event
    recorded_at: datetime
    hash: bytes = b"\xab" * 32


def lines(events: Iterable[Event]) -> list[Line]:
    return [Line(seq, event, event.at) for seq, event in enumerate(events, start=1)]


def long_evening() -> tuple[Session, Sequence[Line], datetime]:
    """Six hours, 41 councillors whose lines drop all evening, 24 items debated and voted by name; 5,000 events."""
    events = tuple(_events())
    return replay(events), lines(events), events[-1].at


def _body() -> Body:
    councillors = (
        Member(
            id=MemberId(f"m{n}"),
            name=f"Montserrat-Núria Puigdellívol i Castelló de la Vallès {n}",
            office=Office.PRESIDENT if n == 1 else Office.MEMBER,
            group=f"Grup Municipal {'ABCDE'[n % 5]}",
            deputises=n - 1 if 1 < n < 6 else None,
        )
        for n in range(1, COUNCILLORS + 1)
    )
    clerks = (
        Member(id=MemberId("s"), name="Àngels Ünlü i Çelik", office=Office.SECRETARY),
        Member(id=MemberId("a"), name="Lluïsa d'Ors", office=Office.AUDITOR, substitutes=Office.SECRETARY),
    )
    return Body(
        id=BodyId("ple"), name="Ple", kind=BodyKind.PLENARY, legal_number=COUNCILLORS, members=(*councillors, *clerks)
    )


def _events() -> Iterable[Event]:
    body = _body()
    agenda = tuple(
        AgendaItem(
            number=n,
            title=f"Aprovació inicial de la modificació puntual número {n} del pla d'ordenació urbanística municipal",
            majority=Majority.ABSOLUTE if n % 3 == 0 else Majority.SIMPLE,
        )
        for n in range(1, ITEMS + 1)
    )
    verdict = Verdict(is_met=True, present=41, needed=14, base=41, rule="PLE-1", article="LRBRL 46.2.c", version=1)
    yield e.SessionConvened(at=SIX, convocation=convocation(body=body, starts_at=SIX, agenda=agenda))
    yield e.ObservationBegan(at=SIX)
    for member in body.members:
        yield e.DeviceJoined(at=SIX, member=member.id, device=_device(member), grade=Grade.PRESENCE)
        yield e.MemberArrived(at=SIX, member=member.id, grade=Grade.PRESENCE)
    yield e.LinkRestored(at=SIX, link=Link.ENCODER)
    yield e.QuorumReached(at=SIX, verdict=verdict)
    yield e.SessionOpened(at=SIX, president=body.members[0].id, verdict=verdict)
    made = 2 + 2 * len(body.members) + 3
    an_item, more = divmod(EVENTS - made - 1, ITEMS)
    for item in agenda:
        yield from _item(item, body, an_item + (item.number <= more), SIX + timedelta(minutes=15 * (item.number - 1)))
    yield e.SessionAdjourned(at=SIX + timedelta(hours=6))


def _item(item: AgendaItem, body: Body, events: int, at: datetime) -> Iterable[Event]:
    """A debate in which lines drop and come back, and a vote by name."""
    councillors = [m for m in body.members if m.is_counted]
    yield e.ItemCalled(at=at, number=item.number)
    yield e.DebateOpened(at=at + timedelta(seconds=10), number=item.number)
    rounds, rest = divmod(events - 5 - len(councillors), 7)
    for n in range(rounds):
        member = councillors[(item.number * 7 + n) % len(councillors)]
        when = at + timedelta(seconds=20 + 25 * n)
        yield e.FloorRequested(at=when, member=member.id, is_by_hand=True)
        yield e.FloorGranted(at=when, member=member.id, until=when + timedelta(minutes=3))
        yield e.FloorReturned(at=when + timedelta(seconds=20), member=member.id)
        dropping = councillors[(item.number * 5 + n * 3) % len(councillors)]
        gone = when + timedelta(seconds=21)
        yield e.DeviceGone(
            at=gone, member=dropping.id, device=_device(dropping), departure=Departure.LOST, grade=Grade.PRESENCE
        )
        yield e.MemberLeft(at=gone, member=dropping.id, grade=Grade.PRESENCE)
        back = when + timedelta(seconds=24)
        yield e.DeviceJoined(at=back, member=dropping.id, device=_device(dropping), grade=Grade.PRESENCE)
        yield e.MemberArrived(at=back, member=dropping.id, grade=Grade.PRESENCE)
    for _ in range(rest):
        yield e.AlertResolved(at=at + timedelta(minutes=13), key="none")
    voted = at + timedelta(minutes=14)
    entitled = tuple(m.id for m in councillors)
    yield e.VoteOpened(
        at=voted, number=item.number, method=Method.NAMED, majority=item.majority, entitled=entitled, deemed=()
    )
    for n, councillor in enumerate(councillors):
        yield e.VoteCast(at=voted, member=councillor.id, choice=tuple(Choice)[n % 3])
    yield e.VoteClosed(at=voted, number=item.number, tally=Tally(yes=14, no=14, abstain=13), is_carried=False)
    yield e.ItemConcluded(at=voted, number=item.number)


def _device(member: Member) -> DeviceId:
    return DeviceId(f"{member.id}/laptop")
