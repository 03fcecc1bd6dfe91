"""What is on the record. Events are never edited; their wire names are in `store/codec.py` and never change.

`at` is when it happened (UTC); when it was recorded is kept beside it by the ledger. Where a sensor was the witness,
the event keeps its `Grade`.
"""

from dataclasses import dataclass
from datetime import datetime

from orchestrator.council.agenda import Majority
from orchestrator.council.convocation import Cause, Convocation
from orchestrator.council.members import MemberId
from orchestrator.council.observations import Departure, DeviceId, Grade, Link
from orchestrator.council.privacy import Personal
from orchestrator.council.quorum import Verdict
from orchestrator.council.voting import Choice, Method, Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionConvened:
    """The call, with the body and its members as they stood."""

    at: datetime
    convocation: Convocation


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservationBegan:
    """The room is being watched from now on."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservationCeased:
    """Nobody watches from now on: until the next `ObservationBegan` the record knows nothing (*unobserved*)."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservationRecovered:
    """The room is watched from now on, and the server's journal told what happened since `since`, when nobody watched:
    the stretch is not unobserved."""

    at: datetime
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceJoined:
    """A device of a member entered the room."""

    at: datetime
    member: MemberId
    device: DeviceId
    grade: Grade


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceGone:
    """A device of a member went; the member may have others."""

    at: datetime
    member: MemberId
    device: DeviceId
    departure: Departure
    grade: Grade


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberArrived:
    """A member is present: the first of their devices is in the room."""

    at: datetime
    member: MemberId
    grade: Grade


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberDropped:
    """The last device of a member went: still counted until `until`, while the line may come back."""

    at: datetime
    member: MemberId
    until: datetime
    grade: Grade


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberReturned:
    """The member came back within the grace: the interval of attendance was never broken."""

    at: datetime
    member: MemberId
    grade: Grade


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberLeft:
    """The member is absent since `at`, the beginning of the outage (or a plain leave)."""

    at: datetime
    member: MemberId
    grade: Grade


@dataclass(frozen=True, slots=True, kw_only=True)
class QuorumReached:
    """The three predicates (members, president, secretary) hold from now on."""

    at: datetime
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class QuorumLost:
    """One of the three predicates no longer holds; the verdict says which."""

    at: datetime
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class QuorumAtEdge:
    """One more departure would lose the quorum."""

    at: datetime
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionOpened:
    """`president` is who held the chair when it was opened."""

    at: datetime
    president: MemberId
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class ToleranceEnded:
    """The body has waited for its quorum as long as it waits, and the session has not been opened."""

    at: datetime
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionNotHeld:
    """The session never opened (ROF 109.2): why, who had come, who had excused themselves, and what was needed.

    `note` is the cause in the secretary's words. `second_call_at` is when the law has the body meet again (UTC).
    """

    at: datetime
    cause: Cause
    note: str
    came: tuple[MemberId, ...]
    excused: tuple[MemberId, ...]
    verdict: Verdict
    second_call_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSuspended:
    """A recess begins."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionResumed:
    """The recess is over."""

    at: datetime
    verdict: Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionAdjourned:
    """The session is lifted; its record is complete but for what the machines still report."""

    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemCalled:
    """The session comes to an item."""

    at: datetime
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DebateOpened:
    """Who leaves from now on and is away at the vote abstains (LRBRL 46.2.d)."""

    at: datetime
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemConcluded:
    """The session is done with an item."""

    at: datetime
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorRequested:
    """A member asks to speak. `is_by_hand` when the client's raised hand said so."""

    at: datetime
    member: MemberId
    is_by_hand: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorRequestWithdrawn:
    """A member no longer asks to speak."""

    at: datetime
    member: MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorGranted:
    """A member has the floor until `until`."""

    at: datetime
    member: MemberId
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorReturned:
    """The turn is over: given back, taken back, or the speaker is gone."""

    at: datetime
    member: MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class FloorExpired:
    """The turn's time ran out."""

    at: datetime
    member: MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class VoteOpened:
    """`entitled` may vote; `deemed` left after the debate opened, were not back by now, and count as abstaining."""

    at: datetime
    number: int
    method: Method
    majority: Majority
    entitled: tuple[MemberId, ...]
    deemed: tuple[MemberId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VoteCast:
    """A member's vote; the last one before the vote closes stands."""

    at: datetime
    member: MemberId
    choice: Choice


@dataclass(frozen=True, slots=True, kw_only=True)
class VoteClosed:
    """The result. Those entitled who did not vote abstained."""

    at: datetime
    number: int
    tally: Tally
    is_carried: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class VoteAnnulled:
    """The vote came to nothing: the quorum was lost while it was open (LRBRL 46.2.c). It may be held again."""

    at: datetime
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRestored:
    """A link of the broadcast works (again)."""

    at: datetime
    link: Link


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkFailed:
    """A link of the broadcast failed."""

    at: datetime
    link: Link
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRaised:
    """The operators are told."""

    at: datetime
    key: str
    link: Link
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertResolved:
    """The alert's condition is over."""

    at: datetime
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingFinished:
    """The recording of the session: bytes, SHA-256, and the last link of the chain over its segments (hexadecimal)."""

    at: datetime
    size: int
    sha256: str
    segments: int
    head: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingMissing:
    """The broadcast ended without a recording."""

    at: datetime
    cause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalDataPruned:
    """Personal details of these kinds were taken off the record when their time was over; so many were there."""

    at: datetime
    kinds: tuple[Personal, ...]
    details: int


Event = (
    SessionConvened
    | ObservationBegan
    | ObservationCeased
    | ObservationRecovered
    | DeviceJoined
    | DeviceGone
    | MemberArrived
    | MemberDropped
    | MemberReturned
    | MemberLeft
    | QuorumReached
    | QuorumLost
    | QuorumAtEdge
    | SessionOpened
    | ToleranceEnded
    | SessionNotHeld
    | SessionSuspended
    | SessionResumed
    | SessionAdjourned
    | ItemCalled
    | DebateOpened
    | ItemConcluded
    | FloorRequested
    | FloorRequestWithdrawn
    | FloorGranted
    | FloorReturned
    | FloorExpired
    | VoteOpened
    | VoteCast
    | VoteClosed
    | VoteAnnulled
    | LinkRestored
    | LinkFailed
    | AlertRaised
    | AlertResolved
    | RecordingFinished
    | RecordingMissing
    | PersonalDataPruned
)

Events = tuple[Event, ...]
"""What a message came to, in order."""
