"""The call to a session: all that is fixed when it is convened, and is frozen on the record from then on."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from orchestrator.council.agenda import AgendaItem
from orchestrator.council.members import Body, BodyId, Entity, EntityId, MemberId, SessionId
from orchestrator.council.rules.shape import Occasion, QuorumRule, Switches


class SessionKind(StrEnum):
    """ROF 77-79."""

    ORDINARY = "ordinary"
    EXTRAORDINARY = "extraordinary"
    URGENT = "urgent"


class Cause(StrEnum):
    """Why a session was not held (ROF 109.2). CANCELLED and POSTPONED: its call was taken back before its hour; after
    a postponed one there is another call."""

    NO_QUORUM = "no_quorum"
    OTHER = "other"
    CANCELLED = "cancelled"
    POSTPONED = "postponed"


class Ground(StrEnum):
    """Why members may attend at a distance; recorded with the session (LRBRL 46.3 and its like)."""

    LRBRL_46_3 = "lrbrl_46_3"
    DL_7_2020_CAT = "dl_7_2020_cat"
    ROM = "rom"
    IN_PERSON = "in_person"


REHEARSAL_ROOM = "-assaig"
"""How the name of a rehearsal's room ends, and of no other: nobody ends up in the wrong one, nor does the bot."""


def room_name(entity: EntityId, body: BodyId, day: date, mark: str, *, is_rehearsal: bool) -> str:
    """A name that people can read and, with a random `mark`, nobody can guess."""
    return f"{entity}-{body}-{day:%Y%m%d}-{mark}{REHEARSAL_ROOM if is_rehearsal else ''}"


class DropInVote(StrEnum):
    """What becomes of a vote when somebody who may vote is gone before it closes (ROF 98.3 lets nobody leave): it goes
    on, and the president, who is told, may have it held again; or it is annulled."""

    RECORD = "record"
    ANNUL = "annul"


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What the entity decides where the law leaves it open.

    `grace`: how long a member whose line dropped is still counted while the line may come back.
    `ghost_patience`: how long a device that is listed but does not answer still counts.
    `edge_pause`: the least time between two warnings of the same kind.
    `floor_limit`: the length of a turn; `floor_warning`: how long before its end the speaker is warned (0: never).
    `group_budget`: how long each group may speak on one item in first and second turns (ROF 94: equal times); None:
    as the president sees fit. A member of no group has no such limit.
    `unchecked_counts`: whether who has not answered the roll counts in a session under LRBRL 46.3 all the same.
    `conflicted_counts`: whether who withdrew from an item because of a conflict of interest still counts for the
    quorum; the law does not say, and no is the safe side.
    `weights`: what the vote of one member of each group weighs where a majority is weighted (TRLMRLC 60.5); the vote
    of anybody else weighs one.
    `rule`: the id of the quorum rule; empty lets the body's kind and the call choose it (`council.rules`).
    `tolerance`: how long after its hour a session waits for its quorum, before it can be declared not held.
    """

    grace: timedelta = timedelta(seconds=30)
    edge_pause: timedelta = timedelta(seconds=60)
    ghost_patience: timedelta = timedelta(seconds=60)
    floor_limit: timedelta = timedelta(minutes=5)
    floor_warning: timedelta = timedelta(seconds=30)
    group_budget: timedelta | None = None
    unchecked_counts: bool = True
    conflicted_counts: bool = False
    drop_in_vote: DropInVote = DropInVote.RECORD
    weights: tuple[tuple[str, int], ...] = ()
    rule: str = ""
    tolerance: timedelta = timedelta(minutes=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Convocation:
    """One convened session of one body.

    `starts_at` is UTC; `time_zone` is the IANA zone in which people read it. `room` is the room's name (the node of
    its address, without the domain). `language` is `ca`, `es` or `en`. `call` is 1 or 2; `follows` is the session in
    first call that was not held. A rehearsal is never official: it has a room of its own (`room_name`), its broadcast
    goes to nobody, and it is never sealed. `candidate` is who a motion of censure proposes. `rule` and `switches`, by
    which every verdict of the session is made, are filled in when it is convened (`calls.as_convened`).
    """

    session: SessionId
    entity: Entity
    body: Body
    kind: SessionKind
    starts_at: datetime
    time_zone: str
    language: str
    room: str
    call: int = 1
    is_public: bool = True
    is_rehearsal: bool = False
    ground: Ground = Ground.LRBRL_46_3
    agenda: tuple[AgendaItem, ...] = ()
    policy: Policy = field(default_factory=Policy)
    occasion: Occasion = Occasion.REGULAR
    candidate: MemberId | None = None
    follows: SessionId | None = None
    rule: QuorumRule | None = None
    switches: Switches = field(default_factory=Switches)
