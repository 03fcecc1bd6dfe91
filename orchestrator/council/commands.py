"""What a person asks of the session. A command may be refused (`council.refusals`).

Every command carries its `Asker`. What an asker may do follows from the role that a signed token gave them and from
the office that they hold *now* (`decide.py`), never from a name.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from orchestrator.council.agenda import Majority
from orchestrator.council.convocation import Cause, Convocation
from orchestrator.council.effects import Picture
from orchestrator.council.floor import TurnKind
from orchestrator.council.members import ChannelId, MemberId
from orchestrator.council.roll import Mode
from orchestrator.council.rules.shape import Regulation
from orchestrator.council.voting import Choice, Count, Method


class Role(StrEnum):
    """What a signed access token says its bearer is. A MEMBER's rights follow from the office held now.

    A SPOKESPERSON is a member who speaks for a group. STAFF work for the entity, PRESS report on it, AUDITORs examine
    it: they read, and do nothing in a session.
    """

    ADMIN = "admin"
    OPERATOR = "operator"
    SECRETARY = "secretary"
    PRESIDENT = "president"
    SPOKESPERSON = "spokesperson"
    MEMBER = "member"
    STAFF = "staff"
    PRESS = "press"
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
    """Have it on the record that the session could not be held (ROF 109.2). `note` is the cause in words; who has an
    excuse on the record need not be named."""

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
class ConcludeItem:
    """Be done with the current item; needs no quorum, since a conflict of interest may be what takes it away."""

    asker: Asker


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawItem:
    """Take an item back."""

    asker: Asker
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TableItem:
    """Leave an item on the table for a later session (ROF 92)."""

    asker: Asker
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeUrgentItem:
    """Put forward something that is not on the agenda, in an ordinary session only (ROF 83, 91.4)."""

    asker: Asker
    title: str
    majority: Majority = Majority.SIMPLE


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclareConflict:
    """Take no part in the current item: it is of one's own interest (LRBRL 76, ROF 96)."""

    asker: Asker
    member: MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class EndConflict:
    """Let a member take part in the current item again, who was noted by mistake."""

    asker: Asker
    member: MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSecret:
    """Hold the current item in secret. `count` is the agreement to it: an absolute majority (LRBRL 70.1, for matters of
    CE 18.1), counted by the president. Whoever must protect somebody at once orders a recess."""

    asker: Asker
    count: Count


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseSecret:
    """Hold the rest of the current item in public."""

    asker: Asker


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFloor:
    """Ask to speak, in chat or on a page; `member` is for whom. A note is the secretary's or the auditor's (ROF 94)."""

    asker: Asker
    member: MemberId
    kind: TurnKind = TurnKind.FIRST


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawRequest:
    """Take back a request to speak."""

    asker: Asker
    member: MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantFloor:
    """Give a member the floor (ROF 94). `limit` None takes the session's policy, `kind` None what was asked for."""

    asker: Asker
    member: MemberId
    limit: timedelta | None = None
    kind: TurnKind | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeFloor:
    """End the turn of whoever has the floor: the speaker returns it or the president takes it back."""

    asker: Asker


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenVote:
    """Put the current item to the vote, or the urgency of one that is off the agenda."""

    asker: Asker
    method: Method = Method.NAMED


@dataclass(frozen=True, slots=True, kw_only=True)
class CastVote:
    """One member's vote by name, given by the member or taken down by the secretary (ROF 99.5: never by delegation)."""

    asker: Asker
    member: MemberId
    choice: Choice


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseVote:
    """End the vote and proclaim its result. `count` is what the president counted, in a vote that is not by name."""

    asker: Asker
    count: Count | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnulVote:
    """End the vote without a result; it may be held again."""

    asker: Asker


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatVote:
    """Annul the vote and open it again with whoever may vote now: a line went in the middle of it (ROF 98.3)."""

    asker: Asker


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveCastingVote:
    """The president decides a vote by name or by signs that came out even twice (LRBRL 46.2.d, ROF 100.2)."""

    asker: Asker
    choice: Choice


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkPresent:
    """Tick a member who sits in the hall."""

    asker: Asker
    member: MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkAbsent:
    """The member is not there: the tick goes, and whatever device of theirs is still listed is a ghost."""

    asker: Asker
    member: MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class ExcuseAbsence:
    """Take down a member's excuse for not coming (ROF 109.1.d)."""

    asker: Asker
    member: MemberId
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectAttendance:
    """Put right when a member was there, from `start` to `end` (UTC). Also after the session was adjourned."""

    asker: Asker
    member: MemberId
    start: datetime
    end: datetime
    was_present: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRoll:
    """Begin to call the names."""

    asker: Asker


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckMember:
    """Take down what was established of a member when the name was called."""

    asker: Asker
    member: MemberId
    mode: Mode
    identity_seen: bool
    identity_heard: bool
    territory_declared: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeChannel:
    """Send the broadcast to another channel. Whether the entity may use it was checked before."""

    asker: Asker
    channel: ChannelId


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartEncoder:
    """Have another encoder take the room, and the one that is there go."""

    asker: Asker


@dataclass(frozen=True, slots=True, kw_only=True)
class ShowSlate:
    """Put a card on the air in the room's place, until the broadcast is resumed."""

    asker: Asker
    picture: Picture = Picture.TROUBLE


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeBroadcast:
    """Take the card off: the public sees again what the session is at."""

    asker: Asker


LifeCommand = Convene | OpenSession | DeclareNotHeld | SuspendSession | ResumeSession | AdjournSession
"""The life of the session."""

AgendaCommand = (
    CallItem
    | OpenDebate
    | ConcludeItem
    | WithdrawItem
    | TableItem
    | ProposeUrgentItem
    | DeclareConflict
    | EndConflict
    | OpenSecret
    | CloseSecret
)
"""The items."""

FloorCommand = RequestFloor | WithdrawRequest | GrantFloor | TakeFloor
"""Who speaks."""

VoteCommand = OpenVote | CastVote | CloseVote | AnnulVote | RepeatVote | GiveCastingVote
"""Who votes what."""

RegisterCommand = MarkPresent | MarkAbsent | ExcuseAbsence | CorrectAttendance | CallRoll | CheckMember
"""What the secretary writes in the register of attendance."""

BroadcastCommand = ChangeChannel | RestartEncoder | ShowSlate | ResumeBroadcast
"""What whoever minds the broadcast does to it."""

Command = LifeCommand | AgendaCommand | FloorCommand | VoteCommand | RegisterCommand | BroadcastCommand
