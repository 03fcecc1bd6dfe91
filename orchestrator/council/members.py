"""Who a session is made of: the entity, the body, its members and the offices they hold.

A *member* is a person on the body's list, secretary and auditor included; who of them is counted for quorum is
`Member.is_counted`. Sources: LRBRL arts. 20-23 and 46, ROF arts. 90 and 109.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import NewType

EntityId = NewType("EntityId", str)
BodyId = NewType("BodyId", str)
MemberId = NewType("MemberId", str)
SessionId = NewType("SessionId", str)


class Office(StrEnum):
    """What a person is in the body. The president is a member as well, the secretary and the auditor never are."""

    PRESIDENT = "president"
    SECRETARY = "secretary"
    AUDITOR = "auditor"
    MEMBER = "member"


class BodyKind(StrEnum):
    """The kinds of body that the quorum rules tell apart (`council.rules`)."""

    PLENARY = "plenary"
    GOVERNMENT_BOARD = "government_board"
    INFORMATION_COMMITTEE = "information_committee"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One person of the body.

    `deputises` is the place in the order of those who take the chair when the president is away (1 is the first
    deputy mayor, LRBRL 23.3); `substitutes` names the office a person may hold in its holder's absence.
    """

    id: MemberId
    name: str
    office: Office = Office.MEMBER
    group: str = ""
    deputises: int | None = None
    substitutes: Office | None = None

    @property
    def is_counted(self) -> bool:
        """Whether this person's presence counts towards the number of members (ROF 90.1)."""
        return self.office in (Office.PRESIDENT, Office.MEMBER)


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A collegiate body as it stood when the session was convened.

    `legal_number` is the number of members the law gives it (LOREG 179 for councils), vacancies included.
    """

    id: BodyId
    name: str
    kind: BodyKind
    legal_number: int
    members: tuple[Member, ...]

    def member(self, member_id: MemberId) -> Member:
        """The member with that id. Raises KeyError for a stranger."""
        for member in self.members:
            if member.id == member_id:
                return member
        raise KeyError(member_id)

    def has(self, member_id: MemberId) -> bool:
        """Whether that person is on the body's list."""
        return any(member.id == member_id for member in self.members)

    def holders(self, office: Office) -> tuple[Member, ...]:
        """Who may hold the office now, in legal order: the holder first, then the substitutes."""
        holder = [m for m in self.members if m.office is office]
        if office is Office.PRESIDENT:
            deputies = [m for m in self.members if m.deputises is not None]
            return (*holder, *sorted(deputies, key=lambda m: m.deputises or 0))
        return (*holder, *(m for m in self.members if m.substitutes is office))

    def acting(self, office: Office, present: frozenset[MemberId]) -> MemberId | None:
        """Who holds the office when those in `present` are there: the first in legal order, nobody in two chairs."""
        presiding = None if office is Office.PRESIDENT else self.acting(Office.PRESIDENT, present)
        for member in self.holders(office):
            if member.id in present and member.id != presiding:
                return member.id
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """The town council, county council or consortium that the body belongs to."""

    id: EntityId
    name: str
