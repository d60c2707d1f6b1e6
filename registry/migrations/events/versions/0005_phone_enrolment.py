"""Codes with which a worker's phone is enrolled, for the ten minutes that each lives.

Revision ID: 0005
"""

from alembic import op

revision, down_revision = "0005", "0004"

TABLE = """
CREATE TABLE phone_enrolment (
    handle    text PRIMARY KEY CHECK (length(handle) = 4),
    stream    uuid NOT NULL UNIQUE,
    code_hash bytea NOT NULL CHECK (octet_length(code_hash) = 32),
    ends_at   timestamptz NOT NULL,
    tries     smallint NOT NULL DEFAULT 0,
    phone     bytea CHECK (octet_length(phone) = 16)
);
COMMENT ON TABLE phone_enrolment IS 'codes given out at a desk; a row goes when it has ended and another is given out';
COMMENT ON COLUMN phone_enrolment.handle IS 'the first four of the sixteen characters; the code itself is kept nowhere';
COMMENT ON COLUMN phone_enrolment.phone IS 'thumbprint half of the key that used the code: it may come again, no other';
GRANT SELECT, INSERT, UPDATE (tries, phone), DELETE ON phone_enrolment TO kets_write;
"""


def upgrade() -> None:
    op.execute(TABLE)


def downgrade() -> None:
    """Nobody goes back to an older version with codes given out."""
    raise NotImplementedError
