"""Codes that were given out for enrolling a phone, until they end: rows of `phone_enrolment`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from psycopg.rows import tuple_row

if TYPE_CHECKING:
    from datetime import datetime

    from registry.store import ShardRecorder

TRIES = 5


class Opened(NamedTuple):
    """`handle`: the part of the code by which it is found; `phone`: the thumbprint half of the one that used it."""

    handle: str
    worker: UUID
    code_hash: bytes
    phone: bytes | None


class Enrolments:
    """The table, through the recorder's connections."""

    def __init__(self, recorder: ShardRecorder) -> None:
        self._datastore = recorder.datastore

    def open(self, code: Opened, *, ends_at: datetime, now: datetime) -> bool:
        """Keep a new code; the worker's earlier one, and all that have ended, go. False when its handle is taken."""
        insert = (
            "INSERT INTO phone_enrolment (handle, stream, code_hash, ends_at) VALUES (%s, %s, %s, %s)"
            " ON CONFLICT DO NOTHING"
        )
        with self._datastore.get_connection() as conn, conn.transaction():
            conn.execute("DELETE FROM phone_enrolment WHERE ends_at <= %s OR stream = %s", (now, code.worker))
            row = (code.handle, code.worker, code.code_hash, ends_at)
            return conn.execute(insert, row).rowcount == 1

    def attempt(self, handle: str, *, now: datetime) -> Opened | None:
        """The code of this handle, one try poorer; None when there is none, it has ended, or was tried too often."""
        query = (
            "UPDATE phone_enrolment SET tries = tries + 1 WHERE handle = %s AND ends_at > %s AND tries < %s"
            " RETURNING handle, stream, code_hash, phone"
        )
        with self._datastore.get_connection() as conn, conn.cursor(row_factory=tuple_row) as cur:
            row = cur.execute(query, (handle, now, TRIES)).fetchone()
        return Opened(*row) if row else None

    def bind(self, code: Opened, phone: bytes) -> bool:
        """From now on the code is good for this phone alone; False when it is another's already, or gone."""
        query = (
            "UPDATE phone_enrolment SET phone = %s WHERE handle = %s AND code_hash = %s"
            " AND (phone IS NULL OR phone = %s)"
        )
        with self._datastore.get_connection() as conn:
            return conn.execute(query, (phone, code.handle, code.code_hash, phone)).rowcount == 1
