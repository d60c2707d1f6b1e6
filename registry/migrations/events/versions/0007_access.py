"""Who read whose record, when, in what role: kept for a while, added to and never changed.

Revision ID: 0007
"""

from alembic import op

revision, down_revision = "0007", "0006"

TABLE = """
CREATE TABLE access (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at     timestamptz NOT NULL,
    worker uuid NOT NULL,
    reader text NOT NULL CHECK (length(reader) BETWEEN 1 AND 80),
    role   text NOT NULL CHECK (length(role) BETWEEN 1 AND 40),
    what   text NOT NULL CHECK (length(what) BETWEEN 1 AND 200)
);
CREATE INDEX access_worker ON access (worker, number);
CREATE INDEX access_at ON access USING brin (at);
COMMENT ON TABLE access IS 'reads of a person''s data; no name and no number of anybody stands in it';
COMMENT ON COLUMN access.reader IS 'organisation or door; what: method and route, without what was filled in';
GRANT INSERT ON access TO kets_write;
GRANT SELECT ON access TO kets_read, kets_write, kets_erase;
GRANT DELETE ON access TO kets_erase;
CREATE TRIGGER only_grows BEFORE UPDATE ON access FOR EACH ROW EXECUTE FUNCTION only_grows();
CREATE TRIGGER only_grows_back BEFORE DELETE ON access FOR EACH ROW
    WHEN (current_user <> 'kets_erase') EXECUTE FUNCTION only_grows();
CREATE TRIGGER only_grows_whole BEFORE TRUNCATE ON access FOR EACH STATEMENT EXECUTE FUNCTION only_grows();
"""


def upgrade() -> None:
    op.execute(TABLE)


def downgrade() -> None:
    """What people may ask for is not taken down by a program."""
    raise NotImplementedError
