"""The tables of the house: bodies and their members, sessions, the record, the outbox, the inbox."""

from typing import Final

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_STATEMENTS: Final = (
    """
    CREATE TABLE entity (
        id   text PRIMARY KEY,
        name text NOT NULL
    )
    """,
    """
    CREATE TABLE body (
        entity       text NOT NULL REFERENCES entity (id),
        id           text NOT NULL,
        name         text NOT NULL,
        kind         text NOT NULL,
        legal_number integer NOT NULL,
        PRIMARY KEY (entity, id)
    )
    """,
    """
    CREATE TABLE member (
        entity   text NOT NULL,
        body     text NOT NULL,
        id       text NOT NULL,
        position integer NOT NULL,
        content  text NOT NULL,          -- JSON of council.members.Member
        PRIMARY KEY (entity, body, id),
        FOREIGN KEY (entity, body) REFERENCES body (entity, id)
    )
    """,
    # No foreign keys to entity and body: the call keeps both as they stood, whatever becomes of them.
    """
    CREATE TABLE session (
        id        text PRIMARY KEY,
        entity    text NOT NULL,
        body      text NOT NULL,
        title     text NOT NULL,
        starts_at timestamptz NOT NULL,
        room      text NOT NULL,
        phase     text NOT NULL,
        version   integer NOT NULL,           -- seq of its last event
        term      integer NOT NULL DEFAULT 0, -- counts its conductors: only the latest may write
        alive_at  timestamptz                 -- when its conductor last said that it lived
    )
    """,
    "CREATE INDEX session_starts_at ON session (starts_at)",
    """
    CREATE TABLE event (
        session     text NOT NULL REFERENCES session (id),
        seq         integer NOT NULL,
        name        text NOT NULL,
        at          timestamptz NOT NULL,
        recorded_at timestamptz NOT NULL,
        body        text NOT NULL,            -- canonical JSON, kept to the byte because it is hashed
        previous    bytea NOT NULL,
        hash        bytea NOT NULL,
        PRIMARY KEY (session, seq)
    )
    """,
    """
    CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'the record is never changed';
    END $$
    """,
    """
    CREATE TRIGGER event_is_final BEFORE UPDATE OR DELETE ON event
        FOR EACH ROW EXECUTE FUNCTION refuse_change()
    """,
    """
    CREATE TABLE effect (
        id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        session    text NOT NULL REFERENCES session (id),
        name       text NOT NULL,
        body       text NOT NULL,
        created_at timestamptz NOT NULL,
        settled_at timestamptz,
        failure    text                       -- why it was given up, if it was
    )
    """,
    "CREATE INDEX effect_pending ON effect (session, id) WHERE settled_at IS NULL",
    """
    CREATE TABLE inbox (
        id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        session     text NOT NULL REFERENCES session (id),
        key         text NOT NULL,
        name        text NOT NULL,
        body        text NOT NULL,
        asked_at    timestamptz NOT NULL DEFAULT now(),
        answered_at timestamptz,
        answer      text,                     -- JSON: {"version": 7}, or {"reason": "...", "detail": {...}}
        UNIQUE (session, key)
    )
    """,
    "CREATE INDEX inbox_waiting ON inbox (session, id) WHERE answered_at IS NULL",
)


def upgrade() -> None:
    """Forward only."""
    for statement in _STATEMENTS:
        op.execute(statement)
