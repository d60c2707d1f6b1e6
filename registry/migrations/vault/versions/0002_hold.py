"""Legal holds: whose data must not be erased, why, and until when.

Revision ID: 0002
"""

from alembic import op

revision, down_revision = "0002", "0001"

TABLES = """
CREATE TABLE legal_hold (
    stream uuid PRIMARY KEY,
    reason text NOT NULL CHECK (length(reason) BETWEEN 1 AND 200),
    until  date
);
COMMENT ON COLUMN legal_hold.until IS 'last day of the hold; null: until it is released';
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    """Keys are destroyed one by one and on record, never by a migration."""
    raise NotImplementedError
