"""A session at a glance, in its own row: whoever lists hundreds of live sessions reads no records."""

from typing import Final

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_STATEMENTS: Final = (
    "ALTER TABLE session ADD COLUMN glance text",  # JSON of council.glance.Glance; null: nothing was conducted yet
)


def upgrade() -> None:
    """Forward only."""
    for statement in _STATEMENTS:
        op.execute(statement)
