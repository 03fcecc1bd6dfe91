"""How members' connections were found before a session: a verdict a member, gone when the session is over."""

from typing import Final

from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_STATEMENTS: Final = (
    """
    CREATE TABLE connection_check (
        session  text NOT NULL REFERENCES session (id),
        member   text NOT NULL,
        at       timestamptz NOT NULL,
        state    text NOT NULL,               -- convening.check.State
        findings text NOT NULL,               -- JSON: [topic, finding, state], for what is not well
        PRIMARY KEY (session, member)
    )
    """,
)


def upgrade() -> None:
    """Forward only."""
    for statement in _STATEMENTS:
        op.execute(statement)
