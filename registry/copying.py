"""Many rows into a table at once: COPY in PostgreSQL's binary format."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from psycopg import Cursor


_START, _END = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"


def copy_in(cur: Cursor[Any], table: str, types: str, rows: Iterable[Sequence[Any]]) -> None:
    """`types` of all columns of the table, in its order, separated by commas."""
    with cur.copy(f"COPY {table} FROM STDIN (FORMAT binary)") as copy:
        copy.set_types(types.split(", "))
        for row in rows:
            copy.write_row(row)


def copy_tuples(cur: Cursor[Any], table: str, tuples: Iterable[bytes]) -> None:
    """Rows that are laid out already: the number of columns (2 bytes), then each column's length and bytes."""
    with cur.copy(f"COPY {table} FROM STDIN (FORMAT binary)") as copy:
        copy.write(b"".join((_START, *tuples, _END)))
