"""A session played message by message, as its conductor would: given what came before, when this, then that.

The town has thirteen councillors (so five make a quorum), a secretary, and an auditor who stands in for the secretary.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from orchestrator.council.agenda import AgendaItem, Majority
from orchestrator.council.commands import Asker, Channel, Command, Convene, OpenSession, Role
from orchestrator.council.convocation import Convocation, Policy, SessionKind
from orchestrator.council.deadlines import next_deadline
from orchestrator.council.decide import decide
from orchestrator.council.effects import Announce, Audience, Effect
from orchestrator.council.events import Event, Events
from orchestrator.council.members import Body, BodyId, BodyKind, Entity, EntityId, Member, MemberId, Office, SessionId
from orchestrator.council.observations import (
    ChamberEntered,
    ChamberLost,
    Departure,
    DeviceId,
    Grade,
    HandLowered,
    HandRaised,
    Link,
    LinkDown,
    LinkUp,
    MemberConnected,
    MemberDisconnected,
    Observation,
    Sighting,
    TimePassed,
)
from orchestrator.council.react import react
from orchestrator.council.refusals import Reason, Refused
from orchestrator.council.session import Session, evolve

EIGHT = datetime(2026, 3, 26, 19, 0, tzinfo=UTC)
"""Eight in the evening in the town."""

MAYOR, FIRST, SECOND = MemberId("mayor"), MemberId("first_deputy"), MemberId("second_deputy")
PAU, NURIA, JOAN, LAIA = MemberId("pau"), MemberId("nuria"), MemberId("joan"), MemberId("laia")
SECRETARY, AUDITOR = MemberId("secretary"), MemberId("auditor")
QUORATE = (MAYOR, FIRST, PAU, NURIA, SECRETARY)
"""One councillor short of a quorum, with president and secretary."""

PLENARY = Body(
    id=BodyId("ple"),
    name="Ple",
    kind=BodyKind.PLENARY,
    legal_number=13,
    members=(
        Member(id=MAYOR, name="Marta Roca", office=Office.PRESIDENT, group="A"),
        Member(id=FIRST, name="Pere Vila", group="A", deputises=1),
        Member(id=SECOND, name="Anna Soler", group="A", deputises=2),
        Member(id=PAU, name="Pau Ferrer", group="B"),
        Member(id=NURIA, name="Núria Puig", group="B"),
        Member(id=JOAN, name="Joan Mas", group="C"),
        Member(id=LAIA, name="Laia Camps", group="C"),
        *(Member(id=MemberId(f"councillor{n}"), name=f"Regidor {n}", group="D") for n in range(8, 14)),
        Member(id=SECRETARY, name="Rosa Bosch", office=Office.SECRETARY),
        Member(id=AUDITOR, name="Lluís Serra", office=Office.AUDITOR, substitutes=Office.SECRETARY),
    ),
)

AGENDA = (
    AgendaItem(number=1, title="Acta anterior"),
    AgendaItem(number=2, title="Pressupost"),
    AgendaItem(number=3, title="Reglament orgànic", majority=Majority.ABSOLUTE),
)


def convocation(**changes: Any) -> Convocation:
    """Tonight's plenary, with a grace of 30 s."""
    fields: dict[str, Any] = {
        "session": SessionId("s1"),
        "entity": Entity(id=EntityId("vila"), name="Ajuntament de la Vila"),
        "body": PLENARY,
        "kind": SessionKind.ORDINARY,
        "starts_at": EIGHT,
        "time_zone": "Europe/Madrid",
        "language": "ca",
        "room": "ple-vila",
        "agenda": AGENDA,
        "policy": Policy(),
    }
    return Convocation(**(fields | changes))


class Play:
    """The session so far (`session`, `record`), and what the last step brought: `events`, `effects`, `refusal`."""

    def __init__(self, **changes: Any) -> None:
        self.now = EIGHT
        self.session = Session()
        self.record: list[Event] = []
        self.events: Events = ()
        self.effects: tuple[Effect, ...] = ()
        self.refusal: Reason | None = None
        admin = Asker(role=Role.ADMIN, channel=Channel.WEB)
        self.tell(Convene(asker=admin, convocation=convocation(**changes)))

    def tell(self, message: Command | Observation) -> None:
        """One message, as the conductor takes it from its inbox."""
        self.events, self.effects, self.refusal = (), (), None
        try:
            events = decide(self.session, message, self.now)
        except Refused as refused:
            self.refusal = refused.reason
            return
        for event in events:
            self.session = evolve(self.session, event)
            self.effects += react(self.session, event)
        self.events = events
        self.record += events

    # --- given and when ---

    def watched(self, *members: MemberId) -> "Play":
        """The bot enters the room and finds these members."""
        self.tell(ChamberEntered(seen=self.seen(), devices=tuple((m, device(m)) for m in members)))
        return self

    def opened(self, *members: MemberId) -> "Play":
        """The bot is in the room with these members, and the session is open."""
        self.watched(*members)
        self.says(MAYOR, OpenSession)
        assert self.refusal is None, self.refusal
        return self

    def seen(self, ago: float = 0) -> Sighting:
        return Sighting(grade=Grade.PRESENCE, at=self.now - timedelta(seconds=ago))

    def says(self, member: MemberId | None, command: type[Any], /, *, role: Role = Role.MEMBER, **fields: Any) -> None:
        """A person asks for something in chat."""
        self.tell(command(asker=Asker(role=role, channel=Channel.CHAT, member=member), **fields))

    def connects(self, *members: MemberId, by: str = "laptop") -> None:
        for member in members:
            self.tell(MemberConnected(seen=self.seen(), member=member, device=device(member, by)))

    def drops(self, member: MemberId, *, by: str = "laptop", departure: Departure = Departure.LOST) -> None:
        seen = self.seen()
        self.tell(MemberDisconnected(seen=seen, member=member, device=device(member, by), departure=departure))

    def leaves_for_good(self, *members: MemberId) -> None:
        """They go, and their grace ends; the last step is the end of the grace."""
        for member in members:
            self.drops(member)
        self.waits(30)

    def waits(self, seconds: float) -> None:
        """Time passes, and every deadline on the way is served. `events` and `effects` are all that came of it."""
        end = self.now + timedelta(seconds=seconds)
        events: Events = ()
        effects: tuple[Effect, ...] = ()
        while (deadline := next_deadline(self.session)) and deadline <= end:
            self.now = max(self.now, deadline)
            self.tell(TimePassed())
            events, effects = events + self.events, effects + self.effects
        self.now, self.events, self.effects = end, events, effects

    def raises_hand(self, member: MemberId) -> None:
        self.tell(HandRaised(seen=self.seen(), member=member))

    def lowers_hand(self, member: MemberId) -> None:
        self.tell(HandLowered(seen=self.seen(), member=member))

    def loses_sight(self) -> None:
        self.tell(ChamberLost(seen=self.seen()))

    def link_up(self, link: Link = Link.ENCODER) -> None:
        self.tell(LinkUp(seen=self.seen(), link=link))

    def link_down(self, cause: str, link: Link = Link.ENCODER) -> None:
        self.tell(LinkDown(seen=self.seen(), link=link, cause=cause))

    # --- then ---

    @property
    def happened(self) -> list[str]:
        """The names of the events of the last step."""
        return [type(event).__name__ for event in self.events]

    @property
    def room_hears(self) -> list[str]:
        return self._heard(Audience.ROOM)

    @property
    def table_hears(self) -> list[str]:
        return self._heard(Audience.TABLE)

    def _heard(self, audience: Audience) -> list[str]:
        return [e.message for e in self.effects if isinstance(e, Announce) and e.audience is audience]

    @property
    def said(self) -> dict[str, str]:
        """The parameters of the only announcement of the last step."""
        (announcement,) = (e for e in self.effects if isinstance(e, Announce))
        return dict(announcement.params)

    def times(self, kind: type[Event]) -> int:
        """How often that is on the record."""
        return sum(isinstance(event, kind) for event in self.record)

    def stays(self, member: MemberId) -> list[tuple[float, float | None]]:
        """When the member was there, in seconds after eight."""
        return [
            (seconds(i.start), None if i.end is None else seconds(i.end))
            for i in self.session.attendance.of(member).intervals
        ]


def device(member: MemberId, by: str = "laptop") -> DeviceId:
    return DeviceId(f"{member}/{by}")


def seconds(at: datetime) -> float:
    return (at - EIGHT).total_seconds()
