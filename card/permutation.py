"""Where a card stands in its status list: an order that nobody without the key can guess (profile section 7)."""

from __future__ import annotations

import hashlib
import hmac

from card.claims import SHARD_SIZE
from card.errors import CardError

_ROUNDS = 8
_HALF = 10  # bits of each half of an index


def index_of(counter: int, key: bytes) -> int:
    """Where the `counter`-th card of a shard stands: a keyed permutation of 0 to 2^20 - 1.

    Feistel network over two halves of 10 bits, 8 rounds, round function HMAC-SHA-256(key, round || half) cut to
    10 bits. 20 bits split evenly, so no cycle walking. Without the key the order of issue is not guessable.
    """
    if not 0 <= counter < SHARD_SIZE:
        raise CardError("status-counter", f"got counter {counter}, expected 0 to {SHARD_SIZE - 1}")
    left, right = divmod(counter, 1 << _HALF)
    for round_number in range(_ROUNDS):
        mixed = hmac.digest(key, bytes((round_number, right >> 8, right & 255)), hashlib.sha256)
        left, right = right, left ^ int.from_bytes(mixed[:2], "big") >> 16 - _HALF
    return left << _HALF | right
