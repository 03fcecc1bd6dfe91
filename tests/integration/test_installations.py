"""Two Jitsis at once, each with a Prosody of its own: each session hears its own room, and one may be down alone."""

import asyncio
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr

from orchestrator.chambers import Chambers
from orchestrator.council.commands import Command
from orchestrator.council.members import Entity, EntityId, SessionId
from orchestrator.council.observations import JournalMark, Observation
from orchestrator.council.session import Session
from orchestrator.installations import FurtherInstallation, Installation, Installations
from simulator.councillor import Councillor
from simulator.focus import focus
from simulator.prosody import Prosody, prosody
from tests.integration.book import Book
from tests.integration.jitsi import councillor, login_to, now
from tests.integration.test_chamber import until
from tests.scenarios.play import MAYOR, PAU

pytestmark = pytest.mark.slow

VILA, COMARCA = SessionId("vila"), SessionId("comarca")


class Shelf:
    """Both records, as one process conducts them."""

    def __init__(self) -> None:
        comarca = Entity(id=EntityId("comarca"), name="Consell comarcal")
        self.books = {VILA: Book(VILA), COMARCA: Book(COMARCA, entity=comarca)}

    def deliver(self, session_id: SessionId, observation: Observation) -> None:
        self.books[session_id].deliver(session_id, observation)

    async def ask(self, session_id: SessionId, command: Command) -> object:
        return await self.books[session_id].ask(session_id, command)

    def sessions(self) -> Mapping[SessionId, Session]:
        return {session_id: book.session for session_id, book in self.books.items()}

    def term(self, session_id: SessionId) -> int | None:
        return self.books[session_id].term(session_id)

    def mark(self, session_id: SessionId) -> JournalMark | None:
        return self.books[session_id].mark(session_id)

    def present(self, session_id: SessionId) -> set[str]:
        return set(self.books[session_id].session.attendance.present())


def fields(server: Prosody) -> dict[str, object]:
    return {
        "xmpp_host": server.host,
        "xmpp_port": server.c2s_port,
        "xmpp_tls": False,
        "xmpp_domain": server.domain,
        "xmpp_user": "bot",
        "xmpp_password": SecretStr(server.bot_password),
    }


@asynccontextmanager
async def jitsi(folder: Path, domain: str) -> AsyncIterator[Prosody]:
    async with (
        prosody(folder / domain, domain=domain, smacks_hibernation=1) as server,
        focus(login_to(server, server.focus_jid, server.focus_password), domain, now),
    ):
        yield server


@asynccontextmanager
async def seated(server: Prosody, member: str) -> AsyncIterator[Councillor]:
    async with councillor(server, "ple-vila", member) as there:
        await there.enter()
        yield there


@asynccontextmanager
async def sitting(shelf: Shelf, vila: Prosody, comarca: Prosody) -> AsyncIterator[Chambers]:
    further = FurtherInstallation.model_validate({"entities": {"comarca"}} | fields(comarca))
    every = Installations(main=Installation.model_validate(fields(vila)), further=(further,))
    chambers = Chambers(every, shelf, now)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(chambers.run())
        await until(lambda: all(session.is_observed for session in shelf.sessions().values()))
        await until(lambda: all(chamber._inside for _, chamber in chambers._chambers))
        yield chambers
        running.cancel()


def test_each_session_hears_its_own_room_and_one_jitsi_may_be_down_alone(tmp_path: Path) -> None:
    async def scene() -> None:
        shelf = Shelf()
        async with (
            jitsi(tmp_path, "meet.vila") as vila,
            jitsi(tmp_path, "meet.comarca") as comarca,
            sitting(shelf, vila, comarca) as chambers,
            # The rooms have the same name: only the installation tells them apart.
            seated(vila, MAYOR) as mayor,
        ):
            async with seated(comarca, PAU) as pau:
                await until(lambda: shelf.present(VILA) == {MAYOR} and shelf.present(COMARCA) == {PAU})
                for member in (mayor, pau):
                    await member.say("!quorum")
                    await member.hear(lambda line: line.is_private and "quòrum" in line.text.lower())
                assert chambers.is_connected
                await comarca.end(signal.SIGKILL)
                await until(lambda: not shelf.sessions()[COMARCA].is_observed)
                assert not chambers.is_connected
                assert shelf.present(COMARCA) == {PAU}, "nobody has left: the server is down"
            assert shelf.sessions()[VILA].is_observed
            await mayor.say("!quorum")
            await mayor.hear(lambda line: line.is_private and "quòrum" in line.text.lower(), since=len(mayor.lines))
            await comarca.start()
            await until(lambda: shelf.sessions()[COMARCA].is_observed)

    asyncio.run(scene())
