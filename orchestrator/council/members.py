"""Who a session is made of: the entity, the body, its members and the offices they hold.

A *member* is a person on the body's list, secretary and auditor included; who of them is counted for quorum is
`Member.is_counted`. Sources: LRBRL arts. 20-23 and 46, LOREG 179 and 182, ROF arts. 90, 109 and 125.
"""

from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import NewType

EntityId = NewType("EntityId", str)
BodyId = NewType("BodyId", str)
MemberId = NewType("MemberId", str)
SessionId = NewType("SessionId", str)
ChannelId = NewType("ChannelId", str)


class Office(StrEnum):
    """What a person is in the body. The president is a member as well, the secretary and the auditor never are."""

    PRESIDENT = "president"
    SECRETARY = "secretary"
    AUDITOR = "auditor"
    MEMBER = "member"


class EntityKind(StrEnum):
    """The kinds of entity whose law differs. DECENTRALISED is below the municipality (EMD in Catalonia, EATIM)."""

    MUNICIPALITY = "municipality"
    COUNTY = "county"
    MANCOMUNITAT = "mancomunitat"
    CONSORTIUM = "consortium"
    METROPOLITAN = "metropolitan"
    PROVINCE = "province"
    DECENTRALISED = "decentralised"
    OTHER = "other"


class Regime(StrEnum):
    """How a municipality is governed. LARGE is title X of the LRBRL, OPEN_COUNCIL its article 29."""

    COMMON = "common"
    LARGE = "large"
    OPEN_COUNCIL = "open_council"


class BodyKind(StrEnum):
    """The kinds of body that the quorum rules tell apart (`council.rules`).

    A county's or a metropolitan council meeting as a whole is its PLENARY; ASSEMBLY is that of an open council, or of
    members of a mancomunitat or consortium; ADMINISTRATIVE decides nothing of government (Llei 26/2010); OTHER has
    statutes of its own.
    """

    PLENARY = "plenary"
    GOVERNMENT_BOARD = "government_board"
    INFORMATION_COMMITTEE = "information_committee"
    SPECIAL_COMMITTEE = "special_committee"
    ACCOUNTS_COMMITTEE = "accounts_committee"
    CONSORTIUM_BOARD = "consortium_board"
    ASSEMBLY = "assembly"
    COUNCIL_OF_MAYORS = "council_of_mayors"
    DISTRICT_BOARD = "district_board"
    RESIDENTS_BOARD = "residents_board"
    ADMINISTRATIVE = "administrative"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One person of the body.

    `deputises` is the place in the order of those who take the chair when the president is away (1 is the first
    deputy mayor, LRBRL 23.3); `substitutes` names the office a person may hold in its holder's absence, `stands_for`
    the member whose seat they take in that member's absence (ROF 125.c), and `order` is their place among those who
    may do the same. The mandate begins on the day of possession and ends with `mandate_until`, that day included;
    None is open. `age_rank` is 1 for the eldest (the age board, LOREG 195.2): no date of birth is kept for it.
    `represented_by` is who carries this person's proxy in an open council (ROF 111.3).
    """

    id: MemberId
    name: str
    office: Office = Office.MEMBER
    group: str = ""
    deputises: int | None = None
    substitutes: Office | None = None
    stands_for: MemberId | None = None
    order: int = 1
    mandate_from: date | None = None
    mandate_until: date | None = None
    age_rank: int | None = None
    is_councillor: bool = True
    represented_by: MemberId | None = None

    @property
    def is_counted(self) -> bool:
        """Whether this person has a seat of their own, whose presence counts for the quorum (ROF 90.1)."""
        return self.office in (Office.PRESIDENT, Office.MEMBER) and self.stands_for is None

    def serves_on(self, day: date) -> bool:
        """Whether the mandate covers that day."""
        has_begun = self.mandate_from is None or self.mandate_from <= day
        return has_begun and (self.mandate_until is None or day <= self.mandate_until)


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A collegiate body as it stood when the session was convened.

    `legal_number` is the number of members that the law or the statutes give it (LOREG 179 for councils), vacancies
    included. Where vacancies cannot be filled, quorums and majorities are taken of the members in fact (ROF 99.4; LOREG
    182.2 as recalled): `in_fact_by` then names the electoral board's order. `is_under_age_board`: the eldest presides.
    `barred` may not preside in this session (LOREG 197.1.d).
    """

    id: BodyId
    name: str
    kind: BodyKind
    legal_number: int
    members: tuple[Member, ...]
    in_fact_by: str = ""
    is_under_age_board: bool = False
    barred: frozenset[MemberId] = frozenset()

    @property
    def number(self) -> int:
        """Of how many members quorums and majorities are taken: the legal number, or (ROF 99.4) those in fact."""
        return self.listed if self.in_fact_by else self.legal_number

    @property
    def listed(self) -> int:
        """How many members have a seat of their own: the members in fact."""
        return sum(member.is_counted for member in self.members)

    def member(self, member_id: MemberId) -> Member:
        """The member with that id. Raises KeyError for a stranger."""
        for member in self.members:
            if member.id == member_id:
                return member
        raise KeyError(member_id)

    def has(self, member_id: MemberId) -> bool:
        """Whether that person is on the body's list."""
        return any(member.id == member_id for member in self.members)

    def on(self, day: date) -> "Body":
        """The body with those whose mandate covers that day."""
        return replace(self, members=tuple(m for m in self.members if m.serves_on(day)))

    def holders(self, office: Office) -> tuple[Member, ...]:
        """Who may hold the office now, in legal order: the holder first, then the substitutes."""
        if office is Office.PRESIDENT:
            return tuple(m for m in self._presidents() if m.id not in self.barred)
        holder = [m for m in self.members if m.office is office]
        return (*holder, *sorted((m for m in self.members if m.substitutes is office), key=lambda m: m.order))

    def acting(self, office: Office, present: frozenset[MemberId]) -> MemberId | None:
        """Who holds the office when those in `present` are there: the first in legal order, nobody in two chairs."""
        presiding = None if office is Office.PRESIDENT else self.acting(Office.PRESIDENT, present)
        for member in self.holders(office):
            if member.id in present and member.id != presiding:
                return member.id
        return None

    def occupants(self, seat: MemberId) -> tuple[Member, ...]:
        """Who may sit in a member's seat, in order: the member, then the substitutes."""
        substitutes = sorted((m for m in self.members if m.stands_for == seat), key=lambda m: m.order)
        return (self.member(seat), *substitutes)

    def seated(self, present: frozenset[MemberId]) -> tuple[MemberId, ...]:
        """Who sits in the seats when those in `present` are there: each member, or else the first substitute."""
        if all(m.stands_for is None for m in self.members):
            return tuple(m.id for m in self.members if m.is_counted and m.id in present)
        seats = (self.occupants(m.id) for m in self.members if m.is_counted)
        there = (next((m.id for m in occupants if m.id in present), None) for occupants in seats)
        return tuple(dict.fromkeys(member for member in there if member is not None))

    def _presidents(self) -> tuple[Member, ...]:
        if self.is_under_age_board:
            by_age = [m for m in self.members if m.is_counted and m.age_rank is not None]
            return tuple(sorted(by_age, key=lambda m: m.age_rank or 0))
        holder = [m for m in self.members if m.office is Office.PRESIDENT]
        deputies = [m for m in self.members if m.deputises is not None]
        return (*holder, *sorted(deputies, key=lambda m: m.deputises or 0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """The town council, county council or consortium that the body belongs to.

    `population` is that of the last official count; None where it is not known or does not matter.
    """

    id: EntityId
    name: str
    kind: EntityKind = EntityKind.MUNICIPALITY
    regime: Regime = Regime.COMMON
    population: int | None = None
