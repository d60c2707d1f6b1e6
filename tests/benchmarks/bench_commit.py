"""One fact a commit, sealed, with the row it came in; against the bare INSERT of the same bytes by as many writers."""

from __future__ import annotations

import time
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from registry.submissions.load import Loader
from tests.benchmarks.bare import Bare
from tests.benchmarks.crew import Crew
from tests.benchmarks.measure import RUNS, Result, in_turns, p99, scaled
from tests.benchmarks.stock import prepare
from tests.benchmarks.writer import Filer, Writer
from tests.registry.people import founded
from tests.registry.submissions.employer_files import csv_file

if TYPE_CHECKING:
    from pathlib import Path

    from tests.benchmarks.ground import Ground

COMMITS = scaled(2_400)
ROWS = scaled(20_000)
"""Of each of the two files beside which single facts are committed."""
PAUSE = 0.005
"""Seconds between single commits: they are what somebody waits for, not what fills the machine."""


@pytest.mark.parametrize("writers", [1, 4, 16], ids=["commit_1", "commit_4", "commit_16"])
def test_commit(ground: Ground, writers: int) -> None:
    prepare(ground)
    Bare(ground.database_url).close()
    with Crew(writers, Writer, ground.database_url, ground.vault_url, ground.keys) as crew:
        each = COMMITS // writers
        ours, bare, library = in_turns(
            *(lambda n, what=what: crew.do(what, n) for what in ("ours", "bare", "library")),
            times=each,
            between=ground.checkpoint,
        )
    ours, bare, library = (rate * writers for rate in (ours, bare, library))
    result = Result(
        f"commit_{writers}",
        f"facts/s, {writers} processes; encoded, sealed and stored with their rows, in order; limit: one INSERT of the"
        " same bytes into tables with the same indexes, in no order; library: its own recorder, events only, as bytes",
    )
    more = {"library": library, "library_ratio": library / bare}
    result.add("with its row", value=ours, unit="facts/s", limit=bare, runs=RUNS, **more)


def test_commit_beside_bulk(ground: Ground, tmp_path: Path) -> None:
    prepare(ground)
    Bare(ground.database_url).close()
    Loader(ground.registry).load(csv_file(tmp_path / "employer.csv", *founded()))
    took: dict[str, list[float]] = {"ours": [], "bare": []}
    at = (ground.database_url, ground.vault_url, ground.keys)
    with closing(Writer(9, *at)) as writer, Crew(2, Filer, *at, tmp_path) as loaders:
        loaders.do("ready", ROWS)
        writer.ours(50)
        writer.bare(50)
        ground.checkpoint()
        loaders.start("load")
        while loaders.at_work:
            for what, durations in took.items():
                began = time.perf_counter()
                getattr(writer, what)(1)
                durations.append(time.perf_counter() - began)
                time.sleep(PAUSE)
        loaders.wait()
    ours, bare = (p99(durations) * 1e3 for durations in took.values())
    result = Result(
        "commit_beside_bulk",
        f"ms that one in a hundred single commits takes longer than, beside two processes that load {ROWS:,} rows each;"
        f" limit: bare INSERTs of the same bytes, in turns with them; {len(took['ours'])} commits of each",
    )
    median = sorted(took["ours"])[len(took["ours"]) // 2] * 1e3
    result.add("p99", value=ours, unit="ms", limit=bare, runs=1, median=median, longest=max(took["ours"]) * 1e3)
