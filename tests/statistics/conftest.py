"""A scene for recomputation: a log with its ledger, exported and published, and what was planted in it."""

from __future__ import annotations

import json
import random
import shutil
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from registry.sample import generate, write
from registry.sample.group import Ended
from registry.sample.truth import ended, hired
from registry.submissions.load import Loader
from tests.conftest import locked, opened
from tests.registry import people
from tests.statistics.recomputing import Scene, built, exported

if TYPE_CHECKING:
    from pathlib import Path

    from tests.conftest import Server
    from tests.registry.submissions.employer_files import Values

NOW = datetime(2026, 11, 15, 3, 0, tzinfo=UTC)


def month(planted: Counter[tuple[str, ...]]) -> list[Values]:
    """120 hires of February 2026 and 24 ends, so that a table has counts to show and others to withhold."""
    chance, told = random.Random(4), people.founded()
    for n in range(1, 121):
        where = chance.choice(("32.75", "32.75", "32.75", "32.73", "31.71", "31.74", "35.78"))
        channel = chance.choice(("direct", "direct", "direct", "public-service", "private-agency", "overseas"))
        education, kbji = chance.choice("4459"), chance.choice(("7212", "7212", "4110"))
        row = people.hired(n, regency=where, channel=channel, education=education, kbji=kbji)
        told.append(row)
        planted["hired", *hired(row)] += 1
        if n % 5 == 0:
            why = "mutual" if n % 30 == 0 else "resignation"
            left = people.row(n, "end", ref=f"e-{n}", effective_on="2026-02-20", reason=why)
            told.append(left)
            planted["ended", *ended(left, Ended(where, row["kbli"], row["contract"], row["sex"], 1990))] += 1
    return told


@pytest.fixture(scope="session")
def scene(server: Server, key_folder: Path, run_folder: Path) -> Scene:
    """Made once a run, by whichever worker comes first."""
    home = run_folder / "recompute"
    with locked(run_folder / "recompute.lock"):
        if not (home / "planted.json").exists():
            shutil.rmtree(home, ignore_errors=True)
            home.mkdir()
            _make(server, key_folder, home)
    told = json.loads((home / "planted.json").read_text(encoding="utf-8"))
    return Scene(home / "kept", home / "checker", Counter({tuple(key): n for key, n in told}))


def _make(server: Server, key_folder: Path, home: Path) -> None:
    """A busy month, and 40 people's careers with corrections and voids: exported with the ledger, and published."""
    planted: Counter[tuple[str, ...]] = Counter()
    with opened(server, key_folder, home) as site:
        site.now = NOW
        people.load(site, *month(planted))
        write(generate(workers=40, seed=16, employers=2, planted=planted), home / "sample.csv")
        Loader(site.registry).load(home / "sample.csv")
        exported(site, home / "kept", built(home), NOW)
    (home / "planted.json").write_text(json.dumps(list(planted.items())), encoding="utf-8")
