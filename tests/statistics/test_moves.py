"""At the size of the country: a move keeps every sum of every public cube, and changes the count it was asked for."""

from __future__ import annotations

import numpy as np
import pytest

from projections.statistics.cubes import COUNTED, cubes_of, lattice
from projections.statistics.lattice import Ints, rolled_up
from projections.statistics.moves import NEVER, Moves, Prices
from projections.statistics.suppression import weights


def counts(counted: str, people: int) -> Ints:
    """Of random people, each drawn once for all cubes."""
    chance, drawn, tables = np.random.default_rng(3), {}, []
    for cube in cubes_of(counted):
        own: Ints = np.zeros(tuple(len(d.codes) for d in cube.dimensions), dtype=np.int64)
        at = []
        for column, d in zip(cube.columns, cube.dimensions, strict=True):
            if column == "province" and "regency" in drawn:
                at.append(np.array(lattice(counted).tables[0][0].parents)[drawn["regency"]])
                continue
            if column not in drawn:
                shares = 1 / np.arange(1, len(d.leaves) + 1)
                drawn[column] = chance.choice(d.leaves, people, p=shares / shares.sum())
            at.append(drawn[column])
        np.add.at(own, tuple(at), 1)
        tables.append(rolled_up(cube.dimensions, own))
    return lattice(counted).values(tables)


@pytest.mark.parametrize("counted", COUNTED)
def test_a_move_keeps_every_sum(counted: str) -> None:
    cells, values = lattice(counted), counts(counted, 20_000)
    price = weights(values)
    price[values == 0] = NEVER
    prices = Prices(price, np.where(values > 1, price, NEVER))
    small = np.flatnonzero((values > 0) & (values < 5))
    moves, found = Moves(cells), 0
    for cell in small[:: len(small) // 25]:
        move = moves.through(int(cell), prices)
        assert move is not None
        change = np.zeros(cells.size, dtype=np.int64)
        change[move.cells] = move.by
        assert change[cell] != 0
        assert (values + change)[move.cells].min() >= 1
        assert {whole for whole, parts in cells.sums if change[whole] != change[parts].sum()} == set()
        found += 1
    assert found >= 25
