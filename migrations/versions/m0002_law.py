"""What the law needs to know: kinds of entity, vacancies that stay, and the entities' own regulations."""

from typing import Final

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_STATEMENTS: Final = (
    """
    ALTER TABLE entity
        ADD COLUMN kind       text NOT NULL DEFAULT 'municipality',
        ADD COLUMN regime     text NOT NULL DEFAULT 'common',
        ADD COLUMN population integer
    """,
    "ALTER TABLE body ADD COLUMN in_fact_by text NOT NULL DEFAULT ''",
    """
    CREATE TABLE regulation (
        entity     text NOT NULL REFERENCES entity (id),
        version    integer NOT NULL,
        content    text NOT NULL,            -- JSON of council.rules.shape.Regulation
        entered_at timestamptz NOT NULL,
        entered_by text NOT NULL,            -- a role, and the member where the token named one
        PRIMARY KEY (entity, version)
    )
    """,
    """
    CREATE TRIGGER regulation_is_final BEFORE UPDATE OR DELETE ON regulation
        FOR EACH ROW EXECUTE FUNCTION refuse_change()
    """,
)


def upgrade() -> None:
    """Forward only."""
    for statement in _STATEMENTS:
        op.execute(statement)
