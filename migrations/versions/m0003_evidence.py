"""Evidence: personal details beside the record, seals over it, and what goes into a bundle."""

from typing import Final

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_STATEMENTS: Final = (
    """
    CREATE TABLE personal (
        session    text NOT NULL REFERENCES session (id),
        commitment text NOT NULL,             -- stands in the body of the events
        kind       text NOT NULL,             -- council.privacy.Personal
        salt       bytea NOT NULL,
        value      text NOT NULL,
        PRIMARY KEY (session, commitment)
    )
    """,
    "CREATE INDEX personal_value ON personal (session, value)",
    """
    CREATE TABLE seal (
        session       text NOT NULL REFERENCES session (id),
        number        integer NOT NULL,       -- counts the seals of a session, from 1
        sealed_at     timestamptz NOT NULL,
        last_seq      integer NOT NULL,
        last_hash     bytea NOT NULL,
        manifest      bytea NOT NULL,         -- the bytes that are signed
        public_key    bytea NOT NULL,
        signature     bytea NOT NULL,
        stamp         bytea,                  -- RFC 3161 TimeStampResp over the manifest
        stamped_at    timestamptz,            -- when the authority says it was
        stamp_problem text,                   -- why there is no stamp yet
        PRIMARY KEY (session, number)
    )
    """,
    """
    CREATE TABLE exhibit (
        session text NOT NULL REFERENCES session (id),
        path    text NOT NULL,                -- in the bundle
        content bytea NOT NULL,
        PRIMARY KEY (session, path)
    )
    """,
)


def upgrade() -> None:
    """Forward only."""
    for statement in _STATEMENTS:
        op.execute(statement)
