"""The record of one session in memory, decided as a conductor decides it, for tests of the chamber."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from orchestrator.council.commands import Asker, Channel, Command, Convene, Role
from orchestrator.council.convocation import Policy
from orchestrator.council.deadlines import next_deadline
from orchestrator.council.decide import decide
from orchestrator.council.events import Event
from orchestrator.council.members import SessionId
from orchestrator.council.observations import ChamberLost, Grade, JournalMark, Observation, Sighting, TimePassed
from orchestrator.council.session import Session, evolve
from tests.integration.jitsi import now
from tests.scenarios.play import convocation

GRACE = 4.0
"""Seconds for which whoever dropped still counts."""
SID = SessionId("s1")


class Book:
    """The record of one session, kept as a conductor keeps it."""

    def __init__(self, session_id: SessionId = SID, **changes: Any) -> None:
        self.session_id = session_id
        self.session = Session()
        self.events: list[Event] = []
        self.is_dead = False
        self._term = 1
        self._mark: JournalMark | None = None
        admin = Asker(role=Role.ADMIN, channel=Channel.WEB)
        policy = Policy(grace=timedelta(seconds=GRACE))
        call = convocation(session=session_id, policy=policy, starts_at=now(), **changes)
        self._take(Convene(asker=admin, convocation=call))

    def deliver(self, session_id: SessionId, observation: Observation) -> None:
        if self.is_dead:
            return
        self._pass_time()
        self._take(observation)
        seen = getattr(observation, "seen", None)
        self._mark = (seen and seen.mark) or self._mark

    async def ask(self, session_id: SessionId, command: Command) -> object:
        self._take(command)
        return None

    def sessions(self) -> Mapping[SessionId, Session]:
        return {self.session_id: self.session}

    def term(self, session_id: SessionId) -> int | None:
        return self._term

    def mark(self, session_id: SessionId) -> JournalMark | None:
        return self._mark

    def taken_over(self) -> None:
        """Another conductor goes on with it, who knows only what is written."""
        self.is_dead = False
        self._term += 1
        if self.session.is_observed:
            self._take(ChamberLost(seen=Sighting(grade=Grade.PRESENCE, at=now())))

    async def keep_time(self) -> None:
        while True:
            if not self.is_dead:
                self._pass_time()
            await asyncio.sleep(0.02)

    def _pass_time(self) -> None:
        deadline = next_deadline(self.session)
        if deadline is not None and deadline <= now():
            self._take(TimePassed())

    def _take(self, message: Command | Observation) -> None:
        for event in decide(self.session, message, now()):
            self.session = evolve(self.session, event)
            self.events.append(event)
