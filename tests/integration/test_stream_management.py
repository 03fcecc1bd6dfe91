"""Why the bot's connection has no stream management (XEP-0198): what it would save is told by the journal, and more.

Prosody keeps 500 unacknowledged stanzas of a connection (`smacks_max_queue_size`), nothing over its own restart, and
nothing for a client that was killed. A bot in hundreds of rooms is sent 500 stanzas in a moment.
"""

import asyncio
from pathlib import Path
from xml.etree.ElementTree import Element

import pytest
from slixmpp import ClientXMPP

from bot.connection import Login, _client
from bot.journal import Hand, Joined, JournalOpened
from bot.stanzas import PING, build_entry
from tests.integration.jitsi import PATIENCE, Town, login_to, play
from tests.integration.test_journal import another_bot, read

pytestmark = pytest.mark.slow


class Resuming:
    """A connection that asks to be resumed, as slixmpp does it."""

    def __init__(self, login: Login) -> None:
        self.login = login
        self.xmpp: ClientXMPP = _client(login)
        self.xmpp.register_plugin("xep_0198")
        self.told: asyncio.Queue[str] = asyncio.Queue()
        for event in ("sm_enabled", "session_resumed", "sm_failed", "disconnected"):
            self.xmpp.add_event_handler(event, lambda _, event=event: self.told.put_nowait(event))

    async def connect(self) -> str:
        """What the server says to it, or `disconnected`."""
        self.told = asyncio.Queue()
        self.xmpp.connect(self.login.host, self.login.port)
        async with asyncio.timeout(PATIENCE):
            return await self.told.get()


@pytest.mark.parametrize(("hands", "can_resume"), [(50, True), (520, False)])
def test_the_journal_tells_what_a_resumed_stream_would_and_what_it_could_not(
    tmp_path: Path, hands: int, can_resume: bool
) -> None:
    async def scene(town: Town) -> None:
        jid = await town.enter("ple")
        await town.follow("ple")
        resuming = Resuming(login_to(town.prosody, town.prosody.bot_jid, town.prosody.bot_password))
        assert await resuming.connect() == "sm_enabled"
        resuming.xmpp.send_xml(build_entry(jid, "other", "Other", None))
        await town.until(Joined, lambda j: j.occupant.nick == "other")
        async with town.councillor("ple", "u-1") as anna:
            await anna.enter()
            last = await town.until(Joined, lambda j: j.occupant.identity is not None)
            resuming.xmpp.abort()
            town.bot._xmpp.abort()
            await town.until_lost()
            for _ in range(hands // 2):
                await anna.raise_hand()
                await anna.lower_hand()
            await anna.ask(town.prosody.domain, Element(PING), kind="get")  # by then the server has served them all
            async with another_bot(town) as second:
                opened, *missed = await read(second, jid, last.mark)
                assert isinstance(opened, JournalOpened)
                assert opened.is_complete
                assert sum(isinstance(entry, Hand) for entry in missed) == hands
            assert (await resuming.connect() == "session_resumed") == can_resume
        resuming.xmpp.abort()

    play(tmp_path, scene, smacks_hibernation=60)
