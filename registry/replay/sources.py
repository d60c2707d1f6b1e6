"""Where each fact came in: the submission, through which door and when, and the row of it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import msgspec
from psycopg.rows import tuple_row

if TYPE_CHECKING:
    from psycopg import Connection

_QUERY = (
    "SELECT r.first_version, r.events, r.ref, r.line, s.id, s.organisation, s.door, s.received_at"
    " FROM submission_row r JOIN submission s ON s.id = r.submission WHERE r.stream = %s ORDER BY r.first_version"
)


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """`organisation` sent it; `line` as an editor or a spreadsheet numbers it; `door`: file, api or command."""

    submission: UUID
    organisation: str
    door: str
    received_at: datetime
    ref: str
    line: int


def sources(conn: Connection[Any], stream: UUID) -> dict[int, Source]:
    """Version -> the row that it came in; none of a fact that came by no row."""
    found: dict[int, Source] = {}
    cur = conn.cursor(binary=True, row_factory=tuple_row)
    for first, events, ref, line, submission, organisation, door, received_at in cur.execute(_QUERY, (stream,)):
        source = Source(
            submission=submission,
            organisation=organisation,
            door=door,
            received_at=received_at,
            ref=ref,
            line=line,
        )
        found |= dict.fromkeys(range(first, first + events), source)
    return found
