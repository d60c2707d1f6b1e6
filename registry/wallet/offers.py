"""What is offered to a worker's wallet: a pre-authorized code with a transaction code, exchanged for an access token.

OpenID4VCI 1.0 sections 4 and 6. A code is good once, for ten minutes and five tries; a token for ten minutes and ten
credentials. What is kept of them are hashes, in the vault, whose backups die young.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote
from uuid import UUID

from registry.roles import DatabaseRole, connect
from registry.wallet.credentials import card_in_force
from registry.wallet.denied import Denied

if TYPE_CHECKING:
    from registry.app import Registry
    from registry.vault import Vault

CONFIGURATION = "worker-card"
"""Of the one credential there is, in the issuer's metadata."""
GRANT = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
SCHEME = "openid-credential-offer://"
LIFE = timedelta(minutes=10)
TRIES = 5
TX_DIGITS = 6
MOST_CREDENTIALS = 10
"""Of one token: a wallet whose answer was lost may ask again, and nobody may ask for ever."""


class Offer(NamedTuple):
    """`code` goes to the wallet, `tx_code` to the person, by another way."""

    code: str
    tx_code: str
    ends_at: datetime


class Access(NamedTuple):
    token: str
    ends_at: datetime


def open_offer(registry: Registry, worker: UUID) -> Offer:
    """Offer the worker's card to a wallet; an offer that was open ends.

    Raises: Refused("worker-unknown"), ("worker-erased"), ("card-none"), ("card-state") unless a card is in force.
    """
    _, state = registry.worker(worker)
    now = registry.now()
    card_in_force(state, now)
    offer = Offer(secrets.token_urlsafe(32), f"{secrets.randbelow(10**TX_DIGITS):0{TX_DIGITS}}", now + LIFE)
    code = _hash(offer.code)
    with connect(registry.vault.url, DatabaseRole.WRITE) as conn:
        conn.execute("DELETE FROM wallet_offer WHERE worker = %s", (worker,))
        conn.execute(
            "INSERT INTO wallet_offer (code, tx_code, worker, ends_at) VALUES (%s, %s, %s, %s)",
            (code, _tx_hash(registry.vault, code, offer.tx_code), worker, offer.ends_at),
        )
    return offer


def document(issuer: str, code: str) -> dict[str, Any]:
    """The credential offer object of a code (section 4.1.1)."""
    tx_code = {
        "input_mode": "numeric",
        "length": TX_DIGITS,
        "description": "Enam angka dari petugas",
    }
    grants = {GRANT: {"pre-authorized_code": code, "tx_code": tx_code}}
    return {"credential_issuer": issuer, "credential_configuration_ids": [CONFIGURATION], "grants": grants}


def uri(offered: dict[str, Any]) -> str:
    """The offer by value, for a link or a QR code (section 4.1.2): by reference, the code itself would be kept."""
    return f"{SCHEME}?credential_offer={quote(json.dumps(offered, separators=(',', ':')), safe=':/,')}"


def redeem(registry: Registry, code: str, tx_code: str) -> Access:
    """Exchange a code, once, for an access token. A try is counted before it is judged, and stays counted.

    Raises: Denied("invalid_grant").
    """
    now, given = registry.now(), _hash(code)
    access = Access(secrets.token_urlsafe(32), now + LIFE)
    attempt = (
        "UPDATE wallet_offer SET tries = tries + 1 WHERE code = %s AND ends_at > %s AND tries < %s"
        " RETURNING tx_code, worker, tries"
    )
    with connect(registry.vault.url, DatabaseRole.WRITE) as conn:
        row = conn.execute(attempt, (given, now, TRIES)).fetchone()
        right = row is not None and hmac.compare_digest(row[0], _tx_hash(registry.vault, given, tx_code))
        if row is not None and right:
            conn.execute("DELETE FROM wallet_offer WHERE code = %s", (given,))
            insert = "INSERT INTO wallet_token (token, worker, ends_at) VALUES (%s, %s, %s)"
            conn.execute(insert, (_hash(access.token), row[1], access.ends_at))
    if row is None:
        raise Denied("invalid_grant", "the pre-authorized code is unknown, used, past its time or tried too often")
    if not right:
        raise Denied("invalid_grant", f"the transaction code is wrong; {TRIES - row[2]} tries are left")
    return access


def holder(registry: Registry, token: str) -> UUID:
    """Whose credentials a token opens. Raises: Denied("invalid_token")."""
    query = "SELECT worker FROM wallet_token WHERE token = %s AND ends_at > %s"
    with connect(registry.vault.url, DatabaseRole.WRITE, autocommit=True) as conn:
        row = conn.execute(query, (_hash(token), registry.now())).fetchone()
    if row is None:
        raise Denied("invalid_token", "the access token is unknown or past its time")
    worker: UUID = row[0]
    return worker


def spend(registry: Registry, token: str, credentials: int, nonce: bytes, nonce_ends_at: datetime) -> None:
    """Count credentials against a token and use a nonce up, both or neither.

    Raises: Denied("invalid_nonce") for one that a proof has used, Denied("credential_request_denied").
    """
    count = (
        "UPDATE wallet_token SET issued = issued + %s WHERE token = %s AND ends_at > %s AND issued + %s <= %s"
        " RETURNING issued"
    )
    numbers = (credentials, _hash(token), registry.now(), credentials, MOST_CREDENTIALS)
    keep = "INSERT INTO wallet_nonce (nonce, ends_at) VALUES (%s, %s) ON CONFLICT DO NOTHING"
    with connect(registry.vault.url, DatabaseRole.WRITE) as conn:
        if not conn.execute(keep, (nonce, nonce_ends_at)).rowcount:
            raise Denied("invalid_nonce", "the c_nonce was used before; fetch a new one from the nonce endpoint")
        if not conn.execute(count, numbers).rowcount:
            raise Denied("credential_request_denied", f"a token is good for {MOST_CREDENTIALS} credentials")


def sweep(vault: Vault, now: datetime) -> int:
    """Remove what has ended; how many rows."""
    with connect(vault.url, DatabaseRole.WRITE) as conn:
        return sum(
            conn.execute(f"DELETE FROM {table} WHERE ends_at <= %s", (now,)).rowcount  # noqa: S608 - our own tables
            for table in ("wallet_offer", "wallet_token", "wallet_nonce")
        )


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def _tx_hash(vault: Vault, code: bytes, tx_code: str) -> bytes:
    key = hmac.digest(vault.keyring.row_key, b"kets/wallet-tx-code/v1", hashlib.sha256)
    return hmac.digest(key, code + tx_code.encode(), hashlib.sha256)
