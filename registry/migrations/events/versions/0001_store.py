"""The event log: 16 partitions, one head a shard, submissions and their rows.

Revision ID: 0001
"""

from alembic import op

revision, down_revision = "0001", None

SHARDS = 16

TABLES = """
CREATE TABLE submission (
    id           uuid PRIMARY KEY,
    organisation text NOT NULL,
    door         text NOT NULL CHECK (door IN ('file', 'api', 'command')),
    received_at  timestamptz NOT NULL,
    salt         bytea NOT NULL CHECK (octet_length(salt) = 16),
    digest       bytea NOT NULL CHECK (octet_length(digest) = 32),
    signed       bytea
);
COMMENT ON COLUMN submission.digest IS 'SHA-256(salt || content): stands in the leaf of every event it brought';
COMMENT ON COLUMN submission.signed IS 'signature base and signature, when the submission was signed (RFC 9421)';

CREATE TABLE submission_row (
    organisation  text NOT NULL,
    ref           text NOT NULL,
    digest        bytea NOT NULL CHECK (octet_length(digest) = 32),
    submission    uuid NOT NULL REFERENCES submission,
    line          integer NOT NULL,
    stream        uuid NOT NULL,
    first_version integer NOT NULL,
    events        smallint NOT NULL,
    sealed        bytea,
    PRIMARY KEY (organisation, ref)
);
CREATE INDEX submission_row_stream ON submission_row (stream);
COMMENT ON COLUMN submission_row.digest IS 'HMAC-SHA-256 of the canonical row: same ref, same content?';
COMMENT ON COLUMN submission_row.sealed IS 'the row as it came, under the data key of its stream';

CREATE TABLE event_head (shard smallint PRIMARY KEY, position bigint NOT NULL) WITH (fillfactor = 10);

CREATE TABLE event (
    shard       smallint NOT NULL,
    position    bigint NOT NULL,
    stream      uuid NOT NULL,
    version     integer NOT NULL CHECK (version > 0),
    topic       text NOT NULL,
    recorded_at timestamptz NOT NULL,
    submission  uuid,
    salt        bytea NOT NULL CHECK (octet_length(salt) = 16),
    clear       bytea NOT NULL,
    sealed_hash bytea CHECK (octet_length(sealed_hash) = 32),
    sealed      bytea
) PARTITION BY LIST (shard);
COMMENT ON COLUMN event.salt IS 'the leaf holds SHA-256(salt || clear), which erasure leaves provable';
COMMENT ON COLUMN event.sealed IS 'nonce || AES-256-GCM of the personal part; removed on erasure';
"""

PARTITION = """
CREATE TABLE event_{s:02d} PARTITION OF event FOR VALUES IN ({s});
CREATE UNIQUE INDEX event_{s:02d}_stream ON event_{s:02d} (stream, version);
CREATE UNIQUE INDEX event_{s:02d}_position ON event_{s:02d} (position);
INSERT INTO event_head VALUES ({s}, 0);
"""

CARDS = """
CREATE TABLE card_index (
    shard integer PRIMARY KEY,
    next  integer NOT NULL CHECK (next BETWEEN 0 AND 1048576)
);
COMMENT ON TABLE card_index IS 'next counter of each status shard; the index on the card is its keyed permutation';

CREATE SCHEMA read;
CREATE TABLE read.projection_position (
    projection text NOT NULL,
    shard      smallint NOT NULL,
    position   bigint NOT NULL,
    PRIMARY KEY (projection, shard)
);
CREATE TABLE projection_tracking (application_name text PRIMARY KEY, notification_id bigint);
"""


def upgrade() -> None:
    op.execute(TABLES)
    for shard in range(SHARDS):
        op.execute(PARTITION.format(s=shard))
    op.execute(CARDS)


def downgrade() -> None:
    """The event log is never taken down by a program."""
    raise NotImplementedError
