"""Telling webhooks what went on the record: Standard Webhooks (standardwebhooks.com), each session's in its order, at
least once, for a day.

A job of PgQueuer drains what waits of one session; it ends when the next message is not due and is planned for then.
"""

import asyncio
import json
import math
import random
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit
from uuid import uuid4

import aiohttp
import structlog
from standardwebhooks import Webhook as Signature

from orchestrator.council.members import SessionId
from orchestrator.notices.outbound import ForbiddenAddress, is_forbidden_host
from orchestrator.secrecy import is_dealing
from orchestrator.store.codec import encode, name_of, timestamp
from orchestrator.store.ledger import Ledger, Recorded
from orchestrator.store.webhook_messages import PATIENCE, Message, Messages, NotYet, State
from orchestrator.store.webhooks import Pause, Webhook, WebhookId, Webhooks
from orchestrator.strongbox import Unreadable

log = structlog.get_logger()

REQUEST: Final = timedelta(seconds=15)
"""How long a receiver may take to answer."""
_FIRST, _LONGEST, _GROWTH = timedelta(seconds=5), timedelta(hours=1), 3.0
_GONE: Final = 410
_BUSY: Final = (429, 503)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one attempt ended. `failure` is a code, empty for a delivery; `wait` is what the receiver asked for."""

    status: int | None = None
    failure: str = ""
    wait: timedelta = timedelta(0)

    @property
    def is_delivered(self) -> bool:
        """Whether the receiver has it."""
        return not self.failure


def pause_before(attempt: int, wait: timedelta = timedelta(0), chance: float = 0.0) -> timedelta:
    """How long to wait after that many failed attempts: 5 s, 15 s, 45 s … an hour, or as long as the receiver asks.

    `chance` in [0, 1) adds up to a fifth, so that not all come back at once.
    """
    growth = math.pow(_GROWTH, min(attempt - 1, 12))
    return max(min(_FIRST * growth, _LONGEST) * (1 + chance / 5), min(wait, _LONGEST))


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """Sends messages through `client`, which gets out only; the hosts `allowed` may be anywhere, and without TLS."""

    webhooks: Webhooks
    messages: Messages
    ledger: Ledger
    client: aiohttp.ClientSession
    now: Callable[[], datetime]
    allowed: Collection[str] = ()
    request: timedelta = REQUEST

    async def post(self, session: SessionId) -> None:
        """Send what waits of a session, to each webhook in order, to all of them at once."""
        async with asyncio.TaskGroup() as tasks:
            for webhook in await self.messages.waiting_for(session):
                tasks.create_task(self._drain(webhook, session), name=f"webhook {webhook}")
        await self.messages.forget(self.now())

    async def knock(self, webhook: Webhook) -> Outcome:
        """Send a message that tells of nothing, now and once, so that somebody sees whether it arrives."""
        body = json.dumps({"type": "webhook.test", "timestamp": timestamp(self.now()), "data": {"webhook": webhook.id}})
        return await self._send(webhook, f"test_{uuid4()}", body)

    async def _drain(self, webhook_id: WebhookId, session: SessionId) -> None:
        while True:
            taken = await self.messages.take(webhook_id, session, self.now())
            match taken:
                case None:
                    return
                case NotYet(at=at):
                    await self.messages.look_again(session, at - self.now(), f"{webhook_id} at {at.isoformat()}")
                    return
                case Message():
                    try:
                        await self._deliver(taken)
                    except BaseException:
                        # The program stops, or something is wrong with us: another may send it at once.
                        await self.messages.release(taken.id)
                        raise

    async def _deliver(self, message: Message) -> None:
        webhook = await self.webhooks.webhook(message.webhook)
        recorded = await self._recorded(message)
        if webhook is None:
            return
        if recorded is None:
            await self.messages.settle(message.id, State.WITHHELD, self.now())
            return
        text = await self._text(message, recorded)
        outcome = await self._send(webhook, f"evt_{message.session}_{message.seq}", text)
        now = self.now()
        if outcome.is_delivered:
            await self.messages.settle(message.id, State.DELIVERED, now, outcome.status)
            return
        if outcome.status == _GONE:
            await self.webhooks.pause(webhook.id, Pause.GONE)
        pause = pause_before(message.attempts + 1, outcome.wait, random.random())  # noqa: S311 - only spreads
        is_over = now >= message.since + PATIENCE
        again_at = None if is_over else min(now + pause, message.since + PATIENCE)
        await self.messages.fail(message.id, now, status=outcome.status, failure=outcome.failure, again_at=again_at)
        log.info(
            "webhook_dead" if is_over else "webhook_failed",
            webhook=webhook.id,
            session_id=message.session,
            seq=message.seq,
            failure=outcome.failure,
            attempt=message.attempts + 1,
        )

    async def _recorded(self, message: Message) -> Recorded | None:
        """The event, unless it is of what was dealt with in secret (LRBRL 70.1)."""
        (recorded,) = await self.ledger.load(message.session, message.seq - 1, message.seq)
        is_secret = is_dealing(recorded.event) and await self.ledger.was_secret(message.session, message.seq)
        return None if is_secret else recorded

    async def _text(self, message: Message, recorded: Recorded) -> str:
        entry = await self.ledger.heading(message.session)
        return json.dumps(
            {
                "type": name_of(recorded.event),
                "timestamp": timestamp(recorded.event.at),
                "data": {
                    **entry,
                    "session": message.session,
                    "seq": recorded.seq,
                    "recorded_at": timestamp(recorded.recorded_at),
                    "hash": recorded.hash.hex(),
                    "event": json.loads(encode(recorded.event)),
                },
            },
            ensure_ascii=False,
        )

    async def _send(self, webhook: Webhook, message_id: str, text: str) -> Outcome:
        host = urlsplit(webhook.url).hostname or ""
        if is_forbidden_host(host, self.allowed):
            return Outcome(failure="forbidden_address")
        now = self.now()
        try:
            secrets = await self.webhooks.secrets(webhook.id, now)
        except Unreadable:
            return Outcome(failure="unreadable_secret")
        signatures = [Signature(secret).sign(message_id, now, text) for secret in secrets]
        headers = {
            "content-type": "application/json; charset=utf-8",
            "user-agent": "Plenari-Webhooks",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(signatures),
        }
        try:
            async with self.client.post(
                webhook.url,
                data=text.encode(),
                headers=headers,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=self.request.total_seconds()),
            ) as answer:
                return _judged(answer)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return Outcome(failure=_cause(error))


def _judged(answer: aiohttp.ClientResponse) -> Outcome:
    status = answer.status
    if 200 <= status < 300:
        return Outcome(status=status)
    if 300 <= status < 400:
        return Outcome(status=status, failure="redirect")
    asked = answer.headers.get("Retry-After", "") if status in _BUSY else ""
    wait = timedelta(seconds=min(int(asked), 86400)) if asked.isdecimal() and len(asked) < 8 else timedelta(0)
    return Outcome(status=status, failure="gone" if status == _GONE else "refused", wait=wait)


def _cause(error: BaseException) -> str:
    """A code for what went wrong on the way; the words of a library may hold the address, which is a secret of some."""
    chain = []
    link: BaseException | None = error
    while link is not None:
        chain.append(link)
        link = link.__cause__ or link.__context__
    if any(isinstance(link, ForbiddenAddress) for link in chain):
        return "forbidden_address"
    if any(isinstance(link, TimeoutError) for link in chain):
        return "timeout"
    if any(isinstance(link, aiohttp.ClientSSLError) for link in chain):
        return "tls"
    if any(isinstance(link, aiohttp.ClientConnectorDNSError) for link in chain):
        return "unknown_host"
    return "unreachable"
