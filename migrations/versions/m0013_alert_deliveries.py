"""Whom an alert was told to, why, and whether it got there."""

from typing import Final

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_STATEMENTS: Final = (
    """
    CREATE TABLE alert_delivery (
        id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        alert      bigint NOT NULL REFERENCES alert (id) ON DELETE CASCADE,
        target     text NOT NULL,             -- the name of an address of the settings; never the address
        occasion   text NOT NULL,             -- store.deliveries.Occasion
        due_at     timestamptz NOT NULL,      -- when it is tried (again)
        attempts   integer NOT NULL DEFAULT 0,
        state      text NOT NULL DEFAULT 'pending',
        failure    text,                      -- of the last attempt, as a code
        settled_at timestamptz,
        UNIQUE (alert, target, occasion)
    )
    """,
    "CREATE INDEX alert_delivery_due ON alert_delivery (due_at) WHERE state = 'pending'",
)


def upgrade() -> None:
    """Forward only."""
    for statement in _STATEMENTS:
        op.execute(statement)
