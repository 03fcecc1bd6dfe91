"""Alerts as operators see them: the projection of those on the records, and those of the house, with what was done."""

from typing import Final

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_STATEMENTS: Final = (
    """
    CREATE TABLE alert (
        id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        session         text REFERENCES session (id), -- null: the house's own
        entity          text,                         -- whose the session is
        key             text NOT NULL,                -- one open alert a session, scope and key
        scope           text NOT NULL,                -- who resolves it: 'record', or whoever watches
        link            text,
        cause           text NOT NULL,
        times           integer NOT NULL DEFAULT 1,   -- how often its condition began
        raised_at       timestamptz NOT NULL,
        resolved_at     timestamptz,
        acknowledged_at timestamptz,
        acknowledged_by text,
        escalated_at    timestamptz
    )
    """,
    "CREATE UNIQUE INDEX alert_open ON alert ((coalesce(session, '')), scope, key) WHERE resolved_at IS NULL",
    "CREATE INDEX alert_of_session ON alert (session, id)",
    "CREATE INDEX alert_of_entity ON alert (entity, id)",
    """
    CREATE TABLE alert_entry (
        id    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        alert bigint NOT NULL REFERENCES alert (id) ON DELETE CASCADE,
        at    timestamptz NOT NULL,
        deed  text NOT NULL,                          -- store.alerts.Deed
        by    text,                                   -- null: the machine
        note  text NOT NULL DEFAULT ''
    )
    """,
    "CREATE INDEX alert_entry_of_alert ON alert_entry (alert, id)",
)


def upgrade() -> None:
    """Forward only."""
    for statement in _STATEMENTS:
        op.execute(statement)
