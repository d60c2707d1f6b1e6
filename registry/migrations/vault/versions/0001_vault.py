"""The vault: who is who, and the key that opens each stream. A database of its own, with its own backups.

Revision ID: 0001
"""

from alembic import op

revision, down_revision = "0001", None

TABLES = """
CREATE TABLE claim_batch (
    batch      uuid PRIMARY KEY,
    claimed_at timestamptz NOT NULL DEFAULT now(),
    confirmed  boolean NOT NULL DEFAULT false
);
CREATE INDEX claim_batch_pending ON claim_batch (claimed_at) WHERE NOT confirmed;

CREATE TABLE identity (
    tag           bytea PRIMARY KEY CHECK (octet_length(tag) = 32),
    index_version smallint NOT NULL,
    stream        uuid NOT NULL,
    batch         uuid NOT NULL REFERENCES claim_batch
);
CREATE INDEX identity_stream ON identity (stream);
CREATE INDEX identity_batch ON identity (batch);
COMMENT ON COLUMN identity.tag IS 'HMAC-SHA-256 of scheme and identifier under index key number index_version';

CREATE TABLE data_key (
    stream  uuid PRIMARY KEY,
    kek     text NOT NULL,
    wrapped bytea NOT NULL CHECK (octet_length(wrapped) = 60),
    batch   uuid NOT NULL REFERENCES claim_batch
);
CREATE INDEX data_key_batch ON data_key (batch);
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    """Keys are destroyed one by one and on record, never by a migration."""
    raise NotImplementedError
