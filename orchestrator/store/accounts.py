"""Who may come in: accounts of people, what they are logged in with, and tokens of machines.

Neither a cookie's nor a token's text is kept, only its SHA-256: both are long and random, so that a fast hash will do.
Passwords are people's and are kept as argon2id (`passwords.py`).
"""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, NewType

import asyncpg

from orchestrator.council.commands import Role
from orchestrator.council.members import EntityId, MemberId

AccountId = NewType("AccountId", str)
TokenId = NewType("TokenId", str)

LOGIN_MARK: Final = "pll_"
TOKEN_MARK: Final = "plt_"  # noqa: S105 - what tokens begin with
"""What the texts begin with, so that one that leaked is recognised."""

PATIENCE: Final = 5
"""Wrong passwords in a row before an account is locked for a while."""
LOCK: Final = timedelta(minutes=5)


class LoginTaken(Exception):
    """Another account has that login."""

    def __str__(self) -> str:
        return f"there is an account with the login {self.args[0]} already"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A person who may come in, and as what. `is_local`: has a password; `subject`: has come in by the provider."""

    id: AccountId
    login: str
    name: str
    role: Role
    entity: EntityId | None
    member: MemberId | None
    is_local: bool
    issuer: str | None
    subject: str | None
    disabled_at: datetime | None
    seen_at: datetime | None = None

    @property
    def is_disabled(self) -> bool:
        """Whether it lets nobody in."""
        return self.disabled_at is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Somebody who is logged in."""

    account: Account
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineToken:
    """What a machine comes in with; its text was shown once."""

    id: TokenId
    name: str
    role: Role
    entity: EntityId | None
    created_at: datetime
    created_by: str
    expires_at: datetime
    used_on: date | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class Accounts:
    """The accounts, logins and tokens in one database."""

    pool: asyncpg.Pool

    async def add(
        self,
        *,
        login: str,
        name: str,
        role: Role,
        entity: EntityId | None,
        member: MemberId | None,
        by: str,
        now: datetime,
    ) -> AccountId:
        """A new account, without a password. Raises `LoginTaken`."""
        account = AccountId(secrets.token_urlsafe(9))
        try:
            await self.pool.execute(
                """
                INSERT INTO account (id, login, name, role, entity, member, created_at, created_by)
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
                """,
                account,
                login,
                name,
                role,
                entity,
                member,
                now,
                by,
            )
        except asyncpg.UniqueViolationError:
            raise LoginTaken(login) from None
        return account

    async def accounts(self) -> list[Account]:
        """All of them, by name."""
        return [_account(row) for row in await self.pool.fetch(f"{_ACCOUNTS} ORDER BY name, id")]

    async def account(self, account: AccountId) -> Account | None:
        """One of them."""
        row = await self.pool.fetchrow(f"{_ACCOUNTS} WHERE id = $1", account)
        return None if row is None else _account(row)

    async def by_login(self, login: str) -> Account | None:
        """The account with that login, in whatever case it is typed."""
        row = await self.pool.fetchrow(f"{_ACCOUNTS} WHERE lower(login) = lower($1)", login)
        return None if row is None else _account(row)

    async def by_subject(self, issuer: str, subject: str) -> Account | None:
        """The account that has come in as that person of that provider before."""
        row = await self.pool.fetchrow(f"{_ACCOUNTS} WHERE issuer = $1 AND subject = $2", issuer, subject)
        return None if row is None else _account(row)

    async def bind(self, account: AccountId, issuer: str, subject: str) -> None:
        """From now on the account is that person of that provider, and nobody else of it."""
        await self.pool.execute(
            "UPDATE account SET issuer = $2, subject = $3 WHERE id = $1 AND subject IS NULL", account, issuer, subject
        )

    async def set_password(self, account: AccountId, kept: str | None) -> None:
        """What is kept of a new password (None: no password), which ends all logins."""
        async with self.pool.acquire() as connection, connection.transaction():
            await connection.execute(
                "UPDATE account SET password = $2, failures = 0, locked_until = NULL WHERE id = $1", account, kept
            )
            await connection.execute("DELETE FROM login WHERE account = $1", account)

    async def set_disabled(self, account: AccountId, at: datetime | None) -> None:
        """Let nobody in by it any more, at once; None: let in again."""
        async with self.pool.acquire() as connection, connection.transaction():
            await connection.execute("UPDATE account SET disabled_at = $2 WHERE id = $1", account, at)
            await connection.execute("DELETE FROM login WHERE account = $1", account)

    async def password(self, account: AccountId, now: datetime) -> str | None:
        """What is kept of its password; None where there is none, and while the account is locked."""
        kept: str | None = await self.pool.fetchval(
            """
            SELECT password FROM account
            WHERE id = $1 AND disabled_at IS NULL AND (locked_until IS NULL OR locked_until <= $2)
            """,
            account,
            now,
        )
        return kept

    async def failed(self, account: AccountId, now: datetime) -> None:
        """A wrong password; the account is locked for a while when there were too many."""
        await self.pool.execute(
            """
            UPDATE account SET failures = (failures + 1) % $2,
                               locked_until = CASE WHEN failures + 1 >= $2 THEN $3 ELSE locked_until END
            WHERE id = $1
            """,
            account,
            PATIENCE,
            now + LOCK,
        )

    async def begin_login(self, account: AccountId, now: datetime, lasting: timedelta) -> str:
        """Log in; returns what the cookie holds. Logins that are over are forgotten."""
        text = LOGIN_MARK + secrets.token_urlsafe(32)
        async with self.pool.acquire() as connection, connection.transaction():
            await connection.execute("DELETE FROM login WHERE expires_at <= $1", now)
            await connection.execute("UPDATE account SET failures = 0, locked_until = NULL WHERE id = $1", account)
            await connection.execute(
                "INSERT INTO login (hash, account, began_at, expires_at) VALUES ($1, $2, $3, $4)",
                _hash(text),
                account,
                now,
                now + lasting,
            )
        return text

    async def login(self, text: str, now: datetime) -> Login | None:
        """Who is logged in with that cookie."""
        row = await self.pool.fetchrow(
            f"{_LOGINS} WHERE login.hash = $1 AND login.expires_at > $2 AND found.disabled_at IS NULL",
            _hash(text),
            now,
        )
        return None if row is None else Login(account=_account(row), expires_at=row["expires_at"])

    async def end_login(self, text: str) -> None:
        """Log out."""
        await self.pool.execute("DELETE FROM login WHERE hash = $1", _hash(text))

    async def make_token(
        self, *, name: str, role: Role, entity: EntityId | None, by: str, now: datetime, lasting: timedelta
    ) -> str:
        """A new token for a machine: its text, which is not kept."""
        text = TOKEN_MARK + secrets.token_urlsafe(32)
        await self.pool.execute(
            """
            INSERT INTO machine_token (id, hash, name, role, entity, created_at, created_by, expires_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
            """,
            secrets.token_urlsafe(9),
            _hash(text),
            name,
            role,
            entity,
            now,
            by,
            now + lasting,
        )
        return text

    async def tokens(self) -> list[MachineToken]:
        """All of them, the latest first."""
        rows = await self.pool.fetch(f"{_TOKENS} ORDER BY created_at DESC, id")
        return [MachineToken(**dict(row) | {"role": Role(row["role"])}) for row in rows]

    async def token(self, text: str, now: datetime) -> MachineToken | None:
        """Whose token it is, if it is in force. That it was used is kept by the day."""
        row = await self.pool.fetchrow(
            f"{_TOKENS} WHERE hash = $1 AND revoked_at IS NULL AND expires_at > $2",
            _hash(text),
            now,
        )
        if row is None:
            return None
        if row["used_on"] != now.date():
            await self.pool.execute("UPDATE machine_token SET used_on = $2 WHERE id = $1", row["id"], now.date())
        return MachineToken(**dict(row) | {"role": Role(row["role"])})

    async def revoke_token(self, token: TokenId, now: datetime) -> None:
        """From now on it opens nothing."""
        await self.pool.execute(
            "UPDATE machine_token SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL", token, now
        )


_ACCOUNTS: Final = """
    SELECT id, login, name, role, entity, member, password IS NOT NULL AS is_local, issuer, subject, disabled_at,
           (SELECT max(began_at) FROM login WHERE login.account = account.id) AS seen_at
    FROM account
"""
_LOGINS: Final = f"""
    SELECT found.*, login.expires_at FROM login JOIN ({_ACCOUNTS}) AS found ON found.id = login.account
"""  # noqa: S608 - our own text
_TOKENS: Final = """
    SELECT id, name, role, entity, created_at, created_by, expires_at, used_on, revoked_at FROM machine_token
"""


def _account(row: asyncpg.Record) -> Account:
    known = {name: row[name] for name in Account.__dataclass_fields__}
    return Account(**known | {"role": Role(row["role"])})


def _hash(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
