"""Stable wire names and their dataclasses: how events, messages and effects are written down and read back.

The table of names is the contract: a name is never reused and never changes its meaning. A field may be added to a
`v1` only with a default; anything else is a `v2` beside it.

The JSON is canonical (keys sorted, no spaces, UTF-8, no floating point), so that its bytes can be hashed by anybody:
times are UTC as `2026-03-05T18:00:00.000000Z`, durations ISO 8601 in seconds as `PT30S`, sets are sorted.
"""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final, TypeVar, cast, get_args

from pydantic import TypeAdapter, ValidationError

from orchestrator.council import commands, effects, events, observations
from orchestrator.council.commands import Command
from orchestrator.council.effects import Effect
from orchestrator.council.events import Event
from orchestrator.council.observations import Observation

NAMES: Final[dict[type, str]] = {
    # events
    events.SessionConvened: "session_convened.v1",
    events.ObservationBegan: "observation_began.v1",
    events.ObservationCeased: "observation_ceased.v1",
    events.ObservationRecovered: "observation_recovered.v1",
    events.DeviceJoined: "device_joined.v1",
    events.DeviceGone: "device_gone.v1",
    events.MemberArrived: "member_arrived.v1",
    events.MemberDropped: "member_dropped.v1",
    events.MemberReturned: "member_returned.v1",
    events.MemberLeft: "member_left.v1",
    events.QuorumReached: "quorum_reached.v1",
    events.QuorumLost: "quorum_lost.v1",
    events.QuorumAtEdge: "quorum_at_edge.v1",
    events.SessionOpened: "session_opened.v1",
    events.ToleranceEnded: "tolerance_ended.v1",
    events.SessionNotHeld: "session_not_held.v1",
    events.SessionSuspended: "session_suspended.v1",
    events.SessionResumed: "session_resumed.v1",
    events.SessionAdjourned: "session_adjourned.v1",
    events.ItemCalled: "item_called.v1",
    events.DebateOpened: "debate_opened.v1",
    events.ItemConcluded: "item_concluded.v1",
    events.FloorRequested: "floor_requested.v1",
    events.FloorRequestWithdrawn: "floor_request_withdrawn.v1",
    events.FloorGranted: "floor_granted.v1",
    events.FloorReturned: "floor_returned.v1",
    events.FloorExpired: "floor_expired.v1",
    events.VoteOpened: "vote_opened.v1",
    events.VoteCast: "vote_cast.v1",
    events.VoteClosed: "vote_closed.v1",
    events.VoteAnnulled: "vote_annulled.v1",
    events.LinkRestored: "link_restored.v1",
    events.LinkFailed: "link_failed.v1",
    events.AlertRaised: "alert_raised.v1",
    events.AlertResolved: "alert_resolved.v1",
    events.RecordingFinished: "recording_finished.v1",
    events.RecordingMissing: "recording_missing.v1",
    events.PersonalDataPruned: "personal_data_pruned.v1",
    events.ChannelOrdered: "channel_ordered.v1",
    events.ChannelTaken: "channel_taken.v1",
    events.ChannelFailed: "channel_failed.v1",
    events.GhostSuspected: "ghost_suspected.v1",
    events.GhostCleared: "ghost_cleared.v1",
    events.MarkedPresent: "marked_present.v1",
    events.MarkedAbsent: "marked_absent.v1",
    events.AbsenceExcused: "absence_excused.v1",
    events.AttendanceCorrected: "attendance_corrected.v1",
    events.RollCalled: "roll_called.v1",
    events.MemberChecked: "member_checked.v1",
    events.UrgentItemProposed: "urgent_item_proposed.v1",
    events.UrgencyAgreed: "urgency_agreed.v1",
    events.UrgencyRefused: "urgency_refused.v1",
    events.ItemWithdrawn: "item_withdrawn.v1",
    events.ItemTabled: "item_tabled.v1",
    events.ConflictDeclared: "conflict_declared.v1",
    events.ConflictEnded: "conflict_ended.v1",
    events.MajorityOutOfReach: "majority_out_of_reach.v1",
    events.MajorityWithinReach: "majority_within_reach.v1",
    events.SecretOpened: "secret_opened.v1",
    events.SecretClosed: "secret_closed.v1",
    events.FloorWarned: "floor_warned.v1",
    events.VoiceHeard: "voice_heard.v1",
    events.CastingVoteGiven: "casting_vote_given.v1",
    events.JoinLinkShared: "join_link_shared.v1",
    events.JoinLinkWithdrawn: "join_link_withdrawn.v1",
    events.SlateShown: "slate_shown.v1",
    events.BroadcastResumed: "broadcast_resumed.v1",
    events.EncoderRestarted: "encoder_restarted.v1",
    # commands
    commands.Convene: "convene.v1",
    commands.OpenSession: "open_session.v1",
    commands.DeclareNotHeld: "declare_not_held.v1",
    commands.SuspendSession: "suspend_session.v1",
    commands.ResumeSession: "resume_session.v1",
    commands.AdjournSession: "adjourn_session.v1",
    commands.CallItem: "call_item.v1",
    commands.OpenDebate: "open_debate.v1",
    commands.RequestFloor: "request_floor.v1",
    commands.WithdrawRequest: "withdraw_request.v1",
    commands.GrantFloor: "grant_floor.v1",
    commands.TakeFloor: "take_floor.v1",
    commands.OpenVote: "open_vote.v1",
    commands.CastVote: "cast_vote.v1",
    commands.CloseVote: "close_vote.v1",
    commands.ConcludeItem: "conclude_item.v1",
    commands.WithdrawItem: "withdraw_item.v1",
    commands.TableItem: "table_item.v1",
    commands.ProposeUrgentItem: "propose_urgent_item.v1",
    commands.DeclareConflict: "declare_conflict.v1",
    commands.EndConflict: "end_conflict.v1",
    commands.OpenSecret: "open_secret.v1",
    commands.CloseSecret: "close_secret.v1",
    commands.AnnulVote: "annul_vote.v1",
    commands.RepeatVote: "repeat_vote.v1",
    commands.GiveCastingVote: "give_casting_vote.v1",
    commands.MarkPresent: "mark_present.v1",
    commands.MarkAbsent: "mark_absent.v1",
    commands.ExcuseAbsence: "excuse_absence.v1",
    commands.CorrectAttendance: "correct_attendance.v1",
    commands.CallRoll: "call_roll.v1",
    commands.CheckMember: "check_member.v1",
    commands.ChangeChannel: "change_channel.v1",
    commands.RestartEncoder: "restart_encoder.v1",
    commands.ShowSlate: "show_slate.v1",
    commands.ResumeBroadcast: "resume_broadcast.v1",
    # observations
    observations.MemberConnected: "member_connected.v1",
    observations.MemberDisconnected: "member_disconnected.v1",
    observations.HandRaised: "hand_raised.v1",
    observations.HandLowered: "hand_lowered.v1",
    observations.ChamberEntered: "chamber_entered.v1",
    observations.ChamberLost: "chamber_lost.v1",
    observations.ChamberCaughtUp: "chamber_caught_up.v1",
    observations.LinkUp: "link_up.v1",
    observations.LinkDown: "link_down.v1",
    observations.TroubleBegan: "trouble_began.v1",
    observations.TroubleEnded: "trouble_ended.v1",
    observations.RecordingMade: "recording_made.v1",
    observations.RecordingFailed: "recording_failed.v1",
    observations.ChannelOpened: "channel_opened.v1",
    observations.ChannelLost: "channel_lost.v1",
    observations.TimePassed: "time_passed.v1",
    observations.DeviceSilent: "device_silent.v1",
    observations.DeviceAnswered: "device_answered.v1",
    observations.SpeakerHeard: "speaker_heard.v1",
    observations.LinkUsedTwice: "link_used_twice.v1",
    observations.LinkRevoked: "link_revoked.v1",
    # effects
    effects.Announce: "announce.v1",
    effects.AllowToSpeak: "allow_to_speak.v1",
    effects.Silence: "silence.v1",
    effects.WatchChamber: "watch_chamber.v1",
    effects.LeaveChamber: "leave_chamber.v1",
    effects.StartBroadcast: "start_broadcast.v1",
    effects.RaiseAlert: "raise_alert.v1",
    effects.ResolveAlert: "resolve_alert.v1",
}

_TYPES: Final[dict[str, type]] = {name: kind for kind, name in NAMES.items()}
_EVENTS: Final = frozenset(get_args(Event))
_MESSAGES: Final = frozenset(get_args(Command)) | frozenset(get_args(Observation))
_EFFECTS: Final = frozenset(get_args(Effect))
_ADAPTERS: Final[dict[type, TypeAdapter[Any]]] = {}  # made on first use: together they take a noticeable moment

T = TypeVar("T")


class Undecodable(ValueError):
    """What was read is not what its name promises. `field` is the path to it; the value is not repeated (it may be
    somebody's name)."""

    def __init__(self, name: str, field: str, problem: str) -> None:
        super().__init__(f"{name}: {field or 'the whole'}: {problem}")
        self.name = name
        self.field = field
        self.problem = problem


def name_of(value: Event | Command | Observation | Effect) -> str:
    """The wire name of what kind of thing it is."""
    return NAMES[type(value)]


def encode(value: object) -> str:
    """The canonical JSON of a dataclass of the vocabularies. Raises ValueError for a time without a zone."""
    return canonical(_adapter(type(value)).dump_python(value))


def decode(kind: type[T], text: str, name: str = "") -> T:
    """The value of that dataclass. Raises `Undecodable` for a wrong type, an unknown or a missing field."""
    try:
        value = _adapter(kind).validate_json(text, strict=True, extra="forbid")
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise Undecodable(name or kind.__name__, _path(first["loc"]), first["msg"]) from None
    try:
        encode(value)
    except ValueError as error:
        raise Undecodable(name or kind.__name__, "", str(error)) from None
    return cast(T, value)


def decode_event(name: str, text: str) -> Event:
    """The event of that wire name. Raises `Undecodable`."""
    return cast(Event, _decode_named(name, text, _EVENTS))


def decode_message(name: str, text: str) -> Command | Observation:
    """The command or observation of that wire name. Raises `Undecodable`."""
    return cast(Command | Observation, _decode_named(name, text, _MESSAGES))


def decode_effect(name: str, text: str) -> Effect:
    """The effect of that wire name. Raises `Undecodable`."""
    return cast(Effect, _decode_named(name, text, _EFFECTS))


def canonical(value: object) -> str:
    """JSON that is the same text for the same value everywhere. Raises ValueError for what has no such text."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=_plain)


def timestamp(at: datetime) -> str:
    """UTC, to the microsecond, with a Z. Raises ValueError for a time without a zone."""
    if at.tzinfo is None:
        raise ValueError("a time without a zone")
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def _decode_named(name: str, text: str, allowed: frozenset[type]) -> object:
    kind = _TYPES.get(name)
    if kind is None or kind not in allowed:
        raise Undecodable(name, "", "no such name")
    return decode(kind, text, name)


def _adapter(kind: type) -> TypeAdapter[Any]:
    if kind not in _ADAPTERS:
        _ADAPTERS[kind] = TypeAdapter(kind)
    return _ADAPTERS[kind]


def _path(location: Sequence[int | str]) -> str:
    return ".".join(str(step) for step in location)


def _plain(value: object) -> object:
    match value:
        case datetime():
            return timestamp(value)
        case date():
            return value.isoformat()
        case timedelta():
            return _duration(value)
        case frozenset() | set():
            return sorted(value)
        case _:
            raise TypeError(f"{type(value).__name__} has no place on the wire")


def _duration(value: timedelta) -> str:
    """`PT30S`: seconds, with as many decimals as it needs."""
    whole, micros = divmod(abs(value) // timedelta(microseconds=1), 1_000_000)
    decimals = f".{micros:06}".rstrip("0") if micros else ""
    return f"{'-' if value < timedelta(0) else ''}PT{whole}{decimals}S"
