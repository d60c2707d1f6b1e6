"""What an event costs in a large log, over what it costs in a small one."""

from __future__ import annotations

import os
import resource
import time
from statistics import median
from typing import TYPE_CHECKING

from registry.submissions.load import Loader
from tests.benchmarks.measure import Result, scaled
from tests.benchmarks.newcomers import files
from tests.registry.people import founded
from tests.registry.submissions.employer_files import csv_file

if TYPE_CHECKING:
    from pathlib import Path

    from tests.benchmarks.conftest import Cloned
    from tests.benchmarks.ground import Ground

SMALL = scaled(100_000)
LARGE = int(os.environ.get("KETS_BENCH_TOP", "0")) or scaled(1_000_000)
"""`make bench-growth` makes it 10,000,000."""
ROWS, RUNS = scaled(5_000), 5


def test_growth(cloned: Cloned, lives: str, tmp_path: Path) -> None:
    with cloned(lives, "small") as small, cloned(lives, "large") as large:
        grounds = {"small": small, "large": large}
        took: dict[str, list[float]] = {name: [] for name in grounds}
        for ground, events in ((small, SMALL), (large, LARGE)):
            Loader(ground.registry).load(csv_file(tmp_path / "employer.csv", *founded()))
            ground.multiply(events)
            ground.runner.rebuild(*ground.runner.status())
        held = {name: (ground.events, disk(ground)) for name, ground in grounds.items()}
        hires = files(tmp_path, ROWS)
        for turn in range(RUNS + 1):
            path = next(hires)
            for name, ground in grounds.items():
                ground.checkpoint()
                cost = taken_in(ground, path)
                if turn:
                    took[name].append(cost)
    (few, little), (many, much) = held.values()
    result = Result(
        "growth",
        f"us an event, from an employer's file of {ROWS:,} hires to the read models, in a log of {many:,} events;"
        f" limit: in one of {few:,}, in turns with it; disk: bytes an event, both databases with read models;"
        " memory: the most that the process held",
    )
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    disks = {"disk_small": little / few, "disk_large": much / many, "memory_mb": memory}
    large_cost, small_cost = median(took["large"]), median(took["small"])
    result.add(f"{LARGE:,} over {SMALL:,}", value=large_cost, unit="us/event", limit=small_cost, runs=RUNS, **disks)


def taken_in(ground: Ground, path: Path) -> float:
    """Microseconds an event: loaded, and included in every read model."""
    began = time.perf_counter()
    summary = Loader(ground.registry).load(path)
    assert ground.runner.catch_up() == summary.recorded == 2 * ROWS
    return (time.perf_counter() - began) / summary.recorded * 1e6


def disk(ground: Ground) -> int:
    """Bytes of both databases."""
    query = "SELECT pg_database_size(current_database())"
    sizes = [conn.execute(query).fetchone() for conn in (ground.conn, ground.vault)]
    return sum(int(size[0]) for size in sizes if size)
