"""Which session has which encoder, and when each failed last."""

from typing import Final

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_STATEMENTS: Final = (
    """
    CREATE TABLE encoder (
        url       text PRIMARY KEY,
        session   text,                       -- who has it; nobody when it is NULL
        booked_at timestamptz,
        failed_at timestamptz,
        cause     text NOT NULL DEFAULT ''
    )
    """,
)


def upgrade() -> None:
    """Forward only."""
    for statement in _STATEMENTS:
        op.execute(statement)
