"""What the ledger reads and writes in the database: entries of events, the head, the segments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from psycopg.rows import tuple_row

from domain.errors import Refused
from registry.ledger.leaf import Entry
from registry.store import shard_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from psycopg import Connection


class Head(NamedTuple):
    """What is committed: leaves, their root, the signed checkpoint (None before the first)."""

    size: int
    root: bytes
    checkpoint: str | None


class Segment(NamedTuple):
    """Leaves `start` and on are the positions `first` and on of a shard, `length` of them."""

    start: int
    shard: int
    first: int
    length: int


def head(conn: Connection[Any], *, lock: bool = False) -> Head:
    """The head; with `lock` nobody else commits one before this transaction ends."""
    query = "SELECT size, root, checkpoint FROM ledger_head"
    (row,) = _cursor(conn).execute(f"{query} FOR UPDATE" if lock else query).fetchall()
    return Head(*row)


def swap(conn: Connection[Any], old: Head, new: Head, segments: Iterable[Segment]) -> None:
    """Put `new` in the place of `old`, with its segments. Refused("ledger-moved") when `old` is not the head."""
    cur = _cursor(conn)
    query = "UPDATE ledger_head SET size = %s, root = %s, checkpoint = %s WHERE size = %s AND root = %s"
    if cur.execute(query, (*new, old.size, old.root)).rowcount != 1:
        raise Refused("ledger-moved", expected=old.size)
    cur.executemany("INSERT INTO ledger_segment (start, shard, first, count) VALUES (%s, %s, %s, %s)", list(segments))


def waiting(conn: Connection[Any]) -> dict[int, tuple[int, int]]:
    """Of each shard: the last position in the ledger, and the last in the log."""
    query = (
        "SELECT h.shard, coalesce(s.last, 0), h.position FROM event_head h LEFT JOIN LATERAL"
        " (SELECT first + count - 1 AS last FROM ledger_segment WHERE shard = h.shard ORDER BY first DESC LIMIT 1) s"
        " ON true"
    )
    return {shard: (last, top) for shard, last, top in _cursor(conn).execute(query, prepare=True)}


def entries(conn: Connection[Any], shard: int, first: int, count: int) -> dict[int, Entry]:
    """The events at positions `first` and on of a shard, by position; those that are missing are not there."""
    query = (
        "SELECT e.position, e.stream, e.version, e.topic, e.recorded_at, e.salt, e.clear, e.sealed_hash, s.digest"
        " FROM event e LEFT JOIN submission s ON s.id = e.submission"
        " WHERE e.shard = %s AND e.position >= %s AND e.position < %s ORDER BY e.position"
    )
    found = _cursor(conn).execute(query, (shard, first, first + count))
    return {position: Entry(*columns) for position, *columns in found}


def entry(conn: Connection[Any], stream: UUID, version: int) -> tuple[Entry, int]:
    """One event and its position in its shard. Refused("event-unknown")."""
    shard = shard_of(stream)
    query = "SELECT position FROM event WHERE shard = %s AND stream = %s AND version = %s"
    row = _cursor(conn).execute(query, (shard, stream, version)).fetchone()
    if row is None:
        raise Refused("event-unknown", event=f"{stream}:{version}")
    return entries(conn, shard, row[0], 1)[row[0]], row[0]


def index_of(conn: Connection[Any], shard: int, position: int) -> int:
    """Where a position of a shard stands in the ledger. Refused("not-sequenced")."""
    query = "SELECT * FROM ledger_segment WHERE shard = %s AND first <= %s ORDER BY first DESC LIMIT 1"
    row = _cursor(conn).execute(query, (shard, position)).fetchone()
    if row is None or position >= Segment(*row).first + Segment(*row).length:
        raise Refused("not-sequenced", shard=shard, position=position)
    return Segment(*row).start + position - Segment(*row).first


def segments(conn: Connection[Any]) -> list[Segment]:
    """Every segment, by its place in the ledger."""
    return [Segment(*row) for row in _cursor(conn).execute("SELECT * FROM ledger_segment ORDER BY start")]


def _cursor(conn: Connection[Any]) -> Any:
    return conn.cursor(binary=True, row_factory=tuple_row)
