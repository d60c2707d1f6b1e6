"""By which definition each read model that serves was built: so that a newer version of the software finds what it must
build anew, and an older one leaves alone what it does not understand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from psycopg.rows import tuple_row

from projections.models import PROJECTIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from psycopg import Connection

BUILDING = "!building"
"""Ends the name of a read model that is being built, where positions and definitions are kept."""
NEVER = ""
"""Its table was made when the log held facts already, and has none of them yet."""


def definition_of(name: str) -> str:
    """This version's, of a read model that serves or is being built."""
    return PROJECTIONS[name.removesuffix(BUILDING)].definition


def record(conn: Connection[Any], name: str, definition: str) -> None:
    conn.execute(
        "INSERT INTO read.projection_definition VALUES (%s, %s)"
        " ON CONFLICT (projection) DO UPDATE SET definition = EXCLUDED.definition",
        (name, definition),
    )


def recorded(conn: Connection[Any]) -> dict[str, str]:
    """Of every read model whose definition is known; a database of before version 0006 knows none."""
    cur = conn.cursor(row_factory=tuple_row)
    return dict(cur.execute("SELECT projection, definition FROM read.projection_definition").fetchall())


def current(conn: Connection[Any], names: Sequence[str]) -> list[str]:
    """Those of `names` whose table is as this version defines it."""
    found = recorded(conn)
    return [name for name in names if found.get(name) == definition_of(name)]


def outdated(conn: Connection[Any]) -> list[str]:
    """What has to be built anew before this version can keep it."""
    kept = set(current(conn, list(PROJECTIONS)))
    return [name for name in PROJECTIONS if name not in kept]
