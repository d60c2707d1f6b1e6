"""A file sealed in chunks, so that it is written and read piece by piece (STREAM: Hoang, Reyhanitabar, Rogaway, Vizár
2015; the layout of age): AES-256-GCM of 64 KiB each, the nonce an 11-byte counter and a byte that marks the last chunk.

A chunk that is altered, moved, missing or added does not open, and a file that is cut off has no last chunk. The key
seals one file and nothing else, ever: the nonces of all files are the same.
"""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from keys.errors import KeysError

if TYPE_CHECKING:
    from collections.abc import Iterator

CHUNK = 64 * 1024
TAG = 16


def seal(key: bytes, plain: IO[bytes], into: IO[bytes]) -> int:
    """Write `plain` to `into`, sealed; how many bytes it had."""
    cipher, count, size = AESGCM(key), 0, 0
    chunk = plain.read(CHUNK)
    while True:
        following = plain.read(CHUNK) if chunk else b""
        into.write(cipher.encrypt(_nonce(count, last=not following), chunk, None))
        size += len(chunk)
        if not following:
            return size
        chunk, count = following, count + 1


def opened(key: bytes, sealed: IO[bytes]) -> Iterator[bytes]:
    """The chunks. Those before a fault are genuine; the whole is, once the last one came.

    Raises: KeysError("sealed-file-refused"): another key, altered, cut off, or chunks in another order.
    """
    cipher, count = AESGCM(key), 0
    chunk = sealed.read(CHUNK + TAG)
    while True:
        following = sealed.read(CHUNK + TAG)
        try:
            yield cipher.decrypt(_nonce(count, last=not following), chunk, None)
        except (InvalidTag, ValueError) as error:  # ValueError: too short for a tag
            raise KeysError("sealed-file-refused", f"chunk {count} does not open") from error
        if not following:
            return
        chunk, count = following, count + 1


def _nonce(count: int, *, last: bool) -> bytes:
    return count.to_bytes(11, "big") + bytes([last])
