"""Rehearsals: they have rooms of their own, and nothing of them is ever sealed. The database sees to both."""

from typing import Final

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_STATEMENTS: Final = (
    "ALTER TABLE session ADD COLUMN is_rehearsal boolean NOT NULL DEFAULT false",
    """
    UPDATE session SET is_rehearsal = true, room = session.room || '-assaig' FROM event
    WHERE event.session = session.id AND event.seq = 1 AND event.body::jsonb #> '{convocation,is_rehearsal}' = 'true'
    """,
    # A seal is what makes a record official (evidence, certificates, minutes): none can point at a rehearsal.
    "DELETE FROM seal USING session WHERE seal.session = session.id AND session.is_rehearsal",
    "ALTER TABLE session ADD CONSTRAINT session_is_what_it_is UNIQUE (id, is_rehearsal)",
    "ALTER TABLE session ADD CONSTRAINT rehearsal_has_its_own_room CHECK (is_rehearsal = (room LIKE '%-assaig'))",
    "ALTER TABLE seal ADD COLUMN is_rehearsal boolean NOT NULL DEFAULT false",
    "ALTER TABLE seal ADD CONSTRAINT rehearsal_is_not_official CHECK (NOT is_rehearsal)",
    """
    ALTER TABLE seal ADD CONSTRAINT seal_of_an_official_session
        FOREIGN KEY (session, is_rehearsal) REFERENCES session (id, is_rehearsal)
    """,
)


def upgrade() -> None:
    """Forward only."""
    for statement in _STATEMENTS:
        op.execute(statement)
