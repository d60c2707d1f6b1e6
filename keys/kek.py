"""Key-encryption keys: what wraps data keys. One from a file is in memory; one of a token never leaves it.

Either seals by AES-256-GCM into nonce || ciphertext || tag, so that what is wrapped looks the same.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from keys.errors import KeysError

NONCE = 12


class Kek(Protocol):
    """`kid` stands beside what it wrapped: `kek-1`, `kek-2` ..."""

    @property
    def kid(self) -> str: ...
    def seal(self, plain: bytes, context: bytes) -> bytes: ...
    def open(self, sealed: bytes, context: bytes) -> bytes: ...


@dataclass(frozen=True)
class FileKek:
    """A key-encryption key whose 32 bytes were read from a file."""

    kid: str
    key: bytes = field(repr=False)

    @cached_property
    def _cipher(self) -> AESGCM:
        return AESGCM(self.key)

    def seal(self, plain: bytes, context: bytes) -> bytes:
        """`plain` sealed and bound to `context`: 28 bytes more than it has."""
        nonce = os.urandom(NONCE)
        return nonce + self._cipher.encrypt(nonce, plain, context)

    def open(self, sealed: bytes, context: bytes) -> bytes:
        """What was sealed. Raises: KeysError("data-key-refused"): another key, another context, or altered."""
        try:
            return self._cipher.decrypt(sealed[:NONCE], sealed[NONCE:], context)
        except InvalidTag as error:
            raise KeysError("data-key-refused", "wrapped by another key, for another stream, or altered") from error
