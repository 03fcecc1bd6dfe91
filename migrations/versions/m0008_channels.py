"""Channels: where the public watches, with their keys and tokens encrypted (`orchestrator/strongbox.py`)."""

from typing import Final

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_STATEMENTS: Final = (
    """
    CREATE TABLE channel (
        id            text PRIMARY KEY,
        entity        text NOT NULL REFERENCES entity (id),
        name          text NOT NULL,
        kind          text NOT NULL,                      -- store.channels.ChannelKind
        address       text NOT NULL,                      -- of a plain one: rtmp(s)://host/app, without the key
        watch         text NOT NULL,                      -- where people watch it
        is_shared     boolean NOT NULL,                   -- also for entities that have none of their own
        entered_at    timestamptz NOT NULL,
        entered_by    text NOT NULL,
        key           bytea,                              -- encrypted
        refresh_token bytea,                              -- encrypted
        stream        text NOT NULL DEFAULT ''            -- YouTube's id of the stream that is used again
    )
    """,
    "CREATE INDEX channel_entity ON channel (entity)",
)


def upgrade() -> None:
    """Forward only."""
    for statement in _STATEMENTS:
        op.execute(statement)
