"""Personal links into the rooms, and the browsers that went in by them."""

from typing import Final

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_STATEMENTS: Final = (
    # The link itself is signed, and nowhere: who reads this table cannot enter by it.
    """
    CREATE TABLE join_link (
        id         text PRIMARY KEY,
        session    text NOT NULL REFERENCES session (id),
        member     text NOT NULL,
        issued_at  timestamptz NOT NULL,
        issued_by  text NOT NULL,
        revoked_at timestamptz,
        revoked_by text
    )
    """,
    "CREATE UNIQUE INDEX join_link_in_force ON join_link (session, member) WHERE revoked_at IS NULL",
    """
    CREATE TABLE join_entry (
        session    text NOT NULL REFERENCES session (id),
        link       text NOT NULL REFERENCES join_link (id),
        browser    text NOT NULL,             -- a random number, which says nothing about it
        entered_at timestamptz NOT NULL,      -- last
        PRIMARY KEY (link, browser)
    )
    """,
)


def upgrade() -> None:
    """Forward only."""
    for statement in _STATEMENTS:
        op.execute(statement)
