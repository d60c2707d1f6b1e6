"""Data keys: one of 32 bytes a stream, wrapped by the key-encryption key; its destruction is erasure."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from keys.encoding import b64url
from keys.errors import KeysError

if TYPE_CHECKING:
    from keys.kek import Kek

KEY_BYTES = 32
WRAPPED_BYTES = 60  # nonce 12, key 32, tag 16


def new_key() -> bytes:
    """32 random bytes."""
    return os.urandom(KEY_BYTES)


def wrap(kek: Kek, stream: bytes, key: bytes) -> bytes:
    """AES-256-GCM of `key` under `kek`, bound to `stream`: nonce || ciphertext || tag, 60 bytes."""
    if len(key) != KEY_BYTES:
        raise KeysError("data-key-length", f"got a data key of {len(key)} bytes, expected {KEY_BYTES}")
    return kek.seal(key, stream)


def unwrap(kek: Kek, stream: bytes, wrapped: bytes) -> bytes:
    """The data key. KeysError("data-key-refused"): other key-encryption key, other stream, or altered."""
    if len(wrapped) != WRAPPED_BYTES:
        raise KeysError("data-key-refused", f"got {len(wrapped)} bytes, expected {WRAPPED_BYTES}")
    return kek.open(wrapped, stream)


def commitment(key: bytes) -> str:
    """Base64url SHA-256 that commits a stream to its one data key (AES-GCM itself does not)."""
    return b64url(hashlib.sha256(b"kets/data-key/v1" + key).digest())
