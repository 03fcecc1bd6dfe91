"""Which sessions are held in public: all that the press is shown. The call says it; here a list can ask for it."""

from typing import Final

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_STATEMENTS: Final = (
    "ALTER TABLE session ADD COLUMN is_public boolean NOT NULL DEFAULT false",
    """
    UPDATE session SET is_public =
        (call.body::jsonb #>> '{convocation,is_public}')::boolean
        AND NOT (call.body::jsonb #>> '{convocation,is_rehearsal}')::boolean
    FROM event AS call
    WHERE call.session = session.id AND call.name = 'session_convened.v1'
    """,
    "ALTER TABLE session ALTER COLUMN is_public DROP DEFAULT",
)


def upgrade() -> None:
    """Forward only."""
    for statement in _STATEMENTS:
        op.execute(statement)
