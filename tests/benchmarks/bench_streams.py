"""One worker's stream, from the database to events and state; against the stock library's repository."""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING

import pytest

from tests.benchmarks import stock
from tests.benchmarks.bench_bulk import stored
from tests.benchmarks.measure import RUNS, Result, in_turns, scaled
from tests.benchmarks.newcomers import numbers
from tests.benchmarks.stock_worker import Workers, worker

if TYPE_CHECKING:
    from tests.benchmarks.ground import Ground

STREAMS = 50
READS = scaled(20_000)
"""Events that are read in a turn."""


@pytest.mark.parametrize("events", [20, 200], ids=["stream_20", "stream_200"])
def test_stream(ground: Ground, events: int) -> None:
    people = numbers()
    niks = [next(people)[0] for _ in range(STREAMS)]
    stored(ground.registry, niks, events)
    streams = cycle(ground.registry.vault.find_all([("nik", nik) for nik in niks]).values())
    stock.prepare(ground)
    library = Workers(stock.environment(ground.database_url))
    made = [worker(events) for _ in range(STREAMS)]
    for each in made:  # one by one: ten thousand events in one save never came back from the library
        library.save(each)
    names = cycle([each.id for each in made])

    def ours(times: int) -> None:
        for _ in range(times):
            read = ground.registry.history(next(streams))
            assert len(read.events) == events
            assert read.state().current.wage.monthly >= 5_600_000

    def limit(times: int) -> None:
        for _ in range(times):
            read = library.repository.get(next(names))
            assert read.version == events
            assert len(read.employments) == 1

    ground.conn.execute("VACUUM ANALYZE")
    rate, stock_rate = in_turns(ours, limit, times=max(1, READS // events))
    library.close()
    result = Result(
        f"stream_{events}",
        f"streams/s of {events} events, to decoded events with their personal parts opened, the keys at hand, and the"
        " state; limit: the stock library's repository, aggregates and JSON transcoder, nothing sealed",
    )
    result.add("one process", value=rate, unit="streams/s", limit=stock_rate, runs=RUNS)
