"""Which event in people's calendars a session is, and what was sent to whom. No addresses: those are contacts."""

from typing import Final

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_STATEMENTS: Final = (
    """
    CREATE TABLE calling (
        session    text PRIMARY KEY REFERENCES session (id),
        uid        text NOT NULL,             -- of the calendar event: the same when a session is put off
        sequence   integer NOT NULL,          -- counts its changes
        moved_from timestamptz
    )
    """,
    """
    CREATE TABLE letter (
        id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        session    text NOT NULL REFERENCES session (id),
        member     text NOT NULL,
        kind       text NOT NULL,             -- store.letters.Kind
        state      text NOT NULL,             -- store.letters.State
        problem    text NOT NULL DEFAULT '',
        asked_at   timestamptz NOT NULL,
        tried_at   timestamptz,               -- when somebody last took it in hand
        sent_at    timestamptz,
        attempts   integer NOT NULL DEFAULT 0,
        UNIQUE (session, member, kind)
    )
    """,
    "CREATE INDEX letter_waiting ON letter (session) WHERE state = 'waiting'",
)


def upgrade() -> None:
    """Forward only."""
    for statement in _STATEMENTS:
        op.execute(statement)
