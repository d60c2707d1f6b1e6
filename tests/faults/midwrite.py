"""When a kill counts as landing in the midst of a write. Each rule asks for proof; without proof it does not count.

Loaders, clerk, projections (`in_transaction`): the process is frozen first (SIGSTOP), so that it cannot finish; a
session of its has a transaction that is open, has an id, and holds a row-exclusive lock on a table, which only INSERT,
UPDATE, DELETE and COPY take; and PostgreSQL waits for the process or for a lock, so that it is not just committing.

PostgreSQL itself: the same of any of our programs, all frozen, on a server all of whose processes are then killed.

Sequencer (`half_done`): looked at after the kill, once its session has ended. The ledger's folder holds a file being
written, or a leaf tile that is not of the committed size, made since that sequencer started; or what was committed
since then is not published.
"""

from __future__ import annotations

import base64
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path

    from psycopg import Connection

SETTLE = 0.05
BUSY = """
SELECT count(*) FROM pg_stat_activity
WHERE application_name = ANY(%s) AND state = 'active' AND coalesce(wait_event_type, '') NOT IN ('Client', 'Lock')
"""
WRITING = """
SELECT count(*) FROM pg_stat_activity a
WHERE application_name = ANY(%s) AND backend_xid IS NOT NULL
  AND (state = 'idle in transaction' OR (state = 'active' AND wait_event_type IN ('Client', 'Lock')))
  AND EXISTS (
    SELECT FROM pg_locks l
    WHERE l.pid = a.pid AND l.locktype = 'relation' AND l.mode = 'RowExclusiveLock' AND l.granted)
"""
THERE = "SELECT count(*) FROM pg_stat_activity WHERE application_name = %s"


def writing(conns: Collection[Connection[Any]], applications: Sequence[str]) -> bool:
    """Whether one of them is in a transaction that has written, on one of the servers that `conns` lead to.

    True for a moment, unless they are frozen.
    """
    return any(_count(conn, WRITING, applications) for conn in conns)


def in_transaction(conns: Collection[Connection[Any]], applications: Sequence[str]) -> bool:
    """The same of frozen programs, once what they had asked for is done."""
    until = time.monotonic() + SETTLE
    while any(_count(conn, BUSY, applications) for conn in conns) and time.monotonic() < until:
        time.sleep(0.001)
    return writing(conns, applications)


def there(conn: Connection[Any], application: str) -> bool:
    """Whether a program has a session."""
    return bool(_count(conn, THERE, application))


def gone(conn: Connection[Any], application: str) -> None:
    """Wait until PostgreSQL has noticed that a program is dead."""
    until = time.monotonic() + 30
    while there(conn, application):
        assert time.monotonic() < until, f"{application} is dead, and its session is not"
        time.sleep(0.002)


def committed(conn: Connection[Any]) -> int:
    """How many leaves the ledger has in the database."""
    return int(conn.execute("SELECT size FROM ledger_head").fetchone()[0])  # type: ignore[index]


def half_done(folder: Path, *, since: float, size: int, size_before: int) -> bool:
    """What a killed sequencer has left; `since` it started (epoch seconds, then `size_before` leaves), `size` now."""
    if any(path.stat().st_mtime >= since for path in (folder / ".new").glob("*")):
        return True
    if size > size_before and published(folder) < size:
        return True
    return _beyond(folder / "tile" / "0", since, size)


def published(folder: Path) -> int:
    """The size of the published checkpoint, as it says itself."""
    try:
        lines = (folder / "checkpoint").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return 0
    base64.b64decode(lines[2], validate=True)
    return int(lines[1])


def _beyond(leaves: Path, since: float, size: int) -> bool:
    """Whether a tile of leaves, written `since`, reaches over `size`."""
    last, width = divmod(size, 256)
    for number in range(last, last + 40):
        name = "/".join(f"x{group:03}" for group in _groups(number // 1000)) if number >= 1000 else ""
        full = leaves / name / f"{number % 1000:03}"
        if full.exists() and full.stat().st_mtime >= since:
            return True
        for partial in full.with_name(f"{full.name}.p").glob("*"):
            wide = int(partial.name) > (width if number == last else 0)
            if wide and partial.stat().st_mtime >= since:
                return True
    return False


def _groups(number: int) -> list[int]:
    return [*(_groups(number // 1000) if number >= 1000 else []), number % 1000]


def _count(conn: Connection[Any], query: str, parameter: Any) -> int:
    return int(conn.execute(query, (parameter,), prepare=True).fetchone()[0])  # type: ignore[index,arg-type]
