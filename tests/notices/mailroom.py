"""A real mail server in the loop of the test, and the letters that it took."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from aiosmtpd.smtp import SMTP, Envelope
from icalendar import Calendar

from orchestrator.notices.post import Post, Security


@dataclass
class Mailroom:
    """`refuses` says what is answered to an address instead of taking its letter."""

    port: int = 0
    letters: list[EmailMessage] = field(default_factory=list)
    refuses: dict[str, str] = field(default_factory=dict)

    @property
    def post(self) -> Post:
        return Post(host="127.0.0.1", port=self.port, security=Security.NONE, sender="plens@vila.cat")

    async def handle_RCPT(self, _server, _session, envelope, address, _options):
        if answer := self.refuses.get(address):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        letter = message_from_bytes(envelope.content, policy=default)
        assert isinstance(letter, EmailMessage)
        assert [a.addr_spec for a in letter["To"].addresses] == envelope.rcpt_tos
        self.letters.append(letter)
        return "250 OK"

    def to(self, address: str) -> EmailMessage:
        """The last letter to an address."""
        return [letter for letter in self.letters if address in str(letter["To"])][-1]


@asynccontextmanager
async def mailroom() -> AsyncIterator[Mailroom]:
    """Open for as long as the block lasts."""
    room = Mailroom()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(room, hostname="mail.vila.cat"), "127.0.0.1", 0)
    room.port = server.sockets[0].getsockname()[1]
    async with server:
        yield room


def calendar_of(letter: EmailMessage) -> Calendar:
    """The calendar that mail programs act upon."""
    (part,) = (part for part in letter.walk() if part.get_content_type() == "text/calendar")
    calendar = Calendar.from_ical(part.get_content())
    assert isinstance(calendar, Calendar)
    assert part.get_param("method") == str(calendar["METHOD"])
    return calendar


def text_of(letter: EmailMessage, kind: str = "plain") -> str:
    """What a person reads."""
    body = letter.get_body((kind,))
    assert body is not None
    return str(body.get_content())
