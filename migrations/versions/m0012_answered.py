"""The answers to requests that were sent with a key, for a day."""

from typing import Final

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_STATEMENTS: Final = (
    """
    CREATE TABLE answered (
        principal text NOT NULL,         -- whose key it is
        key       text NOT NULL,
        digest    bytea NOT NULL,        -- SHA-256 of the request
        asked_at  timestamptz NOT NULL,
        answer    bytea,                 -- locked, since links and secrets are among them; NULL while it is worked on
        PRIMARY KEY (principal, key)
    )
    """,
    "CREATE INDEX answered_asked_at ON answered (asked_at)",
)


def upgrade() -> None:
    """Forward only."""
    for statement in _STATEMENTS:
        op.execute(statement)
