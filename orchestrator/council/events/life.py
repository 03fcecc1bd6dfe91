"""The life of the session, and whether anybody watches it."""

from dataclasses import dataclass
from datetime import datetime

from orchestrator.council.convocation import Cause, Convocation
from orchestrator.council.members import MemberId
from orchestrator.council.privacy import Personal
from orchestrator.council.quorum import Verdict


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
class PersonalDataPruned:
    """Personal details of these kinds were taken off the record when their time was over; so many were there."""

    at: datetime
    kinds: tuple[Personal, ...]
    details: int


SessionEvent = (
    SessionConvened
    | ObservationBegan
    | ObservationCeased
    | ObservationRecovered
    | QuorumReached
    | QuorumLost
    | QuorumAtEdge
    | SessionOpened
    | ToleranceEnded
    | SessionNotHeld
    | SessionSuspended
    | SessionResumed
    | SessionAdjourned
    | PersonalDataPruned
)
