"""Nonces for key proofs (OpenID4VCI 1.0 section 7): made from a key, so that asking for one leaves nothing behind.

8 bytes when it ends, 16 random, 16 of HMAC-SHA-256 over both. Only one that a proof has used is kept, until its end.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple

from keys.encoding import b64url, unb64url
from registry.wallet.denied import Denied

if TYPE_CHECKING:
    from registry.app import Registry

LIFE = 300
RANDOM = MAC = 16


class Nonce(NamedTuple):
    random: bytes
    ends_at: datetime


def new(registry: Registry) -> str:
    """A nonce that is good for five minutes."""
    content = (int(registry.now().timestamp()) + LIFE).to_bytes(8, "big") + os.urandom(RANDOM)
    return b64url(content + _mac(registry, content))


def check(registry: Registry, text: str) -> Nonce:
    """A nonce of ours that has not ended; whether it was used, `offers.spend` says. Raises: Denied("invalid_nonce")."""
    try:
        given = unb64url(text)
    except ValueError:
        given = b""
    content, mac = given[: 8 + RANDOM], given[8 + RANDOM :]
    ends_at = int.from_bytes(content[:8], "big")
    if not hmac.compare_digest(mac, _mac(registry, content)) or ends_at < registry.now().timestamp():
        raise Denied("invalid_nonce", "the c_nonce is not ours or past its time; fetch one from the nonce endpoint")
    return Nonce(content[8:], datetime.fromtimestamp(ends_at, UTC))


def _mac(registry: Registry, content: bytes) -> bytes:
    key = hmac.digest(registry.keyring.row_key, b"kets/wallet-nonce/v1", hashlib.sha256)
    return hmac.digest(key, content, hashlib.sha256)[:MAC]
