"""The ledger: its head, and which positions of which shard stand where in it.

Revision ID: 0002
"""

from alembic import op

revision, down_revision = "0002", "0001"

TABLES = """
CREATE TABLE ledger_head (
    one        boolean PRIMARY KEY DEFAULT true CHECK (one),
    size       bigint NOT NULL CHECK (size >= 0),
    root       bytea NOT NULL CHECK (octet_length(root) = 32),
    checkpoint text
);
COMMENT ON TABLE ledger_head IS 'one row: how many leaves are committed, their root, the signed checkpoint';
INSERT INTO ledger_head (size, root) VALUES (0, sha256(''));

CREATE TABLE ledger_segment (
    start bigint PRIMARY KEY CHECK (start >= 0),
    shard smallint NOT NULL,
    first bigint NOT NULL CHECK (first > 0),
    count integer NOT NULL CHECK (count > 0),
    UNIQUE (shard, first)
);
COMMENT ON TABLE ledger_segment IS
    'leaves start .. start + count - 1 are the positions first .. first + count - 1 of a shard';
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    """What was promised to auditors is never taken down by a program."""
    raise NotImplementedError
