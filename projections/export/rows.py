"""Rows of the log as the export has them: a shard's positions one after another, each with its place in the ledger."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

import msgspec
import pyarrow as pa

from domain import codec
from domain.errors import Refused
from projections.export.columns import SCHEMA, typed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg import Connection

BATCH = 16_384
"""Rows that are held as Python's objects."""


def batches(conn: Connection[Any], shard: int, after: int, upto: int) -> Iterator[pa.RecordBatch]:
    """Positions `after` + 1 to `upto` of a shard. Raises: Refused("position-missing"), Refused("fact-unreadable")."""
    rows = _rows(conn, shard, after, upto)
    while some := list(islice(rows, BATCH)):
        columns = zip(*some, strict=True)
        yield pa.record_batch(
            [pa.array(column, kind) for column, kind in zip(columns, SCHEMA.types, strict=True)], SCHEMA
        )


def _rows(conn: Connection[Any], shard: int, after: int, upto: int) -> Iterator[tuple[Any, ...]]:
    expected, segments = after, _segments(conn, shard, after, upto)
    start, first, end = -1, 0, 0
    for position, stream, version, topic, recorded_at, digest, salt, clear, sealed_hash in _told(
        conn, shard, after, upto
    ):
        expected += 1
        if position != expected:
            break
        while position >= end and segments:
            start, first, length = segments.pop()
            end = first + length
        try:
            event = codec.decode(stream, version, topic, recorded_at, None, clear, None)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Refused("fact-unreadable", event=f"{stream}:{version}", why=str(error)) from error
        yield (
            str(stream),
            shard,
            position,
            version,
            topic,
            recorded_at,
            digest,
            salt,
            clear,
            sealed_hash,
            start + position - first if first <= position < end else None,
            *typed(event),
        )
    else:
        expected += 1
    if expected <= upto:
        raise Refused("position-missing", shard=shard, position=expected)


def _told(conn: Connection[Any], shard: int, after: int, upto: int) -> Iterator[tuple[Any, ...]]:
    """By one COPY: the server sends as fast as we take it, and keeps nothing."""
    query = (
        "COPY (SELECT e.position, e.stream, e.version, e.topic, e.recorded_at, s.digest, e.salt, e.clear, e.sealed_hash"  # noqa: S608 - numbers
        f" FROM event_{shard:02d} e LEFT JOIN submission s ON s.id = e.submission"
        f" WHERE e.position > {after} AND e.position <= {upto} ORDER BY e.position) TO STDOUT (FORMAT binary)"
    )
    with conn.cursor() as cur, cur.copy(query) as copy:
        copy.set_types(["int8", "uuid", "int4", "text", "timestamptz", "bytea", "bytea", "bytea", "bytea"])
        yield from copy.rows()


def _segments(conn: Connection[Any], shard: int, after: int, upto: int) -> list[tuple[int, int, int]]:
    """Where these positions stand in the ledger: (start, first, length), the last first."""
    query = (
        "SELECT start, first, count FROM ledger_segment WHERE shard = %s AND first <= %s AND first + count > %s"
        " ORDER BY first DESC"
    )
    return conn.execute(query, (shard, upto, after + 1)).fetchall()
