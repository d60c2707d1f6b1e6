"""`kets export facts`: the log's clear facts as Parquet, each run adding what has come since the one before.

How far it goes is read first, at one moment: up to what the ledger holds, so that every row has its place there; a log
without a ledger, whole. What comes later is for the next run. No key is opened: personal parts stay where they are.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from domain.errors import Refused
from projections.export.columns import SCHEMA
from projections.export.folder import Export, Written, alone, digest_of, name_of
from projections.export.rows import batches
from registry.ledger import log
from registry.store import SHARDS

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from pathlib import Path

    from psycopg import Connection

FILE = 1_048_576
"""Rows of a file, at most."""
GROUP = 131_072
"""Rows of a row group, at most: what is held at a time."""
REPEATED = [name for name in SCHEMA.names if name not in {"stream", "salt", "clear", "sealed_hash", "employment"}]
"""The columns whose values repeat, which Parquet keeps in dictionaries."""


class Reach(NamedTuple):
    """How far the log is: the last position of each shard to export, and how many facts wait for the ledger."""

    positions: dict[int, int]
    waiting: int
    number: int
    head: log.Head


class Exported(NamedTuple):
    """`added` by this run; `rows` in all; facts that are not in the ledger yet and so not in the export."""

    added: int
    rows: int
    waiting: int
    positions: dict[int, int]


def export(
    conn: Connection[Any],
    path: Path,
    now: datetime,
    *,
    file_rows: int = FILE,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Exported:
    """Bring the export in `path` up to the log; `conn` commits by itself. `progress(done, total)` in facts.

    Raises: Refused("export-in-use"), Refused("export-format"), Refused("export-differs"), Refused("position-missing"),
    Refused("fact-unreadable").
    """
    with alone(path):
        at = reach(conn)
        found = Export(path, at.number)
        _check_same(conn, found, at)
        total = sum(max(top - found.upto(shard), 0) for shard, top in at.positions.items())
        done = 0
        progress(done, total)
        for shard, top in at.positions.items():
            while (after := found.upto(shard)) < top:
                last = min(top, after + file_rows)
                _write(conn, found, shard, after, last)
                done += last - after
                progress(done, total)
        positions = {shard: found.upto(shard) for shard in range(SHARDS)}
        ledger = {"number": at.number, "size": at.head.size, "checkpoint": at.head.checkpoint}
        told = {"created_at": now.isoformat(), "positions": positions, "waiting": at.waiting, "ledger": ledger}
        found.finish(told)
        return Exported(done, sum(positions.values()), at.waiting, positions)


def reach(conn: Connection[Any]) -> Reach:
    """At one moment. Positions are dense and never change, so what is read up to them is the log of that moment."""
    with conn.transaction():
        conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        head, tops, number = log.head(conn), log.waiting(conn), log.number(conn)
    shards = {shard: tops[shard] for shard in range(SHARDS)}
    if head.size == 0:
        return Reach({shard: top for shard, (_, top) in shards.items()}, 0, number, head)
    waiting = sum(top - last for last, top in shards.values())
    return Reach({shard: last for shard, (last, _) in shards.items()}, waiting, number, head)


def _check_same(conn: Connection[Any], found: Export, at: Reach) -> None:
    """What is there is of this ledger, and the last fact of each shard is the one here."""
    ledger = found.manifest["ledger"] if found.manifest else None
    if ledger and (ledger["number"], ledger["size"] > 0) != (at.number, at.head.size > 0):
        raise Refused(
            "export-differs",
            folder=str(found.path),
            got=f"ledger {ledger['number']} of {ledger['size']} facts",
            expected=f"ledger {at.number} of {at.head.size} facts",
        )
    for shard in range(SHARDS):
        last = max((file for file in found.files if file.shard == shard), key=lambda file: file.last, default=None)
        if last is None:
            continue
        row = conn.execute(
            "SELECT stream, version FROM event WHERE shard = %s AND position = %s", (shard, last.last)
        ).fetchone()
        here = "no fact" if row is None else f"{row[0]}:{row[1]}"
        if here != last.event:
            raise Refused(
                "export-differs",
                folder=str(found.path),
                got=f"{last.event} at position {last.last} of shard {shard}",
                expected=here,
            )


def _write(conn: Connection[Any], found: Export, shard: int, after: int, last: int) -> None:
    """One file of the facts after position `after` up to `last`."""
    name = name_of(shard, after + 1, last)
    place = found.path / name
    building = place.with_name(f".{place.name}.new")
    event = ""
    with building.open("wb") as file:
        with pq.ParquetWriter(file, SCHEMA, compression="zstd", use_dictionary=REPEATED) as writer:
            held: list[pa.RecordBatch] = []
            for batch in batches(conn, shard, after, last):
                held.append(batch)
                event = f"{batch['stream'][-1].as_py()}:{batch['version'][-1].as_py()}"
                if sum(len(each) for each in held) >= GROUP:
                    writer.write_table(pa.Table.from_batches(held))
                    held = []
            if held:
                writer.write_table(pa.Table.from_batches(held))
        file.flush()
        os.fsync(file.fileno())
    size = building.stat().st_size
    found.add(building, Written(name, shard, after + 1, last, last - after, size, digest_of(building), event))
