"""An employer's file to durable facts; against a COPY of the same rows and events as bytes."""

from __future__ import annotations

from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING

from keys.keyring import Keyring
from registry.submissions.load import Loader
from registry.submissions.processes import Place, load
from tests.benchmarks.bare import Bare
from tests.benchmarks.measure import RUNS, Result, in_turns, scaled
from tests.benchmarks.newcomers import files
from tests.registry.people import founded
from tests.registry.submissions.employer_files import csv_file

if TYPE_CHECKING:
    from pathlib import Path

    from tests.benchmarks.ground import Ground

ROWS = scaled(20_000)


def test_file_load(ground: Ground, tmp_path: Path) -> None:
    Loader(ground.registry).load(csv_file(tmp_path / "employer.csv", *founded()))
    hires, bare = files(tmp_path, ROWS), Bare(ground.database_url)
    Loader(ground.registry).load(next(hires))
    bare.learn()
    waiting = [next(hires) for _ in range(2 * RUNS + 2)]
    place = Place(ground.database_url, ground.vault_url, partial(Keyring.open, ground.keys))

    def ready() -> None:
        ground.checkpoint()
        if not bare.blocks:
            bare.ready(streams=ROWS, events=2)

    def one(_: int) -> None:
        path = waiting.pop()
        assert Loader(ground.registry).load(path, results=path.with_suffix(".results")).recorded == 2 * ROWS

    def two(_: int) -> None:
        path = waiting.pop()
        assert load(place, path, results=path.with_suffix(".results"), processes=2).recorded == 2 * ROWS

    ready()
    with closing(bare):
        *rates, limit = in_turns(one, two, lambda _: bare.copy(), times=1, between=ready)
    result = Result(
        "file_load",
        f"rows/s of a CSV file of {ROWS:,} hires of newcomers, two facts each, result file and vault included, and the"
        " start of two processes; limit: one binary COPY of as many submitted rows and events as bytes, laid"
        " out before, into tables with the same indexes",
    )
    for case, rate in zip(("one process", "two processes"), rates, strict=True):
        result.add(case, value=rate * ROWS, unit="rows/s", limit=limit * ROWS, runs=RUNS)
