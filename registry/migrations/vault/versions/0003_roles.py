"""Who may do what in the vault: claims are written, keys are wrapped anew, persons are erased, each by its own role.

Revision ID: 0003
"""

from alembic import op

revision, down_revision = "0003", "0002"

GRANTS = """
GRANT USAGE ON SCHEMA public TO kets_read, kets_write, kets_keys, kets_erase;
GRANT SELECT ON alembic_version TO kets_read, kets_write, kets_keys, kets_erase;

GRANT SELECT ON claim_batch, identity, data_key TO kets_read;

GRANT SELECT, INSERT, UPDATE ON claim_batch TO kets_write;
GRANT SELECT, INSERT, UPDATE (batch) ON identity, data_key TO kets_write;
GRANT SELECT ON legal_hold TO kets_write;

GRANT SELECT, UPDATE (kek, wrapped) ON data_key TO kets_keys;

GRANT SELECT, DELETE ON identity, data_key TO kets_erase;
GRANT SELECT, UPDATE (confirmed) ON claim_batch TO kets_erase;
GRANT SELECT, INSERT, UPDATE, DELETE ON legal_hold TO kets_erase;
"""


def upgrade() -> None:
    op.execute(GRANTS)


def downgrade() -> None:
    """Keys are destroyed one by one and on record, never by a migration."""
    raise NotImplementedError
