"""The recorder: 16 shards, each a dense log of its own, plugged into eventsourcing.

A shard's head row is lock and counter in one: positions are dense and in the order of commits, so a reader that
tails a shard misses nothing. A single event and its submission row go in one statement, one round trip.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from itertools import repeat
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

import psycopg
from eventsourcing.persistence import ApplicationRecorder, Notification, NotSupportedError, StoredEvent, Subscription
from eventsourcing.postgres import ConnectionPool, PostgresApplicationRecorder, PostgresDatastore, PostgresFactory
from psycopg import Connection
from psycopg.rows import DictRow, dict_row, tuple_row

from domain.event import topic_of
from domain.facts import PhotoTaken
from registry import layout
from registry.roles import DatabaseRole, as_role
from registry.sealing import SealedEvent

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from psycopg import Cursor

    from registry.sealing import Held

SHARDS = 16
COLUMNS = "stream, version, topic, recorded_at, submission, salt, clear, sealed_hash, sealed"
TYPES = "uuid, int4, text, timestamptz, uuid, bytea, bytea, bytea, bytea"


def shard_of(stream: UUID) -> int:
    """The shard of a stream: the last four of its random bits. Fixed for ever (docs/adr/0004)."""
    return stream.bytes[15] & 15


def by_shard(streams: Iterable[UUID]) -> dict[int, list[UUID]]:
    """The streams, each once, by their shards."""
    found: dict[int, list[UUID]] = {}
    for stream in dict.fromkeys(streams):
        found.setdefault(shard_of(stream), []).append(stream)
    return found


class SubmittedRow(NamedTuple):
    """One accepted row of a submission: its key, what it held (keyed digest), and the events it became."""

    organisation: str
    ref: str
    digest: bytes
    submission: UUID
    line: int
    stream: UUID
    first_version: int
    events: int
    sealed: bytes | None


SEQUENCING = 0x6B657473
"""The advisory lock that every sequencer shares, for as long as it is at work."""


class LedgerSize(NamedTuple):
    """Events in the ledger, events recorded, and whether a sequencer is at work."""

    size: int
    recorded: int
    at_work: bool


class Appended(NamedTuple):
    """Where appended events stand, and how many seconds their shard's head was held for it."""

    positions: Sequence[int]
    held: float


@dataclass(frozen=True, kw_only=True)
class Submission:
    """What came through a door. `digest` = SHA-256(salt || content)."""

    id: UUID
    organisation: str
    door: str
    received_at: datetime
    salt: bytes
    digest: bytes
    signed: bytes | None = None


_ROW = "INSERT INTO submission_row VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)"
_HEAD = "UPDATE event_head SET position = position + %s WHERE shard = {s} RETURNING position - %s AS base"
_APPEND = f"""h AS ({_HEAD})
INSERT INTO event_{{s:02d}} (shard, position, {COLUMNS})
SELECT {{s}}, h.base + e.n, {", ".join("e." + c for c in COLUMNS.split(", "))}
FROM h, unnest({", ".join(f"%s::{t}[]" for t in TYPES.split(", "))}) WITH ORDINALITY AS e({COLUMNS}, n)
RETURNING position"""  # noqa: S608 - only numbers of shards and our own column names are put in
_ALONE = f"""h AS ({_HEAD})
INSERT INTO event_{{s:02d}} (shard, position, {COLUMNS})
SELECT {{s}}, h.base + 1, {", ".join(f"%s::{t}" for t in TYPES.split(", "))}
FROM h
RETURNING position"""  # noqa: S608 - the same
_PHOTO = f"topic = '{topic_of(PhotoTaken)}'"
_HELD = (
    "version, topic, recorded_at, submission, clear,"
    f" CASE WHEN sealed IS NULL AND sealed_hash IS NOT NULL THEN '' WHEN NOT {_PHOTO} THEN sealed END"
)
"""A photo stays where it is: it outweighs the rest of a history, which is read a hundred times as often."""
APPEND, APPEND_WITH_ROW, APPEND_ONE, APPEND_ONE_WITH_ROW = (
    [f"WITH {row}{append.format(s=s)}" for s in range(SHARDS)]
    for append in (_APPEND, _ALONE)
    for row in ("", f"r AS ({_ROW}), ")
)
"""Of each shard. One event alone needs no arrays, and commits faster."""


class ShardRecorder(PostgresApplicationRecorder):
    """Appends to and reads the 16 shards. Has no global order: whoever tails, tails each shard."""

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int]:
        """Append, all or nothing; the positions, in the order of the events.

        `rows`: the submission rows that these events came from, committed with them.
        Raises: eventsourcing's IntegrityError when a stream's version or a row's ref is already there.
        """
        rows: Sequence[SubmittedRow] = kwargs.get("rows", ())
        by_shard: dict[int, list[int]] = {}
        for place, event in enumerate(stored_events):
            by_shard.setdefault(shard_of(_stream(event)), []).append(place)
        if not by_shard:
            return []
        positions = [0] * len(stored_events)
        with self.datastore.get_connection() as conn, conn.cursor(row_factory=tuple_row) as cur:
            if len(by_shard) == 1 and len(rows) <= 1:
                return self._append(cur, shard_of(_stream(stored_events[0])), stored_events, rows)
            with conn.transaction():
                if rows:
                    cur.executemany(_ROW, rows)
                for shard in sorted(by_shard):  # one order for all writers: no deadlock
                    places = by_shard[shard]
                    new = self._append(cur, shard, [stored_events[place] for place in places], ())
                    for place, position in zip(places, new, strict=True):
                        positions[place] = position
        return positions

    def _append(
        self, cur: Cursor[Any], shard: int, events: Sequence[StoredEvent], rows: Sequence[SubmittedRow]
    ) -> list[int]:
        submitted = rows[0] if rows else ()
        if len(events) == 1:
            statement = (APPEND_ONE_WITH_ROW if rows else APPEND_ONE)[shard]
            parameters = [*submitted, 1, 1, *columns(events[0])]
        else:
            statement = (APPEND_WITH_ROW if rows else APPEND)[shard]
            arrays = [list(column) for column in zip(*map(columns, events), strict=True)]
            parameters = [*submitted, len(events), len(events), *arrays]
        return sorted(position for (position,) in cur.execute(statement, parameters, prepare=True).fetchall())

    def append(self, shard: int, events: Sequence[bytes], rows: Sequence[bytes]) -> Appended:
        """Append many events of one shard, all or nothing, with the rows they came from; both as `layout` makes them.

        The rows are there before the head is taken: others wait at the head. Raises: as `insert_events`.
        """
        with self.datastore.get_connection() as conn, conn.cursor(row_factory=tuple_row) as cur:
            with conn.transaction():
                layout.copy_in(cur, "submission_row", rows)
                began = time.perf_counter()
                head = _HEAD.format(s=shard)
                ((base,),) = cur.execute(head, (len(events), len(events)), prepare=True).fetchall()
                positions = range(base + 1, base + len(events) + 1)
                layout.copy_in(cur, f"event_{shard:02d}", map(layout.placed, repeat(shard), positions, events))
            return Appended(positions, time.perf_counter() - began)

    def select_many(self, streams: Collection[UUID]) -> dict[UUID, list[StoredEvent]]:
        """All rows of many streams, in order of version, by one query a shard; none for one that has not begun."""
        found: dict[UUID, list[StoredEvent]] = {}
        with self.datastore.get_connection() as conn, conn.cursor(binary=True, row_factory=tuple_row) as cur:
            for shard, some in by_shard(streams).items():
                query = f"SELECT {COLUMNS} FROM event_{shard:02d} WHERE stream = ANY(%s) ORDER BY stream, version"  # noqa: S608 - a shard's number
                for row in cur.execute(query, (some,), prepare=True):
                    found.setdefault(row[0], []).append(_event(row))
        return found

    def read(self, stream: UUID) -> list[Held]:
        """What a stream says, in order of version."""
        query = f"SELECT {_HELD} FROM event_{shard_of(stream):02d} WHERE stream = %s ORDER BY version"  # noqa: S608 - a shard's number
        with self.datastore.get_connection() as conn, conn.cursor(binary=True, row_factory=tuple_row) as cur:
            return cur.execute(query, (stream,), prepare=True).fetchall()

    def read_many(self, streams: Collection[UUID]) -> dict[UUID, list[Held]]:
        """As `read`, of many streams, by one query a shard; nothing of one that has not begun."""
        found: dict[UUID, list[Held]] = {}
        with self.datastore.get_connection() as conn, conn.cursor(binary=True, row_factory=tuple_row) as cur:
            for shard, some in by_shard(streams).items():
                query = f"SELECT stream, {_HELD} FROM event_{shard:02d} WHERE stream = ANY(%s) ORDER BY stream, version"  # noqa: S608 - a shard's number
                for row in cur.execute(query, (some,), prepare=True):
                    found.setdefault(row[0], []).append(row[1:])
        return found

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> Sequence[StoredEvent]:
        """One stream's rows, in order of version; `gt` and `lte` bound the versions."""
        stream = UUID(str(originator_id))
        query = (
            f"SELECT {COLUMNS} FROM event_{shard_of(stream):02d} WHERE stream = %s"  # noqa: S608 - a shard's number
            " AND version > %s AND version <= %s ORDER BY version" + (" DESC" if desc else "") + " LIMIT %s"
        )
        bounds = (stream, gt or 0, 2**31 - 1 if lte is None else lte, limit)
        with self.datastore.get_connection() as conn, conn.cursor(binary=True, row_factory=tuple_row) as cur:
            return [_event(row) for row in cur.execute(query, bounds, prepare=True)]

    def begun(self, streams: Collection[UUID]) -> set[UUID]:
        """Those of `streams` that have a first event."""
        with self.datastore.get_connection() as conn, conn.cursor(row_factory=tuple_row) as cur:
            query = "SELECT stream FROM event WHERE stream = ANY(%s) AND version = 1"
            return {stream for (stream,) in cur.execute(query, (list(streams),))}

    def row(self, organisation: str, ref: str) -> SubmittedRow | None:
        """The row that came under this key before, or None."""
        query = "SELECT * FROM submission_row WHERE organisation = %s AND ref = %s"
        with self.datastore.get_connection() as conn, conn.cursor(binary=True, row_factory=tuple_row) as cur:
            found = cur.execute(query, (organisation, ref), prepare=True).fetchone()
        return SubmittedRow(*found) if found else None

    def rows(self, keys: Collection[tuple[str, str]]) -> dict[tuple[str, str], SubmittedRow]:
        """Those rows of (organisation, ref) that came before."""
        query = (
            "SELECT r.* FROM unnest(%s::text[], %s::text[]) AS k(organisation, ref)"
            " JOIN submission_row r USING (organisation, ref)"
        )
        organisations, refs = [key[0] for key in keys], [key[1] for key in keys]
        with self.datastore.get_connection() as conn, conn.cursor(binary=True, row_factory=tuple_row) as cur:
            found = map(SubmittedRow._make, cur.execute(query, (organisations, refs), prepare=True))
            return {(row.organisation, row.ref): row for row in found}

    def positions(self, streams: Collection[UUID]) -> dict[tuple[UUID, int], int]:
        """Where the events of many streams stand: (stream, version) -> position in the stream's shard."""
        found: dict[tuple[UUID, int], int] = {}
        with self.datastore.get_connection() as conn, conn.cursor(binary=True, row_factory=tuple_row) as cur:
            for shard, some in by_shard(streams).items():
                query = f"SELECT stream, version, position FROM event_{shard:02d} WHERE stream = ANY(%s)"  # noqa: S608 - a shard's number
                found |= {(s, v): position for s, v, position in cur.execute(query, (some,), prepare=True)}
        return found

    def positions_of(self, row: SubmittedRow) -> list[int]:
        """Where the events of an accepted row stand in their shard."""
        query = (
            f"SELECT position FROM event_{shard_of(row.stream):02d} WHERE stream = %s"  # noqa: S608 - a shard's number
            " AND version >= %s AND version < %s ORDER BY version"
        )
        bounds = (row.stream, row.first_version, row.first_version + row.events)
        with self.datastore.get_connection() as conn, conn.cursor(row_factory=tuple_row) as cur:
            return [position for (position,) in cur.execute(query, bounds)]

    def open_submission(self, submission: Submission) -> None:
        """Record what came in, before its rows. The same submission again changes nothing."""
        s = submission
        with self.datastore.get_connection() as conn:
            conn.execute(
                "INSERT INTO submission VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (id) DO NOTHING",
                (s.id, s.organisation, s.door, s.received_at, s.salt, s.digest, s.signed),
            )

    def card_counters(self) -> dict[int, int]:
        """The next counter of each status shard that has cards."""
        with self.datastore.get_connection() as conn, conn.cursor(row_factory=tuple_row) as cur:
            return dict(cur.execute("SELECT shard, next FROM card_index").fetchall())

    def lease_card_counters(self, shard: int, count: int, most: int) -> range:
        """The next `count` counters of a status shard, fewer where that would pass `most`; none is ever handed out
        twice."""
        begin = "INSERT INTO card_index VALUES (%s, 0) ON CONFLICT (shard) DO NOTHING"
        lock, move = "SELECT next FROM card_index WHERE shard = %s FOR UPDATE", "UPDATE card_index SET next = %s"
        with self.datastore.get_connection() as conn, conn.transaction(), conn.cursor(row_factory=tuple_row) as cur:
            cur.execute(begin, (shard,))
            ((first,),) = cur.execute(lock, (shard,)).fetchall()
            end = max(first, min(first + count, most))
            cur.execute(f"{move} WHERE shard = %s", (end, shard))
        return range(first, end)

    def ledger(self) -> LedgerSize:
        """How far the ledger is. By the way the loaders ask: one statement, no lock taken."""
        query = (
            "SELECT (SELECT size FROM ledger_head), (SELECT sum(position)::int8 FROM event_head), EXISTS (SELECT FROM"
            " pg_locks WHERE locktype = 'advisory' AND objid = %s AND database ="
            " (SELECT oid FROM pg_database WHERE datname = current_database()))"
        )
        with self.datastore.get_connection() as conn, conn.cursor(row_factory=tuple_row) as cur:
            (found,) = cur.execute(query, (SEQUENCING,), prepare=True).fetchall()
        return LedgerSize(*found)

    def ping(self) -> int:
        """How many events there are. Raises eventsourcing's PersistenceError when the database does not answer."""
        with self.datastore.get_connection() as conn:
            return sum(position for _, position in heads(conn))

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> Sequence[Notification]:
        """Raises: NotSupportedError: there are 16 logs, not one; `projections` tails each by `heads`."""
        raise NotSupportedError("no global order: tail each shard by position")

    def max_notification_id(self) -> int | None:
        """Raises: NotSupportedError, as `select_notifications`."""
        raise NotSupportedError("no global order: read the heads")

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> Subscription[ApplicationRecorder]:
        """Raises: NotSupportedError, as `select_notifications`."""
        raise NotSupportedError("no global order: poll the heads")


def heads(conn: Connection[Any]) -> list[tuple[int, int]]:
    """Each shard's last position."""
    cur = conn.cursor(row_factory=tuple_row)
    return cur.execute("SELECT shard, position FROM event_head ORDER BY shard", prepare=True).fetchall()


_TOUCHED = """
SELECT e.* FROM unnest(%s::smallint[], %s::bigint[], %s::bigint[]) s(shard, after, upto),
LATERAL (SELECT DISTINCT stream FROM event
    WHERE shard = s.shard AND position > s.after AND position <= s.upto ORDER BY stream) t,
LATERAL (SELECT t.stream, max(version), count(*) FILTER (WHERE position <= s.after),
    string_agg(clear, ',' ORDER BY version), array_agg(recorded_at ORDER BY version)
    FROM event WHERE shard = s.shard AND stream = t.stream AND position <= s.upto) e
"""
"""Look-ups, a stream and its partition at a time: planned as a join, whole shards were read for a batch of a few."""


def touched(
    conn: Connection[Any], after: Mapping[int, int], upto: Mapping[int, int]
) -> list[tuple[UUID, int, int, bytes, list[datetime]]]:
    """The whole clear history of every stream with an event behind `after` in its shard, up to `upto`: (stream, last
    version, how many of its events are not behind `after`, its clear parts joined by commas, when each was recorded).
    """
    moved = [shard for shard in upto if upto[shard] != after[shard]]
    bounds = (moved, [after[shard] for shard in moved], [upto[shard] for shard in moved])
    with conn.cursor(binary=True, row_factory=tuple_row) as cur:
        return cur.execute(_TOUCHED, bounds, prepare=True).fetchall()


def whole_streams(
    conn: Connection[Any], shard: int, upto: int, *, dated: bool
) -> Iterator[tuple[UUID, int, bytes, Sequence[datetime]]]:
    """Every stream of a shard up to position `upto`: (stream, last version, its clear parts joined by commas, and if
    `dated` when each was recorded).

    By one COPY, which the connection is busy with until the last row; streams in order.
    """
    moments = "array_agg(recorded_at ORDER BY version)" if dated else "'{}'::timestamptz[]"
    query = (
        f"COPY (SELECT stream, max(version), string_agg(clear, ',' ORDER BY version), {moments}"  # noqa: S608 - our own words
        f" FROM event_{shard:02d} WHERE position <= {upto} GROUP BY stream ORDER BY stream) TO STDOUT (FORMAT binary)"
    )
    with conn.cursor() as cur, cur.copy(query) as copy:
        copy.set_types(["uuid", "int4", "bytea", "timestamptz[]"])
        yield from copy.rows()


def one_stream(conn: Connection[Any], stream: UUID, upto: int) -> list[tuple[Any, ...]]:
    """The clear history of one stream up to position `upto`.

    Rows (stream, version, topic, recorded_at, submission, clear), by version.
    """
    query = (
        f"SELECT stream, version, topic, recorded_at, submission, clear FROM event_{shard_of(stream):02d}"  # noqa: S608 - a shard's number
        " WHERE stream = %s AND position <= %s ORDER BY version"
    )
    return conn.cursor(binary=True, row_factory=tuple_row).execute(query, (stream, upto)).fetchall()


class Datastore(PostgresDatastore):
    """The library's datastore over a pool that takes a whole connection URL, TLS options included, and a role.

    Its sessions take a page anywhere to cost what the next one does, as on disks without heads: whoever asks for a
    stream of a young shard shall not have the whole shard scanned.
    """

    def __init__(self, url: str, pool_size: int, role: DatabaseRole) -> None:
        super().__init__(dbname="", host="", port="", user="", password="")
        self.pool.close()
        self.pool = ConnectionPool(
            as_role(url, role, random_page_cost="1.1"),
            min_size=1,
            max_size=pool_size,
            open=False,
            configure=self.after_connect_func(),
            kwargs={"row_factory": dict_row},
            connection_class=Connection[DictRow],
            name="events",
        )


class Factory(PostgresFactory):
    """What eventsourcing builds the application's recorder with; takes DATABASE_URL and POOL_SIZE."""

    application_recorder_class = ShardRecorder

    def __init__(self, env: Any) -> None:
        super().__init__(env)
        self.datastore.close()
        self.datastore = Datastore(self.env["DATABASE_URL"], int(self.env.get("POOL_SIZE", "4")), DatabaseRole.WRITE)


def conflict(error: BaseException) -> str:
    """Which uniqueness an IntegrityError is about: "stream", "ref", or "" when it is something else."""
    cause = error.__cause__
    if isinstance(cause, psycopg.errors.UniqueViolation):
        name = cause.diag.constraint_name or ""
        return "ref" if name.startswith("submission_row") else "stream" if name.endswith("_stream") else ""
    return ""


def _stream(event: StoredEvent) -> UUID:
    return event.originator_id if isinstance(event.originator_id, UUID) else UUID(event.originator_id)


def columns(event: StoredEvent) -> tuple[Any, ...]:
    """A row of `event` but for its place, in the order of `COLUMNS`."""
    assert isinstance(event, SealedEvent)  # noqa: S101 - the mapper plugged in beside this makes no other
    return (
        event.originator_id,
        event.originator_version,
        event.topic,
        event.recorded_at,
        event.submission,
        event.salt,
        event.state,
        event.sealed_hash,
        event.sealed,
    )


def _event(row: Sequence[Any]) -> SealedEvent:
    stream, version, topic, recorded_at, submission, salt, clear, sealed_hash, sealed = row
    return SealedEvent(
        originator_id=stream,
        originator_version=version,
        topic=topic,
        state=clear,
        recorded_at=recorded_at,
        submission=submission,
        salt=salt,
        sealed_hash=sealed_hash,
        sealed=sealed,
    )
