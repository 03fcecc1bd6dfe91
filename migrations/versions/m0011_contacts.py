"""How the people of an entity are reached: beside the bodies, never on the record."""

from typing import Final

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_STATEMENTS: Final = (
    """
    CREATE TABLE contact (
        entity   text NOT NULL REFERENCES entity (id),
        member   text NOT NULL,
        email    text NOT NULL,               -- empty: none
        phone    text NOT NULL,               -- empty: none
        language text NOT NULL,               -- empty: the session's
        PRIMARY KEY (entity, member)
    )
    """,
)


def upgrade() -> None:
    """Forward only."""
    for statement in _STATEMENTS:
        op.execute(statement)
