"""A rebuild that is killed, wherever it is, and one that is not: no reader sees a part, nothing counts twice."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from projections.runner import PROJECTIONS, Runner
from tests.faults.complete import Reader
from tests.faults.report import report, sized
from tests.projections.log import Log, many

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import Site

KILLS = sized(4, 60)
PEOPLE = sized(60, 400)
NAMES = ("record", "roster", "placements", "flows")
REBUILDING = """
import os, sys
from projections.runner import Runner
fill, swap = Runner._beside, Runner._cut_over
def said(what, work):
    def told(*given):
        print(what, flush=True)
        return work(*given)
    return told
Runner._beside, Runner._cut_over = said("begun", fill), said("cut-over", swap)
if __name__ == "__main__":
    runner = Runner(os.environ["DATABASE_URL"])
    while True:
        runner.rebuild(*sys.argv[2:], processes=int(sys.argv[1]), progress=lambda *_: print("folding", flush=True))
        print("done", flush=True)
"""


@pytest.fixture
def log(site: Site) -> Log:
    return Log(site)


@contextmanager
def meanwhile(*works: Callable[[Callable[[], bool]], object]) -> Iterator[None]:
    """Others at work, until we are done; what went wrong with them goes wrong here."""
    stopped = threading.Event()
    with ThreadPoolExecutor(len(works)) as pool:
        running = [pool.submit(work, stopped.is_set) for work in works]
        try:
            yield
        finally:
            stopped.set()
        for each in running:
            each.result(timeout=60)


def struck(log: Log, script: str, chance: random.Random, phase: str, names: list[str]) -> str:
    """Begin to rebuild `names` over and over, and kill it a moment after it says `phase`; the last that it said."""
    command = [sys.executable, script, str(chance.choice((1, 1, 2))), *names]
    with subprocess.Popen(command, env=log.site.environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        for line in process.stdout:
            if line.strip() == phase:
                break
        time.sleep(chance.uniform(0, 0.06))
        process.kill()
        said = [phase, *(line.strip() for line in process.stdout)]
    assert process.returncode == -signal.SIGKILL, said
    return said[-1]


def test_a_rebuild_killed_anywhere_leaves_a_whole_read_model(
    log: Log, tmp_path_factory: pytest.TempPathFactory
) -> None:
    script = tmp_path_factory.mktemp("drill") / "rebuilding.py"
    script.write_text(REBUILDING)
    seed = time.time_ns()
    chance, killed = random.Random(seed), Counter[str]()
    events, reader, follower = many(PEOPLE), Reader(log.site.database_url), Runner(log.site.database_url, batch=50)
    share = len(events) // (KILLS + 1)
    try:
        log.add(events[:share])
        log.site.runner.catch_up()
        with meanwhile(reader.read, follower.follow):
            for n in range(1, KILLS + 1):
                log.add(events[n * share : (n + 1) * share])
                names = chance.sample(NAMES, chance.randint(1, len(NAMES)))
                phase = ("cut-over", "begun", "folding")[n % 3] if n % 2 else "cut-over"
                killed[struck(log, str(script), chance, phase, names)] += 1
                log.check()
        log.site.runner.catch_up()
        log.site.runner.rebuild(*PROJECTIONS)
    finally:
        follower.close()
    report(
        "rebuilds", kills=killed.total(), last_said=dict(killed), looks=reader.looks, wrong=len(reader.wrong), seed=seed
    )
    assert reader.wrong == []
    assert reader.looks > KILLS
    log.check_whole()
    left = log.conn.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'building'").fetchall()
    assert {name for (name,) in left} <= {PROJECTIONS[name].table.name for name in NAMES}
