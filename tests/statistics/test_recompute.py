"""An auditor recomputes what was published, with Go and DuckDB alone; whatever is altered is named."""

from __future__ import annotations

import os
import random
import re
import shutil

from tests.docs.pages import code, page, rows, sections
from tests.statistics.altering import FACTS
from tests.statistics.altering_cells import CELLS
from tests.statistics.recomputing import RECIPE, Scene

TIMES = int(os.environ.get("KETS_ALTER", "3"))
SEED = int(os.environ.get("KETS_ALTER_SEED", "0")) or random.SystemRandom().randrange(1, 10**9)


def test_nothing_differs_in_what_was_exported_and_published(scene: Scene) -> None:
    told = scene.recompute("--publication", scene.publication, "--checkpoint", scene.ledger / "checkpoint")
    assert (told.status, told.findings) == (0, []), told.said
    assert "0 differences" in told.said
    assert scene.recompute().status == 0, "facts alone"


def test_a_single_alteration_is_named(scene: Scene) -> None:
    """One kind after the other, in random order; `make recompute` goes through all of them."""
    print(f"KETS_ALTER={TIMES} KETS_ALTER_SEED={SEED}")
    chance, kinds = random.Random(SEED), {**FACTS, **CELLS}
    order = chance.sample(sorted(kinds), len(kinds))
    missed = []
    for turn in range(TIMES):
        kind = order[turn % len(order)]
        copy = scene.copy(scene.path.with_name("altered"))
        names = kinds[kind](copy, chance)
        told = copy.recompute(*(("--publication", copy.publication) if kind in CELLS else ()))
        if told.status != 1 or not told.names(*names):
            missed.append((kind, names, told.status, told.findings[:5], told.said))
        shutil.rmtree(copy.path)
    assert missed == []
    assert scene.recompute().status == 0, "only copies were altered"


def test_every_code_is_on_the_page() -> None:
    said = {code for path in RECIPE.glob("*.go") for code in re.findall(r'\.say\("([a-z-]+)"', path.read_text("utf-8"))}
    sql = "".join(path.read_text("utf-8") for path in RECIPE.glob("*.sql"))
    said |= set(re.findall(r"^SELECT '([a-z-]+)',", sql, re.MULTILINE))
    said |= {"facts-unreadable", "cubes-unreadable"}
    table = rows(sections(page("how-to/recompute.md"))["The codes"])
    assert [code(cells[0]) for cells in table] == sorted(said)
