"""Webhooks, and what each is still to be told, or was."""

from typing import Final

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_STATEMENTS: Final = (
    """
    CREATE TABLE webhook (
        id            text PRIMARY KEY,
        entity        text REFERENCES entity (id),  -- NULL: of the installation, told of every entity
        url           text NOT NULL,
        events        text[] NOT NULL,              -- names on the wire; empty: all
        note          text NOT NULL,
        paused        text,                         -- store.webhooks.Pause; NULL: it is told
        secret        bytea NOT NULL,               -- locked
        former_secret bytea,                        -- locked; signs beside the new one until former_until
        former_until  timestamptz,
        made_at       timestamptz NOT NULL,
        made_by       text NOT NULL
    )
    """,
    """
    CREATE TABLE webhook_message (
        id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        webhook    text NOT NULL REFERENCES webhook (id) ON DELETE CASCADE,
        session    text NOT NULL REFERENCES session (id),
        seq        integer NOT NULL,                 -- the event of the record that it tells of
        name       text NOT NULL,
        state      text NOT NULL DEFAULT 'waiting',  -- store.webhook_messages.State
        since      timestamptz NOT NULL,             -- given up a day after this
        due_at     timestamptz NOT NULL,
        held_until timestamptz,                      -- somebody is sending it
        attempts   integer NOT NULL DEFAULT 0,
        status     integer,                          -- HTTP, of the last attempt
        failure    text,                             -- of the last attempt, as a code
        settled_at timestamptz,
        UNIQUE (webhook, session, seq)
    )
    """,
    "CREATE INDEX webhook_message_waiting ON webhook_message (webhook, session, seq) WHERE state = 'waiting'",
    "CREATE INDEX webhook_message_settled ON webhook_message (settled_at)",
)


def upgrade() -> None:
    """Forward only."""
    for statement in _STATEMENTS:
        op.execute(statement)
