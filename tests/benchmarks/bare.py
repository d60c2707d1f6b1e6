"""The limit: what PostgreSQL takes of the very bytes that ours stored, nothing decided, ordered or sealed.

Tables as ours, with the same indexes. What is written is a copy of rows that are there, made before the clock runs:
only what must be unique is new in it.
"""

from __future__ import annotations

import os
from collections import deque
from itertools import count, cycle, islice

import psycopg

START, END = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"
SAMPLE = 2_000

Block = tuple[list[bytes], list[bytes]]
"""Rows of `submission_row` and of `event`, laid out for COPY."""


class Bare:
    """On one connection of its own to a database in which ours has stored events already."""

    def __init__(self, url: str, *, with_rows: bool = True) -> None:
        self.conn = psycopg.connect(url, autocommit=True)
        self.conn.execute("CREATE TABLE IF NOT EXISTS bare_row (LIKE submission_row INCLUDING ALL)")
        self.conn.execute("CREATE TABLE IF NOT EXISTS bare_event (LIKE event_00 INCLUDING ALL)")
        self.blocks: deque[Block] = deque()
        self._positions, self._with_rows = count(int.from_bytes(os.urandom(6), "big")), with_rows
        self._rows: list[bytes] = []
        self._events: list[bytes] = []

    def close(self) -> None:
        self.conn.close()

    def learn(self) -> None:
        """Take the rows that ours has stored as patterns."""
        self._events = self._sample("SELECT * FROM event WHERE position > 1")
        if self._with_rows:
            self._rows = self._sample("SELECT * FROM submission_row WHERE sealed IS NOT NULL")

    def ready(self, streams: int, events: int) -> None:
        """Have a block at hand: so many streams, of so many events each, and a submitted row of each."""
        rows, patterns = cycle(self._rows), cycle(self._events)
        names = [os.urandom(16) for _ in range(streams)]
        self.blocks.append(
            (
                [_row(pattern, name) for name, pattern in zip(names, islice(rows, streams), strict=False)],
                [
                    _event(pattern, name, version, next(self._positions))
                    for name in names
                    for version, pattern in enumerate(islice(patterns, events), start=1)
                ],
            )
        )

    def copy(self) -> None:
        """Store a block by COPY, in one transaction."""
        rows, events = self.blocks.popleft()
        with self.conn.transaction(), self.conn.cursor() as cur:
            for table, tuples in (("bare_row", rows), ("bare_event", events)):
                if tuples:
                    with cur.copy(f"COPY {table} FROM STDIN (FORMAT binary)") as copy:
                        copy.write(b"".join((START, *tuples, END)))

    def _sample(self, query: str) -> list[bytes]:
        with self.conn.cursor().copy(f"COPY ({query} LIMIT {SAMPLE}) TO STDOUT (FORMAT binary)") as copy:
            found = [bytes(data).removeprefix(START) for data in copy]
        return [each for each in found if each and each != END]


def _event(pattern: bytes, stream: bytes, version: int, position: int) -> bytes:
    """Columns: shard int2, position int8, stream uuid, version int4, ...; two bytes in front, four before each."""
    place = b"".join((pattern[:12], position.to_bytes(8, "big"), pattern[20:24], stream, pattern[40:44]))
    return place + version.to_bytes(4, "big") + pattern[48:]


def _row(pattern: bytes, stream: bytes) -> bytes:
    """Columns: organisation text, ref text, digest bytea, submission uuid, line int4, stream uuid, ..."""
    at = 6 + int.from_bytes(pattern[2:6], "big")
    length = int.from_bytes(pattern[at : at + 4], "big")
    ref = stream.hex()[: max(length, 12)].encode().ljust(length, b"-")
    after = pattern[at + 4 + length :]
    of = after[4 + 32 + 4 + 16 + 4 + 4 + 4 :][:16]
    return pattern[:at] + len(ref).to_bytes(4, "big") + ref + after.replace(of, stream, 1)
