"""An export that is killed, wherever it is, goes on: no fact missing, none twice; what counts is whole at any time."""

from __future__ import annotations

import random
import time
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from projections.export.run import export
from registry.roles import DatabaseRole, connect
from tests.faults import exporting
from tests.faults.programs import Program
from tests.faults.report import report, sized
from tests.projections.log import Log, many
from tests.registry.ledger.conftest import Ledger

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Site

KILLS, PEOPLE = sized(4, 40), sized(12, 40)
"""And how many people there are whose six facts each come between two kills."""


def test_an_export_that_is_killed_goes_on(site: Site, tmp_path: Path) -> None:
    log, ledger, out, said = Log(site), Ledger(site, tmp_path / "ledger"), tmp_path / "out", tmp_path / "said"
    chance, events, share = random.Random(time.time_ns()), many(PEOPLE * (KILLS + 1)), PEOPLE * 6
    left, differing, seen = Counter[str](), list[str](), set[str]()
    for kill in range(KILLS):
        log.add(events[kill * share : (kill + 1) * share])
        ledger.sequence()
        program = Program("export", exporting.run, site.database_url, str(out), environment=site.environment, log=said)
        wait(program, out, chance)
        assert program.kill(), said.read_text()
        left[exporting.left(out)] += 1
        differing += exporting.differing(log.conn, out, seen)
    log.add(events[KILLS * share :])
    ledger.sequence()
    with connect(site.database_url, DatabaseRole.READ, autocommit=True) as conn:
        last = export(conn, out, datetime.now(UTC))
    differing += exporting.differing(log.conn, out, set())
    assert (last.rows, last.waiting, exporting.left(out)) == (len(events), 0, "between runs")
    report("exports", kills=KILLS, left=dict(left), facts=last.rows, differing=len(differing))
    assert differing == []
    assert left.total() - left["between runs"] > 0


def wait(program: Program, out: Path, chance: random.Random) -> None:
    """Until it has written some files more, or a manifest, and a moment longer."""
    files, manifest = _files(out), _written(out / "manifest.json")
    more = chance.randrange(1, PEOPLE // 2) if chance.random() < 0.6 else 1_000_000
    until = time.monotonic() + 60
    while program.code is None and time.monotonic() < until:
        if _files(out) >= files + more or (more == 1_000_000 and _written(out / "manifest.json") != manifest):
            break
        time.sleep(0.001)
    time.sleep(chance.uniform(0, 0.01))


def _files(out: Path) -> int:
    return len(list(out.glob("facts/*/*.parquet")))


def _written(place: Path) -> int:
    return place.stat().st_mtime_ns if place.exists() else 0
