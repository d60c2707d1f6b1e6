"""Which versions of the key-encryption key and of the index key are in use: the vault says, the keyring has them.

A claim writes under all live versions of the index and wraps by the newest key-encryption key. It holds the gate,
shared, from looking at what is live until it commits, so whoever changed what is live and then passes the gate alone
knows that every claim after that knew of the change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from typing import Any

    from psycopg import Connection, Cursor


Use = Literal["kek", "index"]
GATE = 0x4B455953
"""Number of the advisory lock: the word KEYS."""


class Live(NamedTuple):
    """What is in use: the number of the newest key-encryption key, and every version of the index, oldest first."""

    kek: int
    indexes: tuple[int, ...]


def live(conn: Connection[Any] | Cursor[Any]) -> Live:
    """What is in use now."""
    rows = conn.execute("SELECT use, array_agg(number ORDER BY number) FROM live_key GROUP BY use").fetchall()
    found = dict(rows)
    return Live(found["kek"][-1], tuple(found["index"]))


def hold_gate(conn: Connection[Any]) -> None:
    """Until this transaction ends, nobody passes the gate."""
    conn.execute("SELECT pg_advisory_xact_lock_shared(%s)", (GATE,))


def pass_gate(conn: Connection[Any]) -> None:
    """Wait for all claims that are being made. `conn` commits by itself, so the gate is not kept."""
    conn.execute("SELECT pg_advisory_xact_lock(%s)", (GATE,))


def begin(conn: Connection[Any], use: Use, number: int) -> None:
    """Take a version into use; when this returns, every claim not committed yet knows of it."""
    conn.execute("INSERT INTO live_key VALUES (%s, %s) ON CONFLICT DO NOTHING", (use, number))
    pass_gate(conn)


def end(conn: Connection[Any], use: Use, number: int) -> None:
    """Take a version out of use; when this returns, no claim uses it any more."""
    conn.execute("DELETE FROM live_key WHERE use = %s AND number = %s", (use, number))
    pass_gate(conn)
