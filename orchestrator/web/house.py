"""What the web stands on: the store, the clock, and how Jitsi is reached. Injected; there are no globals."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from orchestrator.access import Clock
from orchestrator.consents import Consents
from orchestrator.council.commands import Convene
from orchestrator.council.events import PersonalDataPruned
from orchestrator.council.members import EntityId, SessionId
from orchestrator.council.session import Session, evolve
from orchestrator.jitsi import Jitsi
from orchestrator.lookout import Around
from orchestrator.notices.webhooks import Posting
from orchestrator.oidc import Provider
from orchestrator.relays import Relays
from orchestrator.store.accounts import Accounts
from orchestrator.store.alerts import Alerts
from orchestrator.store.answered import Answered
from orchestrator.store.audit import Audit
from orchestrator.store.channels import Channels
from orchestrator.store.deliveries import Deliveries
from orchestrator.store.encoders import Encoder
from orchestrator.store.entrances import Entrances
from orchestrator.store.inbox import Inbox
from orchestrator.store.ledger import Ledger, Recorded
from orchestrator.store.listener import Channel, Listener
from orchestrator.store.records import Records
from orchestrator.store.scope import reaches
from orchestrator.web.limits import Limits
from orchestrator.web.problems import Kind, Problem
from orchestrator.web.served import Served

_KEPT = 512
"""Sessions whose fold is kept in memory: more than a consortium holds in one evening."""


async def _no_encoders() -> Sequence[Encoder]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A session as its record tells it, up to `version`."""

    session: Session
    records: tuple[Recorded, ...]

    @property
    def version(self) -> int:
        """The seq of the last event."""
        return self.records[-1].seq if self.records else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """Part by part, whether what the service needs is there. `clock_ahead`: of the clock that ours was compared with
    (`clock_of`: `time_server` or `database`); None when that did not answer."""

    parts: Mapping[str, bool]
    clock_ahead: timedelta | None = None
    clock_of: str = "database"


@dataclass(slots=True, kw_only=True)
class House:
    """Everything that a handler may use. `told` are the names of those whom alerts are told to.

    `convene` begins a session's record; it raises Refused and `AlreadyConvened`. `checks` says, part by part, whether
    what the service needs is there. `public_url` is where people reach us, `time_zone` where the installation is.
    `gathering` is how long before its hour the room of a session may be entered. `recordings` is the folder of the
    finished recordings, on the machine that has one; `broadcasts` that of the broadcasts which it carries.
    `encoders` is how many broadcasts can be made at once; `has_mail`: calls can be sent.
    `look_around` says what this machine sees of encoders and disk. `relays` is where media go when they cannot go
    straight.
    `jitsi` is where an entity's sessions are held.
    `provider` says who people are, beside their passwords. `consents` asks the owners of channels on YouTube, where
    the installation has a client at Google; `youtube_spent` is what this process spent of its quota today.
    `crest` makes a clean PNG of a picture; it raises ValueError with a code. `survey` asks the encoders how they are.
    """

    records: Records
    channels: Channels
    answered: Answered
    posting: Posting
    ledger: Ledger
    inbox: Inbox
    listener: Listener
    convene: Callable[[Convene], Awaitable[int]]
    checks: Callable[[], Awaitable[Readiness]]
    jitsi: Callable[[EntityId], Jitsi]
    token_secret: str = field(repr=False)
    now: Clock
    public_url: str
    time_zone: ZoneInfo
    version: str
    provider: Provider | None = None
    gathering: timedelta = timedelta(minutes=60)
    consents: Consents | None = None
    youtube_spent: Callable[[], int] | None = None
    recordings: Path | None = None
    crest: Callable[[bytes], Awaitable[bytes]] | None = None
    survey: Callable[[], Awaitable[Sequence[Encoder]]] = _no_encoders
    broadcasts: Path | None = None
    encoders: int = 0
    limits: Limits = field(default_factory=Limits)
    told: tuple[str, ...] = ()
    has_mail: bool = False
    look_around: Callable[[], Awaitable[Around]] | None = None
    served: Served = field(default_factory=Served, repr=False)
    relays: Relays = field(default_factory=Relays)
    is_closing: bool = False
    _readings: OrderedDict[SessionId, Reading] = field(default_factory=OrderedDict, repr=False)
    _streams: set[asyncio.Event] = field(default_factory=set, repr=False)

    @property
    def accounts(self) -> Accounts:
        """Who may come in."""
        return Accounts(self.ledger.pool)

    @property
    def audit(self) -> Audit:
        """The trail of who did and looked at what."""
        return Audit(self.ledger.pool)

    @property
    def entrances(self) -> Entrances:
        """The personal links."""
        return Entrances(self.ledger.pool)

    async def read(self, session_id: SessionId) -> Reading:
        """The session as it is now; only what is new is read and folded. Raises `Problem` when there is none.

        What was pruned from the record is forgotten here as well, and what the task may not see is not there.
        """
        known = self._readings.get(session_id) or Reading(session=Session(), records=())
        new = await self.ledger.load(session_id, known.version)
        if any(isinstance(record.event, PersonalDataPruned) for record in new) and known.records:
            known, new = Reading(session=Session(), records=()), await self.ledger.load(session_id)
        session = known.session
        for record in new:
            session = evolve(session, record.event)
        if session.convocation is None or not reaches(session.convened.entity.id):
            raise Problem(Kind.NOT_FOUND)
        reading = Reading(session=session, records=(*known.records, *new))
        self._readings[session_id] = reading
        self._readings.move_to_end(session_id)
        if len(self._readings) > _KEPT:
            self._readings.popitem(last=False)
        return reading

    @property
    def deliveries(self) -> Deliveries:
        """Whom those alerts were told to."""
        return Deliveries(self.records.pool)

    @property
    def alerts(self) -> Alerts:
        """The alerts of the same database as the records."""
        return Alerts(self.records.pool)

    @contextmanager
    def changes(self, session_id: SessionId) -> Iterator[asyncio.Event]:
        """An event that is set whenever there may be something new on the record, and when the house closes."""
        with self.hearing((Channel.RECORD, session_id)) as changed:
            yield changed

    @contextmanager
    def hearing(self, *places: tuple[Channel, str]) -> Iterator[asyncio.Event]:
        """An event that is set whenever something is told there, and when the house closes."""
        changed = asyncio.Event()
        self._streams.add(changed)
        try:
            with ExitStack() as stack:
                for channel, key in places:
                    stack.enter_context(self.listener.hearing(channel, key, changed.set))
                yield changed
        finally:
            self._streams.discard(changed)

    def close(self) -> None:
        """End all streams, so that the server can."""
        self.is_closing = True
        for changed in self._streams:
            changed.set()
