"""The leaf of an event: fixed bytes that name the fact, its time and what was sealed, and hold none of it.

    offset   bytes  what
    0        1      0x01, the version of this layout
    1        16     stream, RFC 4122 byte order
    17       8      version, unsigned big-endian
    25       1      n, length of the topic
    26       n      topic, UTF-8
    26 + n   8      recorded_at, microseconds since 1970-01-01T00:00:00Z, signed big-endian
    34 + n   32     SHA-256(salt || clear)
    66 + n   32     SHA-256(sealed), 32 zero bytes when nothing was sealed
    98 + n   32     digest of the submission, 32 zero bytes when there was none

130 + n bytes in all. Erasure removes `sealed` and leaves its hash, so a leaf outlives the person's data.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

LAYOUT = b"\x01"
NONE = bytes(32)
SHORTEST = 130
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Entry(NamedTuple):
    """What a leaf is made of; the columns of `event`, and the digest of the submission it came in."""

    stream: UUID
    version: int
    topic: str
    recorded_at: datetime
    salt: bytes
    clear: bytes
    sealed_hash: bytes | None
    submission_digest: bytes | None

    @property
    def id(self) -> str:
        """`stream:version`, as in receipts."""
        return f"{self.stream}:{self.version}"


def leaf_bytes(entry: Entry) -> bytes:
    """The leaf in the layout above. OverflowError for a topic over 255 bytes: the vocabulary has none."""
    topic = entry.topic.encode()
    return b"".join(
        (
            LAYOUT,
            entry.stream.bytes,
            entry.version.to_bytes(8, "big"),
            len(topic).to_bytes(1, "big"),
            topic,
            ((entry.recorded_at - _EPOCH) // _MICROSECOND).to_bytes(8, "big", signed=True),
            hashlib.sha256(entry.salt + entry.clear).digest(),
            entry.sealed_hash or NONE,
            entry.submission_digest or NONE,
        )
    )


def leaf_hash(entry: Entry) -> bytes:
    """SHA-256(0x00 || leaf), RFC 6962 section 2.1."""
    return hash_of(leaf_bytes(entry))


def hash_of(leaf: bytes) -> bytes:
    """The hash of a leaf's bytes."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def leaf_id(leaf: bytes) -> str:
    """Which event a leaf is of, `stream:version`; of bytes that are no leaf something that is no event."""
    return f"{UUID(bytes=leaf[1:17])}:{int.from_bytes(leaf[17:25], 'big')}" if len(leaf) >= SHORTEST else "-"
