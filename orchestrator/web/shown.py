"""The shape of what there is to see of a session: for the page, the JSON of the API and the terminal of the demo.

Codes stay codes. Instants are UTC.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field

from orchestrator.council.agenda import ItemPhase, Majority, Urgency
from orchestrator.council.attendance import Presence
from orchestrator.council.convocation import SessionKind
from orchestrator.council.effects import Picture
from orchestrator.council.floor import TurnKind
from orchestrator.council.members import MemberId, Office
from orchestrator.council.observations import Link
from orchestrator.council.roll import Mode
from orchestrator.council.session import Phase
from orchestrator.council.voting import Choice, Method, Subject


class Light(StrEnum):
    """The quorum light. EDGE is met with nobody to spare; GATHERING is not met, and not missed yet."""

    GATHERING = "gathering"
    MET = "met"
    EDGE = "edge"
    LOST = "lost"
    OVER = "over"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class Predicate(_Part):
    """One of the three that make the quorum: `members`, or an office. `grace_until`: it holds as long as that."""

    name: str
    holds: bool
    holder: str = Field(default="", description="Who sits in the chair now; empty for `members` and an empty chair")
    grace_until: datetime | None = None


class QuorumView(_Part):
    """The verdict on who is there now, and the law that it quotes."""

    light: Light
    met: bool
    present: int
    attended: int = Field(description="Members who are counted and were there at some time")
    needed: int
    base: int
    missing: tuple[Office, ...]
    lacks_councillors: bool = Field(description="The councillors there do not outnumber the others (LRBRL 126.2)")
    rule: str
    article: str
    version: int
    predicates: tuple[Predicate, ...]


class MemberView(_Part):
    """A member and where they are. `until`: end of the grace. `left_at`: when one who was there last left."""

    id: MemberId
    name: str
    office: Office
    group: str
    presence: Presence
    until: datetime | None
    left_at: datetime | None
    stayed: bool = Field(description="Was there when the session was adjourned")
    has_floor: bool
    vote: Choice | None = Field(description="The vote cast in the vote by name that is open")
    mode: Mode | None = Field(default=None, description="How they attend, as far as the secretary established it")
    is_checked: bool = Field(default=False, description="Answered the roll that was called last")
    is_conflicted: bool = Field(default=False, description="Takes no part in the item")
    has_ghost: bool = Field(default=False, description="A device of theirs is listed and does not answer")
    excuse: str | None = Field(default=None, description="Their reason for not coming")
    corrections: int = 0


class FloorView(_Part):
    """Who has the floor, and who asks for it, in order. `kinds` is what each of the queue asks for. `voice` is who is
    mostly heard, as the bridge has it; `spoken` how many seconds each group has had the floor."""

    speaker: MemberId | None
    since: datetime | None
    until: datetime | None
    queue: tuple[MemberId, ...]
    kind: TurnKind | None = None
    kinds: tuple[TurnKind, ...] = ()
    voice: MemberId | None = None
    spoken: tuple[tuple[str, int], ...] = ()


class ResultView(_Part):
    """How an item was voted."""

    yes: int
    no: int
    abstain: int
    deemed: int
    is_carried: bool
    is_tied: bool = False
    yes_weight: int = 0
    no_weight: int = 0


class ItemView(_Part):
    """An item of the agenda and how far it has come."""

    number: int
    title: str
    majority: Majority
    phase: ItemPhase
    is_current: bool
    result: ResultView | None
    urgency: Urgency = Urgency.ON_AGENDA
    ties: int = Field(default=0, description="How many votes in a row came out even")
    was_secret: bool = False
    lacking: int = Field(default=0, description="How many more members are needed to carry it, while it is current")


class VoteView(_Part):
    """The vote that is open."""

    item: int
    method: Method
    majority: Majority
    entitled: tuple[MemberId, ...]
    cast: int
    subject: Subject = Subject.ITEM


class LinkState(StrEnum):
    """A link of the broadcast works, has failed, or was never up."""

    UP = "up"
    DOWN = "down"
    IDLE = "idle"


class BroadcastView(_Part):
    """What is to be seen (`picture`), and the links that bring it to the public. `is_planned`: there is to be one."""

    is_planned: bool
    picture: Picture
    card: Picture | None = Field(default=None, description="A card that was put on by hand")
    encoder: LinkState
    relay: LinkState
    public: LinkState = Field(default=LinkState.IDLE, description="Whether the public address shows it")

    @property
    def links(self) -> tuple[tuple[Link, LinkState], ...]:
        """From the room towards the public."""
        return ((Link.ENCODER, self.encoder), (Link.RELAY, self.relay), (Link.PUBLIC, self.public))

    @property
    def shows(self) -> str | None:
        """What the public sees: the picture, `fallback` while the room's is missing, None when nothing is sent."""
        if self.relay is not LinkState.UP:
            return None
        is_missing = self.picture is Picture.LIVE and self.encoder is not LinkState.UP
        return "fallback" if is_missing else self.picture.value


class ActView(_Part):
    """A command that helps: its name and its fields."""

    name: str
    fields: Mapping[str, str]


class AlertView(_Part):
    """An alert that is not resolved. `steps` is what to do about it, in order; `acts` may be pressed without harm."""

    key: str
    link: Link | None
    cause: str
    since: datetime
    text: str
    steps: tuple[str, ...] = ()
    acts: tuple[ActView, ...] = ()


class FactView(_Part):
    """A fact of the record as a sentence."""

    seq: int
    at: datetime
    text: str


class View(_Part):
    """Everything there is to see of a session at one moment (`at`), up to event `version` of its record."""

    session: str
    version: int
    at: datetime
    language: str
    time_zone: str
    entity: str
    body: str
    kind: SessionKind
    call: int
    starts_at: datetime
    is_rehearsal: bool
    phase: Phase
    opened_at: datetime | None
    adjourned_at: datetime | None
    is_not_held: bool
    second_call_at: datetime | None = Field(description="Of a session not held: when the law has it meet again")
    unobserved_since: datetime | None = Field(
        description="Since when nobody watches the room; null while somebody does"
    )
    quorum: QuorumView
    members: tuple[MemberView, ...]
    floor: FloorView
    agenda: tuple[ItemView, ...]
    vote: VoteView | None
    is_secret: bool = Field(default=False, description="The current item is held in secret")
    broadcast: BroadcastView
    alerts: tuple[AlertView, ...]
    facts: tuple[FactView, ...] = Field(description="The latest, newest first")
    fact_count: int

    def name(self, member: MemberId) -> str:
        """A member's name."""
        return next((m.name for m in self.members if m.id == member), member)
