"""What is on the record. Events are never edited; their wire names are in `store/codec.py` and never change.

`at` is when it happened (UTC); when it was recorded is kept beside it by the ledger. Where a sensor was the witness,
the event keeps its `Grade`; where a person was, `by` is who.
"""

from orchestrator.council.events.agenda import (
    AgendaEvent as AgendaEvent,
    ConflictDeclared as ConflictDeclared,
    ConflictEnded as ConflictEnded,
    DebateOpened as DebateOpened,
    ItemCalled as ItemCalled,
    ItemConcluded as ItemConcluded,
    ItemTabled as ItemTabled,
    ItemWithdrawn as ItemWithdrawn,
    MajorityOutOfReach as MajorityOutOfReach,
    MajorityWithinReach as MajorityWithinReach,
    SecretClosed as SecretClosed,
    SecretOpened as SecretOpened,
    UrgencyAgreed as UrgencyAgreed,
    UrgencyRefused as UrgencyRefused,
    UrgentItemProposed as UrgentItemProposed,
)
from orchestrator.council.events.attendance import (
    AbsenceExcused as AbsenceExcused,
    AttendanceCorrected as AttendanceCorrected,
    AttendanceEvent as AttendanceEvent,
    DeviceGone as DeviceGone,
    DeviceJoined as DeviceJoined,
    GhostCleared as GhostCleared,
    GhostSuspected as GhostSuspected,
    MarkedAbsent as MarkedAbsent,
    MarkedPresent as MarkedPresent,
    MemberArrived as MemberArrived,
    MemberChecked as MemberChecked,
    MemberDropped as MemberDropped,
    MemberLeft as MemberLeft,
    MemberReturned as MemberReturned,
    PresenceEvent as PresenceEvent,
    RollCalled as RollCalled,
)
from orchestrator.council.events.broadcast import (
    AlertRaised as AlertRaised,
    AlertResolved as AlertResolved,
    BroadcastEvent as BroadcastEvent,
    ChannelFailed as ChannelFailed,
    ChannelOrdered as ChannelOrdered,
    ChannelTaken as ChannelTaken,
    BroadcastResumed as BroadcastResumed,
    EncoderRestarted as EncoderRestarted,
    LinkFailed as LinkFailed,
    LinkRestored as LinkRestored,
    RecordingFinished as RecordingFinished,
    RecordingMissing as RecordingMissing,
    SlateShown as SlateShown,
)
from orchestrator.council.events.entrance import (
    EntranceEvent as EntranceEvent,
    JoinLinkShared as JoinLinkShared,
    JoinLinkWithdrawn as JoinLinkWithdrawn,
)
from orchestrator.council.events.floor import (
    FloorEvent as FloorEvent,
    FloorExpired as FloorExpired,
    FloorGranted as FloorGranted,
    FloorRequested as FloorRequested,
    FloorRequestWithdrawn as FloorRequestWithdrawn,
    FloorReturned as FloorReturned,
    FloorWarned as FloorWarned,
    VoiceHeard as VoiceHeard,
)
from orchestrator.council.events.life import (
    ObservationBegan as ObservationBegan,
    ObservationCeased as ObservationCeased,
    ObservationRecovered as ObservationRecovered,
    PersonalDataPruned as PersonalDataPruned,
    QuorumAtEdge as QuorumAtEdge,
    QuorumLost as QuorumLost,
    QuorumReached as QuorumReached,
    SessionAdjourned as SessionAdjourned,
    SessionConvened as SessionConvened,
    SessionEvent as SessionEvent,
    SessionNotHeld as SessionNotHeld,
    SessionOpened as SessionOpened,
    SessionResumed as SessionResumed,
    SessionSuspended as SessionSuspended,
    ToleranceEnded as ToleranceEnded,
)
from orchestrator.council.events.votes import (
    CastingVoteGiven as CastingVoteGiven,
    VoteAnnulled as VoteAnnulled,
    VoteCast as VoteCast,
    VoteClosed as VoteClosed,
    VoteOpened as VoteOpened,
    VotingEvent as VotingEvent,
)

Event = SessionEvent | AttendanceEvent | AgendaEvent | FloorEvent | VotingEvent | BroadcastEvent | EntranceEvent

Events = tuple[Event, ...]
"""What a message came to, in order."""
