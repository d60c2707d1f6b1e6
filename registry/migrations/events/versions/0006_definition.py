"""By which definition each read model was built, and how far one is that is being built.

Revision ID: 0006
"""

from alembic import op

revision, down_revision = "0006", "0005"

TABLES = """
CREATE TABLE read.projection_definition (
    projection text PRIMARY KEY,
    definition text NOT NULL
);
COMMENT ON COLUMN read.projection_definition.definition IS
    'digest of the table and of what fills it; empty: never built from what the log held when it was made';
CREATE TABLE read.projection_rebuild (
    projection text PRIMARY KEY,
    began_at   timestamptz NOT NULL,
    done       bigint NOT NULL,
    total      bigint NOT NULL
);
COMMENT ON TABLE read.projection_rebuild IS
    'events folded of those there are; a row of a rebuild that was killed stays until the next one';
GRANT SELECT ON read.projection_definition, read.projection_rebuild TO kets_read;
GRANT SELECT, INSERT, UPDATE, DELETE ON read.projection_definition, read.projection_rebuild TO kets_project;
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    """Nobody goes back to an older version with read models of a newer one."""
    raise NotImplementedError
