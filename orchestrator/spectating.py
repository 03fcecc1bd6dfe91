"""What the public sees of one broadcast: the third state, beside that an encoder runs and that the relay sends.

Somebody of ours watches at the public address like anybody else. A fault is told only of what ought to be seen and
heard: black and frozen while the room is on the air and its encoder sends, silence while somebody has the floor.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import aiohttp
import structlog

from orchestrator.council.effects import Picture
from orchestrator.council.members import SessionId
from orchestrator.council.observations import Link
from orchestrator.council.session import Session
from recorder.config import Destination
from recorder.errors import ViewingFailed
from recorder.look import is_true
from recorder.sight import Flaw, Observer, Patience
from recorder.viewing import can_view, view

log = structlog.get_logger()

SEEN = ""
"""The verdict when all is well; any other is the cause of an alert, and None says that nobody knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """In seconds: between two looks, before another try, and how long a change takes to reach the public."""

    look: float = 2
    retry: float = 5
    settling: float = 20


@dataclass(slots=True, kw_only=True)
class Spectator:
    """Whoever carries the broadcast shows it the session (`see`) and says where it is sent (`sent_to`).

    The public address is the channel's, where that is a stream; else the stream is asked back from the server it is
    sent to. Not every server gives it: one that never did is not watched, and nothing is said of it. `tell` is given
    the link's cause, or SEEN.
    """

    session_id: SessionId
    client: aiohttp.ClientSession
    tell: Callable[[str], Awaitable[None]]
    patience: Patience = field(default_factory=Patience)
    pace: Pace = field(default_factory=Pace)
    clock: Callable[[], float] = time.monotonic
    _session: Session = field(default_factory=Session)
    _sent_to: Destination | None = field(default=None, repr=False)
    _due: tuple[bool, bool, bool] = (False, False, False)
    _since: float = 0.0
    _verdict: str | None = None
    _proven: str = field(default="", repr=False)

    def see(self, session: Session) -> None:
        """The session as it is on the record now."""
        self._session = session
        is_sent = Link.RELAY in session.links
        is_live = session.has_broadcast and session.picture is Picture.LIVE and Link.ENCODER in session.links
        due = (is_sent, is_sent and is_live, is_sent and is_live and session.floor.speaker is not None)
        if due != self._due:
            self._due, self._since = due, self.clock()

    def sent_to(self, destination: Destination | None) -> None:
        """Where the hub sends it; the key is never shown."""
        self._sent_to = destination

    @property
    def address(self) -> str:
        """Where to watch now; empty when there is nowhere. It may hold a key."""
        reach = self._session.airing.reach
        if reach and can_view(reach.watch):
            return reach.watch
        if self._sent_to is None or (reach and reach.video):
            return ""
        return f"{self._sent_to.address.rstrip('/')}/{self._sent_to.key}"

    async def run(self) -> None:
        """Watch, without an end."""
        while True:
            address = self.address
            if address and self._due[0]:
                try:
                    await self._watch(address)
                except ViewingFailed as failure:
                    await self._fail(address, str(failure))
            await asyncio.sleep(self.pace.retry)

    async def _watch(self, address: str) -> None:
        """Returns when it is to be watched elsewhere. Raises `ViewingFailed`."""
        observer = Observer(self.patience, self.clock())
        try:
            async with asyncio.TaskGroup() as tasks:
                looking = tasks.create_task(self._look(address, observer))
                async for tag in view(address, self.client):
                    observer.feed(tag, self.clock())
                    if looking.done():
                        return
        except* ViewingFailed as failures:
            raised = failures.exceptions[0]
        else:
            return
        raise raised

    async def _look(self, address: str, observer: Observer) -> None:
        while self.address == address:
            await asyncio.sleep(self.pace.look)
            if observer.has_pictures:
                self._proven = address
            suspects = observer.suspicions(self.clock())
            if Flaw.STALLED in suspects:
                raise ViewingFailed(Flaw.STALLED.value)
            if not observer.has_pictures:
                continue
            true = [flaw for flaw in Flaw if flaw in suspects & self._expected() and await is_true(flaw, observer)]
            await self._judge(true[0].value if true else SEEN)

    def _expected(self) -> frozenset[Flaw]:
        """The faults that would be faults now: what changed on our side takes a while to arrive."""
        _, is_live, is_spoken = self._due
        if self.clock() - self._since < self.pace.settling:
            return frozenset()
        seen = {Flaw.BLACK, Flaw.FROZEN} if is_live else set()
        return frozenset(seen | ({Flaw.SILENT} if is_spoken else set()))

    async def _fail(self, address: str, cause: str) -> None:
        """Nothing comes. While nothing is sent that is no news, nor from a server that never showed anything."""
        is_settled = self.clock() - self._since > self.pace.settling
        is_known = Link.PUBLIC in self._session.links or Link.PUBLIC in self._session.alerts
        is_public = is_known or address == self._proven or can_view(self._watched_at())
        if self._due[0] and is_settled and is_public and address == self.address:
            await self._judge(cause)

    def _watched_at(self) -> str:
        reach = self._session.airing.reach
        return reach.watch if reach else ""

    async def _judge(self, verdict: str) -> None:
        if verdict != self._verdict:
            self._verdict = verdict
            log.info("public_sees", session_id=self.session_id, verdict=verdict or "broadcast")
            await self.tell(verdict)
