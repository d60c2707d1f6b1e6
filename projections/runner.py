"""The runner: keeps read models equal to a fold of the log, exactly once, and rebuilds them while they serve.

One batch is one transaction:

    1. lock the positions of the read models                a second runner waits here
    2. read, for each shard that moved, the whole clear history of every stream touched
    3. fold each stream as it was and as it is; write the difference of the rows
    4. positions, and the library's tracking record         crash anywhere before: nothing of the batch happened
"""

from __future__ import annotations

import time
from collections import Counter
from itertools import chain, groupby, islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import psycopg
from eventsourcing.persistence import Tracking
from eventsourcing.postgres import PostgresTrackingRecorder
from psycopg.rows import dict_row

from domain import codec
from domain.decide import History
from domain.errors import Refused
from projections import definitions
from projections.definitions import BUILDING, NEVER
from projections.guards import carry
from projections.models import PROJECTIONS as PROJECTIONS
from projections.progress import Progress, lock, rebuilds
from projections.reading import tables
from projections.rebuild import fill
from projections.table import difference
from registry.roles import DatabaseRole
from registry.store import SHARDS, Datastore, heads, touched

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from uuid import UUID

    from psycopg import Connection, Cursor
    from psycopg.rows import DictRow

    from domain.decide import State
    from domain.event import Event
    from projections.projection import ReadModel
    from projections.table import Row

BATCH = 5_000
STREAMS = 2_000
"""Streams folded before their rows are written: bounds the memory of a batch."""
POLL = 0.05
PATIENCE_MS = 1_000
"""How long a swap waits for readers to end, while others wait behind it."""
LET_THROUGH = 0.2
"""Seconds until it tries again."""

KEPT = (
    ("read.projection_position", "projection"),
    ("read.projection_definition", "projection"),
    ("projection_tracking", "application_name"),
)
"""What is kept of each read model beside its table, and the column with its name."""

Positions = dict[int, int]
Folded = tuple["State", "Sequence[Event]"]
"""The state of a stream, and the events it is folded from."""


class Runner:
    """Over one database. Read models in step are folded together; one that lags is brought up by itself."""

    def __init__(self, url: str, *, batch: int = BATCH) -> None:
        self.url, self.batch = url, batch
        self.datastore = Datastore(url, 3, DatabaseRole.PROJECT)
        self.tracking = PostgresTrackingRecorder(self.datastore, tracking_table_name="projection_tracking")

    def close(self) -> None:
        self.datastore.close()

    def install(self) -> None:
        """Make the tables of read models that have none yet. Safe to run by several starters at once.

        Where the log holds facts already, a new table says nothing until it is built: `outdated`.
        """
        with self.datastore.get_connection() as conn, conn.transaction():
            conn.execute("SELECT pg_advisory_xact_lock(hashtext('kets.projections'))")
            have = {row["projection"] for row in conn.execute("SELECT projection FROM read.projection_position")}
            begun = any(position for _, position in heads(conn))
            conn.execute("SET LOCAL search_path TO read, public")
            for name in PROJECTIONS.keys() - have:
                conn.execute(PROJECTIONS[name].table.ddl)
                self._start(conn, name)
                definitions.record(conn, name, NEVER if begun else definitions.definition_of(name))

    def outdated(self) -> list[str]:
        """Read models whose tables another version of the software made, or which were never built."""
        with self.datastore.get_connection() as conn:
            return definitions.outdated(conn)

    def status(self) -> dict[str, dict[str, Any]]:
        """Each read model: position in each shard, events included, events behind; whether it is outdated, and how far
        it is where it is being rebuilt."""
        with self.datastore.get_connection() as conn:
            tops = dict(heads(conn))
            found = {name: self._positions(conn, name) for name in PROJECTIONS}
            old, running = definitions.outdated(conn), rebuilds(conn)
        return {
            name: {
                "positions": at,
                "included": sum(at.values()),
                "behind": sum(tops.values()) - sum(at.values()),
                "outdated": name in old,
                "rebuild": running[name]._asdict() if name in running else None,
            }
            for name, at in found.items()
        }

    def catch_up(self) -> int:
        """Bring every read model to the heads as they are now; how many events were included.

        One that is outdated is built anew.
        """
        old = self.outdated()
        total = self.rebuild(*old, outdated_only=True) if old else 0
        while done := self._round():
            total += done
        return total

    def follow(self, stopped: Callable[[], bool]) -> None:
        """Tail the log until `stopped()`, for the read models that are not outdated.

        The heads are polled: NOTIFY would cost writers a quarter of their speed.
        """
        while not stopped():
            if not self._round():
                time.sleep(POLL)

    # -- rebuild ----------------------------------------------------------------------------------------------------
    def rebuild(
        self,
        *names: str,
        processes: int = 1,
        progress: Callable[[int, int], None] = lambda _done, _total: None,
        outdated_only: bool = False,
    ) -> int:
        """Build read models anew beside those that serve, then swap them in one transaction; how many events they hold.

        All of `names` are folded together, by so many processes. `progress(done, total)` in events. A rebuild that was
        killed is begun again from nothing; a second one of the same read model waits for the first, and with
        `outdated_only` finds nothing left to do.
        Raises: Refused("projection-unknown"), ("guards-differ"), ("read-model-used").
        """
        for name in names:
            if name not in PROJECTIONS:
                raise Refused("projection-unknown", got=name, expected=", ".join(PROJECTIONS))
        chosen = sorted(set(names))
        with self.datastore.get_connection() as alone:
            try:
                for name in chosen:  # in one order, so that two rebuilds never wait for each other
                    alone.execute("SELECT pg_advisory_lock(hashtext(%s))", (lock(name),))
                if outdated_only:
                    old = definitions.outdated(alone)
                    chosen = [name for name in chosen if name in old]
                return self._rebuilt(alone, chosen, processes, progress) if chosen else 0
            finally:
                alone.execute("SELECT pg_advisory_unlock_all()")

    def _rebuilt(
        self, alone: Connection[Any], names: Sequence[str], processes: int, progress: Callable[[int, int], None]
    ) -> int:
        """The order of writes; what a crash leaves before the swap is removed by the next rebuild.

        1. empty tables beside, guarded as those that serve       2. their rows, shard by shard
        3. keys, counts, positions: as of one moment              4. what has come since, a batch at a time
        5. swap, with the last of it and the guards proved again
        """
        noted = Progress(alone, names)
        tops = self._beside(names)
        total = sum(tops.values())

        def told(done: int) -> None:
            noted(done, total)
            progress(done, total)

        counts = fill(self.url, tops, names, processes=processes, progress=told)
        building = [name + BUILDING for name in names]
        with self.datastore.get_connection() as conn, conn.transaction(), conn.cursor(row_factory=dict_row) as cur:
            conn.execute("SET LOCAL search_path TO building, public")
            for name in names:
                table = PROJECTIONS[name].table
                conn.execute(table.keys)
                table.apply(cur, counts.get(name, Counter()))
                conn.execute(f"ANALYZE {table.name}")
            self._advance(cur, building, tops)
        while more := self._step(building, "building"):
            total += more
        self._swap(names, building)
        noted.end()
        progress(total, total)
        return total

    def _beside(self, names: Sequence[str]) -> Positions:
        """Empty tables without keys in the schema `building`, guarded; the heads of that moment."""
        with self.datastore.get_connection() as conn, conn.transaction():
            conn.execute("SET LOCAL search_path TO building, public")
            for name in names:
                table, building = PROJECTIONS[name].table, name + BUILDING
                conn.execute(f"DROP TABLE IF EXISTS building.{table.name}")
                for place, column in KEPT:
                    conn.execute(f"DELETE FROM {place} WHERE {column} = %s", (building,))  # noqa: S608 - our own names
                conn.execute(table.bare)
                carry(conn, f"read.{table.name}", f"building.{table.name}")
                definitions.record(conn, building, definitions.definition_of(name))
                self._start(conn, building)
            return dict(heads(conn))

    def _swap(self, names: Sequence[str], building: Sequence[str]) -> None:
        """What was built takes the place of what served: tables, positions, definitions and tracking at once.

        With all positions locked it is brought to the heads first, so that no reader ever sees a table go back. It
        waits for readers, and lets them through again when they are long: others wait behind it.
        """
        while True:
            with self.datastore.get_connection() as conn:
                try:
                    with conn.transaction():
                        self._cut_over(conn, names, building)
                except psycopg.errors.LockNotAvailable:
                    pass
                else:
                    return
            time.sleep(LET_THROUGH)

    def _cut_over(self, conn: Connection[Any], names: Sequence[str], building: Sequence[str]) -> None:
        at, _ = self._locked(conn, [*building, *names])
        new = dict(heads(conn))
        if new != at:
            conn.execute("SET LOCAL search_path TO building, public")
            self._include(conn, building, at, new)
        conn.execute(f"SET LOCAL lock_timeout = {PATIENCE_MS}")
        for name in names:  # one that somebody dropped is made anew
            if conn.execute("SELECT WHERE to_regclass(%s) IS NOT NULL", (tables(name),)).fetchone() is not None:
                conn.execute(f"LOCK TABLE {tables(name)} IN ACCESS EXCLUSIVE MODE")
        for name in names:
            table = PROJECTIONS[name].table.name
            carry(conn, f"read.{table}", f"building.{table}")
            conn.execute(f"DROP TABLE IF EXISTS read.{table}")
            conn.execute(f"ALTER TABLE building.{table} SET SCHEMA read")
            for place, column in KEPT:
                conn.execute(f"DELETE FROM {place} WHERE {column} = %s", (name,))  # noqa: S608 - our own names
                conn.execute(f"UPDATE {place} SET {column} = %s WHERE {column} = %s", (name, name + BUILDING))  # noqa: S608 - our own names

    def _start(self, conn: Connection[Any], positions: str) -> None:
        for shard in range(SHARDS):
            conn.execute("INSERT INTO read.projection_position VALUES (%s, %s, 0)", (positions, shard))

    def _round(self) -> int:
        """One batch of each group of read models that are in step; how many events were included."""
        return sum(self._step(names) for names in self._in_step())

    # -- one batch --------------------------------------------------------------------------------------------------
    def _in_step(self) -> list[list[str]]:
        """Names of read models, those at the same positions together."""
        groups: dict[tuple[tuple[int, int], ...], list[str]] = {}
        with self.datastore.get_connection() as conn:
            for name in definitions.current(conn, list(PROJECTIONS)):
                at = self._positions(conn, name)
                if at:
                    groups.setdefault(tuple(sorted(at.items())), []).append(name)
        return list(groups.values())

    def _step(self, names: Sequence[str], schema: str = "read", batch: int | None = None) -> int:
        """Include one more batch in all of `names`, in one transaction; how many events it held."""
        with self.datastore.get_connection() as conn, conn.transaction():
            at, together = self._locked(conn, names)
            if not together:
                return 0
            new = _next(at, heads(conn), batch or self.batch)
            if new != at:
                conn.execute(f"SET LOCAL search_path TO {schema}, public")
                self._include(conn, together, at, new)
        return sum(new.values()) - sum(at.values())

    def _include(self, conn: Connection[Any], names: Sequence[str], at: Positions, new: Positions) -> None:
        moved = chain.from_iterable(
            _folds(touched(conn, shard, at[shard], new[shard]), at[shard])
            for shard in range(SHARDS)
            if new[shard] != at[shard]
        )
        with conn.cursor(row_factory=dict_row) as cur:
            while some := list(islice(moved, STREAMS)):
                for name in names:
                    projection = _projection(name)
                    projection.table.apply(cur, _change(projection, some))
            self._advance(cur, names, new)

    def _advance(self, cur: Cursor[DictRow], names: Sequence[str], new: Positions) -> None:
        cur.execute(
            "UPDATE read.projection_position p SET position = v.position"
            " FROM unnest(%s::smallint[], %s::bigint[]) v(shard, position)"
            " WHERE projection = ANY(%s) AND p.shard = v.shard AND p.position <> v.position",
            (list(new), list(new.values()), list(names)),
            prepare=True,
        )
        for name in names:
            self.tracking._insert_tracking(cur, Tracking(name, sum(new.values())))

    def _locked(self, conn: Connection[Any], names: Sequence[str]) -> tuple[Positions, list[str]]:
        """The positions of the first of `names`, all locked, and which of them are still in step with it.

        Those that another version of the software has swapped in meanwhile are left to that.
        """
        query = (
            "SELECT projection, shard, position FROM read.projection_position WHERE projection = ANY(%s)"
            " ORDER BY projection, shard FOR UPDATE"
        )
        found: dict[str, Positions] = {}
        while len(found) < len(names):  # a swap while we waited took the rows away, and has put others in their place
            found = {}
            for row in conn.execute(query, (list(names),)):
                found.setdefault(row["projection"], {})[row["shard"]] = row["position"]
        ours = definitions.current(conn, names)
        at = found[ours[0] if ours else names[0]]
        return at, [name for name in ours if found[name] == at]

    def _positions(self, conn: Connection[Any], name: str) -> Positions:
        query = "SELECT shard, position FROM read.projection_position WHERE projection = %s"
        return {row["shard"]: row["position"] for row in conn.execute(query, (name,))}


def _next(at: Positions, tops: Iterable[tuple[int, int]], room: int) -> Positions:
    """How far a batch goes: every shard to its head, at most `room` events together."""
    new = dict(at)
    for shard, top in tops:
        new[shard] = min(top, at[shard] + room)
        room -= new[shard] - at[shard]
    return new


def _change(projection: ReadModel, folds: Iterable[tuple[Folded | None, Folded]]) -> Counter[Row]:
    change: Counter[Row] = Counter()
    for before, after in folds:
        change.update(difference(projection.stated(*before) if before else (), projection.stated(*after)))
    return change


def _projection(name: str) -> ReadModel:
    return PROJECTIONS[name.removesuffix(BUILDING)]


def _folds(rows: Iterator[tuple[Any, ...]], after: int) -> Iterator[tuple[Folded | None, Folded]]:
    """Each touched stream as it was at position `after`, None when it had not begun, and as it is now."""
    for stream, group in groupby(rows, itemgetter(0)):
        own = list(group)
        events = codec.decode_all(stream, [(*row[1:6], None) for row in own])
        known = [event for event, row in zip(events, own, strict=True) if row[6] <= after]
        yield _folded(stream, known) if known else None, _folded(stream, events)


def _folded(stream: UUID, events: Sequence[Event]) -> Folded:
    return History(stream, events).state(), events
