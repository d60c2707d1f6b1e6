"""Readers that tail 16 shards while six processes write mixed batches: nothing missed, no gap, at any moment."""

from __future__ import annotations

import multiprocessing
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import psycopg

from registry.store import SHARDS, heads
from tests.faults.report import report, sized
from tests.faults.writing import write

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from tests.conftest import Site

WRITERS, READERS = 6, 2
EVENTS = sized(5_000, 100_000)
CONTEXT = multiprocessing.get_context("forkserver")


class Seen:
    """What a reader has read: the last position of each shard, how many events, where they were not dense."""

    def __init__(self) -> None:
        self.at = dict.fromkeys(range(SHARDS), 0)
        self.count, self.looks, self.gaps = 0, 0, list[str]()

    def look(self, conn: psycopg.Connection[Any]) -> None:
        """Read each shard that has moved, from where it was read to, up to its head."""
        self.looks += 1
        for shard, top in heads(conn):
            if top == self.at[shard]:
                continue
            query = "SELECT position FROM event WHERE shard = %s AND position > %s ORDER BY position LIMIT 2000"
            found = [position for (position,) in conn.execute(query, (shard, self.at[shard]))]
            if found != list(range(self.at[shard] + 1, self.at[shard] + 1 + len(found))) or not found:
                self.gaps.append(f"shard {shard} after {self.at[shard]}: {found[:3]}, head {top}")
            self.at[shard] = max(found, default=top)
            self.count += len(found)


def test_readers_miss_nothing_of_six_writers_of_mixed_batches(site: Site) -> None:
    CONTEXT.set_forkserver_preload(["tests.faults.writing"])
    ends = [CONTEXT.Pipe(duplex=False) for _ in range(WRITERS)]
    writers = [
        CONTEXT.Process(target=write, args=(site.database_url, n, EVENTS // WRITERS + 1, told))
        for n, (_, told) in enumerate(ends)
    ]
    written, readers = threading.Event(), [Seen() for _ in range(READERS)]
    began = time.monotonic()
    with ThreadPoolExecutor(WRITERS + READERS) as pool:
        tailing = [pool.submit(tail, site.database_url, seen, written) for seen in readers]
        for writer in writers:
            writer.start()
        for _, told in ends:
            told.close()
        try:
            told_of = [place for places in pool.map(acknowledged, (end for end, _ in ends)) for place in places]
        finally:
            written.set()
            for writer in writers:
                writer.join(30)
                writer.kill()
        for each in tailing:
            each.result()
    seconds = time.monotonic() - began
    count = WRITERS * (EVENTS // WRITERS + 1)
    missed = [sum(position > seen.at[shard] for shard, position in told_of) for seen in readers]
    report(
        "tailing",
        events=count,
        writers=WRITERS,
        readers=READERS,
        looks=sum(seen.looks for seen in readers),
        missed=sum(missed),
        gaps=sum(len(seen.gaps) for seen in readers),
        seconds=round(seconds, 1),
    )
    assert [writer.exitcode for writer in writers] == [0] * WRITERS
    assert len(told_of) == len(set(told_of)) == count
    assert {shard for shard, _ in told_of} == set(range(SHARDS))
    for seen in readers:
        assert seen.gaps == []
        assert seen.count == count
    assert missed == [0] * READERS


def tail(url: str, seen: Seen, written: threading.Event) -> None:
    with psycopg.connect(url, autocommit=True) as conn:
        while not written.is_set():
            seen.look(conn)
        while dict(heads(conn)) != seen.at:
            seen.look(conn)


def acknowledged(end: Connection) -> list[tuple[int, int]]:
    """All that a writer was told, batch by batch, until it says that it is done. EOFError when it died."""
    found: list[tuple[int, int]] = []
    with end:
        while (places := end.recv()) is not None:
            found += places
    return found
