"""The log as the audit reads it: streamed by server-side cursors, no value of a row taken for granted.

Needs a transaction. A row that cannot be a fact, a time beyond every calendar for one, comes without a leaf.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from psycopg.rows import tuple_row

from registry.ledger.leaf import Entry, leaf_hash
from registry.ledger.log import INCIDENTS, incident, incident_entry
from registry.store import SHARDS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from psycopg import Connection

FETCH = 500
"""Rows that are held at a time, of each of 16 shards."""
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)

_PLACED = (
    "SELECT e.shard, e.position, e.stream, e.version, e.topic, timestamptz_send(e.recorded_at), e.salt, e.clear,"
    " e.sealed_hash, s.digest, e.submission IS NOT NULL AND s.id IS NULL"
    " FROM event_{:02d} e LEFT JOIN submission s ON s.id = e.submission ORDER BY e.position"
)
_TOLD = (
    "SELECT stream, version, topic, timestamptz_send(recorded_at), CASE WHEN version = 1 THEN clear END, sealed_hash,"
    " sealed FROM event ORDER BY stream, version"
)


class Placed(NamedTuple):
    """A row at its place in a shard. `leaf` is None when its values cannot make one; `astray`: its submission is not
    there."""

    shard: int
    position: int
    name: str
    entry: Entry | None
    leaf: bytes | None
    astray: bool


class Told(NamedTuple):
    """A row of a stream. `micros` since 2000; `clear` only of the first fact."""

    stream: UUID
    version: int
    topic: str
    micros: int
    clear: bytes | None
    sealed_hash: bytes | None
    sealed: bytes | None

    @property
    def name(self) -> str:
        return f"{self.stream}:{self.version}"


def placed(conn: Connection[Any], shard: int) -> Iterator[Placed]:
    """The rows of a shard by position; of what stands for one, the incident that opened this ledger."""
    if shard == INCIDENTS:
        if opened := incident(conn):
            first = incident_entry(opened)
            yield Placed(INCIDENTS, 1, first.id, first, leaf_hash(first), False)
        return
    for stored, position, stream, version, topic, at, salt, clear, sealed_hash, digest, astray in stream_rows(
        conn, f"placed_{shard}", _PLACED.format(shard)
    ):
        entry = _entry(stream, version, topic, at, salt, clear, sealed_hash, digest)
        leaf = _leaf(entry)
        yield Placed(stored, position, f"{stream}:{version}", entry, leaf, astray)


def told(conn: Connection[Any]) -> Iterator[Told]:
    """The rows of all shards by stream and version."""
    for stream, version, topic, at, clear, sealed_hash, sealed in stream_rows(conn, "told", _TOLD):
        yield Told(stream, version, topic, _micros(at), clear, sealed_hash, sealed)


def heads(conn: Connection[Any]) -> dict[int, int]:
    """The counters as they stand, with one for incidents when one has opened this ledger."""
    found = dict(_cursor(conn).execute("SELECT shard, position FROM event_head ORDER BY shard").fetchall())
    return found | ({INCIDENTS: 1} if incident(conn) else {})


def stream_rows(conn: Connection[Any], name: str, query: str) -> Iterator[tuple[Any, ...]]:
    """Rows of a query of ours, a few hundred at a time."""
    with conn.cursor(name, binary=True, row_factory=tuple_row) as cur:
        cur.itersize = FETCH
        yield from cur.execute(query)


def _entry(stream: UUID, version: int, topic: str, at: bytes, *rest: Any) -> Entry | None:
    try:
        recorded_at = _EPOCH + timedelta(microseconds=_micros(at))
    except OverflowError:
        return None
    return Entry(stream, version, topic, recorded_at, *rest)


def _leaf(entry: Entry | None) -> bytes | None:
    try:
        return leaf_hash(entry) if entry else None
    except OverflowError:  # a version below zero, a topic of more than 255 bytes
        return None


def _micros(at: bytes) -> int:
    return int.from_bytes(at, "big", signed=True)


def _cursor(conn: Connection[Any]) -> Any:
    return conn.cursor(binary=True, row_factory=tuple_row)


__all__ = ["SHARDS", "Placed", "Told", "heads", "placed", "stream_rows", "told"]
