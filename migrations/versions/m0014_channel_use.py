"""Which session is on which channel: a plain one carries one at a time, one of YouTube has a stream for each."""

from typing import Final

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_STATEMENTS: Final = (
    """
    CREATE TABLE channel_use (
        channel text NOT NULL REFERENCES channel (id) ON DELETE CASCADE,
        number  integer NOT NULL,
        session text,                         -- who has it; nobody when it is NULL, or that session is over
        stream  text NOT NULL DEFAULT '',     -- YouTube's id of the stream, used again and again
        PRIMARY KEY (channel, number)
    )
    """,
    "ALTER TABLE channel DROP COLUMN stream",
)


def upgrade() -> None:
    """Forward only."""
    for statement in _STATEMENTS:
        op.execute(statement)
