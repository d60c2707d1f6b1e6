"""Read models built beside those that serve: every stream is read whole, decoded in one go and folded once.

Shards are independent, so several processes may share them. A process reads a shard by one COPY and writes the rows by
others, over a connection each, so that the server is at work in the meantime. Counts are added up in memory.
"""

from __future__ import annotations

import gc
import os
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from contextlib import closing, contextmanager
from itertools import islice
from multiprocessing import connection, get_context, parent_process
from threading import Thread
from typing import TYPE_CHECKING, Any

from domain.decide import History
from projections.changes import events_of
from projections.models import PROJECTIONS
from registry.roles import DatabaseRole, connect
from registry.store import whole_streams

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
    from concurrent.futures import Future

    from psycopg import Connection

    from domain.decide import State
    from projections.table import Row

    Counts = dict[str, Counter[Row]]
    Parts = Generator[tuple[int, Counts], None, None]

STREAMS = 2_000
"""Streams folded before their rows are written: bounds the memory."""


def fill(
    url: str, tops: Mapping[int, int], names: Sequence[str], *, processes: int, progress: Callable[[int], None]
) -> Counts:
    """Fill the tables of `names` in the schema `building`, which are there, empty, from all events up to `tops`.

    What is counted is returned: it is written once, when it is known of all shards.
    `progress` is told how many events are done.
    """
    counts: Counts = {name: Counter() for name in names if PROJECTIONS[name].table.counts}
    held = {shard: top for shard, top in tops.items() if top}
    done = 0
    parts = _shards(url, held, names) if processes == 1 else _shared(url, held, names, processes)
    with closing(parts), uncollected():
        for events, counted in parts:
            for name, some in counted.items():
                counts[name].update(some)
            done += events
            progress(done)
    return counts


@contextmanager
def uncollected() -> Iterator[None]:
    """Without Python's collector of cycles: a fold makes many objects and no cycle."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def _shared(url: str, tops: Mapping[int, int], names: Sequence[str], processes: int) -> Parts:
    """By several processes, this one among them: it begins while the others start."""
    waiting = list(tops.items())
    running: set[Future[tuple[int, Counts]]] = set()
    with ProcessPoolExecutor(processes - 1, get_context("spawn"), _serve) as pool:
        try:
            while waiting or running:
                while waiting and len(running) < 2 * (processes - 1):  # one at work, one at hand
                    running.add(pool.submit(_shard, url, *waiting.pop(), names))
                if waiting:
                    yield from _shards(url, dict([waiting.pop()]), names)
                done, running = wait(running, timeout=0 if waiting else None, return_when=FIRST_COMPLETED)
                for part in done:
                    yield part.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _shard(url: str, shard: int, top: int, names: Sequence[str]) -> tuple[int, Counts]:
    """One shard, by another process."""
    total = 0
    counts: Counts = {}
    for events, counted in _shards(url, {shard: top}, names):
        total += events
        for name, some in counted.items():
            counts.setdefault(name, Counter()).update(some)
    return total, counts


def _serve() -> None:
    """Begin as a process that folds for another: it ends when that one does, killed or not."""
    gc.disable()
    parent = parent_process()

    def watch() -> None:
        if parent is not None:
            connection.wait([parent.sentinel])
            os._exit(1)

    Thread(target=watch, daemon=True).start()


def _shards(url: str, tops: Mapping[int, int], names: Sequence[str]) -> Parts:
    """Fold the streams of some shards and write their rows; yields after every `STREAMS` of them."""
    role = DatabaseRole.PROJECT
    with connect(url, role) as reading, connect(url, role, autocommit=True) as writing:
        writing.execute("SET search_path TO building, public")
        dated = any(PROJECTIONS[name].dated for name in names)
        for shard, top in tops.items():
            streams = whole_streams(reading, shard, top, dated=dated)
            while some := list(islice(streams, STREAMS)):
                stated: dict[str, list[Row]] = {name: [] for name in names}
                for stream, last, clears, moments in some:
                    events = events_of(writing, stream, last, clears, moments, top)
                    state: State = History(stream, events).state()
                    for name, rows in stated.items():
                        rows += PROJECTIONS[name].stated(state, events)
                yield sum(last for _, last, *_ in some), _written(writing, stated)


def _written(conn: Connection[Any], stated: Mapping[str, list[Row]]) -> Counts:
    """Write what the read models say; what is counted is returned."""
    counts: Counts = {}
    for name, rows in stated.items():
        table = PROJECTIONS[name].table
        if table.counts:
            counts[name] = Counter(rows)
        elif rows:
            table.fill(conn.cursor(), rows)
    return counts
