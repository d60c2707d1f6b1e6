"""Which versions of the key-encryption key and of the index key are in use.

Revision ID: 0004
"""

from alembic import op

revision, down_revision = "0004", "0003"

TABLES = """
CREATE TABLE live_key (
    use    text NOT NULL CHECK (use IN ('kek', 'index')),
    number smallint NOT NULL CHECK (number > 0),
    PRIMARY KEY (use, number)
);
COMMENT ON TABLE live_key IS 'the newest key-encryption key wraps; the index is written and read under every version';
INSERT INTO live_key SELECT 'kek', substr(kek, 5)::smallint FROM data_key UNION SELECT 'kek', 1;
INSERT INTO live_key SELECT 'index', index_version FROM identity UNION SELECT 'index', 1;

GRANT SELECT ON live_key TO kets_read, kets_write, kets_keys, kets_erase;
GRANT INSERT, DELETE ON live_key TO kets_keys;
GRANT SELECT, INSERT, DELETE ON identity TO kets_keys;
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    """Keys are destroyed one by one and on record, never by a migration."""
    raise NotImplementedError
