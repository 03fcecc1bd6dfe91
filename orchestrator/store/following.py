"""A session as a level: its state now, and again whenever its record has grown, on whatever machine it is written."""

import asyncio
from collections.abc import AsyncIterator

from orchestrator.council.members import SessionId
from orchestrator.council.session import Session, evolve
from orchestrator.store.ledger import Ledger
from orchestrator.store.listener import Channel, Listener


async def follow(ledger: Ledger, listener: Listener, session_id: SessionId) -> AsyncIterator[Session]:
    """The session as it is on the record, without an end; a follower who is slow gets the latest, not each."""
    changed = asyncio.Event()
    session, version = Session(), 0
    with listener.hearing(Channel.RECORD, session_id, changed.set):
        while True:
            changed.clear()
            for recorded in await ledger.load(session_id, version):
                session, version = evolve(session, recorded.event), recorded.seq
            if version:
                yield session
            await changed.wait()
