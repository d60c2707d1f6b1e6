"""Keys of the files that came in and of their result files, and whom they name.

Revision ID: 0005
"""

from alembic import op

revision, down_revision = "0005", "0004"

TABLES = """
CREATE TABLE intake (
    id           uuid PRIMARY KEY,
    submission   uuid NOT NULL,
    kind         text NOT NULL CHECK (kind IN ('upload', 'results')),
    organisation text NOT NULL,
    kept_at      timestamptz NOT NULL,
    ends_on      date NOT NULL,
    kek          text NOT NULL,
    wrapped      bytea NOT NULL CHECK (octet_length(wrapped) = 60),
    UNIQUE (submission, kind)
);
COMMENT ON TABLE intake IS 'a row is the key of a sealed file named by id; without it the file cannot be read';
CREATE TABLE intake_mark (
    mark   bytea NOT NULL CHECK (octet_length(mark) = 16),
    intake uuid NOT NULL REFERENCES intake ON DELETE CASCADE,
    PRIMARY KEY (mark, intake)
);
CREATE INDEX intake_mark_intake ON intake_mark (intake);
COMMENT ON COLUMN intake_mark.mark IS 'keyed digest of a number that a row of the file names';

GRANT SELECT, INSERT ON intake, intake_mark TO kets_write;
GRANT SELECT, UPDATE (kek, wrapped) ON intake TO kets_keys;
GRANT SELECT, DELETE ON intake, intake_mark TO kets_erase;
GRANT SELECT ON intake TO kets_read;
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    """Keys are destroyed one by one and on record, never by a migration."""
    raise NotImplementedError
