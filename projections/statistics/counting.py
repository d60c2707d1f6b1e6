"""Counts of the public cubes from rows of hires or ends: an Ibis table goes in, the value of every cell comes out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from domain.errors import Refused
from projections.statistics.cubes import Cube, cubes_of, lattice
from projections.statistics.lattice import rolled_up

if TYPE_CHECKING:
    from projections.statistics.lattice import Ints


def counted(counts: str, rows: Any) -> Ints:
    """The value of every cell of the lattice of `counts` ("hires" or "ends"), from `rows` of one month.

    Raises: Refused("unknown-code") for a code of a list that came later than this software.
    """
    return lattice(counts).values([rolled_up(cube.dimensions, _leaves(cube, rows)) for cube in cubes_of(counts)])


def _leaves(cube: Cube, rows: Any) -> Ints:
    counts: Ints = np.zeros(tuple(len(d.codes) for d in cube.dimensions), dtype=np.int64)
    for group in rows.group_by(list(cube.columns)).agg(n=rows.count()).to_pyarrow().to_pylist():
        counts[tuple(_place(cube, at, group[column]) for at, column in enumerate(cube.columns))] = group["n"]
    return counts


def _place(cube: Cube, at: int, code: str) -> int:
    place = cube.dimensions[at].place.get(code)
    if place is None:
        raise Refused("unknown-code", got=code, near="")
    return place
