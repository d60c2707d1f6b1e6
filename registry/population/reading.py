"""All streams of a snapshot, shard by shard, one stream at a time: clear parts alone, no key is opened."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from psycopg.rows import tuple_row

from domain import codec
from registry.store import SHARDS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from uuid import UUID

    from psycopg import Connection

    from domain.event import Event

FETCH = 2_000
TELL = 5_000
_QUERY = (
    "SELECT position, stream, version, topic, recorded_at, submission, clear FROM event_{:02d}{}"
    " ORDER BY stream, version"
)
_WITH = " WHERE stream IN (SELECT stream FROM event_{:02d} WHERE topic = ANY(%s))"


class Story(NamedTuple):
    """The events of one stream in the order of versions, and where each stands in `shard`. `unread`: versions whose
    clear part is that of no fact, so that the audit must say what happened to it; no query sees them."""

    stream: UUID
    shard: int
    events: list[Event]
    positions: list[int]
    unread: list[int]


def stories(
    conn: Connection[Any],
    tell: Callable[[int], None] = lambda _: None,
    topics: Collection[str] = (),
) -> Iterator[Story]:
    """Every stream; with `topics` only streams that have any of these. Needs a transaction that sees one moment.

    Memory holds one stream and `FETCH` rows. `tell` is called with how many events were read.
    """
    seen = 0
    for shard in range(SHARDS):
        with conn.cursor(f"stories_{shard}", binary=True, row_factory=tuple_row) as cur:
            cur.itersize = FETCH
            where = _WITH.format(shard) if topics else ""
            rows = cur.execute(_QUERY.format(shard, where), (list(topics),) if topics else ())
            for stream, lines in groupby(rows, key=lambda row: row[1]):
                told = list(lines)
                yield _story(stream, shard, told)
                seen += len(told)
                if seen % TELL < len(told):
                    tell(seen)
    tell(seen)


def _story(stream: UUID, shard: int, rows: list[tuple[Any, ...]]) -> Story:
    try:
        events = codec.decode_all(stream, [row[2:7] for row in rows])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return _readable(stream, shard, rows)
    return Story(stream, shard, events, [row[0] for row in rows], [])


def _readable(stream: UUID, shard: int, rows: list[tuple[Any, ...]]) -> Story:
    story = Story(stream, shard, [], [], [])
    for position, _, version, topic, recorded_at, submission, clear in rows:
        try:
            story.events.append(codec.decode(stream, version, topic, recorded_at, submission, clear, None))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            story.unread.append(version)
        else:
            story.positions.append(position)
    return story
