"""The runner: keeps read models equal to a fold of the log, exactly once, and rebuilds them while they serve.

One batch is one transaction:

    1. lock the positions of the read models                a second runner waits here
    2. read the whole clear history of every stream touched
    3. fold each stream to where it was and on to where it is; write the difference of the rows
    4. positions, and the library's tracking record         crash anywhere before: nothing of the batch happened
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import psycopg
from eventsourcing.persistence import IntegrityError
from eventsourcing.postgres import PostgresTrackingRecorder
from psycopg.rows import dict_row

from domain.errors import Refused
from projections import definitions
from projections.changes import changes
from projections.definitions import BUILDING, NEVER
from projections.guards import carry
from projections.models import PROJECTIONS as PROJECTIONS
from projections.progress import Progress, lock, rebuilds
from projections.reading import tables
from projections.rebuild import fill, uncollected
from registry.roles import DatabaseRole
from registry.store import SHARDS, Datastore, heads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from psycopg import Connection, Cursor
    from psycopg.rows import DictRow

    from projections.projection import ReadModel

BATCH = 2_000
"""Events at most: their streams are in memory together, whole."""
POLL = 0.05
"""Seconds from one look at the heads to the next: many small batches would cost writers more than they save."""
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
            found: dict[str, Positions] = {name: {} for name in PROJECTIONS} | self._positions(conn, PROJECTIONS)
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
            began = time.monotonic()
            if self._round() < self.batch:
                time.sleep(max(0.0, began + POLL - time.monotonic()))

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
                if table.counts:
                    table.add(cur, counts[name])
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
            found = self._positions(conn, PROJECTIONS)
            for name in definitions.current(conn, [name for name in PROJECTIONS if name in found]):
                groups.setdefault(tuple(sorted(found[name].items())), []).append(name)
            tops = tuple(heads(conn))
        return [names for at, names in groups.items() if at != tops]

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
        with conn.cursor(row_factory=dict_row) as cur:
            with uncollected():
                for change in changes(conn, [_projection(name) for name in names], at, new):
                    change.model.table.apply(cur, change.gone, change.came)
            self._advance(cur, names, new)

    def _advance(self, cur: Cursor[DictRow], names: Sequence[str], new: Positions) -> None:
        """Positions, and the library's tracking records: as it writes them, all by one statement."""
        cur.execute(
            "UPDATE read.projection_position p SET position = v.position"
            " FROM unnest(%s::smallint[], %s::bigint[]) v(shard, position)"
            " WHERE projection = ANY(%s) AND p.shard = v.shard AND p.position <> v.position",
            (list(new), list(new.values()), list(names)),
            prepare=True,
        )
        cur.execute(
            "INSERT INTO projection_tracking AS t SELECT unnest(%s::text[]), %s ON CONFLICT (application_name)"
            " DO UPDATE SET notification_id = EXCLUDED.notification_id"
            " WHERE t.notification_id < EXCLUDED.notification_id",
            (list(names), sum(new.values())),
            prepare=True,
        )
        if cur.rowcount != len(names):
            raise IntegrityError(f"tracked {cur.rowcount} of {len(names)} read models at {sum(new.values())}")

    def _locked(self, conn: Connection[Any], names: Sequence[str]) -> tuple[Positions, list[str]]:
        """The positions of the first of `names`, all locked, and which of them are still in step with it.

        Whoever moves the positions of a read model holds that of its first shard. Those that another version of the
        software has swapped in meanwhile are left to that.
        """
        lock = (
            "SELECT projection FROM read.projection_position WHERE projection = ANY(%s) AND shard = 0"
            " ORDER BY projection FOR UPDATE"
        )
        while len(conn.execute(lock, (list(names),), prepare=True).fetchall()) < len(names):
            pass  # a swap while we waited took the rows away, and has put others in their place
        found = self._positions(conn, names)
        ours = definitions.current(conn, names)
        at = found[ours[0] if ours else names[0]]
        return at, [name for name in ours if found[name] == at]

    def _positions(self, conn: Connection[Any], names: Iterable[str]) -> dict[str, Positions]:
        query = "SELECT projection, shard, position FROM read.projection_position WHERE projection = ANY(%s)"
        found: dict[str, Positions] = {}
        for row in conn.execute(query, (list(names),), prepare=True):
            found.setdefault(row["projection"], {})[row["shard"]] = row["position"]
        return found


def _next(at: Positions, tops: Iterable[tuple[int, int]], room: int) -> Positions:
    """How far a batch goes: every shard to its head, at most `room` events together, those that lag most first."""
    new = dict(at)
    for shard, top in sorted(tops, key=lambda each: at[each[0]] - each[1]):
        new[shard] = min(top, at[shard] + room)
        room -= new[shard] - at[shard]
    return new


def _projection(name: str) -> ReadModel:
    return PROJECTIONS[name.removesuffix(BUILDING)]
