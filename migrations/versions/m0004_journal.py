"""Up to where the record of a session holds the journal of its room: from there it goes on after a restart."""

from typing import Final

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_STATEMENTS: Final = (
    """
    ALTER TABLE session
        ADD COLUMN journal text,              -- which journal (council.observations.JournalMark)
        ADD COLUMN journal_seq bigint         -- its last entry that is on the record
    """,
)


def upgrade() -> None:
    """Forward only."""
    for statement in _STATEMENTS:
        op.execute(statement)
