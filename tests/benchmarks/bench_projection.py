"""Record, roster and placements of a whole log, rebuilt; against the stock ProjectionRunner that does the same fold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from eventsourcing.projection import ProjectionRunner

from projections.models import PROJECTIONS
from tests.benchmarks import stock
from tests.benchmarks.measure import Result, in_turns, scaled

if TYPE_CHECKING:
    from tests.benchmarks.ground import Ground

EVENTS = scaled(300_000)
"""In the log that is rebuilt."""
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
