"""Row-level security beneath the checks of the web: what is an entity's is there for nobody else.

The web works as the role `plenari_web` and says at each use of a connection whose rows it is for
(`orchestrator/store/scope.py`). Conductors and recorders work as the owner of the tables, for all.

A later migration that makes a table for an entity's matters ends with `SELECT protect('the_table')`; the table has a
column `entity` or `session`, or one named after the table that it belongs to: `SELECT protect('alert_entry', 'alert')`.
`tests/store/test_rows.py` finds those that forgot.
"""

from typing import Final

from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_STATEMENTS: Final = (
    """
    DO $$
    BEGIN
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'plenari_web') THEN
            CREATE ROLE plenari_web NOLOGIN;
        END IF;
        IF NOT pg_has_role(
            current_user,
            'plenari_web',
            CASE WHEN current_setting('server_version_num')::integer >= 160000 THEN 'SET' ELSE 'MEMBER' END
        ) THEN
            EXECUTE format('GRANT plenari_web TO %I', current_user);
        END IF;
    EXCEPTION
        WHEN duplicate_object OR unique_violation THEN NULL;  -- another database of this server, at the same time
        WHEN insufficient_privilege THEN
            RAISE EXCEPTION 'The role plenari_web is missing, or not granted to %', current_user
            USING HINT = format('As superuser: CREATE ROLE plenari_web NOLOGIN; GRANT plenari_web TO %I', current_user);
    END $$
    """,
    "GRANT USAGE ON SCHEMA public TO plenari_web",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO plenari_web",
    "GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO plenari_web",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO plenari_web",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO plenari_web",
    """
    CREATE FUNCTION reaches(entity text) RETURNS boolean LANGUAGE sql STABLE AS $$
        SELECT current_setting('plenari.entity', true) IN ('*', entity)
    $$
    """,
    """
    CREATE FUNCTION protect(whose regclass, parent regclass DEFAULT NULL) RETURNS void LANGUAGE plpgsql AS $$
    DECLARE
        rule text;
    BEGIN
        IF parent IS NULL AND NOT EXISTS (
            SELECT FROM pg_attribute WHERE attrelid = whose AND attname = 'entity' AND NOT attisdropped
        ) THEN
            parent := 'session'::regclass;
        END IF;
        rule := CASE WHEN parent IS NULL THEN 'reaches(entity)' ELSE
            format('EXISTS (SELECT FROM %s AS parent WHERE parent.id = %s.%I)', parent, whose, parent::text) END;
        EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', whose);
        EXECUTE format('CREATE POLICY own ON %s USING (%s)', whose, rule);
    END $$
    """,
    "ALTER TABLE entity ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY own ON entity USING (reaches(id))",
    *(
        f"SELECT protect('{table}')"
        for table in (
            *("body", "member", "regulation", "contact", "session", "account", "machine_token", "audit", "alert"),
            *("event", "effect", "inbox", "personal", "seal", "exhibit", "join_link", "join_entry"),
            *("calling", "letter", "channel", "crest", "webhook", "webhook_message", "connection_check"),
        )
    ),
    # A channel that is shared is everybody's to use, and its owner's to change.
    "CREATE POLICY shared ON channel FOR SELECT USING (is_shared)",
    # The installation's webhooks are told of every entity: whoever writes on a record must know of them.
    "CREATE POLICY installation ON webhook FOR SELECT USING (entity IS NULL)",
    "SELECT protect('channel_use', 'channel')",
    "SELECT protect('alert_entry', 'alert')",
    "SELECT protect('alert_delivery', 'alert')",
    "SELECT protect('login', 'account')",
)


def upgrade() -> None:
    """Forward only."""
    for statement in _STATEMENTS:
        op.execute(statement)
