"""Who may do what: a role for each part of the program, and a log that only grows.

Revision ID: 0003
"""

from alembic import op

revision, down_revision = "0003", "0002"

SHARDS = 16
LEAF = "shard, position, stream, version, topic, recorded_at, submission, salt, clear, sealed_hash"

GRANTS = f"""
GRANT USAGE ON SCHEMA public TO kets_read, kets_write, kets_project, kets_ledger, kets_erase;
GRANT SELECT ON alembic_version TO kets_read, kets_write, kets_project, kets_ledger, kets_erase;

GRANT SELECT ON event, event_head, submission, submission_row, ledger_head, ledger_segment TO kets_read;

GRANT SELECT, INSERT ON event, submission, submission_row TO kets_write;
GRANT SELECT, UPDATE (position) ON event_head TO kets_write;
GRANT SELECT, INSERT, UPDATE (next) ON card_index TO kets_write;
GRANT SELECT (size) ON ledger_head TO kets_write;

GRANT SELECT (shard, position, stream, version, topic, recorded_at, submission, clear) ON event TO kets_project;
GRANT SELECT ON event_head TO kets_project;
GRANT SELECT, INSERT, UPDATE, DELETE ON projection_tracking TO kets_project;

GRANT SELECT ({LEAF}) ON event TO kets_ledger;
GRANT SELECT (id, digest) ON submission TO kets_ledger;
GRANT SELECT ON event_head TO kets_ledger;
GRANT SELECT, UPDATE ON ledger_head TO kets_ledger;
GRANT SELECT, INSERT ON ledger_segment TO kets_ledger;

GRANT SELECT, UPDATE (sealed) ON event, submission_row TO kets_erase;
"""

SHARD_GRANTS = f"""
GRANT SELECT ON event_{{s:02d}} TO kets_read;
GRANT SELECT, INSERT ON event_{{s:02d}} TO kets_write;
GRANT SELECT (shard, position, stream, version, topic, recorded_at, submission, clear) ON event_{{s:02d}}
    TO kets_project;
GRANT SELECT ({LEAF}) ON event_{{s:02d}} TO kets_ledger;
GRANT SELECT, UPDATE (sealed) ON event_{{s:02d}} TO kets_erase;
CREATE TRIGGER only_grows_whole BEFORE TRUNCATE ON event_{{s:02d}} FOR EACH STATEMENT EXECUTE FUNCTION only_grows();
"""

READ_MODELS = """
CREATE SCHEMA building;
COMMENT ON SCHEMA building IS 'read models that are built beside those that serve';
GRANT USAGE, CREATE ON SCHEMA read, building TO kets_project;
GRANT USAGE ON SCHEMA read TO kets_read;
GRANT SELECT ON read.projection_position TO kets_read;
GRANT SELECT, INSERT, UPDATE, DELETE ON read.projection_position TO kets_project;
DO $$
DECLARE one record;
BEGIN
    FOR one IN SELECT c.oid::regclass AS name FROM pg_class c
        WHERE c.relnamespace = 'read'::regnamespace AND c.relkind = 'r' AND c.relname <> 'projection_position'
    LOOP
        EXECUTE format('ALTER TABLE %s OWNER TO kets_project', one.name);
        EXECUTE format('GRANT SELECT ON %s TO kets_read', one.name);
    END LOOP;
    FOR one IN SELECT nspname AS name FROM pg_namespace WHERE nspname LIKE 'building\\_%'
    LOOP
        EXECUTE format('DROP SCHEMA %I CASCADE', one.name);
    END LOOP;
END $$;
"""

ONLY_GROWS = """
CREATE FUNCTION only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE insufficient_privilege USING
        MESSAGE = format('got %s of %s, expected none: what is recorded is never changed', TG_OP, TG_TABLE_NAME),
        HINT = 'kets_erase alone may empty the sealed part. See docs/how-to/database.md.';
END $$;
COMMENT ON FUNCTION only_grows IS 'holds the owner too, who needs no grant';
"""

TRIGGERS = """
CREATE TRIGGER only_grows BEFORE UPDATE ON {table} FOR EACH ROW
    WHEN (current_user <> 'kets_erase' OR NEW.sealed IS NOT NULL) EXECUTE FUNCTION only_grows();
CREATE TRIGGER only_grows_back BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION only_grows();
CREATE TRIGGER only_grows_whole BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION only_grows();
"""


def upgrade() -> None:
    op.execute(GRANTS)
    op.execute(READ_MODELS)
    op.execute(ONLY_GROWS)
    for table in ("event", "submission_row"):
        op.execute(TRIGGERS.format(table=table))
    for shard in range(SHARDS):
        op.execute(SHARD_GRANTS.format(s=shard))


def downgrade() -> None:
    """What only grows is not made to shrink by a program."""
    raise NotImplementedError
