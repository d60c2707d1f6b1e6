"""Single bits of what is stored, turned over and back: of any value, as PostgreSQL holds it, and of any file."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from psycopg import errors, pq

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from psycopg import Connection


class Cell(NamedTuple):
    """A value: its table, where its row is, its column and type, its bytes in PostgreSQL's binary format."""

    table: str
    row: str
    column: str
    oid: int
    data: bytes


class NotStorableError(Exception):
    """The database cannot hold such a value: text that is no UTF-8, a time out of range, a shard without a table."""


def count(conn: Connection[Any], table: str, column: str) -> int:
    """How many values a column holds; what is null has no bits."""
    ((found,),) = _ask(conn, f"SELECT count({column})::text FROM {table}")  # noqa: S608 - the database's own names
    return int(found)


def cell(conn: Connection[Any], table: str, column: str, n: int) -> Cell:
    """The n-th value of a column."""
    query = (
        f"SELECT tableoid::regclass::text || ' ' || ctid::text, {column} FROM {table} WHERE {column} IS NOT NULL"  # noqa: S608 - the same
        f" ORDER BY tableoid, ctid LIMIT 1 OFFSET {n}"
    )
    ((place, data),) = _ask(conn, query)
    kind = conn.execute(
        "SELECT atttypid::int4 FROM pg_attribute WHERE attrelid = %s::regclass AND attname = %s", (table, column)
    ).fetchone()
    return Cell(table, place.decode(), column, kind[0] if kind else 0, data)


def described(conn: Connection[Any], cell: Cell, how: str) -> set[str]:
    """What names the cell's row: an SQL expression that gives an array of text."""
    found = conn.execute(f"SELECT {how} FROM {cell.table} t WHERE {_at(cell)}").fetchone()  # type: ignore[arg-type]  # noqa: S608 - the same
    return set(found[0] or ()) if found else set()


@contextmanager
def turned(conn: Connection[Any], cell: Cell, bit: int) -> Iterator[Cell]:
    """The cell with one bit turned. Raises: NotStorableError."""
    now = _put(conn, cell._replace(data=flipped(cell.data, bit)))
    try:
        yield now
    finally:
        _put(conn, now._replace(data=cell.data))


@contextmanager
def spoilt(path: Path, bit: int) -> Iterator[None]:
    """The file with one bit turned."""
    data = path.read_bytes()
    path.write_bytes(flipped(data, bit))
    try:
        yield
    finally:
        path.write_bytes(data)


def flipped(data: bytes, bit: int) -> bytes:
    return data[: bit // 8] + bytes([data[bit // 8] ^ 1 << bit % 8]) + data[bit // 8 + 1 :]


def _put(conn: Connection[Any], cell: Cell) -> Cell:
    """Store the data; the cell where its row is then, for another value may belong to another partition."""
    query = f"UPDATE {cell.table} SET {cell.column} = $1 WHERE {_at(cell)}"  # noqa: S608 - the same
    ((place,),) = _ask(conn, f"{query} RETURNING tableoid::regclass::text || ' ' || ctid::text", cell.data, cell.oid)
    return cell._replace(row=place.decode())


def _at(cell: Cell) -> str:
    table, _, place = cell.row.partition(" ")
    return f"tableoid = '{table}'::regclass AND ctid = '{place}'"


def _ask(conn: Connection[Any], query: str, data: bytes | None = None, oid: int = 0) -> list[list[Any]]:
    """Rows of a query, result and parameter in binary."""
    given = ([data], [oid], [1]) if oid else (None, None, None)
    done = conn.pgconn.exec_params(query.encode(), *given, 1)
    if done.status not in (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK):
        state = (done.error_field(pq.DiagnosticField.SQLSTATE) or b"").decode()
        if issubclass(errors.lookup(state), errors.DataError | errors.CheckViolation):
            raise NotStorableError(done.error_message.decode())
        raise errors.lookup(state)(done.error_message.decode())
    return [[done.get_value(row, n) for n in range(done.nfields)] for row in range(done.ntuples)]
