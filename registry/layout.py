"""Rows of the tables that files fill, as PostgreSQL's binary COPY takes them (manual, COPY, "Binary Format")."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from struct import Struct
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from psycopg import Cursor

    from registry.sealing import Sealed
    from registry.store import SubmittedRow

_NULL = b"\xff\xff\xff\xff"
_LENGTH = Struct(">i").pack
_UUID = Struct(">i16s").pack
_EPOCH, _MICROSECOND = datetime(2000, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
_EVENT = Struct(">i16sii").pack
"""stream, version"""
_MOMENT = Struct(">iq").pack
_FROM = Struct(">i16sii").pack
"""submission, line"""
_BECAME = Struct(">i16siiih").pack
"""stream, first version, events"""
_IDENTITY = Struct(">hi32sihi16si16s").pack
_KEY_OF = Struct(">hi16s").pack
_PLACE = Struct(">hihiq").pack
"""How many columns; shard, position."""
_ROW_COLUMNS = (9).to_bytes(2, "big")


_START, _END = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"


def copy_in(cur: Cursor[Any], table: str, rows: Iterable[bytes]) -> None:
    """Whole rows into a table at once."""
    with cur.copy(f"COPY {table} FROM STDIN (FORMAT binary)") as copy:
        copy.write(b"".join((_START, *rows, _END)))


def event(row: Sealed) -> bytes:
    """A row of `event` but for its place."""
    submission = _NULL if row.submission is None else _UUID(16, row.submission.bytes)
    return b"".join(
        (
            _EVENT(16, row.stream.bytes, 4, row.version),
            _text(row.topic),
            _MOMENT(8, (row.recorded_at - _EPOCH) // _MICROSECOND),
            submission,
            _bytes(row.salt),
            _bytes(row.clear),
            _bytes(row.sealed_hash),
            _bytes(row.sealed),
        )
    )


def placed(shard: int, position: int, laid_out: bytes) -> bytes:
    """A whole row of `event`: where it stands, and what `event` has laid out."""
    return _PLACE(11, 2, shard, 8, position) + laid_out


def submitted(row: SubmittedRow) -> bytes:
    """A whole row of `submission_row`."""
    return b"".join(
        (
            _ROW_COLUMNS,
            _text(row.organisation),
            _bytes(row.ref.encode()),
            _bytes(row.digest),
            _FROM(16, row.submission.bytes, 4, row.line),
            _BECAME(16, row.stream.bytes, 4, row.first_version, 2, row.events),
            _bytes(row.sealed),
        )
    )


def identity(tag: bytes, version: int, stream: bytes, batch: bytes) -> bytes:
    """A whole row of `identity`."""
    return _IDENTITY(4, 32, tag, 2, version, 16, stream, 16, batch)


def data_key(stream: bytes, kek: str, wrapped: bytes, batch: bytes) -> bytes:
    """A whole row of `data_key`."""
    return b"".join((_KEY_OF(4, 16, stream), _text(kek), _bytes(wrapped), _LENGTH(16), batch))


def _bytes(value: bytes | None) -> bytes:
    return _NULL if value is None else _LENGTH(len(value)) + value


@lru_cache(maxsize=4096)
def _text(value: str) -> bytes:
    """Of texts that repeat: topics, organisations."""
    return _bytes(value.encode())
