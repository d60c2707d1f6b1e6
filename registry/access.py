"""The access log: who read whose record, when, in what role. The person may see it (UU 27/2022 art 6 and 13).

It is written before the answer is given, and without it there is no answer. It names nobody: the worker by the random
id, the reader by organisation or door, what was read by method and route.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from psycopg.rows import tuple_row

from registry.roles import DatabaseRole, connect
from registry.store import shard_of

if TYPE_CHECKING:
    from uuid import UUID

    from registry.app import Registry


class Access(NamedTuple):
    """One read. `number` grows with time."""

    number: int
    at: datetime
    reader: str
    role: str
    what: str


def note(registry: Registry, worker: UUID, *, reader: str, role: str, what: str) -> bool:
    """Add a read of a worker's data; False, and nothing, when there is no such stream."""
    query = (
        "INSERT INTO access (at, worker, reader, role, what) SELECT %s, stream, %s, %s, %s"  # noqa: S608 - a shard's number
        f" FROM event_{shard_of(worker):02d} WHERE stream = %s AND version = 1"
    )
    with registry.recorder.datastore.get_connection() as conn:
        return conn.execute(query, (registry.now(), reader, role, what, worker), prepare=True).rowcount == 1


def accesses(registry: Registry, worker: UUID, *, before: int | None = None, most: int) -> list[Access]:
    """Reads of a worker's data, the latest first; of them those before the number `before`."""
    query = (
        "SELECT number, at, reader, role, what FROM access"
        " WHERE worker = %s AND number < coalesce(%s, 9223372036854775807) ORDER BY number DESC LIMIT %s"
    )
    with registry.recorder.datastore.get_connection() as conn, conn.cursor(row_factory=tuple_row) as cur:
        return [Access(*row) for row in cur.execute(query, (worker, before, most))]


def forget(registry: Registry, worker: UUID) -> int:
    """Remove all of an erased person; how many there were."""
    with connect(registry.database_url, DatabaseRole.ERASE) as conn:
        return conn.execute("DELETE FROM access WHERE worker = %s", (worker,)).rowcount


def purge(registry: Registry, days: int) -> int:
    """Remove what is older than `days`; how many there were."""
    with connect(registry.database_url, DatabaseRole.ERASE) as conn:
        return conn.execute("DELETE FROM access WHERE at < %s", (registry.now() - timedelta(days=days),)).rowcount
