"""An auditor recomputes from what was exported, with Go and DuckDB alone; whatever is altered is named."""

from __future__ import annotations

import os
import random
import re
import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from registry.sample import generate, write
from registry.submissions.load import Loader
from tests.conftest import opened
from tests.docs.pages import code, page, rows, sections
from tests.statistics.altering import FACTS
from tests.statistics.recomputing import RECIPE, Scene, built, exported

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.conftest import Server

TIMES = int(os.environ.get("KETS_ALTER", "4"))
SEED = int(os.environ.get("KETS_ALTER_SEED", "0")) or random.SystemRandom().randrange(1, 10**9)


@pytest.fixture(scope="module")
def scene(server: Server, key_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """Some 50 people's facts, corrections and voids among them, exported with the ledger."""
    home = tmp_path_factory.mktemp("recompute")
    with opened(server, key_folder, home) as site:
        site.now = datetime(2026, 11, 15, 3, 0, tzinfo=UTC)
        write(generate(workers=50, seed=16, employers=2), home / "sample.csv")
        Loader(site.registry).load(home / "sample.csv")
        yield exported(site, home / "kept", built(home))


def test_nothing_differs_in_what_was_exported(scene: Scene) -> None:
    told = scene.recompute()
    assert (told.status, told.findings) == (0, []), told.said
    assert "0 differences" in told.said


def test_a_single_alteration_is_named(scene: Scene, tmp_path: Path) -> None:
    """One kind after the other, in random order; `make recompute` goes through all of them, several times."""
    print(f"KETS_ALTER={TIMES} KETS_ALTER_SEED={SEED}")
    chance = random.Random(SEED)
    kinds = chance.sample(sorted(FACTS), len(FACTS))
    missed = []
    for turn in range(TIMES):
        kind = kinds[turn % len(kinds)]
        copy = scene.copy(tmp_path / "altered")
        names = FACTS[kind](copy, chance)
        told = copy.recompute()
        if told.status != 1 or not told.names(*names):
            missed.append((kind, names, told))
        shutil.rmtree(copy.path)
    assert missed == []
    assert scene.recompute().status == 0, "only copies were altered"


def test_every_code_is_on_the_page() -> None:
    said = {code for path in RECIPE.glob("*.go") for code in re.findall(r'\.say\("([a-z-]+)"', path.read_text("utf-8"))}
    sql = "".join(path.read_text("utf-8") for path in RECIPE.glob("*.sql"))
    said |= set(re.findall(r"^SELECT '([a-z-]+)',", sql, re.MULTILINE))
    said |= {"facts-unreadable"}
    table = rows(sections(page("how-to/recompute.md"))["The codes"])
    assert [code(cells[0]) for cells in table] == sorted(said)
