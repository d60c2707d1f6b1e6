"""A server that is backed up, and for how long what is taken of it may lie."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import psycopg
from psycopg import errors

from domain.errors import Refused

if TYPE_CHECKING:
    from psycopg import Connection

WEEK, DAY = timedelta(days=7), timedelta(days=1)


class Source(NamedTuple):
    """`kept` is how long a set lies: with `forgets` counted from its beginning, since a set that began before an
    erasure holds the key; else from the last moment it can bring back. `renewed`: a base is taken as often."""

    name: str
    url: str
    kept: timedelta
    forgets: bool

    @property
    def renewed(self) -> timedelta:
        return min(DAY, self.kept / 2) if self.forgets else min(WEEK, self.kept)


class Server(NamedTuple):
    """Which server answers, on which timeline, who its first superuser is, and its clock."""

    system: str
    timeline: int
    major: int
    owner: str
    now: datetime


def sources(database_url: str, vault_url: str, *, events_days: int, vault_days: int) -> list[Source]:
    """What to back up, in this order: a vault taken after the events has every key that they need.

    When both databases are on one server a backup of it holds the vault: then the vault's rule is the rule for all.
    """
    short, long = timedelta(days=vault_days), timedelta(days=events_days)
    if system_of(database_url) == system_of(vault_url):
        return [Source("events", database_url, short, forgets=True)]
    return [
        Source("events", database_url, long, forgets=False),
        Source("vault", vault_url, short, forgets=True),
    ]


def system_of(url: str) -> str:
    """PostgreSQL's identifier of the data behind a URL."""
    with psycopg.connect(url) as conn:
        return describe(conn).system


def describe(conn: Connection[Any]) -> Server:
    """Raises: Refused("backup-of-standby") on a server that is itself following another."""
    query = (
        "SELECT system_identifier::text, pg_is_in_recovery(), current_setting('server_version_num')::int / 10000,"
        " (SELECT rolname::text FROM pg_roles WHERE oid = 10), clock_timestamp() FROM pg_control_system()"
    )
    (row,) = conn.execute(query).fetchall()
    if row[1]:
        raise Refused("backup-of-standby")
    (walled,) = conn.execute("SELECT pg_walfile_name(pg_current_wal_lsn())").fetchall()
    return Server(row[0], int(walled[0][:8], 16), row[2], row[3], row[4])


def mark(conn: Connection[Any]) -> tuple[datetime, str]:
    """Commit a mark: the moment before it, and the position after which it is in the write-ahead log.

    `conn` commits by itself. Recovery to a moment needs a commit after it to stop at; a quiet server has none.
    """
    emit = "SELECT pg_logical_emit_message(true, 'kets', 'backup')"
    try:
        (moment,) = conn.execute("SELECT clock_timestamp()").fetchall()
        conn.execute(emit)
        (position,) = conn.execute("SELECT pg_current_wal_insert_lsn()::text").fetchall()
        conn.execute(emit)  # whoever receives up to a position notices it with the first byte after that
    except errors.InsufficientPrivilege as error:
        raise Refused("backup-not-allowed", got=conn.info.user) from error
    return moment[0], position[0]


def slot_holds(conn: Connection[Any], slot: str) -> bool:
    """Whether the slot is there and the server has kept everything for it."""
    query = "SELECT wal_status IN ('reserved', 'extended', 'unreserved') FROM pg_replication_slots WHERE slot_name = %s"
    row = conn.execute(query, (slot,)).fetchone()
    return bool(row and row[0])


def drop_slot(conn: Connection[Any], slot: str) -> None:
    """Let the server forget what it kept for a set; nothing when there is no such slot."""
    query = "SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = %s AND NOT active"
    conn.execute(query, (slot,))
