"""The runner among others: two at once, killed at any moment, rebuilding what is being read."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from domain.errors import Refused
from projections import rebuild
from projections.reading import STEADY
from projections.runner import PROJECTIONS, Runner
from registry.roles import DatabaseRole, connect
from registry.store import shard_of
from tests.projections.log import Log, many
from tests.projections.naive import expected, held

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.conftest import Site


@pytest.fixture
def another(site: Site) -> Iterator[Callable[..., Runner]]:
    """Makes a runner as another process would have it."""
    made: list[Runner] = []

    def make(**options: Any) -> Runner:
        made.append(Runner(site.database_url, **options))
        return made[-1]

    yield make
    for runner in made:
        runner.close()


@contextmanager
def meanwhile(*others: Callable[[Callable[[], bool]], None]) -> Iterator[None]:
    """Runs `others` in threads, each told how to know when to stop; what they raise is raised here."""
    done = threading.Event()
    with ThreadPoolExecutor(len(others)) as pool:
        running = [pool.submit(other, done.is_set) for other in others]
        try:
            yield
        finally:
            done.set()
        for each in running:
            each.result(20)


def included(log: Log) -> int:
    query = "SELECT coalesce(min(total), 0)::int FROM (SELECT sum(position) AS total FROM read.projection_position"
    found = log.conn.execute(query + " GROUP BY projection) AS each").fetchone()
    return found[0] if found else 0  # type: ignore[return-value]


def test_an_empty_log_has_empty_read_models(log: Log) -> None:
    assert log.site.runner.catch_up() == 0
    assert log.site.runner.rebuild("record") == 0
    log.site.runner.install()
    log.check_whole()


def test_progress_and_status_count_events(log: Log) -> None:
    log.add(many(5))
    said: list[tuple[int, int]] = []
    log.site.runner.rebuild("placements", progress=lambda done, total: said.append((done, total)))
    status = log.site.runner.status()
    assert said[-1] == (30, 30)
    assert (status["placements"]["included"], status["placements"]["behind"]) == (30, 0)
    assert (status["record"]["included"], status["record"]["behind"]) == (0, 30)
    log.check()
    assert log.site.runner.catch_up() == 30, "the others, together"
    log.check_whole()
    with pytest.raises(Refused, match="projection-unknown"):
        log.site.runner.rebuild("nothing")


@pytest.mark.parametrize("processes", [1, 3])
def test_all_read_models_are_rebuilt_by_one_fold(log: Log, processes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rebuild, "STREAMS", 2)
    events = many(24)
    log.add(events[:120])
    log.site.runner.catch_up()
    before = held(log.conn)
    said: list[int] = []
    done = log.site.runner.rebuild(*PROJECTIONS, processes=processes, progress=lambda done, _total: said.append(done))
    assert (done, said[-1], said) == (120, 120, sorted(said))
    assert held(log.conn) == before
    log.add(events[120:])
    log.site.runner.catch_up()
    log.check_whole()


def test_a_fact_of_a_later_version_stops_no_rebuild(log: Log) -> None:
    """It changes no state, it is included, and those beside it count; that it was recorded counts too."""
    log.add(many(3))
    beamed = (
        b'{"actor":{"organisation":"x","role":"officer"},"fact":{"type":"worker.beamed","effective_on":"2024-03-02"}}'
    )
    known = log.placed[0][2]
    query = (
        "INSERT INTO event (shard, position, stream, version, topic, recorded_at, salt, clear)"
        " SELECT shard, 100, stream, 7, 'worker.beamed', '2024-07-31 17:00Z', salt, %s FROM event"
        " WHERE stream = %s AND version = 1"
    )
    log.conn.execute(query, (beamed, known.originator_id))
    shard = shard_of(known.originator_id)
    log.conn.execute("UPDATE event_head SET position = 100 WHERE shard = %s", (shard,))
    log.site.runner.rebuild(*PROJECTIONS)
    known_facts = expected(event for _, _, event in log.placed)
    known_facts["quality"][date(2024, 8, 1), "x", "fact", ""] = 1
    assert held(log.conn) == known_facts
    assert log.site.runner.status()["record"]["positions"][shard] == 100


REBUILDING = """
import multiprocessing, os, time
from projections.runner import Runner
def said(done, total):
    print(*(child.pid for child in multiprocessing.active_children()), flush=True)
    time.sleep(60)
if __name__ == "__main__":
    Runner(os.environ["DATABASE_URL"]).rebuild("record", processes=2, progress=said)
"""


def test_whoever_rebuilds_and_is_killed_leaves_no_process(log: Log, tmp_path: Path) -> None:
    log.add(many(32))
    script = tmp_path / "rebuilding.py"
    script.write_text(REBUILDING)
    command = [sys.executable, str(script)]
    with subprocess.Popen(command, env=log.site.environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        children = [Path(f"/proc/{pid}") for pid in process.stdout.readline().split()]
        process.kill()
    assert children
    deadline = time.monotonic() + 20
    while any(child.exists() for child in children) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not any(child.exists() for child in children)
    log.site.runner.rebuild("record")
    log.site.runner.catch_up()
    log.check_whole()


def test_the_librarys_tracking_says_the_same(log: Log) -> None:
    log.add(many(3))
    log.site.runner.catch_up()
    log.site.runner.rebuild("roster")
    assert {log.site.runner.tracking.max_tracking_id(name) for name in PROJECTIONS} == {18}


def test_two_runners_at_once_count_nothing_twice(log: Log, another: Callable[..., Runner]) -> None:
    first, second = another(batch=5), another(batch=7)
    events = many(20)
    with meanwhile(first.follow, second.follow):
        for start in range(0, len(events), 12):
            log.add(events[start : start + 12])
            log.check()
        deadline = time.monotonic() + 20
        while included(log) < len(events) and time.monotonic() < deadline:
            time.sleep(0.01)
    log.check_whole()


FOLLOWING = """
import os
from projections.runner import Runner
print("ready", flush=True)
Runner(os.environ["DATABASE_URL"], batch=3).follow(lambda: False)
"""


def test_a_killed_runner_has_included_each_fact_once_or_not_yet(log: Log) -> None:
    """Killed without warning in the midst of its work, several times."""
    log.add(many(60))
    for quarter in (1, 2, 3):
        command = [sys.executable, "-c", FOLLOWING]
        with subprocess.Popen(command, env=log.site.environment, stdout=subprocess.PIPE) as process:
            try:
                while included(log) < 90 * quarter - 60 and process.poll() is None:
                    time.sleep(0.001)
            finally:
                process.kill()
        assert process.returncode == -signal.SIGKILL
        log.check()
        assert 0 < included(log) < 360, "it was done before it could be killed"
    log.site.runner.catch_up()
    log.check_whole()


def test_a_reader_notices_nothing_of_a_rebuild(log: Log, another: Callable[..., Runner]) -> None:
    """While facts come in and another runner follows: no error, no row twice, and no row seen that is gone again."""
    events = many(40)
    log.add(events[:120])
    log.site.runner.catch_up()
    seen = []

    def read(stopped: Callable[[], bool]) -> None:
        query = "SELECT count(*), count(DISTINCT worker), (SELECT sum(n)::int FROM read.placements) FROM read.record"
        with psycopg.connect(log.site.database_url, autocommit=True) as conn:
            while not stopped():
                seen.append(conn.execute(query, prepare=True).fetchone())

    with meanwhile(read, another(batch=10).follow):
        for n in range(8):
            log.add(events[120 + n * 15 : 135 + n * 15])
            for name in ("record", "placements"):
                log.site.runner.rebuild(name)
                log.check()
    log.site.runner.catch_up()
    log.check_whole()
    assert len(seen) > 20
    workers = [row[0] for row in seen if row]
    assert [row[1] for row in seen if row] == workers
    assert set(workers) == {40}
    assert {row[2] for row in seen if row} <= {40}


def test_what_a_follower_has_shown_a_rebuild_does_not_take_back(log: Log, another: Callable[..., Runner]) -> None:
    """Facts that arrive between the last batch of a rebuild and its swap are in the table that is swapped in."""
    events = many(6)
    log.add(events[:12])
    log.site.runner.catch_up()
    rebuilding, swap = another(), Runner._swap

    def late(self: Runner, *how: Any) -> None:
        log.add(events[12:])
        log.site.runner.catch_up()
        swap(self, *how)

    rebuilding._swap = late.__get__(rebuilding)  # type: ignore[method-assign]
    rebuilding.rebuild("roster")
    log.check_whole()


def test_two_rebuilds_of_one_read_model_take_turns(log: Log, another: Callable[..., Runner]) -> None:
    log.add(many(10))
    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(lambda runner: runner.rebuild("record"), (another(batch=4), another(batch=4)))) == [60, 60]
    log.site.runner.catch_up()
    log.check_whole()


def test_a_rebuild_that_was_broken_off_is_begun_again(log: Log, another: Callable[..., Runner]) -> None:
    log.add(many(10))
    log.site.runner.catch_up()

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        another(batch=4).rebuild("cards", progress=stop)
    log.check_whole()
    assert another().rebuild("cards") == 60
    log.check_whole()
    left = log.conn.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'building'").fetchone()
    assert left == (0,)


def test_a_reader_of_several_questions_sees_one_moment_though_a_swap_comes_between(log: Log) -> None:
    """The swap waits for a reader that began before it, gives way to others, and comes when the reader is done."""
    log.add(many(12))
    log.site.runner.catch_up()
    with connect(log.site.database_url, DatabaseRole.READ) as reader, ThreadPoolExecutor(1) as pool:
        reader.execute(STEADY)
        assert reader.execute("SELECT count(*) FROM read.projection_position").fetchone() == (16 * len(PROJECTIONS),)
        rebuilding = pool.submit(log.site.runner.rebuild, "record", "flows")
        waiting = "SELECT count(*) > 0 FROM pg_locks WHERE NOT granted AND mode = 'AccessExclusiveLock'"
        deadline = time.monotonic() + 20
        while log.conn.execute(waiting).fetchone() != (True,) and time.monotonic() < deadline:
            time.sleep(0.01)
        with connect(log.site.database_url, DatabaseRole.READ) as another:
            another.execute(STEADY)
            assert another.execute("SELECT count(*) FROM read.flow WHERE what = 'hired'").fetchone() == (12,)
        assert not rebuilding.done()
        found = reader.execute(
            "SELECT (SELECT count(*) FROM read.record), count(*) FROM read.flow WHERE what = 'hired'"
        )
        assert found.fetchone() == (12, 12)
        reader.rollback()
        assert rebuilding.result(timeout=20) == 72
    log.check_whole()


def test_a_table_that_somebody_dropped_is_made_anew(log: Log) -> None:
    log.add(many(2))
    log.site.runner.catch_up()
    log.conn.execute("DROP TABLE read.roster")
    log.site.runner.rebuild("roster")
    log.check_whole()
    with connect(log.site.database_url, DatabaseRole.READ) as reader:
        assert reader.execute("SELECT count(*) FROM read.roster").fetchone() == (4,)
