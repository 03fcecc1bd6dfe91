"""What a person asks of the session. A command may be refused (`council.refusals`).

Every command carries its `Asker`. What an asker may do follows from the role that a signed token gave them and from
the office that they hold *now* (`decide.py`), never from a name.
"""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from orchestrator.council.convocation import Cause, Convocation
from orchestrator.council.members import MemberId
from orchestrator.council.rules.shape import Regulation
from orchestrator.council.voting import Choice, Method


class Role(StrEnum):
    """What a signed access token says its bearer is. A MEMBER's rights follow from the office held now."""

    ADMIN = "admin"
    OPERATOR = "operator"
    SECRETARY = "secretary"
    PRESIDENT = "president"
    MEMBER = "member"
    AUDITOR = "auditor"


class Channel(StrEnum):
    """The way the command came in."""

    CHAT = "chat"
    WEB = "web"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who asks, as signed: a role, and the member where the token names one."""

    role: Role
    channel: Channel
    member: MemberId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Convene:
    """Put the call on the record; the first command of every session. `regulation` is the entity's own law."""

    asker: Asker
    convocation: Convocation
    regulation: Regulation = field(default_factory=Regulation)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSession:
    """Declare the session open; needs quorum, president and secretary (LRBRL 46.2.c)."""

    asker: Asker


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclareNotHeld:
    """Have it on the record that the session could not be held (ROF 109.2). `note` is the cause in words."""

    asker: Asker
    cause: Cause = Cause.NO_QUORUM
    note: str = ""
    excused: tuple[MemberId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspendSession:
    """Order a recess (ROF 87)."""

    asker: Asker


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeSession:
    """End the recess; quorum is needed again."""

    asker: Asker


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjournSession:
    """Lift the session; nothing can follow it but sealing."""

    asker: Asker


@dataclass(frozen=True, slots=True, kw_only=True)
class CallItem:
    """Come to an item of the agenda; the one before it is concluded."""

    asker: Asker
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDebate:
    """Open the debate on the current item: who leaves from now on abstains (LRBRL 46.2.d)."""

    asker: Asker


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFloor:
    """Ask to speak, in chat or on a page; `member` is for whom."""

    asker: Asker
    member: MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawRequest:
    """Take back a request to speak."""

    asker: Asker
    member: MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantFloor:
    """Give a member the floor (ROF 94). `limit` None takes the session's policy."""

    asker: Asker
    member: MemberId
    limit: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeFloor:
    """End the turn of whoever has the floor: the speaker returns it or the president takes it back."""

    asker: Asker


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenVote:
    """Put the current item to the vote."""

    asker: Asker
    method: Method = Method.NAMED


@dataclass(frozen=True, slots=True, kw_only=True)
class CastVote:
    """One member's vote, given by that member or taken down by the secretary (ROF 99.5: never by delegation)."""

    asker: Asker
    member: MemberId
    choice: Choice


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseVote:
    """End the vote and proclaim its result."""

    asker: Asker


Command = (
    Convene
    | OpenSession
    | DeclareNotHeld
    | SuspendSession
    | ResumeSession
    | AdjournSession
    | CallItem
    | OpenDebate
    | RequestFloor
    | WithdrawRequest
    | GrantFloor
    | TakeFloor
    | OpenVote
    | CastVote
    | CloseVote
)
