"""How far a rebuild is, for those who watch from another process."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NamedTuple

from psycopg.rows import tuple_row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg import Connection

EVERY = 1.0
"""Seconds between two notes."""


class Rebuild(NamedTuple):
    """Events folded, of those that there were; seconds left at the speed so far, None at the beginning."""

    done: int
    total: int
    seconds_left: float | None


def lock(name: str) -> str:
    """What is locked, by its hash, while a read model is being rebuilt."""
    return f"kets.rebuild.{name}"


class Progress:
    """Notes `done` of `total` for all of `names`, over a connection that commits by itself."""

    def __init__(self, conn: Connection[Any], names: Sequence[str]) -> None:
        self._conn, self._names = conn, list(names)
        self._noted = 0.0
        self.end()
        conn.execute("INSERT INTO read.projection_rebuild SELECT unnest(%s::text[]), now(), 0, 0", (self._names,))

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if now - self._noted >= EVERY:
            self._noted = now
            change = "UPDATE read.projection_rebuild SET done = %s, total = %s WHERE projection = ANY(%s)"
            self._conn.execute(change, (done, total, self._names))

    def end(self) -> None:
        self._conn.execute("DELETE FROM read.projection_rebuild WHERE projection = ANY(%s)", (self._names,))


_RUNNING = """
SELECT projection, done, total, extract(epoch FROM clock_timestamp() - began_at)::float8 FROM read.projection_rebuild
WHERE EXISTS (SELECT FROM pg_locks, (SELECT hashtext('kets.rebuild.' || projection)::bigint AS key) k
    WHERE locktype = 'advisory' AND granted AND objsubid = 1
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND classid::bigint = (key >> 32) & 4294967295 AND objid::bigint = key & 4294967295)
"""


def rebuilds(conn: Connection[Any]) -> dict[str, Rebuild]:
    """The read models that are being rebuilt now; a note that somebody killed has left is none."""
    found = conn.cursor(row_factory=tuple_row).execute(_RUNNING).fetchall()
    return {
        name: Rebuild(done, total, seconds * (total - done) / done if done else None)
        for name, done, total, seconds in found
    }
