"""What the ledger reads and writes in the database: entries of events, the head, the segments, incidents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from psycopg.rows import tuple_row

from domain.errors import Refused
from registry.ledger.leaf import Entry
from registry.ledger.merkle import EMPTY
from registry.store import SHARDS, shard_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from psycopg import Connection

INCIDENTS = SHARDS
"""Stands for a shard in segments: the one leaf there is the incident that opened this ledger."""
OURS = UUID(int=0)
"""Stands for a stream in that leaf; its version is the number of the ledger."""
RESTARTED = "ledger.restarted"


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


class Incident(NamedTuple):
    """What opened the ledger of this number: its origin and time, the first leaf's salt and clear part, the note."""

    number: int
    origin: str
    opened_at: datetime
    salt: bytes
    clear: bytes
    note: str


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
    """Of each shard, incidents (16) included where there is one: the last position in the ledger and in the log."""
    query = (
        "SELECT h.shard, coalesce(s.last, 0), h.position FROM event_head h LEFT JOIN LATERAL"
        " (SELECT first + count - 1 AS last FROM ledger_segment WHERE shard = h.shard ORDER BY first DESC LIMIT 1) s"
        " ON true UNION ALL SELECT 16, (SELECT count(*) FROM ledger_segment WHERE shard = 16), 1"
        " WHERE EXISTS (SELECT FROM ledger_incident)"
    )
    return {shard: (last, top) for shard, last, top in _cursor(conn).execute(query, prepare=True)}


def entries(conn: Connection[Any], shard: int, first: int, count: int) -> dict[int, Entry]:
    """The events at positions `first` and on of a shard, by position; those that are missing are not there."""
    if shard == INCIDENTS:
        opened = incident(conn)
        return {first: incident_entry(opened)} if opened else {}
    query = (
        "SELECT e.position, e.stream, e.version, e.topic, e.recorded_at, e.salt, e.clear, e.sealed_hash, s.digest"
        " FROM event e LEFT JOIN submission s ON s.id = e.submission"
        " WHERE e.shard = %s AND e.position >= %s AND e.position < %s ORDER BY e.position"
    )
    found = _cursor(conn).execute(query, (shard, first, first + count))
    return {position: Entry(*columns) for position, *columns in found}


def entry(conn: Connection[Any], stream: UUID, version: int) -> tuple[Entry, int]:
    """One event and its position in its shard. Refused("event-unknown")."""
    shard = place_of(stream)
    if shard == INCIDENTS:
        opened = incident(conn)
        if opened is None or opened.number != version:
            raise Refused("event-unknown", event=f"{stream}:{version}")
        return incident_entry(opened), 1
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


def between(conn: Connection[Any], first: int, count: int) -> list[Entry]:
    """The events of `count` leaves, from leaf `first` of the ledger on. Refused("position-missing")."""
    query = (
        "SELECT * FROM ledger_segment WHERE start < %s"
        " AND start >= (SELECT max(start) FROM ledger_segment WHERE start <= %s) ORDER BY start"
    )
    found: list[Entry] = []
    for segment in map(Segment._make, _cursor(conn).execute(query, (first + count, first)).fetchall()):
        skipped = max(first - segment.start, 0)
        wanted = min(segment.length - skipped, count - len(found))
        some = entries(conn, segment.shard, segment.first + skipped, wanted)
        if len(some) < wanted:
            raise Refused("position-missing", shard=segment.shard, position=segment.first + skipped)
        found += some.values()
    return found


class Submitted(NamedTuple):
    """A fact of a submission: the line it came in, its id, where it stands in its shard."""

    line: int
    event: str
    shard: int
    position: int


def submitted(conn: Connection[Any], submission: UUID, after: int, rows: int) -> list[Submitted]:
    """The facts of at most `rows` rows of a submission after line `after`. Refused("submission-unknown")."""
    cur = _cursor(conn)
    if not cur.execute("SELECT FROM submission WHERE id = %s", (submission,)).rowcount:
        raise Refused("submission-unknown", submission=submission)
    query = (
        "SELECT r.line, e.stream, e.version, e.shard, e.position FROM (SELECT line, stream, first_version, events,"
        " get_byte(uuid_send(stream), 15) & 15 AS shard FROM submission_row WHERE submission = %s AND line > %s"
        " ORDER BY line LIMIT %s) r JOIN event e ON e.shard = r.shard AND e.stream = r.stream"
        " AND e.version >= r.first_version AND e.version < r.first_version + r.events ORDER BY r.line, e.version"
    )
    found = cur.execute(query, (submission, after, rows)).fetchall()
    return [Submitted(line, f"{stream}:{version}", shard, position) for line, stream, version, shard, position in found]


def segments(conn: Connection[Any]) -> list[Segment]:
    """Every segment, by its place in the ledger."""
    return [Segment(*row) for row in _cursor(conn).execute("SELECT * FROM ledger_segment ORDER BY start")]


def place_of(stream: UUID) -> int:
    """The shard of a stream; of an incident what stands for one."""
    return INCIDENTS if stream == OURS else shard_of(stream)


def incident(conn: Connection[Any]) -> Incident | None:
    """What opened this ledger; None for the first of a registry."""
    query = "SELECT number, origin, opened_at, salt, clear, note FROM ledger_incident ORDER BY number DESC LIMIT 1"
    row = _cursor(conn).execute(query).fetchone()
    return Incident(*row) if row else None


def incident_entry(opened: Incident) -> Entry:
    """An incident as a leaf is made of it: a fact of the ledger's own, with nothing sealed."""
    return Entry(OURS, opened.number, RESTARTED, opened.opened_at, opened.salt, opened.clear, None, None)


def number(conn: Connection[Any]) -> int:
    """Which ledger of this registry is written: 1, and one more for each incident."""
    opened = incident(conn)
    return opened.number if opened else 1


def reopen(conn: Connection[Any], opened: Incident) -> None:
    """Begin an empty ledger, in the caller's transaction."""
    cur = _cursor(conn)
    cur.execute("INSERT INTO ledger_incident VALUES (%s, %s, %s, %s, %s, %s)", opened)
    cur.execute("DELETE FROM ledger_segment")
    cur.execute("UPDATE ledger_head SET size = 0, root = %s, checkpoint = NULL", (EMPTY,))


def _cursor(conn: Connection[Any]) -> Any:
    return conn.cursor(binary=True, row_factory=tuple_row)
