"""Many rows into a table at once: COPY in PostgreSQL's binary format."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from psycopg import Cursor


_START, _END = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"
_NULL = b"\xff\xff\xff\xff"
_EPOCH, _MICROSECOND = datetime(2000, 1, 1, tzinfo=UTC), timedelta(microseconds=1)


def copy_in(cur: Cursor[Any], table: str, types: str, rows: Iterable[Sequence[Any]]) -> None:
    """`types` of all columns of the table, in its order, separated by commas."""
    with cur.copy(f"COPY {table} FROM STDIN (FORMAT binary)") as copy:
        copy.set_types(types.split(", "))
        for row in rows:
            copy.write_row(row)


def copy_tuples(cur: Cursor[Any], table: str, tuples: Iterable[bytes]) -> None:
    """Rows that are laid out already: the number of columns (2 bytes), then each column as `laid_out`."""
    with cur.copy(f"COPY {table} FROM STDIN (FORMAT binary)") as copy:
        copy.write(b"".join((_START, *tuples, _END)))


def laid_out(value: UUID | int | str | bytes | datetime | None) -> bytes:
    """One column of a tuple (PostgreSQL manual, COPY, "Binary Format"): length, value. An int is an int4."""
    if isinstance(value, bytes):
        body = value
    elif isinstance(value, str):
        body = value.encode()
    elif isinstance(value, UUID):
        body = value.bytes
    elif isinstance(value, int):
        body = value.to_bytes(4, "big", signed=True)
    elif value is None:
        return _NULL
    else:
        body = ((value - _EPOCH) // _MICROSECOND).to_bytes(8, "big", signed=True)
    return len(body).to_bytes(4, "big") + body
