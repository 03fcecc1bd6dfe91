"""Passwords of break-glass accounts: argon2id, and the same time for an account that is not there."""

import asyncio
import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LEAST = 12
"""Characters that a password chosen by a person must have."""


async def hashed(password: str) -> str:
    """What is kept of a password."""
    return await asyncio.to_thread(_hasher().hash, password)


async def matches(password: str, kept: str | None) -> bool:
    """Whether it is the password of which that was kept. Without anything kept it is not, and takes as long."""
    return await asyncio.to_thread(_matches, password, kept or _nobodys()) and kept is not None


def invented() -> str:
    """A password that nobody guesses and that can be read out on the telephone."""
    letters = "abcdefghijkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(5)) for _ in range(4))


def _matches(password: str, kept: str) -> bool:
    try:
        return _hasher().verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _nobodys() -> str:
    return _hasher().hash(secrets.token_urlsafe())
