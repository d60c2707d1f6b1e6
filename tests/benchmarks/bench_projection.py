"""Record, roster and placements of a whole log, rebuilt; against the stock ProjectionRunner that does the same fold.
And how long a fact waits until every read model includes it."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from eventsourcing.projection import ProjectionRunner

from projections.models import PROJECTIONS
from projections.runner import POLL
from registry.store import heads
from tests.benchmarks import stock
from tests.benchmarks.arrivals import Arrivals, Follower
from tests.benchmarks.crew import Crew
from tests.benchmarks.measure import Result, in_turns, p99, scaled

if TYPE_CHECKING:
    from pathlib import Path

    from tests.benchmarks.arrivals import Commit
    from tests.benchmarks.ground import Ground

    Look = tuple[float, dict[int, int]]

EVENTS = int(os.environ.get("KETS_BENCH_TOP", scaled(300_000)))
"""In the log that is rebuilt."""
ARRIVING, A_SECOND, A_COMMIT = scaled(40_000), 2_000, 20
"""Facts that come in while their lag is measured."""
STOCK = scaled(2_000)
"""That the stock runner is given: it takes as long for each, whatever came before."""


def test_projection_record(lived: Ground) -> None:
    lived.multiply(EVENTS)
    events = lived.events

    def rebuilt(processes: int) -> int:
        return lived.runner.rebuild(*stock.READ_MODELS, processes=processes)

    def runner(times: int) -> None:
        environment = stock.environment(lived.database_url)
        _given(lived, times)
        with ProjectionRunner(
            application_class=stock.Facts, projection_class=stock.Lives, view_class=stock.View, env=environment
        ) as running:
            running.wait(times, timeout=120)
        assert stated(lived, "stock") <= stated(lived, "read"), "another fold"

    one, two, limit = in_turns(
        lambda _: rebuilt(1), lambda _: rebuilt(2), runner, times=[1, 1, STOCK], runs=3, between=lived.checkpoint
    )
    result = Result(
        "projection_record",
        f"events/s of record, roster and placements rebuilt together from {events:,} events of sampled lives; limit:"
        f" the stock ProjectionRunner on {STOCK:,} of them, a transaction each, the same fold, histories in memory",
    )
    result.add("one process", value=one * events, unit="events/s", limit=limit, runs=3)
    result.add("two processes", value=two * events, unit="events/s", limit=limit, runs=3)


def test_projection_lag(lived: Ground, tmp_path: Path) -> None:
    lived.multiply(EVENTS)
    lived.runner.rebuild(*PROJECTIONS, processes=2)
    lived.checkpoint()
    at, enough = (lived.database_url, lived.vault_url, lived.keys), tmp_path / "enough"
    with Crew(1, Arrivals, *at) as arrivals, Crew(1, Follower, lived.database_url) as follower:
        arrivals.do("ready", ARRIVING)
        lived.checkpoint()
        follower.start("follow", enough)
        arrivals.start("come", A_SECOND, A_COMMIT)
        included, seen = _watched(lived, arrivals)
        [commits] = arrivals.wait()
        enough.touch()
        follower.wait()
    lags, floors = _lags(commits, included), _lags(commits, seen)
    rate = ARRIVING / (commits[-1][0] - commits[0][0])
    result = Result(
        "projection_lag",
        f"ms that one in a hundred of {ARRIVING:,} facts waits from its commit until all {len(PROJECTIONS)} read models"
        f" include it, while {A_SECOND:,} a second arrive, {A_COMMIT} a commit, in a log of {EVENTS:,}; limit: ms to be"
        f" seen by who asks for the heads as often as the runner, every {POLL * 1000:.0f} ms",
    )
    more = {"median": sorted(lags)[len(lags) // 2] * 1000, "longest": max(lags) * 1000, "arrived a second": rate}
    result.add("p99", value=p99(lags) * 1000, unit="ms", limit=p99(floors) * 1000, runs=1, **more)


def _watched(ground: Ground, arrivals: Crew) -> tuple[list[Look], list[Look]]:
    """What all read models include, and the heads, each time that they were looked at, until all are included."""
    included: list[Look] = []
    seen: list[Look] = []
    query = "SELECT shard, min(position) FROM read.projection_position GROUP BY shard"
    deadline = time.monotonic() + 60 + ARRIVING / A_SECOND * 4
    while arrivals.at_work or not included or included[-1][1] != dict(heads(ground.conn)):
        assert time.monotonic() < deadline, "the read models do not keep up"
        included.append((time.monotonic(), dict(ground.conn.execute(query).fetchall())))
        if not seen or time.monotonic() > seen[-1][0] + POLL:
            seen.append((time.monotonic(), dict(heads(ground.conn))))
        time.sleep(0.005)
    seen.append((time.monotonic(), dict(heads(ground.conn))))
    return included, seen


def _lags(commits: list[Commit], looks: list[Look]) -> list[float]:
    """Seconds from each commit to the first look that had begun after it and found it, as often as it had facts."""
    found: list[float] = []
    n = 0
    for done, at in commits:
        while any(looks[n][1][shard] < position for shard, position in at.items()):
            n += 1
        found += [max(0.0, looks[n][0] - done)] * A_COMMIT
    return found


def _given(ground: Ground, events: int) -> None:
    """The stock library's empty tables, and the first events of whole streams in its log."""
    stock.prepare(ground)
    with ground.conn.transaction():
        ground.conn.execute(f"SET LOCAL search_path TO {stock.SCHEMA}, public")
        for name in stock.READ_MODELS:
            ground.conn.execute(PROJECTIONS[name].table.ddl)
        ground.conn.execute(
            "INSERT INTO facts_events (originator_id, originator_version, topic, state)"
            " SELECT stream, version, topic, clear FROM event ORDER BY stream, version LIMIT %s",
            (events,),
        )


def stated(ground: Ground, schema: str) -> set[tuple[object, ...]]:
    """Who works for whom since when; but for the last worker of the stock log, whose history may be cut off."""
    last = "SELECT worker FROM stock.record ORDER BY worker DESC LIMIT 1"
    query = f"SELECT worker, employer, since, until FROM {schema}.roster WHERE worker < ({last})"  # noqa: S608 - our own names
    return set(ground.conn.execute(query))
