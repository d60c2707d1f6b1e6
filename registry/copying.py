"""Many rows into a table at once: COPY in PostgreSQL's binary format."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from psycopg import Cursor


def copy_in(cur: Cursor[Any], table: str, types: str, rows: Iterable[Sequence[Any]]) -> None:
    """`types` of all columns of the table, in its order, separated by commas."""
    with cur.copy(f"COPY {table} FROM STDIN (FORMAT binary)") as copy:
        copy.set_types(types.split(", "))
        for row in rows:
            copy.write_row(row)
