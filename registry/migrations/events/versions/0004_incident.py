"""Incidents, each of which opened a ledger of a new origin after a loss; the rows of a submission found by its number.

Revision ID: 0004
"""

from alembic import op

revision, down_revision = "0004", "0003"

TABLE = """
CREATE TABLE ledger_incident (
    number    integer PRIMARY KEY CHECK (number > 1),
    origin    text NOT NULL UNIQUE,
    opened_at timestamptz NOT NULL,
    salt      bytea NOT NULL CHECK (octet_length(salt) = 16),
    clear     bytea NOT NULL,
    note      text NOT NULL
);
COMMENT ON TABLE ledger_incident IS
    'the newest is the first leaf of the ledger; number: which ledger of this registry it opened, the first has none';
COMMENT ON COLUMN ledger_incident.clear IS 'the text of the note';
COMMENT ON COLUMN ledger_incident.note IS 'signed by the key of the ledger before and by the new one''s';
GRANT SELECT ON ledger_incident TO kets_read, kets_ledger;

CREATE INDEX submission_row_submission ON submission_row
    USING brin (submission uuid_bloom_ops) WITH (pages_per_range = 32, autosummarize = on);
COMMENT ON INDEX submission_row_submission IS 'rows of a submission lie together; costs a writer next to nothing';
"""


def upgrade() -> None:
    op.execute(TABLE)


def downgrade() -> None:
    """What was promised to auditors is never taken down by a program."""
    raise NotImplementedError
