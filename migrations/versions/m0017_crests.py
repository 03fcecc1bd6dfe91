"""The crests of entities, for the cards of their broadcasts."""

from typing import Final

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_STATEMENTS: Final = (
    """
    CREATE TABLE crest (
        entity     text PRIMARY KEY REFERENCES entity (id) ON DELETE CASCADE,
        image      bytea NOT NULL,            -- PNG, at most 512 points high
        entered_at timestamptz NOT NULL
    )
    """,
)


def upgrade() -> None:
    """Forward only."""
    for statement in _STATEMENTS:
        op.execute(statement)
