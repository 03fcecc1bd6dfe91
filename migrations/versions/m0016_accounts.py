"""Who may come in: accounts, their logins, tokens for machines; and the trail of who did and looked at what."""

from typing import Final

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_STATEMENTS: Final = (
    """
    CREATE TABLE account (
        id          text PRIMARY KEY,
        login       text NOT NULL,            -- what a person types, or what the provider's claim says
        name        text NOT NULL,
        role        text NOT NULL,
        entity      text REFERENCES entity (id),
        member      text,
        password    text,                     -- argon2id; NULL: comes in by the provider only
        issuer      text,                     -- whose `subject` it is, since it first came in by a provider
        subject     text,
        created_at  timestamptz NOT NULL,
        created_by  text NOT NULL,
        disabled_at timestamptz,
        failures    integer NOT NULL DEFAULT 0,
        locked_until timestamptz
    )
    """,
    "CREATE UNIQUE INDEX account_login ON account (lower(login))",
    "CREATE UNIQUE INDEX account_subject ON account (issuer, subject)",
    """
    CREATE TABLE login (
        hash       bytea PRIMARY KEY,         -- SHA-256 of what the cookie holds
        account    text NOT NULL REFERENCES account (id),
        began_at   timestamptz NOT NULL,
        expires_at timestamptz NOT NULL
    )
    """,
    "CREATE INDEX login_account ON login (account)",
    """
    CREATE TABLE machine_token (
        id         text PRIMARY KEY,
        hash       bytea NOT NULL UNIQUE,     -- SHA-256 of the token, which was shown once
        name       text NOT NULL,
        role       text NOT NULL,
        entity     text REFERENCES entity (id),
        created_at timestamptz NOT NULL,
        created_by text NOT NULL,
        expires_at timestamptz NOT NULL,
        used_on    date,
        revoked_at timestamptz
    )
    """,
    # No foreign keys: what was done stays written, whatever becomes of who did it and of what it was done to.
    """
    CREATE TABLE audit (
        id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        at        timestamptz NOT NULL,
        who       text NOT NULL,              -- a name, or a role and a member
        account   text,
        role      text NOT NULL,
        entity    text,                       -- whose matter it was
        session   text,
        operation text NOT NULL,
        is_change boolean NOT NULL,
        status    integer NOT NULL
    )
    """,
    "CREATE INDEX audit_entity ON audit (entity, id)",
    "CREATE TRIGGER audit_is_final BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION refuse_change()",
)


def upgrade() -> None:
    """Forward only."""
    for statement in _STATEMENTS:
        op.execute(statement)
