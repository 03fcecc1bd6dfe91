"""What may be asked of a session, as JSON or as a form: `{"name": "call_item", "number": 2}`, and for the council."""

from datetime import UTC, timedelta
from typing import Annotated, Literal, assert_never

from pydantic import AwareDatetime, Field, RootModel

from orchestrator.council import commands as c
from orchestrator.council.agenda import Majority
from orchestrator.council.convocation import Cause
from orchestrator.council.effects import Picture
from orchestrator.council.floor import TurnKind
from orchestrator.council.members import ChannelId, MemberId
from orchestrator.council.roll import Mode
from orchestrator.council.voting import Choice, Count, Method
from orchestrator.web.api.entities import In, Name, Slug

_Plain = Literal[
    "open_session",
    "suspend_session",
    "resume_session",
    "adjourn_session",
    "open_debate",
    "take_floor",
    "conclude_item",
    "close_secret",
    "annul_vote",
    "repeat_vote",
    "call_roll",
    "restart_encoder",
    "resume_broadcast",
]
_PLAIN: dict[_Plain, type] = {
    "open_session": c.OpenSession,
    "suspend_session": c.SuspendSession,
    "resume_session": c.ResumeSession,
    "adjourn_session": c.AdjournSession,
    "open_debate": c.OpenDebate,
    "take_floor": c.TakeFloor,
    "conclude_item": c.ConcludeItem,
    "close_secret": c.CloseSecret,
    "annul_vote": c.AnnulVote,
    "repeat_vote": c.RepeatVote,
    "call_roll": c.CallRoll,
    "restart_encoder": c.RestartEncoder,
    "resume_broadcast": c.ResumeBroadcast,
}


_Votes = Annotated[int, Field(ge=0, le=999)]
_Reason = Annotated[str, Field(min_length=1, max_length=500)]


class PlainIn(In):
    """A command that says all with its name."""

    name: _Plain


class DeclareNotHeldIn(In):
    """Have it on the record that the session could not be held (ROF 109.2); `note` is the cause in words."""

    name: Literal["declare_not_held"]
    cause: Cause = Cause.NO_QUORUM
    note: Annotated[str, Field(max_length=1000)] = ""
    excused: Annotated[tuple[str, ...], Field(max_length=500)] = ()


class ItemCommandIn(In):
    """Come to an item of the agenda, take it back, or leave it on the table."""

    name: Literal["call_item", "withdraw_item", "table_item"]
    number: Annotated[int, Field(ge=1, le=999)]


class UrgentItemIn(In):
    """Put forward something that is not on the agenda; its urgency is voted first."""

    name: Literal["propose_urgent_item"]
    title: Name
    majority: Majority = Majority.SIMPLE


class ConflictIn(In):
    """Take no part in the current item, or again; `member` is oneself when not given."""

    name: Literal["declare_conflict", "end_conflict"]
    member: str = ""


class OpenSecretIn(In):
    """Hold the current item in secret, with the votes for and against it: an absolute majority is needed."""

    name: Literal["open_secret"]
    yes: _Votes
    no: _Votes = 0


class RequestIn(In):
    """Ask to speak; `member` is oneself when not given."""

    name: Literal["request_floor"]
    member: str = ""
    kind: TurnKind = TurnKind.FIRST


class WithdrawRequestIn(In):
    """Ask to speak no longer; `member` is oneself when not given."""

    name: Literal["withdraw_request"]
    member: str = ""


class GrantFloorIn(In):
    """Give a member the floor, for `limit_s` seconds or as long as is usual in the session, for what they asked or
    `kind` says."""

    name: Literal["grant_floor"]
    member: str
    limit_s: Annotated[int, Field(ge=1, le=7200)] | None = None
    kind: TurnKind | None = None


class ChangeChannelIn(In):
    """Send the broadcast to another of the channels that the entity may use."""

    name: Literal["change_channel"]
    channel: Slug


class OpenVoteIn(In):
    """Put the current item to the vote."""

    name: Literal["open_vote"]
    method: Method = Method.NAMED


class CastVoteIn(In):
    """A vote by name; `member` is oneself when not given."""

    name: Literal["cast_vote"]
    choice: Choice
    member: str = ""


class CloseVoteIn(In):
    """End the vote. A vote that is not by name needs the votes for and against, as the president counted them."""

    name: Literal["close_vote"]
    yes: _Votes | None = None
    no: _Votes | None = None


class CastingVoteIn(In):
    """The president decides a vote that came out even twice."""

    name: Literal["give_casting_vote"]
    choice: Choice


class MarkIn(In):
    """The secretary sees a member in the hall, or that a member is not there."""

    name: Literal["mark_present", "mark_absent"]
    member: str


class ExcuseIn(In):
    """A member's reason for not coming."""

    name: Literal["excuse_absence"]
    member: str
    reason: _Reason


class CorrectIn(In):
    """Put right when a member was there; what was seen stays on the record beside it."""

    name: Literal["correct_attendance"]
    member: str
    start: AwareDatetime
    end: AwareDatetime
    was_present: bool
    reason: _Reason


class CheckIn(In):
    """What was established of a member when the name was called."""

    name: Literal["check_member"]
    member: str
    mode: Mode
    identity_seen: bool = False
    identity_heard: bool = False
    territory_declared: bool = False


class ShowSlateIn(In):
    """Put a card on the air in the room's place, until `resume_broadcast`."""

    name: Literal["show_slate"]
    picture: Literal[Picture.WAITING, Picture.RECESS, Picture.SECRET, Picture.TROUBLE] = Picture.TROUBLE


_Register = MarkIn | ExcuseIn | CorrectIn | CheckIn
_Voting = OpenVoteIn | CastVoteIn | CloseVoteIn | CastingVoteIn
_Agenda = ItemCommandIn | UrgentItemIn | ConflictIn | OpenSecretIn
_Floor = RequestIn | WithdrawRequestIn | GrantFloorIn
_Any = PlainIn | DeclareNotHeldIn | _Agenda | _Floor | _Voting | _Register | ChangeChannelIn | ShowSlateIn


class CommandIn(RootModel[Annotated[_Any, Field(discriminator="name")]]):
    """Something that a person asks of the session."""


def command_of(sent: CommandIn, asker: c.Asker) -> c.Command:
    """As the council knows it."""
    match sent.root:
        case PlainIn(name=name):
            command: c.Command = _PLAIN[name](asker=asker)
            return command
        case DeclareNotHeldIn(cause=cause, note=note, excused=excused):
            return c.DeclareNotHeld(asker=asker, cause=cause, note=note, excused=tuple(map(MemberId, excused)))
        case ShowSlateIn(picture=picture):
            return c.ShowSlate(asker=asker, picture=picture)
        case ItemCommandIn() | UrgentItemIn() | ConflictIn() | OpenSecretIn() as about_item:
            return _about_item(about_item, asker)
        case RequestIn() | WithdrawRequestIn() | GrantFloorIn() as about_floor:
            return _about_floor(about_floor, asker)
        case OpenVoteIn() | CastVoteIn() | CloseVoteIn() | CastingVoteIn() as about_vote:
            return _about_vote(about_vote, asker)
        case ChangeChannelIn(channel=channel):
            return c.ChangeChannel(asker=asker, channel=ChannelId(channel))
        case MarkIn() | ExcuseIn() | CorrectIn() | CheckIn() as entry:
            return _entry(entry, asker)
        case _:
            assert_never(sent.root)


def _about_item(sent: _Agenda, asker: c.Asker) -> c.Command:
    match sent:
        case ItemCommandIn(name=name, number=number):
            kinds: dict[str, type[c.CallItem | c.WithdrawItem | c.TableItem]] = {
                "call_item": c.CallItem,
                "withdraw_item": c.WithdrawItem,
                "table_item": c.TableItem,
            }
            return kinds[name](asker=asker, number=number)
        case UrgentItemIn(title=title, majority=majority):
            return c.ProposeUrgentItem(asker=asker, title=title, majority=majority)
        case ConflictIn(name=name, member=member):
            kind = c.DeclareConflict if name == "declare_conflict" else c.EndConflict
            return kind(asker=asker, member=_whom(member, asker))
        case OpenSecretIn(yes=yes, no=no):
            return c.OpenSecret(asker=asker, count=Count(yes=yes, no=no))
        case _:
            assert_never(sent)


def _about_floor(sent: _Floor, asker: c.Asker) -> c.Command:
    match sent:
        case RequestIn(member=member, kind=kind):
            return c.RequestFloor(asker=asker, member=_whom(member, asker), kind=kind)
        case WithdrawRequestIn(member=member):
            return c.WithdrawRequest(asker=asker, member=_whom(member, asker))
        case GrantFloorIn(member=member, limit_s=seconds, kind=turn):
            limit = None if seconds is None else timedelta(seconds=seconds)
            return c.GrantFloor(asker=asker, member=MemberId(member), limit=limit, kind=turn)
        case _:
            assert_never(sent)


def _about_vote(sent: _Voting, asker: c.Asker) -> c.Command:
    match sent:
        case OpenVoteIn(method=method):
            return c.OpenVote(asker=asker, method=method)
        case CastVoteIn(choice=choice, member=member):
            return c.CastVote(asker=asker, member=_whom(member, asker), choice=choice)
        case CloseVoteIn(yes=yes, no=no):
            return c.CloseVote(asker=asker, count=None if yes is None or no is None else Count(yes=yes, no=no))
        case CastingVoteIn(choice=choice):
            return c.GiveCastingVote(asker=asker, choice=choice)
        case _:
            assert_never(sent)


def _entry(sent: _Register, asker: c.Asker) -> c.Command:
    member = MemberId(sent.member)
    match sent:
        case MarkIn(name=name):
            return (c.MarkPresent if name == "mark_present" else c.MarkAbsent)(asker=asker, member=member)
        case ExcuseIn(reason=reason):
            return c.ExcuseAbsence(asker=asker, member=member, reason=reason)
        case CorrectIn():
            return c.CorrectAttendance(
                asker=asker,
                member=member,
                start=sent.start.astimezone(UTC),
                end=sent.end.astimezone(UTC),
                was_present=sent.was_present,
                reason=sent.reason,
            )
        case CheckIn():
            return c.CheckMember(
                asker=asker,
                member=member,
                mode=sent.mode,
                identity_seen=sent.identity_seen,
                identity_heard=sent.identity_heard,
                territory_declared=sent.territory_declared,
            )
        case _:
            assert_never(sent)


def _whom(member: str, asker: c.Asker) -> MemberId:
    """The member named, else the asker."""
    return MemberId(member) if member else asker.member or MemberId("")
