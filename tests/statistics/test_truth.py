"""What was planted is recovered: by the expression, by the auditor's SQL, and in every cell that is published."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import ibis
import pytest

from domain import codes, endings
from projections.statistics.cubes import CUBES, PLACEMENT
from projections.statistics.ends import ends
from projections.statistics.facts import read
from projections.statistics.hires import hires
from projections.statistics.lattice import TOTAL
from projections.statistics.publications import Publication
from registry.sample.truth import ENDED, HIRED
from tests.statistics.recomputing import MONTH, manifest_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.statistics.recomputing import Scene


def planted(scene: Scene, what: str) -> Counter[tuple[str, ...]]:
    """Cells of hires by `HIRED`, of ends by `ENDED`; what was taken back is no end."""
    found = Counter({key[1:]: n for key, n in scene.planted.items() if key[0] == what})
    if what == "ended":
        found.subtract({key[1:]: n for key, n in scene.planted.items() if key[0] == "reinstated"})
    return +found


@pytest.fixture(scope="module")
def recomputed(scene: Scene, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The tables that the recipe leaves for further questions."""
    work: Path = tmp_path_factory.mktemp("work")
    assert scene.recompute("--work", work).status == 0
    con = ibis.duckdb.connect(work / "recompute.db", read_only=True)
    yield con
    con.disconnect()


def test_hires_and_ends_are_those_that_were_planted(scene: Scene, recomputed: Any) -> None:
    facts = read(ibis.duckdb.connect(threads=1), scene.facts)
    for name, made, what, columns in (("hires", hires, "hired", HIRED), ("ends", ends, "ended", ENDED)):
        for rows in (made(facts), recomputed.table(name)):
            told = rows.mutate(month=rows.month.strftime("%Y-%m")).select(*columns).to_pyarrow().to_pylist()
            assert Counter(tuple(each.values()) for each in told) == planted(scene, what)
    assert sum(planted(scene, "hired").values()) > 130
    assert scene.planted["action", "correct"] + scene.planted["action", "void"] > 0


def test_totals_tie_with_the_log(scene: Scene, recomputed: Any) -> None:
    """Every fact is in the export once, and every fact of it in the ledger."""
    manifest = manifest_of(scene.facts)
    assert manifest["rows"] == manifest["ledger"]["size"] == sum(manifest["positions"].values())
    assert recomputed.table("derived").count().to_pyarrow().as_py() == manifest["rows"]
    assert manifest["waiting"] == 0


def above(column: str, cell: dict[str, str]) -> set[str]:
    """The codes under which a planted cell is counted in a column of a table."""
    match column:
        case "province":
            return {TOTAL, codes.province_of(cell["regency"])}
        case "channel":
            return {TOTAL, cell[column], *([] if cell[column] == "direct" else [PLACEMENT])}
        case "cause_group":
            return {TOTAL, endings.group_of(cell["cause"])}
    return {TOTAL, cell[column]}


@pytest.mark.parametrize("cube", CUBES, ids=lambda cube: cube.name)
def test_every_published_cell_is_what_was_planted(scene: Scene, cube: Any) -> None:
    """And what is withheld is not nothing."""
    table = Publication(scene.publication, manifest_of(scene.publication)).table(cube.name)
    what, columns = ("hired", HIRED) if cube.of == "hires" else ("ended", ENDED)
    cells = [(dict(zip(columns, key, strict=True)), n) for key, n in planted(scene, what).items()]
    counted: Counter[tuple[str, ...]] = Counter()
    for cell, n in cells:
        if cell["month"] == f"{MONTH:%Y-%m}":
            for key in combined([above(column, cell) for column in table["columns"]]):
                counted[key] += n
    published = {tuple(at): value for *at, value in table["cells"]}
    assert {key: n for key, n in counted.items() if key not in published} == wrong_places(counted, cube)
    for at, value in published.items():
        assert value == counted[at] if value is not None else counted[at] > 0, at
    assert any(value is None for value in published.values())
    assert any(value for value in published.values())


def combined(columns: list[set[str]]) -> Iterator[tuple[str, ...]]:
    if not columns:
        yield ()
        return
    for rest in combined(columns[1:]):
        for code in columns[0]:
            yield (code, *rest)


def wrong_places(counted: Counter[tuple[str, ...]], cube: Any) -> dict[tuple[str, ...], int]:
    """A regency without its province is no cell."""
    if "regency" not in cube.columns:
        return {}
    return {key: n for key, n in counted.items() if key[0] == TOTAL and key[1] != TOTAL}
