"""The mail server that letters are handed to (SMTP submission, RFC 6409), and what its refusals mean."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from enum import StrEnum
from typing import Final

import aiosmtplib

_PATIENCE_SECONDS: Final = 30.0


class Security(StrEnum):
    """How the way to the server is protected: STARTTLS (port 587), TLS (465), or not at all, on loopback."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


class NotSent(Exception):
    """The letter was not taken. `problem` is a code; `is_retryable`: it may be another time."""

    def __init__(self, problem: str, *, is_retryable: bool) -> None:
        super().__init__(problem)
        self.problem = problem
        self.is_retryable = is_retryable


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """The server. An empty `host` is none: nothing can be sent."""

    host: str
    port: int
    security: Security
    user: str = ""
    password: str = field(default="", repr=False)
    sender: str = ""

    @property
    def is_there(self) -> bool:
        """Whether letters can be sent at all."""
        return bool(self.host and self.sender)

    @asynccontextmanager
    async def open(self) -> AsyncIterator["Counter"]:
        """A connection, for as many letters as there are. Raises `NotSent`."""
        client = aiosmtplib.SMTP(
            hostname=self.host,
            port=self.port,
            use_tls=self.security is Security.TLS,
            start_tls=self.security is Security.STARTTLS,
            username=self.user or None,
            password=self.password or None,
            timeout=_PATIENCE_SECONDS,
        )
        try:
            await client.connect()
        except aiosmtplib.SMTPAuthenticationError:
            raise NotSent("login_refused", is_retryable=True) from None
        except (aiosmtplib.SMTPException, OSError):
            raise NotSent("server_unreachable", is_retryable=True) from None
        try:
            yield Counter(client)
        finally:
            client.close()


@dataclass(frozen=True, slots=True)
class Counter:
    """Where letters are handed in."""

    client: aiosmtplib.SMTP

    async def hand_in(self, message: EmailMessage) -> None:
        """Returns when the server has taken it. Raises `NotSent`."""
        try:
            await self.client.send_message(message)
        except aiosmtplib.SMTPRecipientsRefused as refused:
            codes = [recipient.code for recipient in refused.recipients]
            raise NotSent("address_refused", is_retryable=any(code < 500 for code in codes)) from None
        except aiosmtplib.SMTPResponseException as answer:
            raise NotSent("letter_refused", is_retryable=answer.code < 500) from None
        except (aiosmtplib.SMTPException, OSError):
            raise NotSent("server_unreachable", is_retryable=True) from None
        except ValueError:
            raise NotSent("address_refused", is_retryable=False) from None
