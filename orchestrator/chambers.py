"""The chambers of all installations: each has a bot of its own, and its sessions are those of the entities it serves.

An installation that is down costs the sessions that are held on it, and no others.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from orchestrator.chamber import Chamber, ChamberEffect, Conducted
from orchestrator.council.commands import Command
from orchestrator.council.members import SessionId
from orchestrator.council.observations import JournalMark, Observation
from orchestrator.council.session import Session
from orchestrator.credentials import account
from orchestrator.installations import Installation, Installations


class Chambers:
    """The rooms of the sessions that are conducted in this process, wherever they are."""

    def __init__(self, installations: Installations, conducted: Conducted, now: Callable[[], datetime]) -> None:
        self._installations = installations
        self._chambers = tuple(
            (each, Chamber(account(each), each.muc_domain, _HeldOn(each, installations, conducted), now))
            for each in installations.all
        )

    @property
    def is_connected(self) -> bool:
        """Whether the bots of all installations are connected."""
        return all(chamber.is_connected for _, chamber in self._chambers)

    async def run(self) -> None:
        """Watch the rooms until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for installation, chamber in self._chambers:
                tasks.create_task(chamber.run(), name=f"chamber of {installation.xmpp_domain}")

    def look_again(self) -> None:
        """A session began or ended being conducted here: see at once which rooms to be in."""
        for _, chamber in self._chambers:
            chamber.look_again()

    async def perform(self, session_id: SessionId, session: Session, effect: ChamberEffect) -> None:
        """Carry an effect out where the session is held. Raises BotError (retryable) if the bot is not in the room."""
        held_on = self._installations.of(session.convened.entity.id)
        await next(chamber for each, chamber in self._chambers if each is held_on).perform(session_id, session, effect)


@dataclass(frozen=True, slots=True)
class _HeldOn:
    """Of the sessions that are conducted here, those of one installation."""

    installation: Installation
    installations: Installations
    conducted: Conducted

    def deliver(self, session_id: SessionId, observation: Observation) -> None:
        self.conducted.deliver(session_id, observation)

    async def ask(self, session_id: SessionId, command: Command) -> object:
        return await self.conducted.ask(session_id, command)

    def sessions(self) -> Mapping[SessionId, Session]:
        return {
            session_id: session
            for session_id, session in self.conducted.sessions().items()
            if self.installations.of(session.convened.entity.id) is self.installation
        }

    def term(self, session_id: SessionId) -> int | None:
        return self.conducted.term(session_id)

    def mark(self, session_id: SessionId) -> JournalMark | None:
        return self.conducted.mark(session_id)
