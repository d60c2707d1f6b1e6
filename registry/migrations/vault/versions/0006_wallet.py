"""What a wallet may fetch, for the minutes that it may: offers, access tokens, nonces that were spent. Hashes alone.

Revision ID: 0006
"""

from alembic import op

revision, down_revision = "0006", "0005"

TABLES = """
CREATE TABLE wallet_offer (
    code    bytea PRIMARY KEY CHECK (octet_length(code) = 32),
    tx_code bytea NOT NULL CHECK (octet_length(tx_code) = 32),
    worker  uuid NOT NULL UNIQUE,
    tries   smallint NOT NULL DEFAULT 0,
    ends_at timestamptz NOT NULL
);
COMMENT ON TABLE wallet_offer IS 'one a worker; the row goes when its code is used, or some time after it ended';
COMMENT ON COLUMN wallet_offer.code IS 'SHA-256 of the pre-authorized code, which has 256 random bits';
COMMENT ON COLUMN wallet_offer.tx_code IS 'keyed digest of the six digits, which without the key are guessed at once';
CREATE TABLE wallet_token (
    token   bytea PRIMARY KEY CHECK (octet_length(token) = 32),
    worker  uuid NOT NULL,
    issued  smallint NOT NULL DEFAULT 0,
    ends_at timestamptz NOT NULL
);
COMMENT ON COLUMN wallet_token.token IS 'SHA-256 of the access token, which has 256 random bits';
CREATE TABLE wallet_nonce (
    nonce   bytea PRIMARY KEY CHECK (octet_length(nonce) = 16),
    ends_at timestamptz NOT NULL
);
COMMENT ON TABLE wallet_nonce IS 'random parts of nonces that a proof has used, until they would have ended anyway';

GRANT SELECT, INSERT, DELETE, UPDATE (tries) ON wallet_offer TO kets_write;
GRANT SELECT, INSERT, DELETE, UPDATE (issued) ON wallet_token TO kets_write;
GRANT SELECT, INSERT, DELETE ON wallet_nonce TO kets_write;
"""


def upgrade() -> None:
    op.execute(TABLES)


def downgrade() -> None:
    """Nobody goes back to an older version with offers open."""
    raise NotImplementedError
